"""Parameters as integrators write them, read alike by the HTTP routes and the command line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator

_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_FIRST, _LAST = date(1900, 1, 1), date(2200, 12, 31)
_RESOURCE_TYPE = re.compile(r"[A-Z][A-Za-z]+", re.ASCII)


def iso_date(text: str) -> date:
    """A date in its plain form only: no timestamp and no week may pass for some other day.

    Only of the years 1900 to 2200: windows of decades are counted from it, and the calendar has an end.

    Raises:
        ValueError: it is written otherwise, there is no such day, or it is of another century.
    """
    if not _ISO_DATE.fullmatch(text):
        raise ValueError("a date is expected, as in 2026-06-15")
    found = date.fromisoformat(text)
    if not _FIRST <= found <= _LAST:
        raise ValueError("a date between 1900 and 2200 is expected")
    return found


IsoDate = Annotated[date, BeforeValidator(iso_date)]
"""A date as a query parameter."""


def resource_types(groups: Iterable[str]) -> frozenset[str] | None:
    """FHIR resource types from comma-separated groups; ``None`` where no group is given.

    Raises:
        ValueError: something in a group does not look like a resource type.
    """
    names = frozenset(name.strip() for group in groups for name in group.split(","))
    if not all(_RESOURCE_TYPE.fullmatch(name) for name in names):
        raise ValueError("FHIR resource types are expected, as in Observation,Condition")
    return names or None
