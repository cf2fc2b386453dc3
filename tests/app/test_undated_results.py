"""A result that bears no date may be the latest: whole resources, screened for both trials."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.screening import ScreeningService
from eligibility.course import Anchors
from eligibility.findings import Finding
from eligibility.judging import flattened
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from tests.app.service import AS_OF, screening_service

Json = dict[str, Any]
A, B = "nct07517536", "nct05247203"
HEMOGLOBIN, UPCR, PROTEIN_24H, EGFR, CREATININE = "718-7", "2890-2", "2889-4", "33914-3", "2160-0"
WEIGHT, HEIGHT = "29463-7", "8302-2"
RATE = "mL/min/{1.73_m2}"
NO_DATE: Json = {}
JUNE_10: Json = {"effectiveDateTime": "2026-06-10"}
PATIENT = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1974-01-01"}


def result(code: str, value: float, unit: str, dated: Json, **elements: Any) -> Json:
    quantity = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    return {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "valueQuantity": quantity,
        **dated,
        **elements,
    }


def biopsy(words: str, dated: Json, status: str = "final") -> Json:
    return {
        "resourceType": "DiagnosticReport",
        "status": status,
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "11529-5"}], "text": "Kidney biopsy"},
        "conclusion": words,
        **dated,
    }


def finding(protocol: str, criterion: str, *resources: Json, of: Json = PATIENT) -> Finding:
    numbered = [{**resource, "id": f"r{i}"} for i, resource in enumerate(resources)]
    entries = [{"resource": resource} for resource in (of, *numbered)]
    body = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()
    service: ScreeningService = screening_service()
    (facts,) = read_patients(body)
    (screening,) = service.screen_record(PatientRecord(facts), AS_OF, Anchors(), [protocol]).screenings
    return next(f for f in flattened(screening.findings) if f.criterion == criterion)


def hemoglobin(value: float, dated: Json) -> Json:
    return result(HEMOGLOBIN, value, "g/L", dated)


def upcr(value: float, dated: Json) -> Json:
    return result(UPCR, value, "g/g", dated)


def protein(value: float, dated: Json, **elements: Any) -> Json:
    return result(PROTEIN_24H, value, "g/(24.h)", dated, **elements)


def creatinine(value: float, dated: Json, **elements: Any) -> Json:
    return result(CREATININE, value, "mg/dL", dated, **elements)


BODY = (result(WEIGHT, 60, "kg", JUNE_10), result(HEIGHT, 165, "cm", JUNE_10))
CLASS_IV, CLASS_II = "Lupus nephritis, ISN/RPS class IV (A).", "Lupus nephritis, ISN/RPS class II."

OPENED = [
    (B, "E3.4", "pass", hemoglobin(100, JUNE_10), hemoglobin(50, NO_DATE)),
    (A, "I4", "fail", upcr(0.5, JUNE_10), upcr(3, NO_DATE)),
    (A, "I3", "pass", biopsy(CLASS_IV, {"effectiveDateTime": "2026-01-10"}), biopsy(CLASS_II, NO_DATE)),
    (B, "E1a", "pass", protein(1.2, JUNE_10), protein(7, NO_DATE)),
    (A, "E6", "pass", result(EGFR, 50, RATE, JUNE_10), result(EGFR, 8, RATE, NO_DATE)),
    (A, "E6", "pass", creatinine(1, JUNE_10), creatinine(8, NO_DATE)),
]


@pytest.mark.parametrize(("protocol", "criterion", "alone", "dated", "undated"), OPENED)
def test_where_it_would_decide_otherwise_the_question_is_open(
    protocol: str, criterion: str, alone: str, dated: Json, undated: Json
) -> None:
    assert finding(protocol, criterion, dated).outcome == alone
    found = finding(protocol, criterion, dated, undated)
    assert found.outcome == "missing"
    assert {need.why for need in found.needs} == {"too-coarse"}
    assert "an unknown day" in found.reason


@pytest.mark.parametrize(("protocol", "criterion", "alone", "dated", "undated"), OPENED)
def test_where_it_agrees_with_the_dated_one_nothing_changes(
    protocol: str, criterion: str, alone: str, dated: Json, undated: Json
) -> None:
    before, same = finding(protocol, criterion, dated), {**dated}
    del same["effectiveDateTime"]
    after = finding(protocol, criterion, dated, same)
    assert (after.outcome, after.reason) == (before.outcome, before.reason) == (alone, before.reason)


@pytest.mark.parametrize(("protocol", "criterion", "alone", "dated", "undated"), OPENED)
def test_alone_it_decides_nothing(
    protocol: str, criterion: str, alone: str, dated: Json, undated: Json
) -> None:
    same = {**dated}
    del same["effectiveDateTime"]
    assert finding(protocol, criterion, same).outcome == "missing"


@pytest.mark.parametrize(
    ("issued", "outcome"),
    [
        # Issued before the dated result was taken, it is surely the older one.
        ("2026-06-09T08:00:00Z", "pass"),
        ("2026-06-10T08:00:00Z", "missing"),
        ("2026-06-12T08:00:00Z", "missing"),
    ],
)
def test_the_day_of_issue_bounds_it(issued: str, outcome: str) -> None:
    """FHIR R4, Observation.issued: the time at which the result was made available, after the specimen."""
    newer = hemoglobin(50, {"issued": issued})
    assert finding(B, "E3.4", hemoglobin(100, JUNE_10), newer).outcome == outcome


def test_an_undated_creatinine_makes_an_undated_clearance() -> None:
    """B-E3.2, A-E9c: 8 mg/dL is about 9 mL/min, whenever it was."""
    for protocol, criterion in ((B, "E3.2"), (A, "E9c")):
        assert finding(protocol, criterion, creatinine(1, JUNE_10), *BODY).outcome == "pass"
        both = (creatinine(1, JUNE_10), creatinine(8, NO_DATE))
        assert finding(protocol, criterion, *both, *BODY).outcome == "missing"
        same = (creatinine(1, JUNE_10), creatinine(1, NO_DATE))
        assert finding(protocol, criterion, *same, *BODY).outcome == "pass"


# -- the height and the weight behind a clearance ------------------------------------------------------


@pytest.mark.parametrize(("protocol", "criterion"), [(A, "E9c"), (B, "E3.2")])
def test_a_clearance_that_hangs_on_an_unknown_height_is_missing(protocol: str, criterion: str) -> None:
    """52 years, 110 kg, 2.6 mg/dL: 44 mL/min by actual weight; 21 by the ideal weight for 160 cm."""
    heavy = (creatinine(2.6, JUNE_10), result(WEIGHT, 110, "kg", JUNE_10))
    found = finding(protocol, criterion, *heavy)
    assert found.outcome == "missing"
    assert [need.input for need in found.needs] == ["body_height"]
    known = finding(protocol, criterion, *heavy, result(HEIGHT, 160, "cm", JUNE_10))
    assert (known.outcome, known.leaning) == ("review", "fail")


@pytest.mark.parametrize(("protocol", "criterion", "low"), [(A, "E9c", "review"), (B, "E3.2", "fail")])
def test_where_no_height_can_change_the_answer_none_is_asked_for(
    protocol: str, criterion: str, low: str
) -> None:
    """0.6 mg/dL: 59 mL/min even for the ideal weight of 140 cm, 34.3 kg."""
    light = (creatinine(0.6, JUNE_10), result(WEIGHT, 110, "kg", JUNE_10))
    assert finding(protocol, criterion, *light).outcome == "pass"
    heavy = (creatinine(6, JUNE_10), result(WEIGHT, 110, "kg", JUNE_10))
    assert finding(protocol, criterion, *heavy).outcome == low


@pytest.mark.parametrize(("kilograms", "outcome"), [(6, "missing"), (19.9, "missing"), (60, "pass")])
def test_a_weight_that_no_adult_has_is_unreadable(kilograms: float, outcome: str) -> None:
    body = (result(WEIGHT, kilograms, "kg", JUNE_10), result(HEIGHT, 165, "cm", JUNE_10))
    found = finding(B, "E3.2", creatinine(0.8, JUNE_10), *body)
    assert found.outcome == outcome
    if outcome == "missing":
        assert [(need.input, need.why) for need in found.needs] == [("body_weight", "unreadable")]


def test_an_ideal_weight_of_the_shortest_is_never_less_than_a_person_weighs() -> None:
    """B-E3.2: at 100 cm the line of Devine gives -2 kg, a body mass index of 16 kg/m² gives 16 kg."""
    body = (result(WEIGHT, 60, "kg", JUNE_10), result(HEIGHT, 100, "cm", JUNE_10))
    found = finding(B, "E3.2", creatinine(0.8, JUNE_10), *body)
    # 52 years, 0.8 mg/dL: (140 - 52) × 16 × 0.85 / (72 × 0.8) = 20.8 mL/min; with 60 kg 77.9.
    assert found.outcome == "review"
    assert "20.7778" in found.reason, found.reason


# -- what is only preliminary --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("criterion", "final", "preliminary"), [("E1a", protein(1.2, JUNE_10), protein(7, JUNE_10)),
                                            ("E1b", creatinine(1.2, JUNE_10), creatinine(7, JUNE_10))]
)  # fmt: skip
def test_a_preliminary_result_above_the_limit_leaves_open_both_limits_alike(
    criterion: str, final: Json, preliminary: Json
) -> None:
    """B-E1: 24-hour protein and creatinine, both asked over the eight weeks before day 0."""
    newer = {**preliminary, "status": "preliminary", "effectiveDateTime": "2026-06-12"}
    assert finding(B, criterion, final).outcome == "pass"
    found = finding(B, criterion, final, newer)
    assert found.outcome == "missing"
    assert "only a preliminary result is there" in found.reason


def test_a_preliminary_biopsy_is_told_as_preliminary() -> None:
    """A-I3"""
    newer = biopsy(CLASS_IV, JUNE_10, status="preliminary")
    found = finding(A, "I3", biopsy(CLASS_IV, {"effectiveDateTime": "2026-01-10"}), newer)
    assert found.outcome == "missing"
    assert "its report is preliminary" in found.reason
    assert "cannot be read" not in found.reason


def test_an_open_classification_is_told_as_open() -> None:
    """A-I2: a ratio on record is evidence for points of EULAR/ACR 2019, not a category of it."""
    found = finding(A, "I2", upcr(1.2, JUNE_10))
    assert found.outcome == "missing"
    assert "what is on record does not decide it" in found.reason
    assert "cannot be read" not in found.reason


@pytest.mark.parametrize("dated", [NO_DATE, {"effectiveDateTime": "2026"}])
def test_a_positive_ana_of_an_unknown_day_keeps_two_negative_tests_from_failing(dated: Json) -> None:
    """NCT05247203 I5: a positive of older date needs a person, and one of the window passes."""

    def worded(code: str, words: str, when: Json) -> Json:
        written = {k: v for k, v in result(code, 0, "1", when).items() if k != "valueQuantity"}
        return {**written, "valueString": words}

    negatives = (worded("5048-4", "<1:80", JUNE_10), worded("32677-7", "negative", JUNE_10))
    assert finding(B, "I5", *negatives).outcome == "fail"
    assert finding(B, "I5", *negatives, worded("5048-4", "1:640", dated)).outcome == "missing"


@pytest.mark.parametrize(("protocol", "criterion"), [(A, "I9"), (B, "E6")])
def test_a_preliminary_positive_pregnancy_test_after_a_negative_one_leaves_it_open(
    protocol: str, criterion: str
) -> None:
    """NCT07517536 I9 and NCT05247203 E6: a preliminary result is no fact, and no reason to pass."""
    woman = {**PATIENT, "birthDate": "1990-01-01"}
    negative = result("19080-1", 1, "m[IU]/mL", {"effectiveDateTime": "2026-06-11"})
    positive = result("19080-1", 900, "m[IU]/mL", {"effectiveDateTime": "2026-06-13"}, status="preliminary")
    assert finding(protocol, criterion, negative, of=woman).outcome == "attest"
    assert finding(protocol, criterion, negative, positive, of=woman).outcome == "missing"
