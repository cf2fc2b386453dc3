"""Verdicts: the first line that applies, and from when on it would be another."""

from __future__ import annotations

from datetime import date

import pytest

from eligibility.findings import Finding
from eligibility.judging import verdict_of
from eligibility.screening import screen
from tests.eligibility.charts import AS_OF, HandChart, diagnosis, judged, protocol


def finding(outcome: str, leaning: str | None = None, clears_on: str | None = None) -> Finding:
    return Finding(
        criterion="I1",
        kind="inclusion",
        text="",
        outcome=outcome,  # type: ignore[arg-type]
        leaning=leaning,  # type: ignore[arg-type]
        reason="",
        clears_on=clears_on,
        evidence=(),
        needs=(),
        notes=(),
        parts=(),
    )


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ([finding("fail"), finding("fail", clears_on="2026-07-01")], "ineligible"),
        ([finding("fail", clears_on="2026-07-01"), finding("missing")], "ineligible-for-now"),
        ([finding("review", "fail"), finding("missing")], "probably-ineligible"),
        ([finding("review", "pass"), finding("missing")], "undetermined"),
        (
            [finding("pass"), finding("presumed"), finding("review", "pass"), finding("attest")],
            "potentially-eligible",
        ),
    ],
)
def test_the_verdict_is_the_first_line_that_applies(findings: list[Finding], verdict: str) -> None:
    assert verdict_of(findings) == verdict


def test_the_earliest_date_is_the_latest_of_those_that_clear() -> None:
    parts = """
parts:
  - {id: I1.1, text: a, excludes: {found: {kind: [diagnosis], of: [cond_mi], during: {before: 6 mo}}}}
  - {id: I1.2, text: b, excludes: {found: {kind: [diagnosis], of: [class_cancer], during: {before: 5 a}}}}
"""
    events = [
        diagnosis(start=date(2026, 3, 10), end=date(2026, 3, 10)),
        diagnosis("cond_lymphoma", start=date(2024, 1, 1), end=date(2024, 1, 1)),
    ]
    screening = screen(protocol(parts), HandChart(events=events), AS_OF)
    assert screening.verdict == "ineligible-for-now"
    assert screening.earliest == "2029-01-02"
    assert [part.clears_on for part in screening.findings[0].parts] == ["2026-09-11", "2029-01-02"]


def test_an_anchor_that_is_given_moves_the_window() -> None:
    statement = "excludes: {found: {kind: [diagnosis], of: [cond_mi], during: {anchor: day0, before: 28 d}}}"
    event = diagnosis(start=date(2026, 6, 1), end=date(2026, 6, 1))
    assert judged(statement, HandChart(events=[event]), kind="E1").outcome == "fail"
    later = judged(statement, HandChart(events=[event]), kind="E1", day0=date(2026, 6, 30))
    assert later.outcome == "presumed"
