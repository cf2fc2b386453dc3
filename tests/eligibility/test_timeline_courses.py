"""Courses of drugs on a timeline: NCT07517536 I8, refractory disease.

What is certain and what is only possible are told apart, dates stay as precise as recorded, several records
of one drug are one course.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from eligibility.reported import ReportedCourse, ReportedTimeline
from eligibility.treatment_time import days_on, months, total_days
from fhir_mappings.facts import Event, Exposure
from tests.eligibility.charts import AS_OF
from tests.eligibility.timelines import taken, timeline


def pulses(*days: str) -> list[Exposure]:
    return [taken(d, d, reference=f"MedicationAdministration/{d}", source="administration") for d in days]


def course(*facts: Event) -> ReportedCourse:
    [only] = timeline(*facts).courses
    return only


def months_of(found: ReportedTimeline | ReportedCourse) -> tuple[float, float | None]:
    return found.months, found.months_at_most


def test_a_course_with_both_days_is_certain() -> None:
    found = course(taken("2025-01-01", "2025-12-31"))
    assert months_of(found) == (11.9, 11.9)  # 365 days of 30.4375
    [stretch] = found.stretches
    assert (stretch.first, stretch.last, stretch.ongoing) == ("2025-01-01", "2025-12-31", False)


def test_a_course_that_goes_on_has_no_last_day() -> None:
    [stretch] = course(taken("2025-06-15")).stretches
    assert (stretch.last, stretch.ongoing, stretch.possible.last) == (None, True, "2026-06-15")


def test_partial_dates_stay_as_precise_as_recorded_and_bound_the_months() -> None:
    found = course(taken("2024-01-01/2024-12-31", "2025-03-01/2025-03-31"))
    [stretch] = found.stretches
    assert (stretch.first, stretch.last) == ("2024", "2025-03")
    assert [(d.first, d.last) for d in stretch.certain] == [("2024-12-31", "2025-03-01")]
    assert months_of(found) == (2.0, 14.9)


def test_an_end_that_nobody_recorded_may_be_any_day_until_now() -> None:
    found = timeline(taken("2025-06-15", ongoing=False, status="stopped"))
    assert months_of(found) == (0.0, 12.0)
    assert "drug_a: over, but when it ended is not recorded" in found.missing


def test_a_start_that_nobody_recorded_leaves_the_most_open() -> None:
    found = timeline(taken(None, "2026-01-31"))
    assert months_of(found) == (0.0, None)
    [stretch] = found.courses[0].stretches
    assert (stretch.first, stretch.possible.first) == (None, None)


@pytest.mark.parametrize(
    "doubt",
    [{"confirmed": False}, {"status": "on-hold"}, {"as_needed": True}],
    ids=["unconfirmed", "on hold", "PRN"],
)
def test_what_may_not_have_been_taken_is_only_possible(doubt: dict[str, Any]) -> None:
    found = timeline(taken("2025-06-15", **doubt))
    assert months_of(found) == (0.0, 12.0)
    assert len(found.missing) > 0


def test_several_records_of_one_drug_are_one_course() -> None:
    order = taken("2025-01-01", "2025-06-30")
    stated = taken("2025-03-01", "2025-09-30", source="statement", reference="MedicationStatement/s")
    found = course(order, stated)
    [stretch] = found.stretches
    assert (stretch.first, stretch.last) == ("2025-01-01", "2025-09-30")
    assert months_of(found) == (8.9, 8.9)
    assert len(found.evidence) == 2


def test_sources_that_conflict_about_the_end_are_told_as_possible() -> None:
    ended = taken("2025-01-01", "2025-06-30", source="statement")
    left_open = taken("2025-01-01", ongoing=False, status="completed")
    found = course(ended, left_open)
    assert months_of(found) == (5.9, 17.4)
    assert found.stretches[0].last is None


def test_a_refill_some_days_late_is_no_interruption_and_a_break_of_weeks_is() -> None:
    assert len(course(taken("2025-01-01", "2025-01-31"), taken("2025-02-08", "2025-03-10")).stretches) == 1
    assert len(course(taken("2025-01-01", "2025-01-31"), taken("2025-02-09", "2025-03-10")).stretches) == 2


def test_monthly_pulses_are_one_course_and_half_yearly_ones_are_not() -> None:
    monthly = course(*pulses("2025-01-10", "2025-02-09", "2025-03-11"))
    assert (len(monthly.stretches), monthly.months) == (1, 2.0)
    assert len(course(*pulses("2025-01-10", "2025-07-10")).stretches) == 2


def test_time_on_two_drugs_at_once_counts_once() -> None:
    both = (taken("2025-01-01", "2025-06-30"), taken("2025-04-01", "2025-09-30", "drug_b"))
    found = timeline(*both)
    assert found.months == 5.9  # drug B is shown and not counted
    assert [(c.drug, c.counted) for c in found.courses] == [("drug_a", True), ("drug_b", False)]


def test_a_route_that_does_not_count_is_left_out_and_one_not_recorded_counts() -> None:
    assert timeline(taken("2025-01-01", route="topical")).courses == ()
    assert len(timeline(taken("2025-01-01", route=None)).courses) == 1


def test_a_course_that_is_yet_to_begin_is_none_and_a_future_end_is_cut_off_today() -> None:
    assert timeline(taken("2026-07-01")).courses == ()
    found = course(taken("2026-05-16", "2026-12-31"))
    assert (found.months, found.stretches[0].ongoing, found.stretches[0].possible.last) == (
        1.0,
        True,
        "2026-06-15",
    )


def test_six_months_less_a_day_are_not_six() -> None:
    stretch = days_on([taken("2025-01-01", "2025-07-01")], date.min, AS_OF, certain=True)
    assert (total_days(stretch), months(stretch)) == (182, 5.9)


def test_no_drug_on_record_is_told_as_lacking() -> None:
    found = timeline()
    assert (found.courses, found.months) == ((), 0.0)
    assert "no treatment of these kinds is on record" in found.missing[0]


@pytest.mark.parametrize(
    ("state", "words"),
    [("truncated", "only a part"), ("failed", "could not be retrieved"), ("not-asked", "not retrieved")],
)
def test_a_record_that_is_not_whole_is_told_as_such(state: Any, words: str) -> None:
    found = timeline(retrieval=state)
    assert len([line for line in found.missing if words in line]) == 2  # the drugs, the values
