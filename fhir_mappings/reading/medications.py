"""Drugs: orders, dispenses, administrations and statements, each as a course with its daily amounts."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Literal

import msgspec

from fhir_mappings.datatypes import CodeableConcept, Reference
from fhir_mappings.dates import read_date, read_period
from fhir_mappings.dosage import read_doses
from fhir_mappings.facts import Exposure
from fhir_mappings.intervals import Interval, point
from fhir_mappings.medication_strength import Strength, StrengthLike, strength_of_name
from fhir_mappings.phrases import phrase
from fhir_mappings.reading.courses import Course, course_given, course_ordered, course_stated, course_supplied
from fhir_mappings.reading.denials import Denial, NotGiven
from fhir_mappings.reading.ingredients import Part, is_told, product_of
from fhir_mappings.reading.sheet import Sheet, evidence_of
from fhir_mappings.reading.terms import is_any, is_coded, names_no_drug, terms, texts_of
from fhir_mappings.resources import (
    Medicated,
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
_ROUTES = {"injectable": "systemic", "otic": "topical", "vaginal": "topical", "rectal": "other"}
_ROUTES |= {"transdermal": "other", "implant": "other"}


class Named(msgspec.Struct, frozen=True):
    """The drug of a medication resource.

    Attributes:
        coded: a code tells which it is, or that it is none of ours.
        untold: ingredients beside those that are known, of which no code tells what they are.
        lacking: nothing tells what an ingredient is, and the product does not tell it by itself.
    """

    concept: CodeableConcept | None
    concepts: frozenset[str]
    by_text: bool
    suspected: bool
    label: str
    strengths: tuple[StrengthLike, ...]
    route: str | None
    coded: bool
    untold: tuple[str, ...] = ()
    lacking: bool = False


def read_administration(resource: MedicationAdministration, reference: str, sheet: Sheet) -> None:
    """Put down a dose that was given, or that it was not."""
    if resource.status == "not-done":
        named = _named(resource, sheet)
        if named is not None and named.concepts and not sheet.is_modified(resource, reference):
            order = _order_of(resource.request, sheet)
            when = read_date(resource.effective_date_time) or read_period(resource.effective_period)[0]
            sheet.not_given.append(NotGiven(reference, named.concepts, when, order))
        return
    _put_down(resource, reference, "administration", course_given(resource), sheet)


def read_dispense(resource: MedicationDispense, reference: str, sheet: Sheet) -> None:
    """Put down a supply that was handed out."""
    _put_down(resource, reference, "dispense", course_supplied(resource), sheet)


def read_statement(resource: MedicationStatement, reference: str, sheet: Sheet) -> None:
    """Put down what the patient is said to take, to have taken or not to take."""
    if resource.status == "not-taken":
        _deny(resource, reference, sheet)
        return
    _put_down(resource, reference, "statement", course_stated(resource), sheet)


def _deny(resource: MedicationStatement, reference: str, sheet: Sheet) -> None:
    named = _named(resource, sheet)
    if named is None:
        sheet.refuse(reference, phrase("medications.the-drug-cannot-be-told-neither"))
        return
    if named.lacking:
        sheet.refuse(reference, phrase("medications.an-ingredient-cannot-be-told"))
    if named.concepts and not sheet.is_modified(resource, reference):
        start, end = read_period(resource.effective_period)
        since = start or read_date(resource.effective_date_time) or read_date(resource.date_asserted)
        evidence = evidence_of(reference, "status", since, named.concept, recorded="not-taken")
        sheet.denials.append(Denial(reference, named.concepts, since, end, evidence))


def read_request(resource: MedicationRequest, reference: str, sheet: Sheet) -> None:
    """Put down an order; a proposal, a plan or a prohibition is no exposure."""
    if resource.do_not_perform or (resource.intent is not None and resource.intent not in ORDERS):
        return
    renews = _order_of(resource.prior_prescription, sheet)
    _put_down(resource, reference, "request", course_ordered(resource), sheet, renews)


def _order_of(reference: Reference | None, sheet: Sheet) -> str | None:
    """The order that a reference names, by its name in the pool if it is at hand."""
    written = reference.reference if reference is not None else None
    found = sheet.pool.references.find(written)
    return found.reference if found is not None else written


def _put_down(
    resource: Medicated,
    reference: str,
    source: SourceKind,
    course: Course,
    sheet: Sheet,
    renews: str | None = None,
) -> None:
    status = resource.status
    confirmed = status in TAKEN[source]
    if not confirmed and status not in (None, "unknown"):
        return
    named = _named(resource, sheet)
    if named is None:
        sheet.refuse(reference, phrase("medications.the-drug-cannot-be-told-neither"))
        return
    if named.lacking:
        sheet.refuse(reference, phrase("medications.an-ingredient-cannot-be-told"))
    evidence = evidence_of(
        reference,
        "medication[x]",
        course.told_for or course.start,
        named.concept,
        recorded=named.label,
        by_text=named.by_text,
    )
    investigational = _is_investigational(resource, named)
    unknown = not named.concepts and not investigational
    alone = (named.label,) if unknown and not named.coded else ()
    for label in (*alone, *named.untold):
        sheet.unnamed.append(
            Exposure(
                reference=reference,
                concepts=frozenset(),
                label=label,
                start=course.start,
                end=course.end,
                ongoing=course.ongoing,
                confirmed=confirmed,
                status=status,
                source=source,
                taken_on=course.told_for,
                evidence=evidence,
            )
        )
    if unknown:
        return
    if sheet.is_modified(resource, reference):
        return
    drug = _drug(named.concepts)
    weight = _latest(sheet, "body_weight")
    doses = read_doses(
        course.dosages,
        course.start,
        course.end,
        drug,
        named.strengths,
        weight,
        _surface(sheet, weight),
        course.hours,
    )
    if course.problem is not None:
        sheet.doubt(reference, phrase("medications.when-the-drug-was-taken-is", problem=course.problem))
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
            dose_unreadable=doses.unreadable or course.problem,
            as_needed=doses.as_needed,
            times=doses.times,
            investigational=investigational,
            renews=renews,
            given_at=course.given_at,
            taken_on=course.told_for,
            evidence=evidence,
        )
    )


def _named(resource: Medicated, sheet: Sheet) -> Named | None:
    concept = resource.medication_codeable_concept
    product = product_of(resource, sheet)
    parts = product.parts
    ingredients = [part.concept for part in parts if part.concept is not None]
    concept = concept or product.code
    display = resource.medication_reference.display if resource.medication_reference is not None else None
    if concept is None and not ingredients and not display:
        return None
    pairs = concept.pairs if concept is not None else ()
    words = _words(concept, display)
    found = sheet.terminology.concepts_of(pairs, words, kinds="drug")
    coded = ingredients or (concept is not None and is_coded(concept))
    if not (coded or found.concepts or found.suspected) and names_no_drug(words or ""):
        return None
    concepts, by_text, suspected = found.concepts, found.by_text, found.suspected
    by_itself = bool(concepts) or (concept is not None and is_told(concept))
    told: list[str] = []
    untold: list[str] = []
    for part in parts if not concepts else ():
        item = part.concept
        if item is None:
            continue
        match = sheet.terminology.concepts_of(item.pairs, item.label, kinds="drug")
        concepts |= match.concepts
        by_text = by_text or match.by_text
        suspected = suspected or match.suspected
        if part.active and not match.concepts:
            (told if is_told(item) else untold).append(item.label or "drug")
    strengths = _ingredient_strengths(parts, _drug(concepts), sheet)
    if not strengths:
        coded_product = sheet.terminology.product_of(pairs)
        if coded_product is not None and coded_product.strength_mg is not None:
            strengths.append(Strength(point(coded_product.strength_mg), "solid"))
        else:
            named = (
                strength_of_name(text) for text in (words, concept.label if concept is not None else None)
            )
            strengths += [strength for strength in named if strength is not None][:1]
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
        by_itself or (bool(told) and not untold),
        tuple(untold) if concepts and not by_itself else (),
        not by_itself and any(part.active and part.concept is None for part in parts),
    )


def _ingredient_strengths(parts: Sequence[Part], drug: str | None, sheet: Sheet) -> list[StrengthLike]:
    """The strengths that the product states; of several ingredients, those of the drug alone."""
    chosen = list(parts)
    if len(parts) > 1:
        chosen = [part for part in parts if drug is not None and drug in _concepts_of(part, sheet)]
    return [
        (part.strength.numerator, part.strength.denominator)
        for part in chosen
        if part.strength is not None
        and part.strength.numerator is not None
        and part.strength.denominator is not None
    ]


def _concepts_of(part: Part, sheet: Sheet) -> frozenset[str]:
    item = part.concept
    if item is None:
        return frozenset()
    return sheet.terminology.concepts_of(item.pairs, item.label, kinds="drug").concepts


def _words(concept: CodeableConcept | None, display: str | None) -> str | None:
    """The words for the drug, of which those that name one come first."""
    if concept is None:
        return display
    words = (*texts_of(concept), display or "")
    return next((word for word in words if not names_no_drug(word)), concept.label or display)


def _drug(concepts: frozenset[str]) -> str | None:
    """The ingredient that dose arithmetic goes by: the one code set that is no class of drugs."""
    plain = sorted(name for name in concepts if not name.endswith("_class"))
    return plain[0] if len(plain) == 1 else None


def _is_investigational(resource: Medicated, named: Named) -> bool:
    words = [named.label, *(c.label or "" for c in resource.category)]
    coded = any(is_any(concept, terms().investigational_codes) for concept in resource.category)
    return coded or any(terms().investigational_words.search(word) for word in words)


def _latest(sheet: Sheet, name: str) -> Interval | None:
    """The latest value; of several of one day, all that they span."""
    found = [(result.when.last, result.value) for result in sheet.measured(name) if result.value is not None]
    latest = max((when for when, _ in found), default=None)
    values = [value for when, value in found if when == latest]
    return functools.reduce(Interval.hull, values) if values else None


def _surface(sheet: Sheet, weight: Interval | None) -> Interval | None:
    """Body surface by Mosteller, m²: √(cm · kg / 3600)."""
    height = _latest(sheet, "body_height")
    if weight is None or height is None or not (weight.exact and height.exact):
        return None
    return point(math.sqrt(height.low * weight.low / 3600))
