"""The reference range that a result brings with it, in the unit of the result."""

from __future__ import annotations

import msgspec

from fhir_mappings.catalogue import Analyte
from fhir_mappings.datatypes import Quantity
from fhir_mappings.dates import at_age
from fhir_mappings.intervals import INFINITY, DateSpan, Interval, point
from fhir_mappings.patient_facts import Sex
from fhir_mappings.qualitative import quantity_of_text
from fhir_mappings.reading.terms import meaning_of, terms
from fhir_mappings.reading.values import Number, interval_of
from fhir_mappings.resources import ReferenceRange
from fhir_mappings.units import Converted, OwnScale, to_canonical

_NORMAL = frozenset({"normal", "recommended"})


class Limits(msgspec.Struct, frozen=True):
    """Lower and upper limit, in the canonical unit and as they stand beside the value."""

    lower: float | None = None
    upper: float | None = None
    own_lower: float | None = None
    own_upper: float | None = None
    notes: tuple[str, ...] = ()


NONE = Limits()


def read_limits(
    ranges: tuple[ReferenceRange, ...],
    analyte: Analyte,
    number: Number | None,
    sex: Sex | None,
    birth: DateSpan | None,
    when: DateSpan,
) -> Limits:
    """The limits that apply to this patient.

    Where several ranges could apply and differ, none does, and a note says so. Nor does one that is no
    normal range of the analyte, such as the therapeutic range of an INR.
    """
    fitting = [r for r in ranges if _is_normal(r) and _of_sex(r, sex) and _of_age(r, birth, when)]
    if not fitting:
        return NONE
    own = [r for r in fitting if r.applies_to] or fitting
    read = [_limits(one, analyte, number) for one in own]
    known = [limits for limits in read if limits != NONE and _is_plausible(limits, analyte)]
    if not known:
        notes = tuple(
            f"The reference range {_shown(limits)} is not a normal range (therapeutic?); it was not used."
            for limits in read
            if limits != NONE
        )
        return Limits(notes=tuple(dict.fromkeys(notes)))
    first = known[0]
    if any((limits.lower, limits.upper) != (first.lower, first.upper) for limits in known[1:]):
        return Limits(notes=("Several reference ranges are given; none was used.",))
    return first


def contradicts(limits: Limits, number: Interval, interpreted: str | None, *, own: bool) -> bool:
    """Whether an interpretation says the opposite of where a number lies ("high" within the limits …).

    ``own``: the number is in the unit of the result, not in the canonical one. A number that equals a limit
    contradicts nothing, for a limit may be the first that is high or the last that is not.
    """
    lower, upper = (limits.own_lower, limits.own_upper) if own else (limits.lower, limits.upper)
    above = upper is not None and number.holds("above", upper) is True
    below = lower is not None and number.holds("below", lower) is True
    under = upper is not None and number.holds("below", upper) is True
    over = lower is not None and number.holds("above", lower) is True
    match interpreted:
        case "high" | "positive":
            return under
        case "negative":
            return above
        case "normal":
            return above or below
        case "low":
            return over
        case _:
            return False


def _is_plausible(limits: Limits, analyte: Analyte) -> bool:
    """Whether both limits lie where those of a normal range do."""
    pairs = (
        (limits.lower, analyte.plausible_lower_limit),
        (limits.upper, analyte.plausible_upper_limit),
    )
    return all(limit is None or span is None or _within(limit, span) for limit, span in pairs)


def _within(limit: float, span: Interval) -> bool:
    known = point(limit)
    return known.holds("at_least", span.low) is True and known.holds("at_most", span.high) is True


def _shown(limits: Limits) -> str:
    """The range as it stands beside the value where that is known, else in the canonical unit."""
    lower = limits.own_lower if limits.own_lower is not None else limits.lower
    upper = limits.own_upper if limits.own_upper is not None else limits.upper
    if lower is None:
        return f"up to {upper:g}"
    return f"from {lower:g}" if upper is None else f"{lower:g}–{upper:g}"


def _is_normal(given: ReferenceRange) -> bool:
    if given.type is None:
        return True
    codes = {coding.code for coding in given.type.coding}
    return not codes or bool(codes & _NORMAL)


def _of_sex(given: ReferenceRange, sex: Sex | None) -> bool:
    said = {meaning_of(concept, terms().sex) for concept in given.applies_to} - {None}
    return not said or said == {sex}


def _of_age(given: ReferenceRange, birth: DateSpan | None, when: DateSpan) -> bool:
    """Whether the patient may have been of the age; an upper age of 17 lasts until the 18th birthday."""
    if given.age is None:
        return True
    first, last = at_age(birth, given.age.low), at_age(birth, given.age.high)
    return not (
        (first is not None and when.last < first.first) or (last is not None and when.first > last.last)
    )


def _limits(given: ReferenceRange, analyte: Analyte, number: Number | None) -> Limits:
    if given.low is None and given.high is None:
        return _from_text(given.text, analyte, number) if given.text else NONE
    own_lower, lower = _limit(given.low, analyte, number)
    own_upper, upper = _limit(given.high, analyte, number)
    reversed_range = lower is not None and upper is not None and lower > upper
    return NONE if reversed_range else Limits(lower, upper, own_lower, own_upper)


def _limit(
    quantity: Quantity | None, analyte: Analyte, number: Number | None
) -> tuple[float | None, float | None]:
    """A limit as it stands beside the value (in the value's own unit), and in the canonical unit."""
    interval = interval_of(quantity) if quantity is not None else None
    if quantity is None or interval is None or not interval.exact:
        return None, None
    system, code, unit = quantity.system, quantity.code, quantity.unit
    if code is None and unit is None and number is not None:
        system, code, unit = number.system, number.code, number.unit
    converted = to_canonical(analyte, interval, system, code, unit)
    canonical = converted.value.low if isinstance(converted, Converted) else None
    same = number is not None and (quantity.code or quantity.unit) in (None, number.code, number.unit)
    own = interval.low if same or isinstance(converted, OwnScale) else None
    return own, canonical


def _from_text(text: str, analyte: Analyte, number: Number | None) -> Limits:
    """``0-40``, ``< 5.0``: a range in words. Only a plain interval is read, and the report says so."""
    quantity = quantity_of_text(text)
    if quantity is None or number is None:
        return NONE
    if quantity.unit is not None:
        converted = to_canonical(analyte, quantity.value, None, None, quantity.unit)
    else:
        converted = to_canonical(analyte, quantity.value, number.system, number.code, number.unit)
    low, high = quantity.value.low, quantity.value.high
    notes = (f"The reference range was read from its text: {text[:60]}",)
    own_lower = low if low > -INFINITY else None
    own_upper = high if high < INFINITY else None
    if low == high:
        return NONE
    if not isinstance(converted, Converted):
        return Limits(None, None, own_lower, own_upper, notes)
    value = converted.value
    return Limits(
        value.low if value.low > -INFINITY else None,
        value.high if value.high < INFINITY else None,
        own_lower,
        own_upper,
        notes,
    )
