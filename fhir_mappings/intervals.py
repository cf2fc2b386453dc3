"""Intervals of numbers and of dates: the one mechanism for values that are not known exactly.

A comparator (``<5``), a range, a partial date (``2024-03``), a score from partial data: each is an
interval, and a question put to an interval is answered ``True``, ``False`` or ``None`` (unknown: the
interval lies on both sides).
"""

from __future__ import annotations

import calendar
import math
import re
from datetime import date, timedelta
from typing import Literal

import msgspec
from dateutil.relativedelta import relativedelta

from fhir_mappings.phrases import phrase

INFINITY = math.inf

Comparison = Literal["at_least", "above", "at_most", "below"]

UPWARDS: frozenset[Comparison] = frozenset({"at_least", "above"})
"""The comparisons that a higher value meets."""

OPPOSITE: dict[Comparison, Comparison] = {
    "at_least": "below",
    "above": "at_most",
    "at_most": "above",
    "below": "at_least",
}
"""What holds of a number where the comparison does not."""

# Two quantities closer than this (relative) are the same quantity: floating point must not decide
# whether 1.5 × 20.7 is reached by 31.05. Far below the resolution of any laboratory method.
RELATIVE_TOLERANCE = 1e-9


def _equal(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=RELATIVE_TOLERANCE, abs_tol=0.0) or a == b


class Interval(msgspec.Struct, frozen=True, gc=False):
    """A set of real numbers between two bounds.

    ``low_open``/``high_open`` say that the bound itself is excluded, as in ``<5``.
    Infinite bounds are always open.
    """

    low: float = -INFINITY
    high: float = INFINITY
    low_open: bool = False
    high_open: bool = False

    @property
    def exact(self) -> bool:
        """Whether the interval is a single number."""
        return self.low == self.high

    def holds(self, comparison: Comparison, threshold: float) -> bool | None:
        """Whether every number of the interval satisfies the comparison (``None``: some do, some do not)."""
        if comparison == "at_least":
            return _reaches(self, threshold)
        if comparison == "above":
            return _exceeds(self, threshold)
        if comparison == "at_most":
            above = _exceeds(self, threshold)
        else:
            above = _reaches(self, threshold)
        return None if above is None else not above

    def scaled(self, factor: float) -> Interval:
        """The interval times a positive factor."""
        return Interval(self.low * factor, self.high * factor, self.low_open, self.high_open)

    def plus(self, other: Interval) -> Interval:
        """Sum of two independent quantities."""
        return Interval(
            self.low + other.low,
            self.high + other.high,
            self.low_open or other.low_open,
            self.high_open or other.high_open,
        )

    def over(self, other: Interval) -> Interval:
        """Quotient of two non-negative quantities.

        Raises:
            ZeroDivisionError: when the divisor is known to be zero.
        """
        if other.high == 0:
            raise ZeroDivisionError("division by a quantity that is zero")
        low = 0.0 if math.isinf(other.high) else self.low / other.high
        high = INFINITY if other.low <= 0 or math.isinf(self.high) else self.high / other.low
        return Interval(low, high, self.low_open or other.high_open, self.high_open or other.low_open)

    def hull(self, other: Interval) -> Interval:
        """The smallest interval that holds both."""
        low, low_open = min((self.low, self.low_open), (other.low, other.low_open))
        high = max(self.high, other.high)
        opens = [i.high_open for i in (self, other) if i.high == high]
        return Interval(low, high, low_open, all(opens))

    def overlaps(self, other: Interval) -> bool:
        """Whether a number may lie in both."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        opens = any((i.low_open and i.low == low) or (i.high_open and i.high == high) for i in (self, other))
        return low < high or (low == high and not opens)

    def within(self, other: Interval) -> Interval:
        """The part of it that lies in the other, which it overlaps."""
        low, low_open = max((self.low, self.low_open), (other.low, other.low_open))
        high, high_open = min((self.high, not self.high_open), (other.high, not other.high_open))
        return Interval(low, high, low_open, not high_open)

    def __str__(self) -> str:
        if self.exact:
            return f"{self.low:.6g}"
        if math.isinf(self.low):
            return f"{'<' if self.high_open else '≤'}{self.high:.6g}"
        if math.isinf(self.high):
            return f"{'>' if self.low_open else '≥'}{self.low:.6g}"
        return f"{self.low:.6g}–{self.high:.6g}"


def _reaches(interval: Interval, threshold: float) -> bool | None:
    """Is every number ≥ threshold?"""
    if interval.low >= threshold or _equal(interval.low, threshold):
        return True
    if interval.high < threshold and not _equal(interval.high, threshold):
        return False
    if interval.high_open and _equal(interval.high, threshold):
        return False
    return None


def _exceeds(interval: Interval, threshold: float) -> bool | None:
    """Is every number > threshold?"""
    low_at = _equal(interval.low, threshold)
    if (interval.low > threshold and not low_at) or (low_at and interval.low_open):
        return True
    if interval.high < threshold or _equal(interval.high, threshold):
        return False
    return None


def point(value: float) -> Interval:
    """The interval that holds one number."""
    return Interval(value, value)


_ISO_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


class DateSpan(msgspec.Struct, frozen=True, gc=False, order=True):
    """A date known to lie between ``first`` and ``last``, both included.

    What is not known at all is an end of the calendar: ``UNDATED`` may be any day.
    """

    first: date
    last: date

    def overlaps(self, other: DateSpan) -> bool:
        """Whether both may be the same day, so that neither is surely the newer one."""
        return self.first <= other.last and other.first <= self.last

    @property
    def exact(self) -> bool:
        """Whether the date is known to the day."""
        return self.first == self.last

    @property
    def open_start(self) -> bool:
        """Whether nothing tells the earliest day; it is then the first of the calendar."""
        return self.first == date.min

    @property
    def open_end(self) -> bool:
        """Whether nothing tells the latest day; it is then the last of the calendar."""
        return self.last == date.max

    @property
    def in_words(self) -> str:
        """The date for a sentence: as ``str`` writes it, and words where nothing tells the earliest day."""
        if not self.open_start:
            return str(self)
        if self.open_end:
            return phrase("date.unknown")
        return phrase("date.unknown-up-to", last=self.last.isoformat())

    def __str__(self) -> str:
        """ISO 8601, as precise as known: ``2024``, ``2024-03``, a day, ``first/last``, ``../last`` …"""
        first, last = self.first, self.last
        if first == last:
            return first.isoformat()
        one_month = first.day == 1 and (first.year, first.month) == (last.year, last.month)
        if one_month and last.day == calendar.monthrange(last.year, last.month)[1]:
            return f"{first.year:04d}-{first.month:02d}"
        if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
            return f"{first.year:04d}"
        earliest = ".." if self.open_start else first.isoformat()
        return f"{earliest}/{'..' if self.open_end else last.isoformat()}"

    @classmethod
    def parse(cls, text: str) -> DateSpan:
        """The span that ``str`` writes: ``2024``, ``2024-03``, ``2024-03-05``, ``first/last``, ``../last`` …

        Raises:
            ValueError: not such a date.
        """
        first, _, last = text.partition("/")
        if last:
            earliest = date.min if first == ".." else cls.parse(first).first
            return cls(earliest, date.max if last == ".." else cls.parse(last).last)
        match = _ISO_DATE.fullmatch(text)
        if match is None:
            raise ValueError(f"'{text}' is not a date such as 2026-06-15, 2026-06 or 2026")
        year, month, day = (int(part or 0) for part in match.groups())
        low = date(year, month or 1, day or 1)
        final = day or calendar.monthrange(year, month or 12)[1]
        return cls(low, date(year, month or 12, final))


UNDATED = DateSpan(date.min, date.max)
"""The date of what bears none."""


def day(value: date) -> DateSpan:
    """The span of one day."""
    return DateSpan(value, value)


def up_to(last: date) -> DateSpan:
    """The date of what was not later than a day."""
    return DateSpan(date.min, last)


def shifted(origin: date, days: int) -> date:
    """``origin`` plus so many days, staying at the ends of the calendar."""
    try:
        return origin + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


class Duration(msgspec.Struct, frozen=True, gc=False):
    """A length of time as trial protocols write it.

    Days and weeks are exact days; months and years are calendar arithmetic with the end of the month
    clamped (31 August − 6 months = 28 or 29 February).
    """

    count: int
    unit: Literal["d", "wk", "mo", "a"]

    def before(self, anchor: date) -> date:
        """The date this long before ``anchor``; the first of the calendar if that would lie before it."""
        try:
            return self._shift(anchor, -self.count)
        except (OverflowError, ValueError):
            return date.min

    def after(self, start: date) -> date:
        """The date this long after ``start``."""
        return self._shift(start, self.count)

    def _shift(self, origin: date, count: int) -> date:
        if self.unit == "d":
            return origin + timedelta(days=count)
        if self.unit == "wk":
            return origin + timedelta(weeks=count)
        if self.unit == "mo":
            return origin + relativedelta(months=count)
        return origin + relativedelta(years=count)

    def __str__(self) -> str:
        number = "one" if self.count == 1 else "many"
        return phrase(f"duration.{self.unit}.{number}", count=str(self.count))
