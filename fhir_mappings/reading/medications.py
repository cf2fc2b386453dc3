"""Drugs: orders, dispenses, administrations and statements, each as a course with its daily amounts."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import msgspec

from fhir_mappings.datatypes import CodeableConcept, Dosage, Quantity, Ratio
from fhir_mappings.dates import read_date, read_period
from fhir_mappings.dosage import read_doses
from fhir_mappings.facts import Exposure, Measurement
from fhir_mappings.intervals import DateSpan, Interval, point
from fhir_mappings.medication_strength import Strength, StrengthLike, strength_of_name
from fhir_mappings.reading.conditions import code_of
from fhir_mappings.reading.sheet import Sheet, evidence_of
from fhir_mappings.resources import (
    Medicated,
    Medication,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
)

SourceKind = Literal["administration", "dispense", "statement", "request"]

TAKEN = {
    "administration": frozenset({"completed", "in-progress", "stopped", "on-hold"}),
    "dispense": frozenset({"completed", "in-progress", "stopped"}),
    "statement": frozenset({"active", "completed", "on-hold", "stopped"}),
    "request": frozenset({"active", "on-hold", "completed", "stopped"}),
}
"""Statuses that mean exposure. ``unknown`` and none at all mean that it is unconfirmed; others mean none."""

ORDERS = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
RUNNING = frozenset({"active", "on-hold", "in-progress"})
_ROUTES = {"injectable": "systemic", "otic": "topical", "vaginal": "topical", "rectal": "other"}
_ROUTES |= {"transdermal": "other", "implant": "other"}
_INVESTIGATIONAL = re.compile(
    r"\b(?:investigational|clinical[ -]trial|trial|study) (?:drug|medication|product)\b", re.IGNORECASE
)
_LONGEST_SUPPLY_DAYS = 3650


class Named(msgspec.Struct, frozen=True):
    """The drug of a medication resource."""

    concept: CodeableConcept | None
    concepts: frozenset[str]
    by_text: bool
    suspected: bool
    label: str
    strengths: tuple[StrengthLike, ...]
    route: str | None


class Course(msgspec.Struct, frozen=True):
    """When it was taken."""

    start: DateSpan | None
    end: DateSpan | None
    ongoing: bool
    dosages: Sequence[Dosage]
    notes: tuple[str, ...] = ()


def read_administration(resource: MedicationAdministration, reference: str, sheet: Sheet) -> None:
    """Put down a dose that was given."""
    start, end = read_period(resource.effective_period)
    given = read_date(resource.effective_date_time)
    if given is not None:
        start = end = given
    running = resource.status == "in-progress" and end is None
    dosages = (resource.dosage,) if resource.dosage is not None else ()
    _put_down(resource, reference, "administration", Course(start, end, running, dosages), sheet)


def read_dispense(resource: MedicationDispense, reference: str, sheet: Sheet) -> None:
    """Put down a supply that was handed out; it lasts as long as the days' supply says."""
    start = read_date(resource.when_handed_over) or read_date(resource.when_prepared)
    end = _after(start, resource.days_supply, 1)
    _put_down(resource, reference, "dispense", Course(start, end, False, resource.dosage_instruction), sheet)


def read_statement(resource: MedicationStatement, reference: str, sheet: Sheet) -> None:
    """Put down what the patient is said to take or to have taken."""
    start, end = read_period(resource.effective_period)
    if start is None:
        start = read_date(resource.effective_date_time)
    bounds = _bounds(resource.dosage)
    start, end = start or bounds[0], end or bounds[1]
    running = resource.status in RUNNING and end is None
    _put_down(resource, reference, "statement", Course(start, end, running, resource.dosage), sheet)


def read_request(resource: MedicationRequest, reference: str, sheet: Sheet) -> None:
    """Put down an order; a proposal, a plan or a prohibition is no exposure."""
    if resource.do_not_perform or (resource.intent is not None and resource.intent not in ORDERS):
        return
    first, last = _bounds(resource.dosage_instruction)
    start = first or read_date(resource.authored_on)
    end = last
    notes = () if resource.intent is not None else ("The order has no intent; it was taken as an order.",)
    supply = resource.dispense_request
    if start is None and supply is not None:
        start = read_period(supply.validity_period)[0]
    running = resource.status in RUNNING and end is None
    if end is None and not running and supply is not None:
        repeats = 1 + max(supply.number_of_repeats_allowed or 0, 0)
        end = _after(start, supply.expected_supply_duration, repeats)
    course = Course(start, end, running, resource.dosage_instruction, notes)
    _put_down(resource, reference, "request", course, sheet)


def _bounds(dosages: Sequence[Dosage]) -> tuple[DateSpan | None, DateSpan | None]:
    """First and last day of the dosages' own periods, where every one of them has such."""
    periods = [
        d.timing.repeat.bounds_period if d.timing is not None and d.timing.repeat is not None else None
        for d in dosages
    ]
    read = [read_period(period) for period in periods]
    starts = [start for start, _ in read if start is not None]
    ends = [end for _, end in read if end is not None]
    last = max(ends, key=lambda d: d.last) if ends and len(ends) == len(read) else None
    return (min(starts, key=lambda d: d.first) if starts else None), last


def _after(start: DateSpan | None, supply: Quantity | None, repeats: int) -> DateSpan | None:
    if start is None or supply is None or supply.value is None or supply.value <= 0:
        return None
    unit = supply.code or supply.unit or "d"
    size = {"d": 1, "day": 1, "days": 1, "wk": 7, "week": 7, "weeks": 7, "mo": 30, "month": 30, "months": 30}
    if unit not in size:
        return None
    days = math.ceil(float(supply.value) * size[unit] * repeats)
    if days > _LONGEST_SUPPLY_DAYS:
        return None
    last = timedelta(days=max(days - 1, 0))
    return DateSpan(start.first + last, start.last + last)


def _put_down(resource: Medicated, reference: str, source: SourceKind, course: Course, sheet: Sheet) -> None:
    status = resource.status
    confirmed = status in TAKEN[source]
    if not confirmed and status not in (None, "unknown"):
        return
    named = _named(resource, sheet)
    if named is None:
        sheet.refuse(reference, "the drug cannot be told: neither a code nor words for it are at hand")
        return
    investigational = _is_investigational(resource, named)
    if not named.concepts and not investigational:
        return
    if resource.modifier_extension:
        sheet.refuse(reference, "it carries a modifierExtension that is not understood")
        return
    drug = _drug(named.concepts)
    weight = _latest(sheet, "body_weight")
    doses = read_doses(
        course.dosages, course.start, course.end, drug, named.strengths, weight, _surface(sheet, weight)
    )
    sheet.event(
        Exposure(
            reference=reference,
            concepts=named.concepts,
            label=named.label,
            start=course.start,
            end=course.end,
            ongoing=course.ongoing,
            confirmed=confirmed and not named.suspected,
            by_text=named.by_text,
            status=status,
            notes=course.notes,
            drug=drug,
            source=source,
            route=doses.route or named.route,
            doses=doses.segments,
            dose_text=doses.text,
            dose_unreadable=doses.unreadable,
            as_needed=doses.as_needed,
            investigational=investigational,
            evidence=evidence_of(
                reference,
                "medication[x]",
                course.start,
                named.concept,
                recorded=named.label,
                by_text=named.by_text,
            ),
        )
    )


def _named(resource: Medicated, sheet: Sheet) -> Named | None:
    concept = resource.medication_codeable_concept
    medication = sheet.pool.resolve(resource.medication_reference, Medication, resource.contained)
    strengths: list[StrengthLike] = []
    ingredients: list[CodeableConcept] = []
    if medication is not None:
        concept = concept or medication.code
        for ingredient in medication.ingredient:
            if ingredient.item_codeable_concept is not None:
                ingredients.append(ingredient.item_codeable_concept)
            strength: Ratio | None = ingredient.strength
            if strength is not None and strength.numerator is not None and strength.denominator is not None:
                strengths.append((strength.numerator, strength.denominator))
    display = resource.medication_reference.display if resource.medication_reference is not None else None
    if concept is None and not ingredients and not display:
        return None
    pairs = concept.pairs if concept is not None else ()
    words = _words(concept, display)
    found = sheet.terminology.concepts_of(pairs, words, kinds="drug")
    concepts, by_text, suspected = found.concepts, found.by_text, found.suspected
    if not concepts:
        for item in ingredients:
            match = sheet.terminology.concepts_of(item.pairs, item.label, kinds="drug")
            concepts |= match.concepts
            by_text = by_text or match.by_text
    if len(ingredients) > 1:
        strengths = []  # which of them belongs to the drug of interest is not told
    if not strengths:
        product = sheet.terminology.product_of(pairs)
        if product is not None and product.strength_mg is not None:
            strengths.append(Strength(point(product.strength_mg), "solid"))
        elif (of_name := strength_of_name(words)) is not None:
            strengths.append(of_name)
    route = sheet.terminology.route_of(pairs, words)
    label = words or next((item.label for item in ingredients if item.label), None) or "drug"
    return Named(
        concept,
        concepts,
        by_text,
        suspected,
        label,
        tuple(strengths),
        _ROUTES.get(route, route) if route else None,
    )


def _words(concept: CodeableConcept | None, display: str | None) -> str | None:
    if concept is None:
        return display
    return concept.label or display


def _drug(concepts: frozenset[str]) -> str | None:
    """The ingredient that dose arithmetic goes by: the one code set that is no class of drugs."""
    plain = sorted(name for name in concepts if not name.endswith("_class"))
    return plain[0] if len(plain) == 1 else None


def _is_investigational(resource: Medicated, named: Named) -> bool:
    words = [named.label, *(c.label or "" for c in resource.category)]
    coded = {code_of(concept) for concept in resource.category}
    return "clinicaltrial" in coded or any(_INVESTIGATIONAL.search(word) for word in words)


def _latest(sheet: Sheet, name: str) -> Interval | None:
    found: list[Measurement] = [m for m in sheet.measurements.get(name, ()) if m.value is not None]
    return max(found, key=lambda m: m.when.last).value if found else None


def _surface(sheet: Sheet, weight: Interval | None) -> Interval | None:
    """Body surface by Mosteller, m²: √(cm · kg / 3600)."""
    height = _latest(sheet, "body_height")
    if weight is None or height is None or not (weight.exact and height.exact):
        return None
    return point(math.sqrt(height.low * weight.low / 3600))
