"""A date known to the month or year is neither in the scoring window nor outside of it.

Each trial criterion is named by its protocol: A is NCT07517536, B is NCT05247203; the day is 2026-06-15.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.test_recorded_scores import A, B, bilag, c3, finding, outcome, report, result, total
from tests.fhir_mappings.reading.written import Json, quantity

MONTH, YEAR = "2026-06", "2026"


def low_c3(when: str | None, **changes: Any) -> Json:
    written = c3("c3", when or "2026-06-01", 0.5) | changes
    if when is None:
        del written["effectiveDateTime"]
    return written


class TestWholeForms:
    @pytest.mark.parametrize("when", [MONTH, YEAR])
    @pytest.mark.parametrize(("dated", "other"), [("A", "C"), ("C", "A")])
    def test_a_form_that_may_be_the_newer_one_leaves_the_grade_open(
        self, dated: str, other: str, when: str
    ) -> None:
        """Trial A, I6: of the forms with renal A and C, either may be the latest."""
        found = outcome(A, "I6", bilag("q1", "2026-06-01", renal=other), bilag("q2", when, renal=dated))
        assert found in ("missing", "review")

    def test_forms_that_agree_need_no_dates(self) -> None:
        assert outcome(A, "I6", bilag("q1", "2026-06-01", renal="A"), bilag("q2", MONTH, renal="A")) == "pass"

    @pytest.mark.parametrize("when", ["2026-05", YEAR])
    def test_a_form_that_may_have_left_the_window_leaves_the_grade_open(self, when: str) -> None:
        """Trial A, I6: the window of 28 days begins on 2026-05-18."""
        assert outcome(A, "I6", bilag("q1", when, renal="A")) == "missing"

    def test_a_form_of_a_month_wholly_before_the_window_is_stale(self) -> None:
        (need, *_) = finding(report(A, bilag("q1", "2026-04", renal="A")), "I6").needs
        assert need.why == "stale"

    @pytest.mark.parametrize(("when", "expected"), [("2026-06-05", "missing"), ("2026-05-25", "fail")])
    def test_a_ratio_in_an_unknown_unit_may_have_overtaken_an_older_form(
        self, when: str, expected: str
    ) -> None:
        """Trial A, I6: renal C on 2026-06-01; proteinuria since may be grade A."""
        unread = result("upcr", "2890-2", when, valueQuantity=quantity(3, "furlong"))
        assert outcome(A, "I6", bilag("q1", "2026-06-01"), unread) == expected


class TestTotals:
    @pytest.mark.parametrize("when", [MONTH, YEAR])
    def test_two_totals_of_which_either_may_be_the_latest_are_left_to_a_person(self, when: str) -> None:
        """Trial A, I5: 4 points do not suffice, 8 do."""
        totals = (total("q1", "sledai-2k", 4, "2026-06-01"), total("q2", "sledai-2k", 8, when))
        assert outcome(A, "I5", *totals) in ("missing", "review")

    @pytest.mark.parametrize("when", ["2026-06-05", MONTH, YEAR])
    def test_a_result_that_may_be_newer_than_a_total_may_raise_it(self, when: str) -> None:
        """Trial A, I5: 4 points and a low complement after them may be 6."""
        found = finding(report(A, total("q1", "sledai-2k", 4, "2026-06-01"), low_c3(when)), "I5")
        assert found.outcome == "missing"
        assert found.needs

    def test_an_undated_result_may_be_newer_than_a_total(self) -> None:
        found = finding(report(A, total("q1", "sledai-2k", 4, "2026-06-01"), low_c3(None)), "I5")
        assert found.outcome == "missing"

    def test_a_newer_result_without_reference_range_may_raise_a_total(self) -> None:
        unranged = low_c3("2026-06-05")
        del unranged["referenceRange"]
        found = finding(report(A, total("q1", "sledai-2k", 4, "2026-06-01"), unranged), "I5")
        assert found.outcome == "missing"

    def test_a_newer_result_in_an_unknown_unit_may_raise_a_total(self) -> None:
        odd = low_c3("2026-06-05", valueQuantity=quantity(3, "furlong"))
        found = finding(report(A, total("q1", "sledai-2k", 4, "2026-06-01"), odd), "I5")
        assert found.outcome == "missing"

    @pytest.mark.parametrize("change", ["reference range", "unit"])
    def test_an_older_result_that_cannot_be_read_leaves_a_total_alone(self, change: str) -> None:
        older = low_c3("2026-05-25")
        if change == "unit":
            older["valueQuantity"] = quantity(3, "furlong")
        else:
            del older["referenceRange"]
        found = finding(report(A, total("q1", "sledai-2k", 4, "2026-06-01"), older), "I5")
        assert found.outcome == "fail"

    def test_what_cannot_raise_a_total_above_the_threshold_leaves_it_alone(self) -> None:
        """3 points and 2 more are 5."""
        assert outcome(A, "I5", total("q1", "sledai-2k", 3, "2026-06-01"), low_c3(MONTH)) == "fail"

    @pytest.mark.parametrize("when", [YEAR, "2026-03-01"])
    def test_a_year_after_a_classification_is_newer_than_it(self, when: str) -> None:
        """Trial B, I3: 3 criteria in 2025, thrombocytopenia since."""
        few = (
            result("p1", "777-3", when, valueQuantity=quantity(90, "10*9/L")),
            total("q1", "acr-1997", 3, "2025-09-01"),
        )
        assert outcome(B, "I3", *few) in ("missing", "review")
