"""Medication resources: exposure to which drug, in which amounts, and whether in a trial."""

from __future__ import annotations

import pytest

from fhir_mappings.facts import Exposure
from fhir_mappings.intervals import Interval, point
from tests.fhir_mappings.reading.written import (
    RXNORM,
    WEIGHT,
    bundle,
    concept,
    observation,
    patient,
    quantity,
    read,
)
from tests.fhir_mappings.reading.written_medications import (
    DAILY,
    PREDNISONE,
    exposure,
    exposures,
    given,
    order,
    statement,
)


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
        "expanded access drug",  # 21 CFR 312, subpart I: access to investigational drugs outside of trials
        "Expanded-access medication (ABC-123)",
        "compassionate use drug",
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
