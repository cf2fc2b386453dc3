"""A score, form or class on record that bears no date may be the latest."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.test_recorded_scores import DOMAINS, A, bilag, finding, outcome, report, total
from tests.fhir_mappings.reading.written import Json, loinc, read, resource

JUNE_10 = "2026-06-10"
ALL_A = dict.fromkeys(DOMAINS, "A")
CODE = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I50.9"}
STATES = "http://terminology.hl7.org/CodeSystem/condition-clinical"
HEART_FAILURE = resource(
    "Condition",
    "c1",
    code={"coding": [CODE]},
    onsetDateTime="2024-05-01",
    clinicalStatus={"coding": [{"system": STATES, "code": "active"}]},
)


def nyha(own_id: str, grade: str, **dated: Any) -> Json:
    value = {"text": f"Class {grade}"}
    code = loinc("88020-3")
    return resource("Observation", own_id, status="final", code=code, valueCodeableConcept=value, **dated)


def sledai(own_id: str, points: int, **dated: Any) -> Json:
    code = {"text": "SLEDAI-2K"}
    return resource("Observation", own_id, status="final", code=code, valueInteger=points, **dated)


def undated(form: Json, **elements: Any) -> Json:
    return {
        key: value for key, value in form.items() if key not in ("authored", "effectiveDateTime")
    } | elements


def points(own_id: str, number: int) -> Json:
    return total(own_id, "sledai-2k", number, JUNE_10)


CASES = [
    (A, "I5", "fail", points("q1", 4), points("q2", 8)),
    (A, "I5", "pass", points("q1", 8), points("q2", 4)),
    (A, "I5", "fail", sledai("o1", 4, effectiveDateTime=JUNE_10), sledai("o2", 8)),
    (A, "I6", "fail", bilag("q1", JUNE_10), bilag("q2", JUNE_10, **ALL_A)),
    (A, "I6", "pass", bilag("q1", JUNE_10, **ALL_A), bilag("q2", JUNE_10)),
]  # fmt: skip


@pytest.mark.parametrize(("protocol", "criterion", "alone", "dated", "other"), CASES)
def test_where_it_would_decide_otherwise_the_question_is_open(
    protocol: str, criterion: str, alone: str, dated: Json, other: Json
) -> None:
    """A-I5: SLEDAI-2K of 6 or more. A-I6: one BILAG-2004 grade A."""
    assert outcome(protocol, criterion, dated) == alone
    assert outcome(protocol, criterion, dated, undated(other)) in ("missing", "review")


@pytest.mark.parametrize(("protocol", "criterion", "alone", "dated", "other"), CASES)
def test_where_it_agrees_with_the_dated_one_nothing_changes(
    protocol: str, criterion: str, alone: str, dated: Json, other: Json
) -> None:
    same = undated(dated) | {"id": other["id"]}
    before = finding(report(protocol, dated), criterion)
    after = finding(report(protocol, dated, same), criterion)
    assert (after.outcome, after.reason) == (before.outcome, before.reason)


@pytest.mark.parametrize(("protocol", "criterion", "alone", "dated", "other"), CASES)
def test_alone_it_decides_nothing(
    protocol: str, criterion: str, alone: str, dated: Json, other: Json
) -> None:
    assert outcome(protocol, criterion, undated(dated)) == "missing"
    assert outcome(protocol, criterion, undated(other)) == "missing"


def test_an_undated_class_of_heart_failure_may_be_the_latest() -> None:
    """A-E3: heart failure of NYHA class III or IV."""
    dated = nyha("o1", "II", effectiveDateTime=JUNE_10)
    before = finding(report(A, HEART_FAILURE, dated), "E3")
    found = finding(report(A, HEART_FAILURE, dated, nyha("o2", "III")), "E3")
    assert found.outcome == "missing"
    assert [(need.input, need.why) for need in found.needs] == [("nyha_class", "too-coarse")]
    same = finding(report(A, HEART_FAILURE, dated, nyha("o2", "II")), "E3")
    assert (same.outcome, same.reason) == (before.outcome, before.reason)


@pytest.mark.parametrize(("grade", "expected"), [("II", "presumed"), ("III", "missing")])
def test_so_may_one_that_an_undated_diagnosis_names(grade: str, expected: str) -> None:
    """A-E3"""
    worded = HEART_FAILURE | {"id": "c2", "code": {"text": f"Heart failure, NYHA {grade}"}}
    del worded["onsetDateTime"]
    dated = nyha("o1", "II", effectiveDateTime=JUNE_10)
    assert outcome(A, "E3", HEART_FAILURE, dated, worded) == expected


@pytest.mark.parametrize(("until", "expected"), [("2026-06-09", "fail"), ("2026-06-12", "review")])
def test_the_day_of_issue_or_storage_bounds_it(until: str, expected: str) -> None:
    """A-I5: what was issued, or stored, before the dated total was given is surely the older one."""
    instant = f"{until}T08:00:00Z"
    issued = sledai("o2", 8, issued=instant)
    stored = undated(points("q2", 8), meta={"lastUpdated": instant})
    for other in (issued, stored):
        assert outcome(A, "I5", points("q1", 4), other) == expected


def test_it_is_told_and_kept_as_of_any_day() -> None:
    facts = read(sledai("o1", 8), undated(points("q1", 8)))
    assert [str(one.when) for one in facts.assessments] == ["../..", "../.."]
    assert [one.evidence.date for one in facts.assessments] == [None, None]
    assert [told.why for told in facts.unread] == [
        "a recorded score without a date",
        "the questionnaire's date is not recorded",
    ]


def test_what_makes_the_grade_open_is_named() -> None:
    (need, *_) = finding(report(A, bilag("q1", JUNE_10), undated(bilag("q2", JUNE_10, **ALL_A))), "I6").needs
    assert "an unknown day" in need.detail
