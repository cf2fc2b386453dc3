"""Thresholds that cannot be meant: an empty grey zone, a multiple of a limit that no result reaches."""

from __future__ import annotations

import pytest

from tests.eligibility.checking.checked_files import checked, criterion, file, only


def test_a_grey_zone_with_nothing_in_it_is_an_error() -> None:
    problem = only(
        file(
            criterion(
                "requires: {number: {input: upcr, at_least: 1 g/g,"
                " grey: {to: 1.2 g/g, settle_with: protein_24h}}} # here"
            )
        )
    )
    assert (problem.severity, "the grey zone is empty" in problem.reason) == ("error", True)


@pytest.mark.parametrize(
    ("threshold", "told"),
    [("3000 ULN", "3000 × ULN"), ("101 ULN", "101 × ULN"), ("0.009 LLN", "0.009 × LLN")],
)
def test_a_multiple_of_a_limit_that_hardly_a_result_reaches_is_a_warning(threshold: str, told: str) -> None:
    problem = only(file(criterion(f"requires:\n  number: {{input: alt, above: {threshold}}} # here")))
    assert problem.severity == "warning"
    assert problem.reason.startswith(f"{told} lies far from the limit")


@pytest.mark.parametrize("threshold", ["100 ULN", "3 ULN", "1 LLN", "0.01 LLN"])
def test_a_multiple_that_results_reach_is_none(threshold: str) -> None:
    assert checked(file(criterion(f"requires: {{number: {{input: alt, above: {threshold}}}}}"))) == []
