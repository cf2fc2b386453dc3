"""FHIR R4 data types, as a typed subset: only the elements that some fact is read from.

Every element is optional, whatever the specification says: real systems leave out required ones.
Unknown elements are ignored by the decoder.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec


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
    count: int | None = None
    count_max: int | None = None
    duration: Decimal | None = None
    duration_unit: str | None = None
    frequency: int | None = None
    frequency_max: int | None = None
    period: Decimal | None = None
    period_max: Decimal | None = None
    period_unit: str | None = None
    day_of_week: tuple[str, ...] = ()
    time_of_day: tuple[str, ...] = ()
    when: tuple[str, ...] = ()


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

    sequence: int | None = None
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
