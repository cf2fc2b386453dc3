"""Draft orders as facts: what would be on record, and what of the record they take the place of."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from fhir_mappings.draft_orders import StrangerError, ended, read_drafts, with_drafts
from fhir_mappings.errors import UnreadableInputError
from fhir_mappings.facts import Event, Exposure, Planned, Procedure, Vaccination
from fhir_mappings.intervals import DateSpan
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.record import PatientRecord
from tests.app.draft_orders import CVX, SNOMED, coded, draft, prednisone, service_draft
from tests.app.medication_records import dose, drug, order, record

TODAY = date(2026, 6, 15)
TODAY_SPAN = DateSpan(TODAY, TODAY)


def read(*drafts: dict[str, Any], **given: Any) -> tuple[Event, ...]:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in drafts]}
    return read_drafts(json.dumps(bundle).encode(), TODAY, patient="Patient/p", **given).events


def facts(*resources: dict[str, Any]) -> PatientFacts:
    return record(list(resources)).facts


def daily_dose(facts: PatientFacts, day: date = TODAY) -> tuple[float, float]:
    history = PatientRecord(facts).dose_history("prednisone_equivalent", day, day)
    amounts = [one.amount for one in history.days if one.day == day]
    return (amounts[0].low, amounts[0].high) if amounts else (0, 0)


NDC = "http://hl7.org/fhir/sid/ndc"
UNTOLD = {
    "a code of NDC alone": draft(coded(NDC, "50242-0051-21")),
    "a local code": draft(coded("urn:local", "4711")),
    "a name that no code set knows": draft("Zzzquil"),
    "words that name no drug": draft("Infusion"),
    "no drug at all": draft({}),
}
TOLD = {
    "words beside a code of NDC": draft(coded(NDC, "50242-0051-21", "Rituxan 100 mg vial")),
    "another drug by code and words": draft(drug("197361", "amlodipine 5 mg")),
    "what is cancelled": draft(coded(NDC, "50242-0051-21"), status="cancelled"),
    "an order for a service": service_draft(coded("urn:local", "4711")),
}


@pytest.mark.parametrize("order", UNTOLD.values(), ids=UNTOLD)
def test_a_draft_of_which_nothing_tells_the_drug_is_counted(order: dict[str, Any]) -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": one} for one in (order, prednisone(5))]}
    found = read_drafts(json.dumps(bundle).encode(), TODAY, patient="Patient/p")
    assert (found.unrecognised, len(found.events)) == (1, 1)


@pytest.mark.parametrize("order", TOLD.values(), ids=TOLD)
def test_a_draft_that_tells_its_drug_or_orders_none_is_not(order: dict[str, Any]) -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": order}]}
    assert read_drafts(json.dumps(bundle).encode(), TODAY, patient="Patient/p").unrecognised == 0


class TestReading:
    def test_a_drug_is_taken_from_today_on_whenever_the_draft_was_written(self) -> None:
        (taken,) = read(draft(drug("121191", "rituximab"), authoredOn="2026-01-01"))
        assert isinstance(taken, Exposure)
        assert (taken.start, taken.ongoing, taken.confirmed) == (TODAY_SPAN, True, True)
        assert taken.concepts == {"drug_rituximab"}

    def test_a_dosage_that_begins_later_does_so(self) -> None:
        later = dose(100)
        later["timing"] = {"repeat": {**later["timing"]["repeat"], "boundsPeriod": {"start": "2026-07-01"}}}
        (taken,) = read(draft(drug("8640", "prednisone"), later))
        assert taken.start == DateSpan(date(2026, 7, 1), date(2026, 7, 1))

    def test_it_is_told_from_what_is_on_record_by_its_reference(self) -> None:
        (taken,) = read(draft("rituximab", id="d1"))
        assert taken.reference == "draft:MedicationRequest/d1"
        assert taken.evidence.reference == taken.reference

    def test_a_vaccine_is_given_today(self) -> None:
        (given,) = read(draft(coded(CVX, "03", "MMR")))
        assert isinstance(given, Vaccination)
        assert (given.start, given.end) == (TODAY_SPAN, TODAY_SPAN)

    def test_a_service_is_planned_and_by_its_code_done_today(self) -> None:
        planned, done = read(service_draft(coded(SNOMED, "20720000", "Plasma exchange, five times")))
        assert isinstance(planned, Planned)
        assert isinstance(done, Procedure)
        assert done.start == TODAY_SPAN
        assert done.label == "Plasma exchange, five times"

    def test_the_words_of_a_service_plan_it_and_do_no_more(self) -> None:
        (planned,) = read(service_draft({"text": "Plasma exchange"}))
        assert isinstance(planned, Planned)

    def test_only_what_is_selected_is_read(self) -> None:
        drafts = (draft("rituximab", id="a"), draft("belimumab", id="b"))
        (chosen,) = read(*drafts, selected=["MedicationRequest/b"])
        assert chosen.concepts == {"drug_belimumab"}
        assert read(*drafts, selected=[]) == ()

    def test_a_dose_per_kilogram_needs_the_weight_on_record(self) -> None:
        per_kilogram = draft(drug("8640", "prednisone"), dose(1, "mg/kg"))
        (unknown,) = read(per_kilogram)
        assert isinstance(unknown, Exposure)
        assert unknown.dose_unreadable
        weight = {
            "resourceType": "Observation",
            "status": "final",
            "code": coded("http://loinc.org", "29463-7", "Body weight"),
            "effectiveDateTime": "2026-06-01",
            "valueQuantity": {"value": 80, "system": "http://unitsofmeasure.org", "code": "kg"},
        }
        (known,) = read(per_kilogram, beside=facts(weight))
        assert isinstance(known, Exposure)
        assert known.doses[0].per_day.low == pytest.approx(80)

    def test_what_is_no_fhir_and_what_is_another_patients_is_refused(self) -> None:
        with pytest.raises(UnreadableInputError):
            read_drafts(b'{"type": "collection"}', TODAY, patient="Patient/p")
        with pytest.raises(StrangerError):
            read(draft("rituximab", subject={"reference": "https://ehr.example/fhir/Patient/q"}))
        assert read(draft("rituximab", subject={"reference": "https://ehr.example/fhir/Patient/p"}))

    def test_reading_leaves_the_record_as_it_is(self) -> None:
        known = facts(order("8640", dose(10), "2026-01-01"))
        before = json.dumps([str(event) for event in known.events])
        with_drafts(known, read(prednisone(100), beside=known))
        assert json.dumps([str(event) for event in known.events]) == before

    def test_days_that_are_named_bound_it(self) -> None:
        named = {"timing": {"event": ["2026-07-01", "2026-06-20"]}}
        (taken,) = read(draft(drug("121191", "rituximab"), named))
        assert isinstance(taken, Exposure)
        first, last = date(2026, 6, 20), date(2026, 7, 1)
        assert (taken.start, taken.end) == (DateSpan(first, first), DateSpan(last, last))
        assert not taken.ongoing

    def test_a_supply_of_ten_years_or_an_unknown_length_ends_nothing(self) -> None:
        for length in (
            {"value": 9999, "code": "d"},
            {"value": 3, "unit": "boxes"},
            {"value": 0, "code": "d"},
        ):
            (taken,) = read(draft("thalidomide", dispenseRequest={"expectedSupplyDuration": length}))
            assert isinstance(taken, Exposure)
            assert taken.ongoing, length

    def test_a_service_is_planned_for_the_day_on_which_it_is_to_be_done(self) -> None:
        planned, done = read(service_draft(coded(SNOMED, "20720000"), occurrenceDateTime="2026-07-01"))
        day = DateSpan(date(2026, 7, 1), date(2026, 7, 1))
        assert (planned.start, done.start, done.end) == (day, day, day)


class TestBesideTheRecord:
    def test_a_dose_that_goes_on_is_not_added_to_the_drafts(self) -> None:
        known = facts(order("8640", dose(10), "2026-01-01"))
        later = with_drafts(known, read(prednisone(100)))
        assert daily_dose(known) == (10, 10)
        assert daily_dose(later) == (100, 100)
        assert daily_dose(later, date(2026, 6, 14)) == (10, 10)

    def test_so_it_is_with_another_glucocorticoid(self) -> None:
        known = facts(order("6902", dose(4), "2026-01-01"))  # methylprednisolone
        assert daily_dose(known) == (5, 5)
        assert daily_dose(with_drafts(known, read(prednisone(100)))) == (100, 100)

    def test_other_drugs_go_on(self) -> None:
        known = facts(order("5521", dose(400), "2026-01-01"))
        later = with_drafts(known, read(prednisone(100)))
        assert [event.ongoing for event in later.events if event.concepts == {"drug_hydroxychloroquine"}] == [
            True
        ]

    def test_a_draft_that_changes_an_order_takes_its_place(self) -> None:
        known = facts({**order("8640", dose(10), "2026-01-01"), "id": "o1"})
        later = with_drafts(known, read(prednisone(20, id="o1")))
        assert [event.reference for event in later.events] == ["draft:MedicationRequest/o1"]


class TestEnded:
    def test_a_course_ends_on_the_day_with_its_doses(self) -> None:
        (taken,) = read(prednisone(100))
        cut = ended(taken, date(2026, 6, 20))
        assert isinstance(cut, Exposure)
        assert (cut.ongoing, cut.end) == (False, DateSpan(date(2026, 6, 20), date(2026, 6, 20)))
        assert [dose.end.last for dose in cut.doses] == [date(2026, 6, 20)]

    def test_one_that_ends_sooner_or_begins_later_stays_as_it_is(self) -> None:
        (taken,) = read(prednisone(100, 3))
        assert ended(taken, date(2026, 6, 20)) == taken
        assert ended(taken, date(2026, 6, 1)) == taken

    def test_what_is_no_course_stays_as_it_is(self) -> None:
        (given,) = read(draft(coded(CVX, "03")))
        assert ended(given, TODAY) == given
