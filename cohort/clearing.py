"""When those who are ineligible for now no longer are, by time alone."""

from __future__ import annotations

from datetime import date

import msgspec
from dateutil.relativedelta import relativedelta

from cohort.tables import Tables

MONTHS = 12
"""How far a calendar looks ahead."""


class Calendar(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Patients who are ineligible for now, by their earliest day.

    Attributes:
        first, until: the days that it shows: ``first`` and all before ``until``.
        days: patients by day.
        beyond: patients whose day is ``until`` or later; ``before``: earlier than ``first``.
        without: patients of whom no day can be told.
    """

    first: str
    until: str
    days: dict[str, int]
    before: int
    beyond: int
    without: int


def calendar_of(tables: Tables, protocol: str, as_of: date) -> Calendar:
    """The calendar of the twelve months from ``as_of``."""
    until = as_of.replace(day=1) + relativedelta(months=MONTHS)
    rows = tables.ask(
        """
        SELECT earliest, count(*) FROM screenings
        WHERE protocol = ? AND verdict = 'ineligible-for-now' GROUP BY earliest ORDER BY earliest
        """,
        [protocol],
    )
    return Calendar(
        first=as_of.isoformat(),
        until=until.isoformat(),
        days={day.isoformat(): n for day, n in rows if day is not None and as_of <= day < until},
        before=sum(n for day, n in rows if day is not None and day < as_of),
        beyond=sum(n for day, n in rows if day is not None and day >= until),
        without=sum(n for day, n in rows if day is None),
    )
