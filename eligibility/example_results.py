"""Results in the charts of examples: ``{upcr: 105 mg/mmol, on: 2026-06-01}``, ``{hbsag: positive, …}``."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from eligibility.quantities import Threshold, parse_date, parse_threshold
from fhir_mappings.facts import Evidence, InputDescription, Measurement, Unusable, Vocabulary
from fhir_mappings.intervals import Interval, point

_RESULT_KEYS = frozenset(
    {
        "on",
        "at",
        "upper_limit",
        "lower_limit",
        "category",
        "specimen",
        "role",
        "unusable",
        "detail",
        "reference",
    }
)
_BOUND = re.compile(r"^(<=|>=|<|>|≤|≥)\s*(.*)$")


class Written(msgspec.Struct, frozen=True):
    """A number as an example writes it.

    Attributes:
        sign: ``<``, ``>=`` … before it, or nothing.
        quantity: the number with its unit.
        canonical: the number in the canonical unit of its input.
    """

    sign: str
    quantity: Threshold
    canonical: float

    def as_written(self) -> Interval:
        """What the value may be, in its own unit."""
        return _bounded(self.sign, self.quantity.value)

    def converted(self) -> Interval:
        """What the value may be, in the canonical unit."""
        return _bounded(self.sign, self.canonical)


def read_number(written: object, described: InputDescription) -> Written:
    """A number with its unit, and with a sign where only a bound is known.

    Raises:
        ValueError: not a number, or its unit is none of the input.
    """
    text = str(written)
    bound = _BOUND.match(text)
    quantity = parse_threshold(bound[2] if bound else text)
    unit = quantity.unit or "1"
    factor = 1.0 if unit == described.unit else described.units.get(unit)
    if factor is None:
        raise ValueError(f"unit '{unit}' does not fit '{described.name}'")
    return Written(bound[1] if bound else "", quantity, quantity.value * factor)


def read_result(entry: dict[str, Any], i: int, vocabulary: Vocabulary) -> Measurement | tuple[str, Unusable]:
    """The result of an entry; of one that must not be used, the name of the input too.

    Raises:
        ValueError: not in the notation; the text says which result and what.
    """
    try:
        return _result(entry, i, vocabulary)
    except ValueError as error:
        raise ValueError(f"result {i}: {error}") from None


def _result(entry: dict[str, Any], i: int, vocabulary: Vocabulary) -> Measurement | tuple[str, Unusable]:
    names = [key for key in entry if key not in _RESULT_KEYS]
    if len(names) != 1:
        raise ValueError("name exactly one criterion input")
    name = names[0]
    described = vocabulary.input(name)
    if described is None:
        raise ValueError(f"there is no criterion input '{name}'")
    if described.given_as is not None:
        raise ValueError(f"'{name}' is not reported as a result; it comes from {described.given_as}")
    when = parse_date(entry["on"]) if "on" in entry else None
    written = str(entry[name])
    reference = str(entry.get("reference", f"Observation/{name}-{i}"))
    evidence = Evidence(
        reference=reference,
        path="valueQuantity",
        date=str(when) if when else None,
        recorded=written,
        label=described.label,
    )
    if "unusable" in entry:
        detail = str(entry.get("detail", written))
        return name, Unusable(why=entry["unusable"], detail=detail, when=when, evidence=(evidence,))
    if when is None:
        raise ValueError("needs a date ('on')")
    if written in described.categories or written == "equivocal":
        return Measurement(
            input=name,
            when=when,
            unit=described.unit,
            category=written,
            role=str(entry.get("role", "")),
            evidence=(evidence,),
        )
    number = read_number(written, described)
    return Measurement(
        input=name,
        when=when,
        unit=described.unit,
        value=number.converted(),
        category=entry.get("category"),
        role=str(entry.get("role", "")),
        upper_limit=_limit(entry, "upper_limit", described),
        lower_limit=_limit(entry, "lower_limit", described),
        reported=number.as_written(),
        reported_unit=number.quantity.unit or "1",
        evidence=(msgspec.structs.replace(evidence, value=number.canonical, unit=described.unit),),
    )


def _limit(entry: dict[str, Any], key: str, described: InputDescription) -> float | None:
    if entry.get(key) is None:
        return None
    limit = read_number(entry[key], described)
    if limit.sign:
        raise ValueError(f"'{key}' is one number, without '{limit.sign}'")
    return limit.canonical


def _bounded(sign: str, number: float) -> Interval:
    if sign == "<":
        return Interval(high=number, high_open=True)
    if sign in ("<=", "≤"):
        return Interval(high=number)
    if sign == ">":
        return Interval(low=number, low_open=True)
    if sign in (">=", "≥"):
        return Interval(low=number)
    return point(number)
