"""Days counted back from the day on which the deck is to be judged.

Written as ``28``, ``28d``, ``6mo``, ``1a``, or together: ``5a1d`` is a day more than five years ago,
``66a-1d`` the day after that of 66 years ago. Months and years go by the calendar, days by count.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from synth.errors import RecipeError

_SPAN = re.compile(r"(?:(?P<a>\d+)a)?(?:(?P<mo>\d+)mo)?(?:(?P<d>[+-]?\d+)d)?")


def span(written: str | int) -> relativedelta:
    """The span that is written.

    Raises:
        RecipeError: it is none.
    """
    if isinstance(written, int):
        return relativedelta(days=written)
    match = _SPAN.fullmatch(written)
    if match is None or not written:
        raise RecipeError(f"'{written}' is no span of time; write 28, 28d, 6mo, 1a or 5a1d")
    years, months, days = (int(match[unit] or 0) for unit in ("a", "mo", "d"))
    return relativedelta(years=years, months=months, days=days)


def days_ago(written: str | int, as_of: date) -> int:
    """How many days before ``as_of`` the written day lies."""
    return written if isinstance(written, int) else (as_of - (as_of - span(written))).days


def clears_on(last_day: date, window: str) -> date:
    """The first day on which something of ``last_day`` is no longer within ``window`` of it.

    That is the first day whose window, counted back by the calendar, begins after ``last_day``.
    """
    length = span(window)
    day = last_day + length
    while day - length <= last_day:
        day += timedelta(days=1)
    return day
