"""Whole protocols on the same facts 400, and 28, years later: the same findings, their dates as much later.

Why these numbers of years: ``tests/eligibility/properties/test_date_shift.py``.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.app.properties import example_records as rec
from tests.app.properties.reports import PATIENTS, chart_of, essence, report
from tests.app.service import AS_OF
from tests.eligibility.properties.shifting import shifted


def _later(years: int) -> Any:
    return lambda day: day.replace(year=day.year + years)


@pytest.mark.parametrize("years", [400, 28])
def test_every_example_of_every_protocol_has_the_same_finding(years: int) -> None:
    step = _later(years)
    different: list[str] = []
    for case in rec.single_cases():
        finding = case.judged()
        moved = rec.Case(
            case.criterion,
            shifted(case.facts, step),
            step(case.as_of),
            shifted(case.anchors, step),
            case.name,
        ).judged()
        clears = step(date.fromisoformat(finding.clears_on)).isoformat() if finding.clears_on else None
        if (moved.outcome, moved.leaning, moved.clears_on) != (finding.outcome, finding.leaning, clears):
            different.append(f"{case.criterion.id} {case.name}: {finding.reason} / {moved.reason}")
    assert different == []


def _moved_text(day: str | None, years: int) -> str | None:
    return day and f"{int(day[:4]) + years}{day[4:]}"


@pytest.mark.parametrize("years", [400, 28])
@pytest.mark.parametrize("patient", PATIENTS)
def test_a_demonstration_chart_has_the_same_findings(patient: str, years: int) -> None:
    expected: dict[str, Any] = {}
    for name, told in essence(report(chart_of(patient))).items():
        if " " in name:
            outcome, leaning, clears, needs = told
            expected[name] = (outcome, leaning, _moved_text(clears, years), needs)
        else:
            verdict, earliest, until = told
            expected[name] = (verdict, _moved_text(earliest, years), _moved_text(until, years))
    day = _later(years)(AS_OF)
    assert essence(report(chart_of(patient, day), day)) == expected
