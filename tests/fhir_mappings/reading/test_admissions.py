"""Encounters: which are admissions, and for which reasons."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir_mappings.facts import Admission
from fhir_mappings.intervals import day
from tests.fhir_mappings.reading.written import JUNE, SNOMED, concept, event, events, resource
from tests.fhir_mappings.reading.written_care import encounter


@pytest.mark.parametrize(
    ("code", "inpatient"),
    [("IMP", True), ("ACUTE", True), ("NONAC", True), ("SS", True), ("AMB", False), ("VR", False)],
)
def test_the_class_of_an_encounter_tells_whether_the_patient_was_admitted(code: str, inpatient: bool) -> None:
    found = event(Admission, encounter(code))
    assert found.inpatient is inpatient
    assert found.start == JUNE
    assert found.end == day(date(2026, 6, 5))
    assert found.concepts


def test_an_emergency_is_an_admission_only_if_the_patient_was_admitted() -> None:
    admitted = {"admitSource": concept("emd", "http://terminology.hl7.org/CodeSystem/admit-source")}
    assert event(Admission, encounter("EMER", hospitalization=admitted)).inpatient
    assert not event(Admission, encounter("EMER")).inpatient


@pytest.mark.parametrize("status", ["planned", "cancelled", "entered-in-error"])
def test_an_encounter_that_did_not_happen_is_none(status: str) -> None:
    assert events(Admission, encounter(status=status)) == []


def test_an_admission_in_progress_goes_on() -> None:
    found = event(Admission, encounter(status="in-progress", period={"start": "2026-06-01"}))
    assert found.ongoing
    assert found.end is None


def test_the_diagnosis_of_an_encounter_may_be_a_condition_elsewhere() -> None:
    pneumonia = resource(
        "Condition",
        "c9",
        code=concept("233604007", SNOMED, "Pneumonia"),
        verificationStatus="confirmed",
    )
    written = encounter(reasonCode=None, diagnosis=[{"condition": {"reference": "Condition/c9"}}])
    found = event(Admission, written, pneumonia)
    assert found.concepts == event(Admission, encounter()).concepts


def test_a_refuted_diagnosis_is_no_reason_of_an_encounter() -> None:
    refuted = resource(
        "Condition", "c9", code=concept("233604007", SNOMED, "Pneumonia"), verificationStatus="refuted"
    )
    written = encounter(reasonCode=None, diagnosis=[{"condition": {"reference": "Condition/c9"}}])
    assert not event(Admission, written, refuted).concepts


def pneumonia(status: str = "confirmed", **elements: Any) -> dict[str, Any]:
    code = concept("233604007", SNOMED, "Pneumonia")
    return resource("Condition", "c9", code=code, verificationStatus=status, **elements)


DIAGNOSED = [{"condition": {"reference": "Condition/c9"}}]


@pytest.mark.parametrize("status", ["differential", "provisional", "unconfirmed"])
def test_a_diagnosis_that_is_not_confirmed_is_no_certain_reason_of_an_encounter(status: str) -> None:
    written = encounter(reasonCode=None, diagnosis=DIAGNOSED)
    sure, doubted = events(Admission, written, pneumonia(status))
    assert (sure.concepts, sure.confirmed, sure.inpatient) == (frozenset(), True, True)
    assert (doubted.concepts, doubted.confirmed, doubted.inpatient) == (
        event(Admission, encounter()).concepts,
        False,
        True,
    )


def test_a_reason_that_is_only_suspected_is_not_certain() -> None:
    found = event(Admission, encounter("AMB", reasonCode=[concept(text="Suspected sepsis")]))
    assert found.concepts
    assert not found.confirmed


def test_a_suspicion_beside_a_certain_reason_stands_apart() -> None:
    written = encounter(reasonCode=[concept("233604007", SNOMED), concept(text="Suspected pneumonia")])
    assert event(Admission, written).confirmed


def test_a_diagnosis_made_during_an_admission_is_one_of_its_reasons() -> None:
    made = pneumonia(encounter={"reference": "Encounter/e1"})
    assert event(Admission, encounter(reasonCode=None), made).concepts == (
        event(Admission, encounter()).concepts
    )


@pytest.mark.parametrize("status", ["refuted", "differential"])
def test_a_diagnosis_made_during_an_admission_counts_as_far_as_it_is_confirmed(status: str) -> None:
    made = pneumonia(status, encounter={"reference": "Encounter/e1"})
    found = events(Admission, encounter(reasonCode=None), made)
    assert not any(one.concepts for one in found if one.confirmed)
    assert len(found) == (1 if status == "refuted" else 2)


def test_a_diagnosis_made_at_a_visit_makes_no_admission_of_it() -> None:
    made = pneumonia(encounter={"reference": "Encounter/e1"})
    assert events(Admission, encounter("AMB", reasonCode=None), made) == []
