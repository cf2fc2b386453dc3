"""How often and how long: FHIR ``Timing`` as a schedule of doses by calendar day, and its bounds.

A schedule keeps what a sum by calendar day needs: three days a week is not an average of three sevenths.
Where a timing says how many doses fall in several days but not on which, a day has between none and its
share of them, and ``mean`` keeps the rate.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from fhir_mappings.datatypes import Period, Quantity, Timing, TimingRepeat
from fhir_mappings.dates import read_date
from fhir_mappings.dosing_terms import dosing_terms
from fhir_mappings.intervals import DateSpan, Duration, Interval, point

_MINUTES = len("08:00")


class TimingError(ValueError):
    """A timing that does not say how often; the message says why, for a report."""


class Schedule(msgspec.Struct, frozen=True, gc=False):
    """How many doses on which days.

    Attributes:
        times: doses on a day that has any.
        mean: doses a day, averaged over the schedule.
        weekdays, every: as in ``DoseSegment``.
        once: a single dose.
        events: days of doses that are named one by one.
    """

    times: Interval
    mean: Interval
    weekdays: frozenset[int] | None = None
    every: int = 1
    once: bool = False
    events: tuple[DateSpan, ...] = ()


def schedule_of(timing: Timing | None) -> Schedule:
    """The schedule of a timing.

    In order of precedence: frequency and period, times of day, events of the day, timing code, days of the
    week. Days of the week narrow any of the others.

    Raises:
        TimingError: it does not say how often, or contradicts itself.
    """
    if timing is None:
        raise TimingError("the dosage does not say how often")
    repeat = timing.repeat or TimingRepeat()
    weekdays = _weekdays_of(repeat)
    daily: _Rate | None = (1.0, 1.0, 1.0, 1.0) if weekdays else None
    rate = _explicit(repeat) or _counted(repeat) or _coded(timing) or daily
    if rate is not None:
        return _on_days(rate, weekdays)
    if timing.event:
        events = tuple(date_span_of(text) for text in timing.event)
        return Schedule(point(1), point(0), once=True, events=events)
    # A unit of a period that is lacking: "once a day" was meant as likely as "once".
    counted_once = repeat.count == 1 and repeat.count_max in (None, 1) and not repeat.period_unit
    if counted_once or _codes(timing) & dosing_terms().single_dose_codes:
        return Schedule(point(1), point(0), once=True)
    raise TimingError("the dosage does not say how often")


def number(value: Decimal | int) -> float:
    """The value as a float.

    Raises:
        TimingError: no dosage means a number of that size.
    """
    size = value if value >= 0 else -value
    if size > LARGEST or 0 < size < 1 / LARGEST:
        raise TimingError("a number in the timing of the dosage makes no sense")
    return float(value)


def hours_per_dose(timing: Timing | None) -> float | None:
    """How long each dose lasts, in hours, where the timing tells: for infusions given by their rate."""
    repeat = timing.repeat if timing else None
    if repeat is None or repeat.duration is None or not repeat.duration_unit:
        return None
    unit = dosing_terms().unit(repeat.duration_unit)
    return None if unit is None or unit.kind != "time" else number(repeat.duration) * unit.size * 24


LARGEST = 1e9
"""Numbers beyond this, or below its inverse, are slips of a keyboard or a machine."""

# Far below any real frequency: floating point must not make 3 days of a course of 3 × 1 doses four.
TINY = 1e-9

# (times low, times high, days low, days high): so many times in so many days
_Rate = tuple[float, float, float, float]


def _explicit(repeat: TimingRepeat) -> _Rate | None:
    if repeat.period is None:
        return None
    if not repeat.period_unit:
        raise TimingError("the period of the dosage has no unit")
    factor = _days_in(repeat.period_unit)
    if factor is None:
        raise TimingError(f"the unit {repeat.period_unit!r} of the dosage's period is not known")
    days = _whole(number(repeat.period) * factor)
    days_max = days if repeat.period_max is None else _whole(number(repeat.period_max) * factor)
    listed = max(len(repeat.time_of_day), _events_of_day(repeat))
    if repeat.frequency is None and listed and days == days_max == 1:
        return float(listed), float(listed), 1.0, 1.0
    times = number(repeat.frequency if repeat.frequency is not None else 1)
    times_max = times if repeat.frequency_max is None else number(repeat.frequency_max)
    if days == 1:
        # "once a day, at 08:00 and 20:00" is written by systems that mean twice.
        times_max = max(times_max, float(listed))
    if days <= 0 or times <= 0 or days_max < days or times_max < times:
        raise TimingError("the frequency and period of the dosage make no sense")
    return times, times_max, days, days_max


def _counted(repeat: TimingRepeat) -> _Rate | None:
    listed = len(repeat.time_of_day) or _events_of_day(repeat)
    if listed:
        return float(listed), float(listed), 1.0, 1.0
    if repeat.frequency is not None:
        raise TimingError("the dosage has a frequency without a period")
    return None


def _coded(timing: Timing) -> _Rate | None:
    known = dosing_terms().timing_codes
    rates = {known[code] for code in _codes(timing) & known.keys()}
    if len(rates) > 1:
        raise TimingError("the timing codes of the dosage contradict each other")
    if not rates:
        return None
    times, days = rates.pop()
    return times, times, days, days


def _codes(timing: Timing) -> set[str]:
    if timing.code is None:
        return set()
    spellings = [coding.code for coding in timing.code.coding] + [timing.code.text]
    return {text.strip().upper().replace(".", "") for text in spellings if text}


def _events_of_day(repeat: TimingRepeat) -> int:
    meals = dosing_terms().meals
    return sum(meals.get(code, 1) for code in repeat.when)


def times_of_day(timing: Timing | None) -> frozenset[str]:
    """When on a day: by the clock (``08:00``), else by its parts (``morning``); none if not all tell."""
    if timing is None:
        return frozenset()
    repeat = timing.repeat or TimingRepeat()
    if repeat.time_of_day:
        return frozenset(text.strip()[:_MINUTES] for text in repeat.time_of_day)
    parts = dosing_terms().parts_of_day
    codes = repeat.when or tuple(_codes(timing) & dosing_terms().timing_codes.keys())
    return frozenset(parts[code] for code in codes) if parts.keys() >= set(codes) else frozenset()


def _weekdays_of(repeat: TimingRepeat) -> frozenset[int] | None:
    known = dosing_terms().weekdays
    unknown = [name for name in repeat.day_of_week if name not in known]
    if unknown:
        raise TimingError(f"the day of the week {unknown[0]!r} is not known")
    return frozenset(known[name] for name in repeat.day_of_week) or None


def _on_days(rate: _Rate, weekdays: frozenset[int] | None) -> Schedule:
    times, times_max, days, days_max = rate
    if weekdays is not None:
        return _on_weekdays(rate, weekdays)
    low, high = times / days_max, times_max / days
    mean = Interval(low, high)
    if times == times_max == 1 and days == days_max and days > 1 and days == int(days):
        return Schedule(point(1), mean, every=int(days))
    if days <= 1 and days_max <= 1:
        return Schedule(mean, mean)
    # Spread evenly, a day gets its share rounded down or up.
    return Schedule(Interval(math.floor(low + TINY), math.ceil(high - TINY)), mean)


def _on_weekdays(rate: _Rate, weekdays: frozenset[int]) -> Schedule:
    times, times_max, days, days_max = rate
    share = len(weekdays) / 7
    if days <= 1 and days_max <= 1:
        on_day = Interval(times / days_max, times_max / days)
        return Schedule(on_day, on_day.scaled(share), weekdays)
    if days == days_max == 7 and times == times_max and times % len(weekdays) == 0:
        return Schedule(point(times / len(weekdays)), point(times / 7), weekdays)
    # "Once a week, on Mondays and Thursdays": one of them, or each?
    most = max(1.0, math.ceil(times_max / len(weekdays)))
    mean = Interval(min(times / days_max, share), max(times_max / days, share))
    return Schedule(Interval(0, most), mean, weekdays)


def _whole(days: float) -> float:
    return float(round(days)) if math.isclose(days, round(days), rel_tol=TINY) else days


def _days_in(unit: str) -> float | None:
    terms = dosing_terms()
    if unit in terms.calendar:
        return terms.period_days[terms.calendar[unit]]
    size = terms.unit(unit)
    return size.size if size is not None and size.kind == "time" else None


class Bounds(msgspec.Struct, frozen=True, gc=False):
    """How long a dosage goes on: the days it names, or its length, at least and at most.

    ``None`` where the dosage does not say.
    """

    start: DateSpan | None = None
    end: DateSpan | None = None
    shortest: Duration | None = None
    longest: Duration | None = None

    def last_day(self, start: DateSpan) -> DateSpan | None:
        """The last day, earliest and latest, if it begins on ``start``; ``None`` where nothing bounds it."""
        if self.end is not None:
            return self.end
        if self.shortest is None and self.longest is None:
            return None
        shortest = self.shortest or Duration(1, "d")
        return DateSpan(
            _last_of(start.first, shortest), _last_of(start.last, self.longest) if self.longest else date.max
        )


def bounds_of(timing: Timing | None, schedule: Schedule | None) -> Bounds:
    """The bounds of a timing: a period, a duration or range, or a number of doses at the schedule's pace.

    Raises:
        TimingError: a bound is there and cannot be read.
    """
    repeat = timing.repeat if timing else None
    if repeat is None:
        return Bounds()
    if repeat.bounds_period is not None:
        start, end = period_spans(repeat.bounds_period)
        if start is not None and end is not None and end.last < start.first:
            raise TimingError("the period of the dosage ends before it begins")
        return Bounds(start, end)
    if repeat.bounds_duration is not None:
        length = _length_of(repeat.bounds_duration)
        return Bounds(shortest=length, longest=length)
    if repeat.bounds_range is not None:
        low, high = repeat.bounds_range.low, repeat.bounds_range.high
        return Bounds(
            shortest=_length_of(low) if low is not None else None,
            longest=_length_of(high) if high is not None else None,
        )
    if repeat.count is not None and schedule is not None and not schedule.once and schedule.mean.low > 0:
        return Bounds(
            shortest=_days_for(repeat.count, schedule.mean.high, schedule.every),
            longest=_days_for(max(repeat.count, repeat.count_max or 0), schedule.mean.low, schedule.every),
        )
    hours = hours_per_dose(timing)
    if hours is not None and schedule is not None and hours / 24 * schedule.mean.low >= 1:
        # A dose that lasts until the next one, or longer: some systems write the length of the course so.
        return Bounds(shortest=Duration(math.ceil(hours / 24 - TINY), "d"))
    return Bounds()


def _days_for(doses: int, a_day: float, every: int) -> Duration:
    """The days that so many doses take; one that is given every second day ends on the last dose's day."""
    return Duration(max(math.ceil(doses / a_day - TINY) - (every - 1), 1), "d")


def _length_of(length: Quantity) -> Duration:
    terms = dosing_terms()
    for spelling in (length.code, length.unit):
        if not spelling or length.value is None or length.value <= 0:
            continue
        unit = terms.calendar.get(spelling)
        if unit is not None and number(length.value) == int(length.value):
            return Duration(int(length.value), "mo" if unit == "mo" else "a")
        days = _days_in(spelling)
        if days is not None:
            return Duration(math.ceil(number(length.value) * days - TINY), "d")
    raise TimingError("the length of the course cannot be read")


def _last_of(first: date, length: Duration) -> date:
    try:
        return length.after(first) - timedelta(days=1)
    except (OverflowError, ValueError):
        return date.max


_NO_YEAR = frozenset({"0001", "9999"})


def period_spans(period: Period) -> tuple[DateSpan | None, DateSpan | None]:
    """The days on which a period starts and ends; ``None`` for an end that is open.

    So is one in the year 1 or 9999, which systems write for want of a date.

    Raises:
        TimingError: something else than a date is given.
    """
    start, end = (
        date_span_of(text) if text and text[:4] not in _NO_YEAR else None
        for text in (period.start, period.end)
    )
    return start, end


def date_span_of(text: str) -> DateSpan:
    """The local calendar days that a FHIR date or dateTime may mean.

    Raises:
        TimingError: it is not a date, or of the year 1 or 9999, which are written for want of one.
    """
    if text[:4] in _NO_YEAR:
        raise TimingError(f"{text!r} stands for no date")
    found = read_date(text)
    if found is None:
        raise TimingError(f"{text!r} is not a date")
    return found
