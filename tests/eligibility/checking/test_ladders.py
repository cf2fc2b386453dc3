"""Rungs and rows that are never reached, and ladders that decide nothing."""

from __future__ import annotations

import pytest

from tests.eligibility.checking.checked_files import checked, criterion, file, only


@pytest.mark.parametrize(
    "rungs",
    [
        """
    - {when: {number: {input: score, at_least: 6}}, then: fail}
    - {when: {number: {input: score, at_least: 6}}, then: missing} # here
""",
        """
    - {when: {number: {input: score, at_least: 6}}, then: fail}
    - {when: {number: {input: score, at_least: 8}}, then: missing} # here
""",
        """
    - {when: {any: [{number: {input: age, at_least: 1}}, {number: {input: score, at_least: 6}}]}, then: fail}
    - {when: {proven: {number: {input: score, above: 6}}}, then: missing} # here
""",
        """
    - {when: {number: {input: score, at_least: 6}}, then: fail}
    - {when: {number: {input: score, at_most: 4}}, then: missing}
    - {when: {not: {number: {input: score, above: 1}}}, then: fail} # here
""",
        """
    - {when: {found: {kind: [diagnosis], of: [cond_skin_cancer]}}, then: fail}
    - {when: {found: {kind: [diagnosis], of: [cond_lymphoma]}}, then: review-fail}
    - {when: {found: {kind: [diagnosis], of: [class_cancer], during: {before: 5 a}}}, then: fail} # here
""",
    ],
    ids=[
        "the same",
        "a narrower one",
        "part of an alternative",
        "the negation of another",
        "all members of a class",
    ],
)
def test_a_rung_that_is_never_reached_is_told(rungs: str) -> None:
    text = file(criterion(f"cases:\n  of:\n{rungs.strip(chr(10))}\n  otherwise: pass"))
    problem = only(text)
    assert problem.reason.startswith("this rung is never reached: ")


def test_a_rung_for_what_is_only_unconfirmed_is_reached() -> None:
    """Where a statement is unconfirmed, a rung that speaks for the patient leaves it to those below."""
    rungs = """
cases:
  of:
    - {when: {found: {kind: [diagnosis], of: [cond_mi]}}, then: pass}
    - {when: {found: {kind: [diagnosis], of: [cond_mi]}}, then: review-fail}
  otherwise: fail
"""
    assert checked(file(criterion(rungs))) == []


def test_a_ladder_whose_outcomes_are_all_the_same_decides_nothing() -> None:
    rungs = """
cases:
  of:
    - {when: {number: {input: score, at_least: 6}}, then: pass}
  otherwise: pass # here
"""
    assert "every rung and 'otherwise' say 'pass'" in only(file(criterion(rungs))).reason


def test_a_row_that_is_never_reached_is_told() -> None:
    table = """
table:
  columns: {hbsag: {input: hbsag}}
  rows:
    - {when: {hbsag: [positive, negative]}, then: pass}
    - {when: {}, then: fail} # here
"""
    assert "this row is never reached" in only(file(criterion(table))).reason
