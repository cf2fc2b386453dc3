"""The picture of a calendar: a row for each month, a square for each day, with how many clear on it."""

from __future__ import annotations

import calendar
from datetime import date

import msgspec
from dateutil.relativedelta import relativedelta

from cohort.clearing import Calendar

LEFT, SQUARE, HEAD, SUM = 64, 20, 20, 56
_LEVELS = 4
_THOUSAND = 1000


class Day(msgspec.Struct, frozen=True):
    """A day: ``level`` 0 (nobody) to 4 (the most), and how many in a few signs."""

    x: float
    y: float
    level: int
    words: str


class Month(msgspec.Struct, frozen=True):
    """A month: its patients, and day by day those of whom it has any."""

    name: str
    y: float
    patients: int
    until_then: int
    days: tuple[tuple[int, int], ...]


class CalendarPicture(msgspec.Struct, frozen=True):
    """A picture, in px."""

    width: int
    height: float
    square: int
    left: int
    days: tuple[Day, ...]
    months: tuple[Month, ...]


def calendar_picture(shown: Calendar) -> CalendarPicture:
    """The picture of the months of a calendar."""
    counts = {date.fromisoformat(day): count for day, count in shown.days.items()}
    first, until = date.fromisoformat(shown.first), date.fromisoformat(shown.until)
    most = max(counts.values(), default=0)
    days: list[Day] = []
    months: list[Month] = []
    month, so_far = first.replace(day=1), 0
    while month < until:
        y = HEAD + len(months) * (SQUARE + 2)
        own: list[tuple[int, int]] = []
        for number in range(1, calendar.monthrange(month.year, month.month)[1] + 1):
            day = month.replace(day=number)
            if day < first:
                continue
            count = counts.get(day, 0)
            if count:
                own.append((number, count))
            level = -(-count * _LEVELS // most) if most else 0
            days.append(Day(LEFT + (number - 1) * SQUARE, y, level, _short(count)))
        patients = sum(count for _, count in own)
        so_far += patients
        months.append(Month(f"{month.year}-{month.month:02}", y, patients, so_far, tuple(own)))
        month += relativedelta(months=1)
    height = HEAD + len(months) * (SQUARE + 2) + 2
    return CalendarPicture(LEFT + 31 * SQUARE + SUM, height, SQUARE, LEFT, tuple(days), tuple(months))


def _short(count: int) -> str:
    if not count:
        return ""
    return str(count) if count < _THOUSAND else f"{count / _THOUSAND:.0f}k"
