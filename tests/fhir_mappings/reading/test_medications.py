"""Medication resources: what is exposure, to which drug, from when until when, in which amounts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir_mappings.facts import Exposure
from fhir_mappings.intervals import DateSpan, Interval, day, point
from tests.fhir_mappings.reading.written import (
    RXNORM,
    UCUM,
    WEIGHT,
    bundle,
    concept,
    observation,
    patient,
    quantity,
    read,
    resource,
)

PREDNISONE = concept("312615", RXNORM, "prednisone 20 MG Oral Tablet")
DAILY = {
    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
    "doseAndRate": [{"doseQuantity": quantity(20, "mg")}],
}
FIRST = day(date(2026, 3, 2))


def order(own_id: str = "m1", /, **elements: Any) -> dict[str, Any]:
    written = {
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": PREDNISONE,
        "authoredOn": "2026-03-02",
        "dosageInstruction": [DAILY],
    }
    return resource("MedicationRequest", own_id, **{**written, **elements})


def statement(own_id: str = "m1", /, **elements: Any) -> dict[str, Any]:
    written = {"status": "active", "medicationCodeableConcept": PREDNISONE, "dosage": [DAILY]}
    return resource("MedicationStatement", own_id, **{**written, **elements})


def given(own_id: str = "m1", /, **elements: Any) -> dict[str, Any]:
    written = {
        "status": "completed",
        "medicationCodeableConcept": PREDNISONE,
        "effectiveDateTime": "2026-03-02T10:00:00Z",
        "dosage": {"dose": quantity(20, "mg")},
    }
    return resource("MedicationAdministration", own_id, **{**written, **elements})


def dispense(own_id: str = "m1", /, **elements: Any) -> dict[str, Any]:
    written = {
        "status": "completed",
        "medicationCodeableConcept": PREDNISONE,
        "whenHandedOver": "2026-03-02",
        "dosageInstruction": [DAILY],
    }
    return resource("MedicationDispense", own_id, **{**written, **elements})


def exposures(*resources: dict[str, Any]) -> list[Exposure]:
    return [event for event in read(*resources).events if isinstance(event, Exposure)]


def exposure(*resources: dict[str, Any]) -> Exposure:
    (found,) = exposures(*resources)
    return found


def test_an_order_is_an_exposure_with_drug_amount_and_provenance() -> None:
    found = exposure(order())
    assert found.drug == "drug_prednisone"
    assert "drug_prednisone" in found.concepts
    assert found.source == "request"
    assert found.start == FIRST
    assert found.ongoing
    assert found.doses[0].per_day == point(20)
    assert found.reference == "MedicationRequest/m1"
    assert found.confirmed


# Status and intent


@pytest.mark.parametrize("status", ["active", "on-hold", "completed", "stopped"])
def test_an_order_that_was_given_out_is_exposure(status: str) -> None:
    assert exposure(order(status=status)).status == status


@pytest.mark.parametrize("status", ["draft", "cancelled", "entered-in-error"])
def test_an_order_that_never_took_effect_is_none(status: str) -> None:
    assert exposures(order(status=status)) == []


@pytest.mark.parametrize(
    "intent", ["order", "original-order", "reflex-order", "filler-order", "instance-order"]
)
def test_every_kind_of_order_counts(intent: str) -> None:
    assert exposures(order(intent=intent))


@pytest.mark.parametrize("intent", ["proposal", "plan", "option"])
def test_a_proposal_or_plan_is_no_exposure(intent: str) -> None:
    assert exposures(order(intent=intent)) == []


def test_an_order_not_to_give_is_no_exposure() -> None:
    assert exposures(order(doNotPerform=True)) == []


def test_an_order_whose_prohibition_cannot_be_read_is_told_and_not_used() -> None:
    facts = read(order(doNotPerform={"maybe": 1}))
    assert not facts.events
    assert facts.unread


def test_a_missing_intent_is_taken_for_an_order_and_said() -> None:
    assert exposure(order(intent=None)).notes


@pytest.mark.parametrize("status", ["not-taken", "intended", "entered-in-error"])
def test_a_statement_of_what_is_not_taken_is_no_exposure(status: str) -> None:
    assert exposures(statement(status=status)) == []


@pytest.mark.parametrize("status", ["active", "completed", "stopped", "on-hold"])
def test_a_statement_of_what_is_or_was_taken_is_exposure(status: str) -> None:
    assert exposure(statement(status=status)).source == "statement"


@pytest.mark.parametrize("status", ["not-done", "entered-in-error"])
def test_what_was_not_administered_is_no_exposure(status: str) -> None:
    assert exposures(given(status=status)) == []


@pytest.mark.parametrize("status", ["completed", "in-progress", "stopped"])
def test_what_was_administered_is_exposure(status: str) -> None:
    assert exposure(given(status=status)).source == "administration"


@pytest.mark.parametrize("status", ["preparation", "cancelled", "declined", "entered-in-error"])
def test_what_was_not_handed_over_is_no_exposure(status: str) -> None:
    assert exposures(dispense(status=status)) == []


@pytest.mark.parametrize("make", [order, statement, given, dispense])
@pytest.mark.parametrize("status", ["unknown", None])
def test_an_unknown_status_is_not_taken_for_certain_nor_for_none(make: Any, status: str | None) -> None:
    assert not exposure(make(status=status)).confirmed


# From when until when


@pytest.mark.parametrize("status", ["active", "on-hold"])
def test_without_an_end_what_runs_goes_on(status: str) -> None:
    found = exposure(order(status=status))
    assert found.ongoing
    assert found.end is None


@pytest.mark.parametrize("status", ["completed", "stopped"])
def test_without_an_end_what_has_stopped_has_an_unknown_one(status: str) -> None:
    found = exposure(order(status=status))
    assert not found.ongoing
    assert found.end is None


def test_an_active_statement_for_a_day_does_not_tell_since_when() -> None:
    found = exposure(statement(status="active", effectiveDateTime="2026-06-10"))
    assert (str(found.start), found.end, found.ongoing) == ("../2026-06-10", None, True)
    assert DateSpan.parse(str(found.start)) == found.start


def test_a_statement_has_the_ends_of_its_period() -> None:
    period = {"start": "2026-01", "end": "2026-02-10"}
    found = exposure(statement(status="completed", effectivePeriod=period))
    assert found.start == DateSpan(date(2026, 1, 1), date(2026, 1, 31))
    assert found.end == day(date(2026, 2, 10))


def test_an_end_in_the_year_9999_is_no_end() -> None:
    found = exposure(statement(effectivePeriod={"start": "2026-03-02", "end": "9999-12-31"}))
    assert found.end is None
    assert found.ongoing


def test_an_administration_is_on_its_day() -> None:
    found = exposure(given())
    assert (found.start, found.end) == (FIRST, FIRST)
    assert not found.ongoing


def test_an_infusion_over_midnight_is_on_both_days() -> None:
    period = {"start": "2026-03-02T22:00:00Z", "end": "2026-03-03T02:00:00Z"}
    found = exposure(given(effectiveDateTime=None, effectivePeriod=period))
    assert (found.start, found.end) == (FIRST, day(date(2026, 3, 3)))


def test_a_dispense_lasts_for_its_days_of_supply() -> None:
    found = exposure(dispense(daysSupply={"value": 30, "unit": "days", "system": UCUM, "code": "d"}))
    assert (found.start, found.end) == (FIRST, day(date(2026, 3, 31)))


def test_a_dispense_without_a_supply_has_an_unknown_end() -> None:
    assert exposure(dispense()).end is None


def test_a_dispense_that_was_only_prepared_dates_from_then() -> None:
    assert exposure(dispense(whenHandedOver=None, whenPrepared="2026-03-02")).start == FIRST


def test_an_order_has_the_ends_of_its_dosage() -> None:
    timing = {
        "repeat": {**DAILY["timing"]["repeat"], "boundsPeriod": {"start": "2026-03-05", "end": "2026-03-18"}}
    }
    found = exposure(order(status="completed", dosageInstruction=[{**DAILY, "timing": timing}]))
    assert (found.start, found.end) == (day(date(2026, 3, 5)), day(date(2026, 3, 18)))


def test_a_completed_order_for_two_weeks_ended_after_two_weeks() -> None:
    timing = {"repeat": {**DAILY["timing"]["repeat"], "boundsDuration": quantity(14, "d")}}
    found = exposure(order(status="completed", dosageInstruction=[{**DAILY, "timing": timing}]))
    assert found.end == day(date(2026, 3, 15))


def test_a_completed_order_lasted_for_its_supply_and_at_most_for_all_its_refills() -> None:
    supply = {"expectedSupplyDuration": quantity(30, "d"), "numberOfRepeatsAllowed": 2}
    found = exposure(order(status="completed", dispenseRequest=supply))
    assert found.end == DateSpan(date(2026, 3, 31), date(2026, 5, 30))


def test_a_stopped_order_may_have_ended_on_any_day_of_its_course() -> None:
    supply = {"expectedSupplyDuration": quantity(30, "d")}
    found = exposure(order(status="stopped", dispenseRequest=supply))
    assert found.end == DateSpan(date(2026, 3, 2), date(2026, 3, 31))


def test_the_steps_of_a_taper_follow_each_other() -> None:
    def step(number: int) -> dict[str, Any]:
        timing = {"repeat": {**DAILY["timing"]["repeat"], "boundsDuration": quantity(1, "wk")}}
        return {**DAILY, "sequence": number, "timing": timing}

    found = exposure(order(status="completed", dosageInstruction=[step(1), step(2)]))
    assert found.end == day(date(2026, 3, 15))


def test_an_undated_order_is_undated() -> None:
    assert exposure(order(authoredOn=None)).start is None


# Which drug


def test_a_contained_medication_is_the_drug() -> None:
    contained = [
        {"resourceType": "Organization", "id": "x"},
        {"resourceType": "Medication", "id": "med", "code": PREDNISONE},
    ]
    found = exposure(
        order(medicationCodeableConcept=None, medicationReference={"reference": "#med"}, contained=contained)
    )
    assert found.drug == "drug_prednisone"


@pytest.mark.parametrize(
    "reference", ["Medication/x", "https://fhir.example.org/r4/Medication/x", "Medication/x/_history/2"]
)
def test_a_medication_elsewhere_in_the_bundle_is_the_drug(reference: str) -> None:
    drug = {"resourceType": "Medication", "id": "x", "code": PREDNISONE}
    found = exposure(
        order(medicationCodeableConcept=None, medicationReference={"reference": reference}), drug
    )
    assert found.drug == "drug_prednisone"


def test_a_medication_by_urn_is_the_drug() -> None:
    from fhir_mappings.patient import read_patients
    from tests.fhir_mappings.reading.written import body

    written = bundle(
        patient(),
        order(medicationCodeableConcept=None, medicationReference={"reference": "urn:uuid:a1"}),
    )
    written["entry"].append(
        {"fullUrl": "urn:uuid:a1", "resource": {"resourceType": "Medication", "code": PREDNISONE}}
    )
    (facts,) = read_patients(body(written))
    (found,) = facts.events
    assert isinstance(found, Exposure)
    assert found.drug == "drug_prednisone"


def test_the_display_of_a_reference_that_is_not_at_hand_is_the_drug_in_words() -> None:
    found = exposure(
        order(
            medicationCodeableConcept=None,
            medicationReference={"reference": "Medication/gone", "display": "prednisone 5 mg tablet"},
        )
    )
    assert found.drug == "drug_prednisone"
    assert found.by_text


def test_a_drug_that_cannot_be_told_is_told() -> None:
    facts = read(order(medicationCodeableConcept=None, medicationReference={"reference": "Medication/gone"}))
    assert not facts.events
    assert [u.reference for u in facts.unread] == ["MedicationRequest/m1"]


def test_a_coded_medication_without_words_is_known_by_its_code() -> None:
    found = exposure(order(medicationCodeableConcept=concept("312615", RXNORM)))
    assert found.drug == "drug_prednisone"
    assert found.route == "oral"


@pytest.mark.parametrize("words", ["强的松", "泼尼松片", "Prednisone", "PREDNISONE 5MG TAB"])
def test_words_name_a_drug_in_english_and_chinese(words: str) -> None:
    found = exposure(statement(medicationCodeableConcept={"text": words}))
    assert found.drug == "drug_prednisone"
    assert found.by_text


def test_ingredients_name_the_drug_where_the_product_does_not() -> None:
    drug = {
        "resourceType": "Medication",
        "id": "x",
        "code": concept("p-17", "urn:local", "Product 17"),
        "ingredient": [
            {
                "itemCodeableConcept": concept(text="prednisone"),
                "strength": {"numerator": quantity(5, "mg"), "denominator": {"value": 1, "code": "{tbl}"}},
            }
        ],
    }
    dosage = {**DAILY, "doseAndRate": [{"doseQuantity": {"value": 2, "unit": "tablet", "code": "{tbl}"}}]}
    found = exposure(
        order(
            medicationCodeableConcept=None,
            medicationReference={"reference": "Medication/x"},
            dosageInstruction=[dosage],
        ),
        drug,
    )
    assert found.drug == "drug_prednisone"
    assert found.doses[0].per_day == point(10)


def test_tablets_are_counted_by_the_strength_of_the_coded_product() -> None:
    dosage = {**DAILY, "doseAndRate": [{"doseQuantity": {"value": 2, "unit": "tablet", "code": "{tbl}"}}]}
    assert exposure(order(dosageInstruction=[dosage])).doses[0].per_day == point(40)


def test_an_unreadable_dosage_is_an_exposure_without_amount() -> None:
    found = exposure(order(dosageInstruction=[{"text": "as directed"}]))
    assert found.doses == ()
    assert found.dose_unreadable
    assert found.dose_text == "as directed"


@pytest.mark.parametrize("first", ["a", "z"])
def test_a_dose_per_kilogram_spans_two_weights_of_one_day(first: str) -> None:
    weights = [
        observation(WEIGHT, name, valueQuantity=quantity(kg, "kg"), effectiveDateTime="2026-02-20")
        for name, kg in ((first, 56), ("m", 50))
    ]
    dosage = {**DAILY, "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "mg/kg", "code": "mg/kg"}}]}
    [found] = [e for e in read(order(dosageInstruction=[dosage]), *weights).events if isinstance(e, Exposure)]
    assert found.doses[0].per_day == Interval(50, 56)


def test_a_dose_per_kilogram_is_reckoned_with_the_weight_on_record() -> None:
    dosage = {**DAILY, "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "mg/kg", "code": "mg/kg"}}]}
    weighed = observation(WEIGHT, valueQuantity=quantity(60, "kg"))
    # The order stands before the weight, as it may in any Bundle.
    assert exposure(order(dosageInstruction=[dosage]), weighed).doses[0].per_day == point(60)


def test_the_route_of_the_dosage_is_preferred_to_that_of_the_product() -> None:
    route = concept("78421000", "http://snomed.info/sct", "Intramuscular route")
    assert exposure(order(dosageInstruction=[{**DAILY, "route": route}])).route == "intramuscular"


def test_a_drug_of_no_concern_is_neither_a_fact_nor_unread() -> None:
    facts = read(order(medicationCodeableConcept=concept("197361", RXNORM, "amlodipine 5 MG Oral Tablet")))
    assert not facts.unread


def test_drugs_that_nothing_tells_are_told_in_one_line_and_do_not_make_the_record_incomplete() -> None:
    unknown = [
        order(name, medicationCodeableConcept=concept(text=words))
        for name, words in (("m1", "Zzyzxumab"), ("m2", "Abcdefine 5 mg"), ("m3", "Zzyzxumab"))
    ]
    facts = read(*unknown, order("m4", medicationCodeableConcept=concept(text="Solupred 20 mg")))
    [told] = facts.unread
    assert told.why == "no known code or name tells which drugs these are: Abcdefine 5 mg, Zzyzxumab"
    assert facts.retrieval.get("MedicationRequest", facts.default_retrieval) == facts.default_retrieval


def test_a_drug_given_in_a_trial_is_marked() -> None:
    category = concept("clinicaltrial", "http://example.org/category")
    assert exposure(given(category=category)).investigational


@pytest.mark.parametrize(
    "words",
    [
        "研究药物 RC18 / 安慰剂",
        "investigational medicinal product (IMP) 10 mg",
        "试验药",
        "试验用药品",
        "study medication",
        "blinded study drug",
        "placebo or telitacicept",
    ],
)
def test_the_drug_of_a_trial_is_known_by_its_words(words: str) -> None:
    """B-E9: an investigational drug counts whether or not it is known which one it is."""
    found = exposure(given(medicationCodeableConcept=concept(text=words)))
    assert found.investigational


@pytest.mark.parametrize("words", ["prednisone 5 MG", "norethindrone 1 MG with 7 placebo tablets"])
def test_the_pills_of_a_contraceptive_are_no_drug_of_a_trial(words: str) -> None:
    found = exposures(given(medicationCodeableConcept=concept(text=words)))
    assert not any(one.investigational for one in found)
