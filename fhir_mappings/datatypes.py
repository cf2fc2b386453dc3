"""FHIR R4 data types, as a typed subset: only the elements that some fact is read from.

Every element is optional, whatever the specification says: real systems leave out required ones.
Unknown elements are ignored by the decoder.
"""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Annotated

import msgspec

LARGEST_POWER = 30
"""Powers of ten between which every number of a chart lies, unless it is zero. What is counted or measured of
a body, in whatever unit, keeps far within, and what is computed with such numbers within those of a float."""

MOST_DIGITS = 100
"""Of a number; some systems write out binary fractions, which have some fifty."""

Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""FHIR's integer and positiveInt; longer than their 32 bits, as some systems count cells per litre."""

_CHARTED = decimal.Context(
    prec=MOST_DIGITS,
    Emax=LARGEST_POWER,
    Emin=-LARGEST_POWER,
    traps=[decimal.InvalidOperation, decimal.Overflow, decimal.Subnormal, decimal.Rounded],
)


def is_in_range(number: Decimal | None) -> bool:
    """Whether a number, if there is one, can be one of a chart: finite, not too large, small or long."""
    try:
        return number is None or _CHARTED.plus(number).is_finite()
    except ArithmeticError:
        return False


class OutOfRangeError(ValueError):
    """A number that :func:`is_in_range` refuses."""

    def __init__(self) -> None:
        super().__init__(
            f"the number is not finite, beyond ten to the power of {LARGEST_POWER}, "
            f"or of more than {MOST_DIGITS} digits"
        )


class Element(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """Base of all data types: immutable, camelCase in JSON."""


class CodingType(Element, frozen=True):
    """Coding."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Element, frozen=True):
    """CodeableConcept."""

    coding: tuple[CodingType, ...] = ()
    text: str | None = None

    @property
    def pairs(self) -> tuple[tuple[str | None, str | None], ...]:
        """(system, code) of each coding."""
        return tuple((c.system, c.code) for c in self.coding)

    @property
    def label(self) -> str | None:
        """The words to show: the text, else the first display, else the first code."""
        if self.text:
            return self.text
        for coding in self.coding:
            if coding.display:
                return coding.display
        return next((c.code for c in self.coding if c.code), None)


class Period(Element, frozen=True):
    """Period."""

    start: str | None = None
    end: str | None = None


class Quantity(Element, frozen=True):
    """Quantity. ``value`` keeps the digits as sent."""

    value: Decimal | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None

    def __post_init__(self) -> None:
        if not is_in_range(self.value):
            raise OutOfRangeError


class Range(Element, frozen=True):
    """Range."""

    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Element, frozen=True):
    """Ratio."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


class Identifier(Element, frozen=True):
    """Identifier."""

    system: str | None = None
    value: str | None = None


class Reference(Element, frozen=True):
    """Reference."""

    reference: str | None = None
    type: str | None = None
    identifier: Identifier | None = None
    display: str | None = None


class Annotation(Element, frozen=True):
    """Annotation."""

    text: str | None = None


class TimingRepeat(Element, frozen=True):
    """Timing.repeat."""

    bounds_duration: Quantity | None = None
    bounds_range: Range | None = None
    bounds_period: Period | None = None
    count: Integer | None = None
    count_max: Integer | None = None
    duration: Decimal | None = None
    duration_unit: str | None = None
    frequency: Integer | None = None
    frequency_max: Integer | None = None
    period: Decimal | None = None
    period_max: Decimal | None = None
    period_unit: str | None = None
    day_of_week: tuple[str, ...] = ()
    time_of_day: tuple[str, ...] = ()
    when: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (is_in_range(self.duration) and is_in_range(self.period) and is_in_range(self.period_max)):
            raise OutOfRangeError


class Modifier(Element, frozen=True):
    """A modifierExtension. None is understood: that there is one is all that counts."""

    url: str | None = None


class Timing(Element, frozen=True):
    """Timing."""

    event: tuple[str, ...] = ()
    repeat: TimingRepeat | None = None
    code: CodeableConcept | None = None
    modifier_extension: tuple[Modifier, ...] = ()


class DoseAndRate(Element, frozen=True):
    """Dosage.doseAndRate."""

    dose_quantity: Quantity | None = None
    dose_range: Range | None = None
    rate_quantity: Quantity | None = None
    rate_range: Range | None = None
    rate_ratio: Ratio | None = None


class Dosage(Element, frozen=True):
    """Dosage. MedicationAdministration carries one with ``dose`` in place of ``doseAndRate``."""

    sequence: Integer | None = None
    text: str | None = None
    patient_instruction: str | None = None
    timing: Timing | None = None
    as_needed_boolean: bool | None = None
    as_needed_codeable_concept: CodeableConcept | None = None
    route: CodeableConcept | None = None
    dose_and_rate: tuple[DoseAndRate, ...] = ()
    max_dose_per_period: Ratio | None = None
    max_dose_per_administration: Quantity | None = None
    dose: Quantity | None = None
    rate_ratio: Ratio | None = None
    rate_quantity: Quantity | None = None
    max_dose_per_lifetime: Quantity | None = None
    modifier_extension: tuple[Modifier, ...] = ()

    @property
    def modified(self) -> bool:
        """Whether an extension that is not understood may turn the meaning of the dosage or its timing."""
        return bool(self.modifier_extension or (self.timing is not None and self.timing.modifier_extension))


class Ingredient(Element, frozen=True):
    """Medication.ingredient."""

    item_codeable_concept: CodeableConcept | None = None
    item_reference: Reference | None = None
    strength: Ratio | None = None
    is_active: bool | None = None
