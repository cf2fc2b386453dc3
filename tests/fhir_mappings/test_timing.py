"""How often and how long: FHIR ``Timing`` read as a schedule by calendar day, and its bounds."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec
import pytest

from fhir_mappings.datatypes import Timing
from fhir_mappings.intervals import DateSpan, Interval, day, point
from fhir_mappings.timing import TimingError, bounds_of, date_span_of, schedule_of

START = day(date(2026, 3, 1))


def timing(**elements: Any) -> Timing:
    return msgspec.json.decode(json.dumps(elements), type=Timing)


def repeat(**elements: Any) -> Timing:
    return timing(repeat=elements)


DAILY = [
    pytest.param(repeat(frequency=2, period=1, periodUnit="d"), 2, id="twice a day"),
    pytest.param(repeat(period=1, periodUnit="d"), 1, id="a period alone means once in it"),
    pytest.param(repeat(frequency=1, period=12, periodUnit="h"), 2, id="every 12 hours"),
    pytest.param(repeat(frequency=1, period=90, periodUnit="min"), 16, id="every 90 minutes"),
    pytest.param(repeat(timeOfDay=["08:00:00", "16:00:00"]), 2, id="two times of day"),
    pytest.param(repeat(when=["MORN", "HS"]), 2, id="two events of the day"),
    pytest.param(repeat(when=["ACM"]), 1, id="before breakfast"),
    pytest.param(repeat(when=["AC"]), 3, id="before every meal"),
    pytest.param(
        repeat(period=1, periodUnit="d", when=["MORN", "EVE"]), 2, id="a day's events, no frequency"
    ),
    pytest.param(timing(code={"coding": [{"code": "BID"}]}), 2, id="BID"),
    pytest.param(timing(code={"coding": [{"code": "TID"}]}), 3, id="TID"),
    pytest.param(timing(code={"coding": [{"code": "Q4H"}]}), 6, id="Q4H"),
    pytest.param(timing(code={"coding": [{"code": "Q12H"}]}), 2, id="Q12H"),
    pytest.param(timing(code={"coding": [{"code": "AM"}]}), 1, id="AM"),
    pytest.param(timing(code={"text": "b.i.d."}), 2, id="the code written as text"),
    pytest.param(timing(code={"coding": [{"code": "229798009"}]}), 3, id="SNOMED CT three times daily"),
]


@pytest.mark.parametrize(("given", "times"), DAILY)
def test_a_daily_schedule_has_so_many_doses_on_every_day(given: Timing, times: float) -> None:
    schedule = schedule_of(given)
    assert schedule.times == point(times)
    assert (schedule.every, schedule.weekdays) == (1, None)


SPARSE = [
    pytest.param(repeat(frequency=1, period=2, periodUnit="d"), 2, 1 / 2, id="every other day"),
    pytest.param(repeat(frequency=1, period=48, periodUnit="h"), 2, 1 / 2, id="every 48 hours"),
    pytest.param(repeat(frequency=1, period=1, periodUnit="wk"), 7, 1 / 7, id="weekly"),
    pytest.param(repeat(frequency=1, period=1, periodUnit="mo"), 30, 1 / 30, id="monthly"),
    pytest.param(timing(code={"coding": [{"code": "QOD"}]}), 2, 1 / 2, id="QOD"),
    pytest.param(timing(code={"coding": [{"code": "WK"}]}), 7, 1 / 7, id="WK"),
    pytest.param(timing(code={"coding": [{"code": "MO"}]}), 30, 1 / 30, id="MO"),
]


@pytest.mark.parametrize(("given", "every", "mean"), SPARSE)
def test_a_sparse_schedule_keeps_its_days_instead_of_an_average(
    given: Timing, every: int, mean: float
) -> None:
    schedule = schedule_of(given)
    assert (schedule.times, schedule.every) == (point(1), every)
    assert schedule.mean.low == pytest.approx(mean)


def test_twice_a_week_on_days_not_named_is_none_or_one_a_day() -> None:
    schedule = schedule_of(repeat(frequency=2, period=1, periodUnit="wk"))
    assert schedule.times == Interval(0, 1)
    assert schedule.mean.low == pytest.approx(2 / 7)


def test_a_frequency_up_to_a_maximum_is_an_interval() -> None:
    assert schedule_of(repeat(frequency=1, frequencyMax=3, period=1, periodUnit="d")).times == Interval(1, 3)


def test_a_period_up_to_a_maximum_lowers_the_least_rate() -> None:
    given = repeat(frequency=1, period=4, periodMax=6, periodUnit="h")
    assert schedule_of(given).times == Interval(4, 6)


def test_once_a_day_at_four_named_times_is_read_as_one_to_four() -> None:
    given = repeat(frequency=1, period=1, periodUnit="d", when=["MORN", "NOON", "EVE", "NIGHT"])
    assert schedule_of(given).times == Interval(1, 4)


def test_explicit_frequency_precedes_the_timing_code() -> None:
    given = timing(
        repeat={"frequency": 3, "period": 1, "periodUnit": "d"}, code={"coding": [{"code": "BID"}]}
    )
    assert schedule_of(given).times == point(3)


def test_times_of_day_precede_the_timing_code() -> None:
    given = timing(repeat={"timeOfDay": ["08:00:00"]}, code={"coding": [{"code": "BID"}]})
    assert schedule_of(given).times == point(1)


def test_days_of_the_week_alone_are_one_dose_on_each() -> None:
    schedule = schedule_of(repeat(dayOfWeek=["mon", "wed", "fri"]))
    assert (schedule.times, schedule.weekdays) == (point(1), frozenset({0, 2, 4}))
    assert schedule.mean.low == pytest.approx(3 / 7)


def test_days_of_the_week_narrow_a_daily_count() -> None:
    schedule = schedule_of(repeat(frequency=2, period=1, periodUnit="d", dayOfWeek=["sat", "sun"]))
    assert (schedule.times, schedule.weekdays) == (point(2), frozenset({5, 6}))


def test_three_a_week_on_three_named_days_is_one_on_each() -> None:
    schedule = schedule_of(repeat(frequency=3, period=1, periodUnit="wk", dayOfWeek=["mon", "wed", "fri"]))
    assert (schedule.times, schedule.weekdays) == (point(1), frozenset({0, 2, 4}))


def test_once_a_week_on_two_named_days_may_be_either_or_both() -> None:
    schedule = schedule_of(repeat(frequency=1, period=1, periodUnit="wk", dayOfWeek=["mon", "thu"]))
    assert schedule.times == Interval(0, 1)
    assert schedule.mean.low == pytest.approx(1 / 7)
    assert schedule.mean.high == pytest.approx(2 / 7)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (None, "how often"),
        (Timing(), "how often"),
        (repeat(frequency=2), "without a period"),
        (repeat(frequency=1, period=1), "no unit"),
        (repeat(frequency=1, period=1, periodUnit="fortnight"), "'fortnight'"),
        (repeat(frequency=0, period=1, periodUnit="d"), "no sense"),
        (repeat(frequency=2, frequencyMax=1, period=1, periodUnit="d"), "no sense"),
        (repeat(dayOfWeek=["someday"]), "'someday'"),
        (timing(code={"text": "as directed"}), "how often"),
        (timing(code={"coding": [{"code": "BID"}, {"code": "TID"}]}), "contradict"),
    ],
)
def test_a_timing_that_does_not_say_how_often_is_refused_with_a_reason(
    given: Timing | None, why: str
) -> None:
    with pytest.raises(TimingError, match=why):
        schedule_of(given)


def test_named_days_are_single_doses() -> None:
    schedule = schedule_of(timing(event=["2026-03-01", "2026-03-15T09:30:00+08:00"]))
    assert schedule.events == (day(date(2026, 3, 1)), day(date(2026, 3, 15)))


@pytest.mark.parametrize("given", [repeat(count=1), timing(code={"coding": [{"code": "ONCE"}]})])
def test_a_count_of_one_and_once_are_a_single_dose(given: Timing) -> None:
    assert schedule_of(given).once


def last_day(given: Timing) -> DateSpan | None:
    return bounds_of(given, schedule_of(given)).last_day(START)


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"boundsDuration": {"value": 7, "code": "d"}}, "2026-03-07"),
        ({"boundsDuration": {"value": 2, "unit": "weeks"}}, "2026-03-14"),
        ({"boundsDuration": {"value": 36, "code": "h"}}, "2026-03-02"),
        ({"boundsDuration": {"value": 1, "code": "mo"}}, "2026-03-31"),
        ({"boundsDuration": {"value": 1, "code": "a"}}, "2027-02-28"),
        ({"boundsRange": {"low": {"value": 5, "code": "d"}, "high": {"value": 7, "code": "d"}}},
         "2026-03-05/2026-03-07"),
        ({"boundsPeriod": {"start": "2026-03-01", "end": "2026-03"}}, "2026-03"),
        ({"count": 14}, "2026-03-07"),
        ({"count": 10, "countMax": 14}, "2026-03-05/2026-03-07"),
    ],
)  # fmt: skip
def test_bounds_tell_the_last_day_inclusive(bounds: dict[str, Any], expected: str) -> None:
    assert str(last_day(repeat(frequency=2, period=1, periodUnit="d", **bounds))) == expected


def test_six_fortnightly_doses_end_on_the_day_of_the_sixth() -> None:
    assert last_day(repeat(frequency=1, period=2, periodUnit="wk", count=6)) == day(date(2026, 5, 10))


def test_without_bounds_nothing_tells_the_last_day() -> None:
    assert last_day(repeat(frequency=1, period=1, periodUnit="d")) is None


def test_a_length_in_an_unknown_unit_is_refused() -> None:
    given = repeat(frequency=1, period=1, periodUnit="d", boundsDuration={"value": 3, "unit": "moons"})
    with pytest.raises(TimingError, match="length of the course"):
        bounds_of(given, None)


def test_a_dose_that_lasts_for_weeks_bounds_the_course_from_below_only() -> None:
    last = last_day(repeat(frequency=3, period=1, periodUnit="wk", duration=12, durationUnit="wk"))
    assert last == DateSpan(date(2026, 5, 23), date.max)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
        ("2024-02-29T23:30:00-05:00", date(2024, 2, 29), date(2024, 2, 29)),
        ("2024-02-29T01:00:00Z", date(2024, 2, 29), date(2024, 2, 29)),
    ],
)
def test_dates_are_local_calendar_days_as_precise_as_written(text: str, first: date, last: date) -> None:
    assert date_span_of(text) == DateSpan(first, last)


@pytest.mark.parametrize("text", ["", "soon", "2024-13", "2024-02-30"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(TimingError, match="is not a date"):
        date_span_of(text)
