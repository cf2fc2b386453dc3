"""Reading a quantity's unit: from what a system sent to the analyte's canonical unit, or a reason why not.

A unit is looked up among those of its analyte alone: first as it is spelled (UCUM is case-sensitive),
then folded. Mass and amount of substance meet through the analyte's molar mass; international units,
copies, logarithms and an assay's own units never meet. No unit, an unknown unit and an impossible value
are told, not guessed.
"""

from __future__ import annotations

import math

import msgspec

from fhir_mappings.catalogue import Analyte, UnitRule
from fhir_mappings.intervals import Interval
from fhir_mappings.phrases import phrase
from fhir_mappings.unit_spelling import fold


class Converted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A value in the canonical unit of its analyte.

    Attributes:
        value: in ``unit``.
        unit: canonical unit of the analyte, UCUM.
        reported_unit: UCUM spelling of the unit in which the value was reported.
        factor: ``value = reported × factor`` for a linear unit; ``None`` for temperatures in other
            scales and for logarithms.
        notes: remarks that belong beside the value.
    """

    value: Interval
    unit: str
    reported_unit: str
    factor: float | None = 1.0
    notes: tuple[str, ...] = ()


class UnitProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a value cannot be used as a number in the canonical unit, in words that name unit and analyte."""

    detail: str


class OwnScale(UnitProblem, frozen=True, kw_only=True):
    """A value in an assay's own unit (``U/mL``, index, copies): no threshold may be applied to it.

    It may still be compared with the reference range that came with it, in the same ``unit``.
    """

    value: Interval
    unit: str


def to_canonical(
    analyte: Analyte,
    value: Interval,
    system: str | None,
    code: str | None,
    unit: str | None,
    *,
    adult: bool = False,
) -> Converted | UnitProblem:
    """The value in the canonical unit of its analyte.

    Args:
        analyte: as ``Terminology.analyte_of`` gives it, so that the role of its code is respected.
        value: in the unit as sent.
        system, code, unit: of the Quantity. The code is preferred to the display unit, whatever the
            system says: systems are often missing or misspelt.
        adult: whether it is surely of an adult, of whom less may be possible.

    Returns:
        ``Converted``; or ``OwnScale`` for a unit that is known but has no conversion; or ``UnitProblem``
        for no unit, an unknown unit, a role whose numbers are never used, or an impossible value.
    """
    if analyte.refusal is not None:
        return UnitProblem(detail=phrase("of-something", what=analyte.label, detail=analyte.refusal))
    rule = find_unit(analyte, code) or find_unit(analyte, unit)
    if rule is None:
        if (code or unit) or not analyte.unitless:
            return UnitProblem(detail=_unknown(analyte, code, unit))
        rule = analyte.units[0]
    if rule.own_scale:
        detail = f"{rule.code} of {analyte.label} has no conversion to {analyte.unit}: {_WHY_OWN}"
        return OwnScale(detail=detail, value=value, unit=rule.code)
    plausible = (analyte.plausible_adult if adult else None) or analyte.plausible
    return _converted(analyte, value, rule, unit if code and unit else None, plausible)


_WHY_OWN = phrase("units.it-can-be-judged-by-its")


def find_unit(analyte: Analyte, spelling: str | None) -> UnitRule | None:
    """The unit that a spelling stands for among those of the analyte."""
    if not spelling:
        return None
    return analyte.exact.get(spelling) or analyte.folded.get(fold(spelling))


def _converted(
    analyte: Analyte, value: Interval, rule: UnitRule, display: str | None, plausible: Interval | None
) -> Converted | UnitProblem:
    canonical = _apply(value, rule)
    if plausible is not None and (canonical.low > plausible.high or canonical.high < plausible.low):
        return UnitProblem(
            detail=phrase(
                "units.is-not-possible-for-is-the", value=value, code=rule.code, analyte=analyte.label
            )
        )
    notes = () if rule.note is None else (rule.note,)
    if display is not None:
        other = find_unit(analyte, display)
        if other is not None and (other.factor, other.log10) != (rule.factor, rule.log10):
            notes = (*notes, phrase("units.the-unit-s-code-was-read", code=rule.code, display=display))
    linear = not rule.log10 and rule.offset == 0
    return Converted(
        value=canonical,
        unit=analyte.unit,
        reported_unit=rule.code,
        factor=rule.factor if linear else None,
        notes=notes,
    )


def _apply(value: Interval, rule: UnitRule) -> Interval:
    if rule.log10:
        return Interval(_power(value.low), _power(value.high), value.low_open, value.high_open).scaled(
            rule.factor
        )
    scaled = value if rule.factor == 1 else value.scaled(rule.factor)
    if rule.offset == 0:
        return scaled
    return Interval(scaled.low + rule.offset, scaled.high + rule.offset, value.low_open, value.high_open)


def _power(exponent: float) -> float:
    if exponent == -math.inf:
        return 0.0
    try:
        return math.inf if exponent == math.inf else float(10**exponent)
    except OverflowError:
        return math.inf


def _unknown(analyte: Analyte, code: str | None, unit: str | None) -> str:
    spelled = code or unit
    if not spelled:
        return phrase("units.was-reported-without-a-unit", analyte=analyte.label)
    known = ", ".join(rule.code for rule in analyte.units)
    return phrase(
        "units.unit-is-not-known-for-known",
        spelled=repr(spelled),
        analyte=analyte.label,
        known=known or "none",
    )
