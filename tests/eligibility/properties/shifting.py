"""The same facts on other days: every date of a structure moved by the same step."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from fhir_mappings.facts import Evidence

LAST = date(9999, 12, 31)
"""The end of the calendar stands for "open", and stays where it is."""

Step = Callable[[date], date]

CYCLE_YEARS, CYCLE = 400, timedelta(days=146097)
"""The Gregorian calendar repeats itself, months, leap days and weekdays alike, after 400 years."""


def by(step: timedelta) -> Step:
    """A step of so many days."""
    return lambda day: day + step


def _shifted_text(written: str, step: Step) -> str:
    """A date as evidence tells it, of a month or a year by its first day."""

    def moved(found: re.Match[str]) -> str:
        parts = [int(part) for part in found[0].split("-")]
        day = step(date(*parts, *[1] * (3 - len(parts))))
        return day.isoformat()[: len(found[0])]

    return re.sub(r"\d{4}(?:-\d{2}){0,2}", moved, written)


def shifted(value: Any, step: Step) -> Any:
    """A copy of a fact, or of anything made of facts, with its dates moved."""
    if isinstance(value, datetime):
        return datetime.combine(step(value.date()), value.timetz())
    if isinstance(value, date):
        return value if value == LAST else step(value)
    if isinstance(value, Evidence) and value.date is not None:
        return msgspec.structs.replace(value, date=_shifted_text(value.date, step))
    if isinstance(value, msgspec.Struct):
        changed = {name: shifted(getattr(value, name), step) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(shifted(item, step) for item in value)
    if isinstance(value, Mapping):
        return {key: shifted(item, step) for key, item in value.items()}
    return value
