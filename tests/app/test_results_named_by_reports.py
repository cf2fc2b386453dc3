"""A DiagnosticReport names a result that is not at hand: it exists, and no older one decides in its place.

FHIR R4, ``DiagnosticReport.result``: "Observations that are part of this diagnostic report".
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from fhir_mappings.patient import read_patients
from tests.app.lacking_results import HBSAG, JUNE_14, LACKING, PANEL, POSITIVE, SUBJECT, screened
from tests.app.service import POTENTIAL, bundle_of


def report(**elements: Any) -> dict[str, Any]:
    base = {"resourceType": "DiagnosticReport", "id": "panel", "status": "final", "code": PANEL, **SUBJECT}
    return {**base, **JUNE_14, "result": [LACKING], **elements}


def test_without_such_a_report_the_negative_result_of_may_decides() -> None:
    assert screened()[0].outcome == "pass"


@pytest.mark.parametrize(
    "elements",
    [
        {},
        {"status": "preliminary"},
        {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-06-13", "end": "2026-06-14"}},
        {"effectiveDateTime": None, "issued": "2026-06-14T08:00:00Z"},
        {"effectiveDateTime": None},
        {"code": HBSAG, "result": [{"reference": "Observation/not-at-hand"}]},
        {"code": HBSAG, "result": [{**LACKING, "display": "Result 1"}]},
        {"result": [{"reference": "https://elsewhere.example/Observation/7", "display": "HBsAg"}]},
        {"result": [{"reference": "#lost", "display": "HBsAg"}]},
    ],
)
def test_a_newer_result_that_is_not_at_hand_leaves_it_open(elements: dict[str, Any]) -> None:
    found, unread = screened(report(**elements))
    assert (found.outcome, [need.why for need in found.needs]) == ("missing", ["not-retrieved"])
    assert "the report names this result, and it is not at hand" in found.reason
    assert any(told.startswith("reports or panels name results that are not at hand: ") for told in unread)


@pytest.mark.parametrize(
    "elements",
    [
        {"effectiveDateTime": "2026-05-01"},
        {"status": "entered-in-error"},
        {"status": "cancelled"},
        {"result": [{**LACKING, "display": "Sodium"}]},
        {"result": [{"reference": "Observation/not-at-hand"}]},
    ],
)
def test_one_that_is_older_void_or_of_something_else_leaves_the_last_one_standing(
    elements: dict[str, Any],
) -> None:
    assert screened(report(**elements))[0].outcome == "pass"


@pytest.mark.parametrize(
    "result", [{"reference": "Observation/not-at-hand"}, {**LACKING, "display": "Sodium"}]
)
def test_what_the_words_do_not_tell_is_told(result: dict[str, Any]) -> None:
    [told] = screened(report(result=[result]))[1]
    assert (
        told == f"reports or panels name results that are not at hand: {result.get('display', PANEL['text'])}"
    )


def test_a_result_that_is_at_hand_counts_and_nothing_is_told() -> None:
    found, unread = screened(report(result=[{"reference": "Observation/new-hbsag"}]), POSITIVE)
    assert (found.outcome, unread) == ("fail", [])


def test_a_result_that_stands_in_the_report_counts_and_nothing_is_told() -> None:
    inside = {**POSITIVE, "id": "inside"}
    found, unread = screened(report(contained=[inside], result=[{"reference": "#inside"}]))
    assert (found.outcome, unread) == ("fail", [])


def test_one_of_the_same_day_as_a_result_at_hand_is_that_result() -> None:
    found, _ = screened(report(), POSITIVE)
    assert found.outcome == "fail"


def test_many_are_told_in_one_line() -> None:
    results = [{"reference": f"Observation/{n}", "display": f"Test {n:03}"} for n in range(50)]
    [told] = screened(report(result=results), report(id="other", result=results))[1]
    assert told.endswith("Test 018, Test 019 and 30 more")


def test_the_report_itself_is_read_all_the_same() -> None:
    """Its type is not taken for cut short: what a report says in words was read."""
    bundle = bundle_of(POTENTIAL)
    bundle["entry"].append({"resource": report()})
    [facts] = read_patients(json.dumps(bundle).encode())
    assert facts.retrieval_of(["DiagnosticReport"]) == "complete"
