"""How protocols write amounts and days: ``1.0 g/g``, ``3 ULN``, ``28 d``, ``6 mo``, ``2026-06``."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

import msgspec
from pydantic import AfterValidator, BeforeValidator, Field

from fhir_mappings.intervals import Comparison, DateSpan, Duration

_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_QUANTITY = re.compile(rf"^\s*({_NUMBER})(?:\s+(\S.*?))?\s*$")
_DURATION = re.compile(r"^\s*(\d+)\s*(d|day|days|wk|week|weeks|mo|month|months|a|y|year|years)\s*$")
_UNITS: dict[str, Literal["d", "wk", "mo", "a"]] = {
    "d": "d", "day": "d", "days": "d",
    "wk": "wk", "week": "wk", "weeks": "wk",
    "mo": "mo", "month": "mo", "months": "mo",
    "a": "a", "y": "a", "year": "a", "years": "a",
}  # fmt: skip


COMPARED: dict[Comparison, str] = {
    "at_least": "at least",
    "above": "above",
    "at_most": "at most",
    "below": "below",
}
"""How a comparison with a threshold is said."""


class Threshold(msgspec.Struct, frozen=True):
    """A number with a unit; ``ULN``/``LLN`` stand for the result's own reference limits."""

    value: float
    unit: str | None

    def __str__(self) -> str:
        number = f"{self.value:g}"
        if self.unit in ("ULN", "LLN"):
            return f"{number} × {self.unit}" if self.value != 1 else str(self.unit)
        return number if self.unit is None else f"{number} {self.unit}"


def parse_threshold(text: str) -> Threshold:
    """Read ``"1.0 g/g"``.

    Raises:
        ValueError: not a number with an optional unit.
    """
    match = _QUANTITY.match(text)
    if match is None:
        raise ValueError(f"'{text}' is not a number with a unit, such as '1.0 g/g' or '3 ULN'")
    return Threshold(float(match[1]), match[2])


def parse_duration(text: str) -> Duration:
    """Read ``"28 d"``, ``"8 weeks"``, ``"6 mo"``, ``"1 year"``.

    Raises:
        ValueError: not such a duration.
    """
    match = _DURATION.match(text)
    if match is None:
        raise ValueError(f"'{text}' is not a duration such as '28 d', '8 wk', '6 mo' or '1 a'")
    return Duration(int(match[1]), _UNITS[match[2]])


def parse_date(value: object) -> DateSpan:
    """A full or partial ISO date; YAML gives a full one as a date.

    Raises:
        ValueError: not such a date.
    """
    return DateSpan(value, value) if isinstance(value, date) else DateSpan.parse(str(value))


def _check_threshold(text: str) -> str:
    parse_threshold(text)
    return text


def _written(value: object) -> object:
    """A bare number is a quantity without a unit."""
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"{value:g}" if plain else value


def _check_duration(text: str) -> str:
    parse_duration(text)
    return text


ThresholdText = Annotated[
    str,
    BeforeValidator(_written, json_schema_input_type=str | float),
    AfterValidator(_check_threshold),
    Field(
        description="A number with a unit, or a multiple of the result's own limit",
        examples=["1.0 g/g", "3 ULN"],
    ),
]
DurationText = Annotated[
    str,
    AfterValidator(_check_duration),
    Field(
        description="Days and weeks are exact; months and years follow the calendar",
        examples=["28 d", "6 mo"],
    ),
]
