"""Several dosages of one order: tapers, steps, named days, and where they end."""

from __future__ import annotations

from datetime import date

from fhir_mappings.intervals import DateSpan, Interval, day, point
from tests.fhir_mappings.written_dosages import DAILY, START, dosage, read, repeat

OPEN = DateSpan(START.first, date.max)


def test_a_taper_is_a_schedule_and_not_an_average() -> None:
    """60 mg for 7 days, then 40 mg for 7 days."""
    week = repeat(frequency=1, period=1, periodUnit="d", boundsDuration={"value": 7, "code": "d"})
    doses = read(dosage((60, "mg"), sequence=1, timing=week), dosage((40, "mg"), sequence=2, timing=week))
    assert [(str(s.start), str(s.end), s.per_day.low) for s in doses.segments] == [
        ("2026-03-02", "2026-03-08", 60),
        ("2026-03-09", "2026-03-15", 40),
    ]
    assert doses.unreadable is None


def test_steps_are_ordered_by_their_sequence_not_by_their_place() -> None:
    week = repeat(frequency=1, period=1, periodUnit="d", boundsDuration={"value": 7, "code": "d"})
    doses = read(dosage((40, "mg"), sequence=2, timing=DAILY), dosage((60, "mg"), sequence=1, timing=week))
    assert [(str(s.start), s.per_day.low) for s in doses.segments] == [("2026-03-02", 60), ("2026-03-09", 40)]
    assert doses.segments[1].end == DateSpan(date(2026, 3, 9), date.max)


def test_a_step_of_uncertain_length_makes_the_next_start_uncertain() -> None:
    bounds = {"low": {"value": 5, "code": "d"}, "high": {"value": 7, "code": "d"}}
    first = repeat(frequency=1, period=1, periodUnit="d", boundsRange=bounds)
    doses = read(dosage((60, "mg"), sequence=1, timing=first), dosage((40, "mg"), sequence=2, timing=DAILY))
    assert doses.segments[1].start == DateSpan(date(2026, 3, 7), date(2026, 3, 9))


def test_a_step_may_name_its_days() -> None:
    until = repeat(
        frequency=1, period=1, periodUnit="d", boundsPeriod={"start": "2026-03-02", "end": "2026-03-20"}
    )
    doses = read(dosage((60, "mg"), sequence=1, timing=until), dosage((40, "mg"), sequence=2, timing=DAILY))
    assert str(doses.segments[0].end) == "2026-03-20"
    assert str(doses.segments[1].start) == "2026-03-21"


def test_numbered_dosages_without_lengths_are_from_the_smallest_to_the_sum() -> None:
    """10 mg (1) and 5 mg (2) may be a taper, or morning and evening: systems number both."""
    doses = read(dosage((10, "mg"), sequence=1, timing=DAILY), dosage((5, "mg"), sequence=2, timing=DAILY))
    (segment,) = doses.segments
    assert segment.per_day == Interval(5, 15)
    assert segment.varies


def test_dosages_without_sequence_are_taken_together() -> None:
    doses = read(dosage((10, "mg"), timing=DAILY), dosage((5, "mg"), timing=DAILY))
    assert [s.per_day for s in doses.segments] == [point(10), point(5)]
    assert {s.start for s in doses.segments} == {START}


def test_an_end_of_the_resource_cuts_the_steps_off() -> None:
    week = repeat(frequency=1, period=1, periodUnit="d", boundsDuration={"value": 7, "code": "d"})
    steps = (dosage((60, "mg"), sequence=1, timing=week), dosage((40, "mg"), sequence=2, timing=week))
    doses = read(*steps, end=day(date(2026, 3, 5)))
    assert [(str(s.start), str(s.end)) for s in doses.segments] == [("2026-03-02", "2026-03-05")]


def test_without_any_end_the_last_day_is_open() -> None:
    assert read(dosage((5, "mg"), timing=DAILY)).segments[0].end == OPEN


def test_without_a_start_any_day_may_be_the_first() -> None:
    (segment,) = read(dosage((5, "mg"), timing=DAILY), start=None, end=day(date(2026, 3, 9))).segments
    assert segment.start == DateSpan(date.min, date(2026, 3, 9))
    assert str(segment.end) == "2026-03-09"


def test_named_days_become_one_segment_each() -> None:
    doses = read(dosage((750, "mg"), timing={"event": ["2026-03-02", "2026-03-30"]}))
    assert [(str(s.start), s.start == s.end, s.per_day.low) for s in doses.segments] == [
        ("2026-03-02", True, 750),
        ("2026-03-30", True, 750),
    ]
