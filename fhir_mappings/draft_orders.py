"""Draft orders: what a record would hold if they were signed and carried out.

A draft is read by the same readers as what was done, as done when it says, else on the day on which it is
signed: a drug as an active order that ends with its supply, a service or a vaccine as done on its days.
Nothing more is made of it than it says: words in an order for a service may be the question of a laboratory
or a consultation, so that only its codes tell what would be done; and where a drug is already taken whose
amounts are summed with the draft's, the draft may as well replace it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from fhir_mappings.bundles import read_document
from fhir_mappings.code_listing import display_of
from fhir_mappings.datatypes import CodeableConcept, CodingType, Dosage, Element, Period
from fhir_mappings.dates import read_date
from fhir_mappings.decoding import decode
from fhir_mappings.dose_equivalents import dose_equivalents
from fhir_mappings.facts import DoseSegment, Event, Exposure
from fhir_mappings.intervals import DateSpan
from fhir_mappings.patient import UNEXPECTED
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.reading.courses import days_of, days_supplied
from fhir_mappings.reading.immunizations import UNKNOWN, read_immunization
from fhir_mappings.reading.ingredients import product_of, products_among
from fhir_mappings.reading.medications import read_request
from fhir_mappings.reading.orders import occurrence_of, read_order
from fhir_mappings.reading.procedures import read_procedure
from fhir_mappings.reading.sheet import Pool, Sheet
from fhir_mappings.reading.terms import terms, words_of
from fhir_mappings.references import References, Source, bare, in_order, names_of
from fhir_mappings.resources import (
    Immunization,
    MedicationRequest,
    Procedure,
    ServiceRequest,
)
from fhir_mappings.terminology import load_terminology

DRAFT = "draft:"
"""Before the reference of what is read from a draft, so that it is told from what is on record."""

# Drafts that order nothing, by FHIR's request-status and medicationrequest-status, R4 and R5.
_STOPS = frozenset({"cancelled", "completed", "ended", "entered-in-error", "revoked", "stopped"})
_DUE = frozenset({"due", "overdue"})
_MEASURES = ("body_weight", "body_height")


class StrangerError(ValueError):
    """A draft order is for another patient."""


class Drafts(NamedTuple):
    """Draft orders as read.

    ``events``: what would be on record; none where no draft is of a kind that any code set knows.
    ``unrecognised``: how many orders for a drug were read as nothing, since no known code or name tells which
    drug it is.
    ``absent``: a draft names its drug, or an ingredient of it, by a reference to what is not at hand, without
        words; whether it would close a trial cannot be told before that is.
    """

    events: tuple[Event, ...]
    unrecognised: int
    absent: bool = False


class _DateCriterion(Element, frozen=True):
    code: CodeableConcept | None = None
    value: str | None = None


class _Recommendation(Element, frozen=True):
    vaccine_code: tuple[CodeableConcept, ...] = ()
    forecast_status: CodeableConcept | None = None
    date_criterion: tuple[_DateCriterion, ...] = ()


class _ImmunizationRecommendation(Element, frozen=True):
    recommendation: tuple[_Recommendation, ...] = ()


class _Subject(Element, frozen=True):
    reference: str | None = None


class _Owned(Element, frozen=True):
    subject: _Subject | None = None
    patient: _Subject | None = None


def read_drafts(
    bundle: bytes | msgspec.Raw,
    day: date,
    *,
    patient: str,
    selected: Collection[str] | None = None,
    beside: PatientFacts | None = None,
    at_hand: Iterable[msgspec.Raw | bytes] = (),
) -> Drafts:
    """What would be on record from ``day`` on.

    Drafts that stop, cancel or forbid something are left out, and so is what cannot be read.

    Args:
        bundle: the draft orders, with the Medications that they refer to; any type, or none.
        patient: reference of the patient, ``Patient/123``; drafts that name nobody, or by nothing that can be
            compared (an identifier, a ``urn:uuid:`` of nothing in the Bundle), are the patient's.
        selected: references of the drafts that count, ``MedicationRequest/1``; all by default.
        beside: the patient's facts, for doses by body weight and surface.
        at_hand: resources of the chart, among which the Medications are that the Bundle does not hold.

    Raises:
        UnreadableInputError: it is no FHIR resource at all.
        StrangerError: a draft names another patient, be it selected or not.
    """
    sources = in_order(read_document(bytes(bundle)).sources)
    pool = Pool(sources, References(in_order(products_among(at_hand))))
    sheet = Sheet(load_terminology(), pool)
    if beside is not None:
        for name in _MEASURES:
            for result in beside.measurements.get(name, ()):
                sheet.add_result(result)
    wanted = None if selected is None else frozenset(map(bare, selected))
    for source in sources:
        _must_be_of(patient, source, pool)
    unrecognised, absent = 0, False
    for source in sources:
        if source.kind not in _READERS:
            continue
        # Selections are references; some clients send bare ids.
        if wanted is not None and wanted.isdisjoint({*names_of(source), source.id}):
            continue
        before, seen, untold = sheet.lengths(), len(sheet.events), _untold(sheet)
        try:
            _READERS[source.kind](source, day, sheet)
        except UNEXPECTED:
            sheet.cut_back(before)  # as in a chart, what nobody thought of loses this resource alone
        if source.kind == "MedicationRequest":
            unrecognised += len(sheet.events) == seen and _untold(sheet) > untold
            absent = absent or _names_what_is_absent(source, sheet)
    return Drafts(tuple(sheet.events), unrecognised, absent)


def _names_what_is_absent(source: Source, sheet: Sheet) -> bool:
    order = sheet.pool.decode(source)
    if not isinstance(order, MedicationRequest) or order.status in _STOPS or order.do_not_perform:
        return False
    return order.medication_codeable_concept is None and product_of(order, sheet).absent


def _untold(sheet: Sheet) -> int:
    return len(sheet.unnamed) + len(sheet.unread)


def told_apart(drafts: Sequence[Event]) -> list[list[list[int]]]:
    """The different drafts, in order: of each, the positions of its events, for every time it is ordered.

    A draft may be read as several events (an order and a procedure); and an ImmunizationRecommendation may
    be several drafts, told apart by what they call the vaccine.
    """
    each: dict[tuple[str, str], list[int]] = {}
    for position, event in enumerate(drafts):
        each.setdefault((event.reference, event.label), []).append(position)
    groups: dict[tuple[Event, ...], list[list[int]]] = {}
    for positions in each.values():
        groups.setdefault(tuple(_nameless(drafts[i]) for i in positions), []).append(positions)
    return list(groups.values())


def _nameless(event: Event) -> Event:
    evidence = msgspec.structs.replace(event.evidence, reference="")
    return msgspec.structs.replace(event, reference="", evidence=evidence)


def with_drafts(facts: PatientFacts, drafts: Sequence[Event]) -> PatientFacts:
    """The facts with the drafts among them.

    A draft takes the place of the order that it changes, if that is on record under the same id; and a course
    that goes on ends before it where the amounts of both would be summed.
    """
    changed = {event.reference.removeprefix(DRAFT) for event in drafts}
    kept = [event for event in facts.events if event.reference not in changed]
    for table in dose_equivalents().values():
        summed = table.drugs.keys() | table.of_unknown_amount.keys()
        starts = [e.start.first for e in drafts if _is_of(e, summed) and e.start is not None]
        if starts:
            last = min(starts) - timedelta(days=1)
            kept = [
                ended(event, last) if _is_of(event, summed) and event.reference not in changed else event
                for event in kept
            ]
    return msgspec.structs.replace(facts, events=(*kept, *drafts))


def ended(event: Event, last: date) -> Event:
    """A course of a drug, if it goes on after ``last``, as ending then; another event as it is."""
    if not isinstance(event, Exposure):
        return event
    goes_on = event.ongoing or (event.end is not None and event.end.last > last)
    if not goes_on or (event.start is not None and event.start.first > last):
        return event
    day = DateSpan(last, last)
    end = day if event.end is None else min(event.end, day)
    doses = tuple(_cut(dose, last, event.ongoing) for dose in event.doses if dose.start.first <= last)
    return msgspec.structs.replace(event, ongoing=False, end=end, doses=doses)


def _cut(dose: DoseSegment, last: date, goes_on: bool) -> DoseSegment:
    if dose.end.last <= last:
        return dose
    # Of a course that goes on, the dose of no stated end is taken until then.
    first = last if goes_on and dose.end.last == date.max else min(dose.end.first, last)
    end = DateSpan(first, last)
    start = DateSpan(dose.start.first, min(dose.start.last, last))
    return msgspec.structs.replace(dose, start=start, end=end)


def _is_of(event: Event, drugs: Collection[str]) -> bool:
    return isinstance(event, Exposure) and not event.concepts.isdisjoint(drugs)


def _must_be_of(patient: str, source: Source, pool: Pool) -> None:
    owned = decode(source.raw, _Owned)[0] or _Owned()
    named = (owned.subject or owned.patient or _Subject()).reference
    found = pool.references.find(named)
    if found is not None and found.kind == "Patient" and found.id:
        named = f"Patient/{found.id}"
    if named and "Patient/" in named and bare(named) != patient:
        raise StrangerError("a draft order is for another patient")


def _read_medication(source: Source, day: date, sheet: Sheet) -> None:
    order = sheet.pool.decode(source)
    if not isinstance(order, MedicationRequest) or order.status in _STOPS or order.do_not_perform:
        return
    reference = DRAFT + source.reference
    signed = msgspec.structs.replace(order, status="active", intent="order", authored_on=day.isoformat())
    seen = len(sheet.events)
    read_request(signed, reference, sheet)
    sheet.events[seen:] = [_to_come(event, day) for event in sheet.events[seen:]]
    supplied = days_supplied(order)
    if supplied is not None:
        sheet.events[seen:] = [_supplied(event, supplied) for event in sheet.events[seen:]]
    product = product_of(order, sheet)
    named = order.medication_codeable_concept or product.code
    if named is not None:
        _give_vaccine(named, _days(order.dosage_instruction, day), reference, sheet)
        _name(named, sheet, seen)
    for part in product.parts:
        if part.concept is not None:
            _name(part.concept, sheet, seen)


def _read_service(source: Source, day: date, sheet: Sheet) -> None:
    order = sheet.pool.decode(source)
    if not isinstance(order, ServiceRequest) or order.status in _STOPS or order.do_not_perform:
        return
    if order.code is None or order.modifier_extension:
        return
    reference = DRAFT + source.reference
    seen = len(sheet.events)
    read_order(msgspec.structs.replace(order, status="active"), reference, sheet)
    coded = CodeableConcept(coding=tuple(CodingType(system=s, code=c) for s, c in order.code.pairs))
    occurrence = occurrence_of(order)
    days = _days([occurrence], day)
    period = Period(start=days.first.isoformat(), end=days.last.isoformat())
    read_procedure(Procedure(status="completed", code=coded, performed_period=period), reference, sheet)
    drug = MedicationRequest(
        status="active",
        intent="order",
        authored_on=day.isoformat(),
        medication_codeable_concept=coded,
        dosage_instruction=(occurrence,) if occurrence.timing is not None else (),
    )
    read_request(drug, reference, sheet)
    _give_vaccine(coded, days, reference, sheet)
    label = order.code.label
    if label is not None:
        sheet.events[seen:] = [msgspec.structs.replace(event, label=label) for event in sheet.events[seen:]]
    _name(order.code, sheet, seen)


def _read_recommendation(source: Source, day: date, sheet: Sheet) -> None:
    found = decode(source.raw, _ImmunizationRecommendation)[0]
    for recommendation in found.recommendation if found is not None else ():
        if _DUE.isdisjoint(_codes(recommendation.forecast_status)):
            continue
        for vaccine in recommendation.vaccine_code:
            seen = len(sheet.events)
            due = max(_due(recommendation, day), day)
            _give_vaccine(vaccine, DateSpan(due, due), DRAFT + source.reference, sheet)
            _name(vaccine, sheet, seen)


def _due(recommendation: _Recommendation, day: date) -> date:
    """The day on which a vaccine is due; else the earliest one; else the first that is no deadline."""
    dates = [
        (_codes(one.code), _earliest(when, day))
        for one in recommendation.date_criterion
        if (when := read_date(one.value)) is not None
    ]
    for wanted in terms().vaccine_dates:
        found = [when for codes, when in dates if not wanted.isdisjoint(codes)]
        if found:
            return min(found)
    others = [when for codes, when in dates if terms().vaccine_deadlines.isdisjoint(codes)]
    return min(others, default=day)


def _give_vaccine(vaccine: CodeableConcept, days: DateSpan, reference: str, sheet: Sheet) -> None:
    on = days.first.isoformat()
    given = Immunization(status="completed", vaccine_code=vaccine, occurrence_date_time=on)
    seen = len(sheet.events)
    read_immunization(given, reference, sheet)
    last = DateSpan(days.last, days.last)
    sheet.events[seen:] = [
        msgspec.structs.replace(event, end=last)
        for event in sheet.events[seen:]
        # What no code and no word tells to be a vaccine need not be one.
        if UNKNOWN not in event.concepts
    ]


def _days(dosages: Sequence[Dosage], day: date) -> DateSpan:
    """The first and the last day of what is done, by its timing; without an end, it is done once."""
    start, end = days_of(dosages, DateSpan(day, day))
    first = day if start is None else _earliest(start, day)
    return DateSpan(first, first if end is None else max(first, _earliest(end, day)))


def _earliest(when: DateSpan, day: date) -> date:
    """The first of the days that a date may mean, and not before today if today may be meant."""
    return max(when.first, min(day, when.last))


def _to_come(event: Event, day: date) -> Event:
    """A course as beginning on the first day still to come that it may mean; one that is past, today."""
    if event.start is None:
        return event
    first = _earliest(event.start, day)
    end = event.end
    past = end is not None and end.last < day
    moved = day - first if past else timedelta()
    start = DateSpan(first + moved, first + moved)
    if end is not None:
        last = max(_earliest(end, day) if not past else end.last + moved, start.first)
        end = DateSpan(last, last) if past or not end.exact else end
    if start == event.start and end == event.end:
        return event
    if not isinstance(event, Exposure):
        return msgspec.structs.replace(event, start=start, end=end)
    doses = tuple(_dose_to_come(dose, event.start, start, moved) for dose in event.doses)
    return msgspec.structs.replace(event, start=start, end=end, doses=doses)


def _dose_to_come(dose: DoseSegment, told: DateSpan, start: DateSpan, moved: timedelta) -> DoseSegment:
    begins = start if dose.start == told else DateSpan(dose.start.first + moved, dose.start.last + moved)
    last = dose.end.last if dose.end.last == date.max else dose.end.last + moved
    return msgspec.structs.replace(
        dose, start=begins, end=DateSpan(max(min(dose.end.first + moved, last), begins.first), last)
    )


def _supplied(event: Event, days: int) -> Event:
    """A course as ending with its supply, unless it says itself when it ends."""
    if event.start is None or not (isinstance(event, Exposure) and event.ongoing):
        return event
    return ended(event, event.start.first + timedelta(days=days - 1))


def _name(concept: CodeableConcept, sheet: Sheet, seen: int) -> None:
    """Give what nothing but a code names the words that the code sets have for it."""
    codes = frozenset(coding.code for coding in concept.coding)
    if concept.text or any(coding.display for coding in concept.coding):
        return
    known = display_of(concept.pairs)
    for position, event in enumerate(sheet.events[seen:], seen):
        if event.label in codes and event.concepts:
            words = known or sheet.terminology.label(min(event.concepts))
            sheet.events[position] = msgspec.structs.replace(event, label=words)


def _codes(concept: CodeableConcept | None) -> frozenset[str]:
    return frozenset(words_of(concept))


_READERS = {
    "MedicationRequest": _read_medication,
    "ServiceRequest": _read_service,
    "ImmunizationRecommendation": _read_recommendation,
}
