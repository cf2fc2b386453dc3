"""The value of an Observation or a component: a number with its unit, a category, or why it has none."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import msgspec

from fhir_mappings.catalogue import Analyte
from fhir_mappings.datatypes import CodeableConcept, Quantity
from fhir_mappings.intervals import INFINITY, Interval, point
from fhir_mappings.phrases import phrase
from fhir_mappings.qualitative import (
    category_of_text,
    quantity_of_text,
    strip_step_of_text,
    titre_of_text,
    viral_load_of_text,
)
from fhir_mappings.reading.terms import points_of
from fhir_mappings.resources import Valued
from fhir_mappings.terminology import Terminology

TITRE = "{titer}"
SCORE = "{score}"
_CONTRADICTION = {("positive", "negative"), ("negative", "positive")}
STRIP_STEPS = frozenset({"1+", "2+", "3+", "4+"})
_POSITIVE = frozenset({"detected", "detected-below-quantification", "quantified", "above-quantification"})


class Number(msgspec.Struct, frozen=True):
    """A number as sent, with whatever was given as its unit."""

    value: Interval
    system: str | None = None
    code: str | None = None
    unit: str | None = None


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """What an observation says.

    Attributes:
        number: the number, if it has one.
        said: the category that its words or codes say.
        flag: the laboratory's flag: ``low``, ``normal``, ``high``.
        interpreted: what the interpretation says: a flag, or ``positive``, ``negative``, ``equivocal``.
        recorded: the value as it stands in the resource.
        path: the element that it was read from.
        problem: why the value cannot be read, else ``None``.
        conflicting: value and interpretation contradict each other.
        absent: no value is given at all; with the recorded reason, if any, in ``problem``.
    """

    number: Number | None = None
    said: str | None = None
    flag: str | None = None
    interpreted: str | None = None
    recorded: str | None = None
    path: str = "value[x]"
    problem: str | None = None
    conflicting: bool = False
    absent: bool = False


def read_value(part: Valued, analyte: Analyte, terminology: Terminology) -> Value:
    """The value of an observation as one of this analyte."""
    value = _value(part, analyte, terminology)
    interpreted = terminology.category_of_codings([pair for i in part.interpretation for pair in i.pairs])
    if interpreted is None and part.interpretation:
        words = part.interpretation[0].text
        interpreted = category_of_text(words) if words else None
    if interpreted is None:
        return value
    flag = interpreted if interpreted in ("low", "normal", "high") else None
    said = _plain(value.said)
    told = interpreted if flag is None else None
    conflict = (said, told) in _CONTRADICTION
    if value.absent and value.problem is None:
        # An interpretation without a value is all that some systems send.
        return Value(said=told, flag=flag, recorded=interpreted, path="interpretation")
    return msgspec.structs.replace(
        value, said=value.said or told, flag=flag, interpreted=interpreted, conflicting=conflict
    )


def _plain(said: str | None) -> str | None:
    if said in _POSITIVE or said in STRIP_STEPS:
        return "positive"
    return "negative" if said == "not-detected" else said


def _value(part: Valued, analyte: Analyte, terminology: Terminology) -> Value:
    if part.value_quantity is not None:
        return of_quantity(part.value_quantity)
    if part.value_codeable_concept is not None:
        return _of_concept(part.value_codeable_concept, analyte, terminology)
    if part.value_string is not None:
        return _of_text(part.value_string, analyte)
    if part.value_integer is not None:
        # By way of Decimal: a whole number may be too large for a float, and is infinite then.
        number = Number(point(float(Decimal(part.value_integer))))
        return Value(number=number, recorded=str(part.value_integer), path="valueInteger")
    if part.value_boolean is not None:
        said = "positive" if part.value_boolean else "negative"
        return Value(said=said, recorded=str(part.value_boolean).lower(), path="valueBoolean")
    if part.value_range is not None:
        low, high = part.value_range.low, part.value_range.high
        return _of_range(low, high)
    if part.value_ratio is not None:
        return _of_ratio(part.value_ratio.numerator, part.value_ratio.denominator)
    reason = part.data_absent_reason.label if part.data_absent_reason is not None else None
    problem = phrase("values.no-value-is-given", reason=reason) if reason else None
    return Value(absent=True, problem=problem)


def interval_of(quantity: Quantity) -> Interval | None:
    """The numbers that a quantity may stand for; ``None`` without a value or with an unknown comparator."""
    if quantity.value is None or not quantity.value.is_finite():
        return None
    number = float(quantity.value)
    match quantity.comparator:
        case None | "":
            return point(number)
        case "<":
            return Interval(-INFINITY, number, high_open=True)
        case "<=":
            return Interval(-INFINITY, number)
        case ">":
            return Interval(number, INFINITY, low_open=True)
        case ">=":
            return Interval(number, INFINITY)
        case _:
            return None


def of_quantity(quantity: Quantity, path: str = "valueQuantity") -> Value:
    """A quantity's number with its unit."""
    recorded = shown(quantity)
    if quantity.value is None:
        return Value(
            absent=True,
            recorded=recorded or None,
            path=path,
            problem=phrase("values.the-quantity-has-no-value"),
        )
    interval = interval_of(quantity)
    if interval is None:
        told = (
            phrase("values.the-comparator-is-not-known", comparator=quantity.comparator)
            if quantity.comparator
            else phrase("values.no-finite-number")
        )
        return Value(recorded=recorded, path=path, problem=told)
    number = Number(interval, quantity.system, quantity.code, quantity.unit)
    return Value(number=number, recorded=recorded, path=path)


def shown(quantity: Quantity) -> str:
    """A quantity as it stands in the resource."""
    parts = (quantity.comparator or "", _digits(quantity.value), quantity.unit or quantity.code or "")
    return " ".join(part for part in (parts[0] + parts[1], parts[2]) if part)


def _digits(value: Decimal | None) -> str:
    return "" if value is None else str(value)


def _of_concept(concept: CodeableConcept, analyte: Analyte, terminology: Terminology) -> Value:
    points = points_of(concept) if analyte.unit == SCORE else None
    if points is not None:
        scored = Number(point(points), unit=SCORE)
        return Value(number=scored, recorded=concept.label, path="valueCodeableConcept")
    said = terminology.category_of_codings(concept.pairs)
    words = [concept.text, *(coding.display for coding in concept.coding)]
    if analyte.in_steps and said != "negative":
        told = (strip_step_of_text(word) for word in words if word)
        said = terminology.grade_of_codings(concept.pairs) or next((step for step in told if step), said)
    if said is None:
        for word in words:
            if word:
                said = _category(word, analyte)
                if said is not None:
                    break
    label = concept.label
    number = None
    if said is None and concept.text:
        number = _of_text(concept.text, analyte).number
    problem = None if said or number else phrase("values.is-not-one-of-its-values", label=label)
    return Value(said=said, number=number, recorded=label, path="valueCodeableConcept", problem=problem)


def _of_text(text: str, analyte: Analyte) -> Value:
    said = _category(text, analyte)
    number: Number | None = None
    if analyte.in_steps and (step := strip_step_of_text(text)) is not None:
        return Value(said=step, recorded=_short(text), path="valueString")
    if analyte.unit == TITRE or (TITRE in analyte.exact and ":" in unicodedata.normalize("NFKC", text)):
        titre = titre_of_text(text)
        if titre is not None:
            number = Number(titre, unit=TITRE)
    if number is None:
        quantity = quantity_of_text(text)
        if quantity is not None:
            unit = quantity.unit
            number = Number(quantity.value, unit=unit)
        elif (titre := titre_of_text(text)) is not None:
            number = Number(titre, unit=TITRE)
    problem = None if said or number else phrase("values.is-not-one-of-its-values-2", text=_short(text))
    return Value(said=said, number=number, recorded=_short(text), path="valueString", problem=problem)


def _category(text: str, analyte: Analyte) -> str | None:
    if "not-detected" in analyte.categories:
        return viral_load_of_text(text)
    return category_of_text(text)


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:117] + "…"


def _of_range(low: Quantity | None, high: Quantity | None) -> Value:
    lower = interval_of(low) if low is not None else None
    upper = interval_of(high) if high is not None else None
    recorded = f"{shown(low) if low else ''}–{shown(high) if high else ''}"
    if lower is None and upper is None:
        return Value(recorded=recorded, path="valueRange", problem=phrase("values.the-range-has-no-limits"))
    bounds = Interval(lower.low if lower else -INFINITY, upper.high if upper else INFINITY)
    if bounds.low > bounds.high:
        return Value(recorded=recorded, path="valueRange", problem=phrase("values.the-range-is-empty"))
    if low is not None and high is not None and (low.code, low.unit) != (high.code, high.unit):
        return Value(
            recorded=recorded, path="valueRange", problem=phrase("values.the-limits-of-the-range-differ")
        )
    of = low or high
    number = Number(bounds, of.system, of.code, of.unit) if of is not None else None
    return Value(number=number, recorded=recorded, path="valueRange")


def _of_ratio(numerator: Quantity | None, denominator: Quantity | None) -> Value:
    top = interval_of(numerator) if numerator is not None else None
    bottom = interval_of(denominator) if denominator is not None else None
    if top is None or bottom is None or numerator is None or denominator is None:
        return Value(path="valueRatio", problem=phrase("values.the-ratio-lacks-a-number"))
    recorded = f"{shown(numerator)}:{shown(denominator)}"
    if (
        numerator.code is None
        and numerator.unit is None
        and denominator.code is None
        and denominator.unit is None
    ):
        if not (top.exact and top.low == 1):
            return Value(
                recorded=recorded, path="valueRatio", problem=phrase("values.the-ratio-has-no-units-and")
            )
        return Value(number=Number(bottom, unit=TITRE), recorded=recorded, path="valueRatio")
    if bottom.low <= 0:
        return Value(
            recorded=recorded, path="valueRatio", problem=phrase("values.the-ratio-s-divisor-is-not")
        )
    unit = f"{numerator.code or numerator.unit or ''}/{denominator.code or denominator.unit or ''}"
    return Value(number=Number(top.over(bottom), unit=unit), recorded=recorded, path="valueRatio")
