"""Windows: closed at both ends, calendar months clamped, partial dates unknown."""

from __future__ import annotations

from datetime import date

import pytest

from eligibility.windows import Span
from fhir_mappings.intervals import DateSpan, Duration, day

ANCHOR = date(2026, 6, 15)


def span(count: int, unit: str, anchor: date = ANCHOR) -> Span:
    before = Duration(count, unit)  # type: ignore[arg-type]
    return Span(before.before(anchor), anchor, anchor, before, True)


@pytest.mark.parametrize(
    ("when", "inside"),
    [
        (date(2026, 5, 17), False),
        (date(2026, 5, 18), True),  # exactly 28 days before
        (date(2026, 6, 15), True),
        (date(2026, 6, 16), False),
    ],
)
def test_a_window_of_28_days_is_closed_at_both_ends(when: date, inside: bool) -> None:
    assert span(28, "d").contains(day(when)) is inside


def test_eight_weeks_are_56_days() -> None:
    assert span(8, "wk").first == date(2026, 4, 20)


def test_months_are_clamped_at_the_end_of_the_month() -> None:
    assert span(6, "mo", date(2026, 8, 31)).first == date(2026, 2, 28)
    assert span(6, "mo", date(2028, 8, 31)).first == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("partial", "inside"),
    [
        (DateSpan(date(2026, 5, 1), date(2026, 5, 31)), None),
        (DateSpan(date(2026, 6, 1), date(2026, 6, 14)), True),
        (DateSpan(date(2026, 1, 1), date(2026, 12, 31)), None),
        (DateSpan(date(2025, 1, 1), date(2025, 12, 31)), False),
    ],
)
def test_a_partial_date_is_inside_only_if_all_of_it_is(partial: DateSpan, inside: bool | None) -> None:
    assert span(28, "d").contains(partial) is inside


@pytest.mark.parametrize(
    ("start", "end", "ongoing", "touches"),
    [
        ("2025-01-01", "2025-02-01", False, False),
        ("2025-01-01", "2026-05-18", False, True),
        ("2025-01-01", None, True, True),
        ("2025-01-01", None, False, None),  # began before, end unknown
        ("2026-06-01", None, False, True),  # began inside
        (None, "2026-06-01", False, True),  # ended inside, whenever it began
        (None, "2025-06-01", False, False),
        (None, None, True, True),
        (None, None, False, None),
        ("2026-07-01", None, True, False),
    ],
)
def test_overlap_knows_what_dates_can_tell(
    start: str | None, end: str | None, ongoing: bool, touches: bool | None
) -> None:
    began = day(date.fromisoformat(start)) if start else None
    ended = day(date.fromisoformat(end)) if end else None
    assert span(28, "d").overlaps(began, ended, ongoing) is touches


@pytest.mark.parametrize(
    ("last", "count", "unit", "clears"),
    [
        ("2026-06-01", 28, "d", "2026-06-30"),
        ("2026-06-01", 8, "wk", "2026-07-28"),
        ("2025-08-31", 6, "mo", "2026-03-01"),
        ("2026-03-10", 12, "mo", "2027-03-11"),
        ("2024-02-29", 1, "a", "2025-03-01"),
    ],
)
def test_a_wash_out_clears_on_the_first_day_with_the_event_outside(
    last: str, count: int, unit: str, clears: str
) -> None:
    found = span(count, unit)
    day_of = found.leaves_on(date.fromisoformat(last))
    assert day_of == date.fromisoformat(clears)
    assert found.before is not None
    assert found.before.before(day_of) > date.fromisoformat(last)


@pytest.mark.parametrize("unit", ["d", "wk", "mo", "a"])
def test_what_is_dated_at_the_end_of_the_calendar_never_clears(unit: str) -> None:
    for last in (date(9998, 12, 31), date(9999, 12, 30), date.max):
        assert span(400, unit).leaves_on(last) is None


@pytest.mark.parametrize("unit", ["d", "wk", "mo", "a"])
def test_a_window_back_from_the_first_years_of_the_calendar_begins_with_it(unit: str) -> None:
    """Systems write such years for want of a date, and protocols count back from a latest result."""
    length = Duration(10_000, unit)  # type: ignore[arg-type]
    assert length.before(date(3, 5, 1)) == date.min
