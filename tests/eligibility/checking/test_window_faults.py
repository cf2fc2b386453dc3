"""Windows that cannot be meant: empty, endless, without effect, never used."""

from __future__ import annotations

import pytest

from tests.eligibility.checking.checked_files import GOOD, criterion, file, only


@pytest.mark.parametrize(
    ("statement", "severity", "reason"),
    [
        (
            "requires: {number: {input: upcr, at_least: 1 g/g, fresh: {before: 0 d}}} # here",
            "error",
            "no length",
        ),
        (
            "requires: {number: {input: upcr, at_least: 1 g/g, fresh: {before: 90 d, gap: 3 mo}}} # here",
            "error",
            "leaves nothing",
        ),
        (
            "requires: {number: {input: upcr, at_least: 1 g/g, fresh: {before: 280 a}}} # here",
            "error",
            "longer than 100 years",
        ),
        (
            "requires: {number: {input: score, at_least: 6, fresh: {anchor: 'latest:age',"
            " before: 7 d}}} # here",
            "error",
            "Age is not measured on a day",
        ),
        (
            "requires: {number: {input: score, at_least: 6, fresh: {gap: 7 d, until: day0}}} # here",
            "warning",
            "'until' has no effect beside a gap",
        ),
        (
            "requires: {number: {input: upcr, at_least: 1 g/g, fresh: {anchor: day0}}} # here",
            "warning",
            "neither a beginning nor an end",
        ),
        (
            "requires: {number: {input: age, at_least: 18, fresh: {before: 7 d}}} # here",
            "warning",
            "has no date",
        ),
        (
            "requires: {exposed_for: {of: [drug_a], at_least: 6 mo, during: {before: 3 mo}}} # here",
            "error",
            "do not fit into a window of 3 mo",
        ),
        (
            "requires: {dose_run: {history: prednisone_equivalent, at_least: 20 mg, length: 7 d,"
            " during: {gap: 7 d}}} # here",
            "error",
            "a window with a beginning",
        ),
    ],
)
def test_a_window_that_cannot_be_meant_is_told(statement: str, severity: str, reason: str) -> None:
    problem = only(file(criterion(statement)))
    assert (problem.severity, reason in problem.reason) == (severity, True), problem.reason


def test_a_window_that_nothing_uses_is_a_warning() -> None:
    problem = only(file(GOOD, top="freshness:\n  lab: {before: 28 d} # here"))
    assert (problem.severity, problem.reason) == ("warning", "the window 'lab' is never used")
