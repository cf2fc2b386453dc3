"""Dates that move with the calendar, so that a demonstration chart never grows stale.

Anywhere in a template, ``<today-12d>`` stands for the day twelve days before the day on which the chart
is looked at, ``<month-14mo>`` for the month fourteen months ago and ``<year-2a>`` for the year before
last: FHIR's partial dates. Shifts can be chained (``<today-34a-100d>``); units are those of
``fhir_mappings.intervals.Duration``: d, wk, mo, a.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Literal, cast

from fhir_mappings.intervals import Duration

_EXPRESSION = re.compile(r"<(today|month|year)((?:[+-]\d+(?:d|wk|mo|a))*)>")
_SHIFT = re.compile(r"([+-])(\d+)(d|wk|mo|a)")
_PRECISION = {"today": 10, "month": 7, "year": 4}


def resolve(template: Any, as_of: date) -> Any:
    """A copy of a JSON-like value with every date expression replaced by a date, seen from ``as_of``."""
    if isinstance(template, str):
        return _EXPRESSION.sub(lambda match: _date(match, as_of), template)
    if isinstance(template, dict):
        return {key: resolve(value, as_of) for key, value in template.items()}
    if isinstance(template, list):
        return [resolve(value, as_of) for value in template]
    return template


def _date(match: re.Match[str], as_of: date) -> str:
    when = as_of
    for sign, count, unit in _SHIFT.findall(match[2]):
        duration = Duration(int(count), cast(Literal["d", "wk", "mo", "a"], unit))
        when = duration.after(when) if sign == "+" else duration.before(when)
    return when.isoformat()[: _PRECISION[match[1]]]
