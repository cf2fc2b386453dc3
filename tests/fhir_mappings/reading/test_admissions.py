"""Encounters: which are admissions, and for which reasons."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir_mappings.facts import Admission
from fhir_mappings.intervals import day
from tests.fhir_mappings.reading.written import JUNE, SNOMED, concept, event, events, read, resource
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


@pytest.mark.parametrize("named", ["reasonReference", "diagnosis"])
def test_a_diagnosis_that_is_not_at_hand_is_read_by_the_words_for_it(named: str) -> None:
    """NCT07517536 E2: the admission is for an infection, whether or not its Condition was sent along."""
    reference = {"reference": "Condition/elsewhere", "display": "Pneumonia"}
    element = {named: [reference if named == "reasonReference" else {"condition": reference}]}
    found = event(Admission, encounter(reasonCode=None, **element))
    assert "cond_pneumonia" in found.concepts
    assert (found.by_text, found.label, found.reason) == (True, "Pneumonia", "recorded")


def test_a_diagnosis_that_is_not_at_hand_and_has_no_words_leaves_the_reason_open_and_is_told() -> None:
    facts = read(encounter(reasonCode=None, reasonReference=[{"reference": "Condition/elsewhere"}]))
    (found,) = facts.events
    assert isinstance(found, Admission)
    assert (found.concepts, found.reason) == (frozenset(), "unrecorded")
    assert [unread.reference for unread in facts.unread] == ["Encounter/e1"]
    assert facts.retrieval_of(["Encounter"]) == "complete"


def test_what_a_visit_was_for_is_not_asked_where_it_was_no_admission() -> None:
    facts = read(encounter("AMB", reasonCode=None, reasonReference=[{"reference": "Condition/elsewhere"}]))
    assert not facts.events
    assert not facts.unread


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (None, "unrecorded"),
        ([concept("X-17", "https://hospital.example.org/reasons")], "unrecorded"),
        ([concept("X-17", "https://hospital.example.org/reasons", "Hip fracture")], "recorded"),
        ([concept(text="Hip fracture")], "recorded"),
        ([concept("5913000", SNOMED)], "recorded"),
    ],
)
def test_the_reason_is_recorded_if_words_or_a_code_of_a_known_system_tell_it(reason: Any, told: str) -> None:
    assert event(Admission, encounter(reasonCode=reason)).reason == told


def test_a_diagnosis_made_during_an_admission_tells_its_reason_also_if_nothing_asks_for_it() -> None:
    fracture = resource(
        "Condition", "c9", code=concept(text="Hip fracture"), encounter={"reference": "Encounter/e1"}
    )
    found = event(Admission, encounter(reasonCode=None), fracture)
    assert (found.concepts, found.reason) == (frozenset(), "recorded")


@pytest.mark.parametrize("status", ["unknown", None, "on-the-way"])
def test_an_encounter_of_which_nobody_knows_whether_it_took_place_is_not_sure(status: str | None) -> None:
    assert not event(Admission, encounter(status=status)).confirmed
    assert event(Admission, encounter(status="finished")).confirmed
