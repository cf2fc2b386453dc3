"""FHIR dates, dateTimes and instants, whole or partial, as systems send them.

The calendar date is the local one, as written; a time zone never moves it to another day. The instant is
only for ordering within a day.
"""

from __future__ import annotations

import calendar
import functools
import re
from datetime import UTC, date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from fhir_mappings.datatypes import Period, Quantity, Range
from fhir_mappings.intervals import DateSpan

_PARTIAL = re.compile(r"^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$")
_END_OF_DAY = re.compile(r"^(\d{4}-\d{2}-\d{2})[T ]24:00(?::00(?:\.0+)?)?(Z|[+-]\d{2}:?\d{2})?$")
_NO_YEAR = frozenset({1, 9999})
_TIMED = re.compile(r"^(\d{4}-\d{2}-\d{2})[T ](.*)$")


@functools.lru_cache(maxsize=16384)
def read_date(text: str | None) -> DateSpan | None:
    """The days that a FHIR date or dateTime may mean; ``None`` if it is absent or no date.

    ``2024`` is the whole year, ``2024-03`` the whole month, ``2024-03-05T23:30:00-05:00`` the 5th of March.
    The years 1 and 9999, which systems write for want of a date, are none.
    """
    if not text:
        return None
    timed = _TIMED.match(text)
    match = _PARTIAL.match(timed[1] if timed else text.strip())
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    if year in _NO_YEAR or year is None:
        return None
    try:
        if month is None:
            return DateSpan(date(year, 1, 1), date(year, 12, 31))
        if day is None:
            return DateSpan(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))
        exact = date(year, month, day)
    except (ValueError, calendar.IllegalMonthError):
        return None
    return DateSpan(exact, exact)


@functools.lru_cache(maxsize=16384)
def read_instant(text: str | None) -> datetime | None:
    """The instant of a dateTime with a time; one without a zone is taken as UTC, for ordering only."""
    if not text or _TIMED.match(text) is None:
        return None
    midnight = _END_OF_DAY.match(text)
    try:
        found = datetime.fromisoformat(f"{midnight[1]}T00:00{midnight[2]}" if midnight else text.strip())
    except ValueError:
        return None
    if midnight:
        found += timedelta(days=1)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def read_period(period: Period | None) -> tuple[DateSpan | None, DateSpan | None]:
    """First and last day of a period, as far as known."""
    if period is None:
        return None, None
    return read_date(period.start), read_date(period.end)


def within(period: Period | None) -> tuple[DateSpan | None, datetime | None]:
    """The days that a period covers, as far as it says, and the instant at which it begins."""
    start, end = read_period(period)
    if period is None or (start is None and end is None):
        return None, None
    days = hull(start, end) if start is not None and end is not None else start or end
    return days, read_instant(period.start or period.end)


def hull(first: DateSpan, second: DateSpan) -> DateSpan:
    """The days from the earliest of both to the latest of both."""
    return DateSpan(min(first.first, second.first), max(first.last, second.last))


def at_age(birth: DateSpan | None, age: Quantity | None) -> DateSpan | None:
    """The days on which someone born then was of that age: 52 years lasts a year, 3 months a month."""
    if birth is None or age is None or age.value is None or age.value < 0:
        return None
    unit = age.code or age.unit or "a"
    count = int(age.value)
    steps = {
        "a": relativedelta(years=1), "years": relativedelta(years=1), "year": relativedelta(years=1),
        "yr": relativedelta(years=1), "mo": relativedelta(months=1), "months": relativedelta(months=1),
        "month": relativedelta(months=1), "wk": relativedelta(weeks=1), "weeks": relativedelta(weeks=1),
        "d": relativedelta(days=1), "days": relativedelta(days=1),
    }  # fmt: skip
    step = steps.get(unit)
    if step is None or count > 200 * 366:
        return None
    try:
        first = birth.first + step * count
        last = birth.last + step * (count + 1) - timedelta(days=1)
    except (OverflowError, ValueError):
        return None
    return DateSpan(first, last)


def at_ages(birth: DateSpan | None, ages: Range | None) -> DateSpan | None:
    """The days on which someone born then was between two ages, both included."""
    if ages is None:
        return None
    first, last = at_age(birth, ages.low), at_age(birth, ages.high)
    if first is None or last is None or first.first > last.last:
        return None
    return DateSpan(first.first, last.last)
