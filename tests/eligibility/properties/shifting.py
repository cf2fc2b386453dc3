"""The same facts on other days: every date of a structure moved by the same step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

LAST = date(9999, 12, 31)
"""The end of the calendar stands for "open", and stays where it is."""

Step = Callable[[date], date]

CYCLE_YEARS, CYCLE = 400, timedelta(days=146097)
"""The Gregorian calendar repeats itself, months, leap days and weekdays alike, after 400 years."""


def by(step: timedelta) -> Step:
    """A step of so many days."""
    return lambda day: day + step


def shifted(value: Any, step: Step) -> Any:
    """A copy of a fact, or of anything made of facts, with its dates moved."""
    if isinstance(value, datetime):
        return datetime.combine(step(value.date()), value.timetz())
    if isinstance(value, date):
        return value if value == LAST else step(value)
    if isinstance(value, msgspec.Struct):
        changed = {name: shifted(getattr(value, name), step) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(shifted(item, step) for item in value)
    if isinstance(value, Mapping):
        return {key: shifted(item, step) for key, item in value.items()}
    return value
