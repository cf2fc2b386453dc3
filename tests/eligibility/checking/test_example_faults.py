"""Criteria whose examples are missing, contradict each other, or leave out what they should show."""

from __future__ import annotations

import re

import pytest

from tests.eligibility.checking.checked_files import GOOD, checked, criterion, file, marked, only


def test_a_criterion_without_example_is_an_error() -> None:
    text = file(GOOD.partition("  examples:")[0].replace("id: I1", "id: I1 # here"))
    problem = only(text)
    assert (problem.severity, problem.reason) == ("error", "I1 has no example")


def test_examples_that_leave_out_an_outcome_are_a_warning() -> None:
    text = file(GOOD.replace("id: I1", "id: I1 # here"))
    text = re.sub(r"    - .*is missing.*\n", "", text)
    problem = only(text)
    assert (problem.severity, problem.reason) == ("warning", "I1 has no example that lacks data")


def test_what_only_a_person_can_say_needs_no_example_that_lacks_data() -> None:
    text = file(criterion("requires: {attest: {question: q, ask: Is it so?}}"))
    assert checked(re.sub(r"    - .*is missing.*\n", "", text)) == []


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["1 g/g"], "just below 1 g/g"),
        (["0.9 g/g"], "just at or above 1 g/g"),
        (["5 g/g", "0.9 g/g"], "just at or above 1 g/g"),
        (["1 g/g", "0.9 g/g"], None),
        (["115 mg/mmol", "112 mg/mmol"], None),
        ([], None),
    ],
)
def test_a_threshold_that_no_example_shows_from_both_sides_is_a_warning(
    values: list[str], reason: str | None
) -> None:
    statement = "requires:\n  number: {input: upcr, at_least: 1 g/g} # here"
    results = ", ".join(f"{{upcr: {value}, on: 2026-06-01}}" for value in values)
    text = file(criterion(statement)).replace("{sign: 1}", f"{{results: [{results}]}}")
    if reason is None:
        assert checked(text) == []
    else:
        problem = only(text)
        assert problem.severity == "warning"
        assert reason in problem.reason


def test_the_same_chart_with_two_outcomes_is_an_error() -> None:
    text = file(GOOD).replace("chart: {sign: 2}, outcome: fail}", "chart: {sign: 1}, outcome: fail} # here")
    assert only(text).reason == "the same chart is 'pass' in the example 'I1 passes'"


def test_an_example_of_a_part_that_does_not_exist_is_an_error() -> None:
    text = (
        file(GOOD)
        .replace("chart: {sign: 2}", "part: I1a, chart: {sign: 2}")
        .replace("outcome: fail}", "outcome: fail} # here")
    )
    found = checked(text)
    assert [p.line for p in found if p.severity == "error"] == [marked(text)]
    assert any("I1 has no part 'I1a' (did you mean 'I1'?)" in p.reason for p in found)


def test_an_example_with_an_unknown_code_set_is_an_error() -> None:
    text = (
        file(GOOD)
        .replace("{sign: 2}", "{events: [{diagnosis: cond_mii}]}")
        .replace("outcome: fail}", "outcome: fail} # here")
    )
    assert "there is no code set 'cond_mii' (did you mean 'cond_mi'?)" in only(text).reason
