"""A code that was withheld is as none: what it may stand for is unknown, and never taken for nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.demo.patients import demo_patients
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from tests.app.medication_records import record
from tests.app.service import AS_OF, POTENTIAL, screening_service

ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
WITHHELD = [
    {},
    {"coding": [{"system": ABSENT, "code": "masked", "display": "Masked"}]},
    {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "MSK"}]},
    {"coding": [{"system": ABSENT, "code": "unknown"}], "text": "***"},
    {"text": "[redacted]"},
    {"text": "已屏蔽"},
]
RESOURCES: dict[str, dict[str, Any]] = {
    "Condition": {"clinicalStatus": {"coding": [{"code": "active"}]}},
    "Procedure": {"status": "completed", "performedDateTime": "2026-05-01"},
    "MedicationRequest": {"status": "active", "intent": "order", "authoredOn": "2026-05-01"},
}


def findings(*more: dict[str, Any]) -> tuple[dict[tuple[str, str], str], list[str]]:
    """Outcomes of a patient of whom nothing is missing, with these resources beside; what is unread."""
    bundle = demo_patients()[POTENTIAL].bundle(AS_OF)
    patient = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient")
    for number, resource in enumerate(more):
        subject = {"reference": f"Patient/{patient['id']}"}
        entry = {"resource": {**resource, "id": f"more-{number}", "subject": subject}}
        bundle["entry"].append(entry)
    facts = read_patients(json.dumps(bundle).encode())[0]
    report = screening_service().screen_record(PatientRecord(facts), AS_OF)
    outcomes = {(s.protocol, f.criterion): f.outcome for s in report.screenings for f in s.findings}
    return outcomes, [unread.reference for unread in report.unread]


def coded(kind: str, code: dict[str, Any]) -> dict[str, Any]:
    name = "medicationCodeableConcept" if kind.startswith("Medication") else "code"
    return {"resourceType": kind, **RESOURCES[kind], name: code}


@pytest.mark.parametrize("kind", list(RESOURCES))
@pytest.mark.parametrize("code", WITHHELD, ids=str)
def test_what_rests_on_finding_nothing_is_open_beside_a_withheld_code(
    kind: str, code: dict[str, Any]
) -> None:
    known, _ = findings()
    found, unread = findings(coded(kind, code))
    changed = {found[key] for key in known if found[key] != known[key]}
    assert changed
    assert changed <= {"missing", "review"}
    assert any(reference.startswith(kind) for reference in unread)


@pytest.mark.parametrize("kind", list(RESOURCES))
def test_what_is_named_and_of_no_concern_changes_nothing(kind: str) -> None:
    named = {"coding": [{"system": ABSENT, "code": "unknown"}], "text": "Hay fever"}
    assert findings(coded(kind, named))[0] == findings()[0]


def test_an_observation_without_a_code_is_told() -> None:
    masked = {
        "resourceType": "Observation",
        "status": "final",
        "code": WITHHELD[1],
        "valueString": "positive",
    }
    assert "Observation/more-0" in findings(masked)[1]


VALUE = {"resourceType": "Observation", "status": "final", "valueQuantity": {"value": 2.1, "unit": "g/g"}}


@pytest.mark.parametrize(
    "code",
    [
        {"text": "Result"},
        {"text": "Laboratory test 3"},
        {"text": "检验结果"},
        {"coding": [{"system": "urn:local", "code": "4711"}]},
        {"coding": [{"system": "urn:local", "code": "4711", "display": "Other"}]},
    ],
    ids=str,
)
def test_an_observation_that_does_not_tell_what_was_measured_is_told_and_displaces_nothing(
    code: dict[str, Any],
) -> None:
    """``docs/architecture.md``, "Newer evidence that cannot be used": it is of no measure in particular."""
    found, unread = findings({**VALUE, "code": code})
    assert found == findings()[0]
    assert "Observation/more-0" in unread


@pytest.mark.parametrize(
    "code",
    [
        {"text": "Serum zinc"},
        {"text": "其他金属"},
        {"coding": [{"system": "urn:local", "code": "4711"}], "text": "Zinc"},
        {
            "coding": [{"system": "http://loinc.org", "code": "5763-8"}]
        },  # Zinc [Mass/volume] in Serum or Plasma
    ],
    ids=str,
)
def test_an_observation_of_something_that_nothing_asks_for_is_not_told(code: dict[str, Any]) -> None:
    assert "Observation/more-0" not in findings({**VALUE, "code": code})[1]


def test_an_observation_that_words_alone_name_is_read() -> None:
    """A name that holds a value is that of a result without one: no number is read out of it."""
    named = {**VALUE, "code": {"text": "UPCR"}}
    (read,) = record([named]).facts.measurements["upcr"]
    assert str(read.value) == "2.1"
    unvalued = {"resourceType": "Observation", "status": "final", "code": {"text": "UPCR 2.1 g/g"}}
    (unread,) = record([unvalued]).facts.unusable["upcr"]
    assert (unread.why, unread.measured) == ("unreadable", True)


NAMELESS = [
    "Infusion, day hospital",
    "see note",
    "Tablet 5 mg",
    "Home medication",
    "unknown",
    "Medication",
    "Medication zzz",
    "Medication #3",
    "MEDICATION_12",
    "Drug A",
    "unspecified product, 50 mg",
    "unknown drug (not recorded)",
    "test xxx",
    "TBD",
    "输液",
    "药物",
    "未知药物",
    "某药品A",
    "口服药1片",
    "遵医嘱用药",
]


@pytest.mark.parametrize("words", NAMELESS)
def test_words_that_name_no_drug_leave_open_which_it_is(words: str) -> None:
    known, _ = findings()
    order = {"resourceType": "MedicationRequest", **RESOURCES["MedicationRequest"]}
    for told in (
        {"medicationReference": {"reference": "Medication/refused", "display": words}},
        {"medicationCodeableConcept": {"text": words}},
        {"medicationCodeableConcept": {"coding": [{"system": ABSENT, "code": "masked"}], "text": words}},
    ):
        found, unread = findings({**order, **told})
        changed = {found[key] for key in known if found[key] != known[key]}
        assert changed
        assert changed <= {"missing", "review"}
        assert "MedicationRequest/more-0" in unread


@pytest.mark.parametrize(
    "words",
    [
        "Amlodipine 5 mg tablet",
        "Multivitamin",
        "Vitamin A",
        "Home oxygen",
        "No current medication",
        "Zzzquil",
        "维生素C",
        "氨氯地平片",
    ],
)
def test_words_that_name_another_drug_are_told_and_change_nothing(words: str) -> None:
    order = {"resourceType": "MedicationRequest", **RESOURCES["MedicationRequest"]}
    told = {"medicationReference": {"reference": "Medication/refused", "display": words}}
    found, unread = findings({**order, **told})
    assert found == findings()[0]
    assert "MedicationRequest/more-0" in unread


@pytest.mark.parametrize("words", ["Home medication", "静脉输液"])
def test_a_display_that_names_the_drug_stands_beside_a_text_that_names_none(words: str) -> None:
    order = {"resourceType": "MedicationRequest", **RESOURCES["MedicationRequest"]}
    local = {"system": "urn:local", "code": "4711", "display": "Rituximab 500 mg vial"}
    told = {"medicationCodeableConcept": {"coding": [local], "text": words}}
    named = {"medicationCodeableConcept": {"text": "Rituximab 500 mg vial"}}
    found = findings({**order, **told})[0]
    assert found == findings({**order, **named})[0] != findings()[0]
