"""Daily amounts of a summed quantity, e.g. of all systemic glucocorticoids as prednisone.

One exposure is often recorded several times: as an order, as a dispense, as a statement, as single
administrations. On each day, and for each drug, the strongest source that says something counts:
administration, dispense, statement, request.

Within one source, concurrent records add up (a 20 mg and a 5 mg prescription are 25 mg), with two cautions
that make an interval of the sum:

- records of the same amount may be a renewal of each other: between one and all of them;
- an order without an end may have been replaced by a later one of another amount: between the later and both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec

from fhir_mappings.dose_equivalents import DoseEquivalents, DrugEquivalent, dose_equivalents
from fhir_mappings.dosing_terms import route_of_name
from fhir_mappings.exposure_days import (
    NOTHING,
    UNKNOWN_DATE,
    DayAmount,
    day_amounts,
    exposure_span,
    from_zero,
)
from fhir_mappings.facts import DayDose, DoseHistory, Exposure, Retrieval
from fhir_mappings.intervals import Interval

SOURCES = ("administration", "dispense", "statement", "request")
"""Strongest first."""


class _Course(msgspec.Struct, frozen=True):
    """An exposure that the history sums, with its amounts by day in the history's unit."""

    index: int
    exposure: Exposure
    drug: str
    form: str | None
    days: dict[date, DayAmount]


_Entry = tuple[_Course, DayAmount]


def dose_history(
    name: str, exposures: Sequence[Exposure], first: date, last: date, retrieval: Retrieval
) -> DoseHistory:
    """The daily amounts within ``[first, last]``.

    Raises:
        KeyError: there is no dose history of that name.
    """
    rules = dose_equivalents()[name]
    sorting = _Sorting(rules, first, last)
    for exposure in exposures:
        start, end = exposure_span(exposure, last)
        if start.first <= last and end.last >= first:
            sorting.take(exposure)
    days = tuple(_sum_of_days(_with_replacements(sorting), first, last))
    return DoseHistory(
        days=days,
        exposures=tuple(course.exposure for course in sorting.courses),
        unknown=tuple(_not_covered(sorting, first, last)),
        retrieval=retrieval,
        left_out=tuple(sorting.left_out),
    )


class _Sorting:
    """Sorts exposures into those that count, those of unknown amount and those left out with a note."""

    def __init__(self, rules: DoseEquivalents, first: date, last: date) -> None:
        self.rules = rules
        self.first = first
        self.last = last
        self.courses: list[_Course] = []
        self.unknown: list[tuple[str | None, Exposure]] = []
        self.left_out: list[Exposure] = []

    def take(self, exposure: Exposure) -> None:
        """Put one exposure where it belongs; one that the history does not concern is passed over."""
        rules = self.rules
        route = exposure.route or route_of_name(exposure.label)
        local = route is not None and route in rules.left_out_routes
        drug = _one_of(rules.drugs, exposure)
        other = _one_of(rules.not_convertible, exposure)
        if drug is not None and not local:
            self._count(exposure, drug, rules.drugs[drug], route)
        elif drug is not None and route is not None:
            self._leave_out(exposure, rules.left_out_routes[route])
        elif other is not None and not local:
            self._leave_out(exposure, rules.not_convertible[other])
        elif not local and _one_of(rules.unnamed, exposure) is not None:
            self.unknown.append((None, exposure))

    def _leave_out(self, exposure: Exposure, note: str | None) -> None:
        if note is not None:
            self.left_out.append(_with_note(exposure, note))

    def _count(self, exposure: Exposure, drug: str, equivalent: DrugEquivalent, route: str | None) -> None:
        unclear = route is None and equivalent.without_route == "unclear"
        if unclear:
            exposure = _with_note(exposure, "the route is not recorded; it may not be a systemic treatment")
        elif route is None:
            exposure = _with_note(exposure, "the route is not recorded; taken as systemic")
        if exposure.dose_unreadable is not None or not exposure.doses:
            self.unknown.append((drug, exposure))
        factor = self.rules.reference_mg / equivalent.equal_mg
        days = {
            when: _equivalent(amount, factor, unclear)
            for when, amount in day_amounts(exposure, self.first, self.last).items()
        }
        if days:
            self.courses.append(_Course(len(self.courses), exposure, drug, _form(route), days))


def _equivalent(day_amount: DayAmount, factor: float, unclear: bool) -> DayAmount:
    amount = day_amount.amount.scaled(factor)
    return DayAmount(from_zero(amount), False) if unclear else DayAmount(amount, day_amount.certain)


def _one_of(table: Iterable[str], exposure: Exposure) -> str | None:
    names = set(table)
    if exposure.drug in names:
        return exposure.drug
    matching = sorted(names & exposure.concepts)
    return matching[0] if matching else None


def _form(route: str | None) -> str | None:
    if route in (None, "systemic"):
        return None
    return "oral" if route == "oral" else "parenteral"


def _with_note(exposure: Exposure, note: str) -> Exposure:
    return msgspec.structs.replace(exposure, notes=(*exposure.notes, note))


def _sum_of_days(courses: Sequence[_Course], first: date, last: date) -> Iterable[DayDose]:
    by_drug: dict[str, list[_Course]] = defaultdict(list)
    for course in courses:
        by_drug[course.drug].append(course)
    for offset in range((last - first).days + 1):
        when = first + timedelta(days=offset)
        total, sources = NOTHING, []
        for same_drug in by_drug.values():
            amount, counted = _of_drug([(c, c.days[when]) for c in same_drug if when in c.days])
            total = total.plus(amount)
            sources += [course.index for course, dose in counted if dose.amount.high > 0]
        if total.high > 0:
            yield DayDose(when, total, tuple(sorted(sources)))


def _of_drug(entries: Sequence[_Entry]) -> tuple[Interval, list[_Entry]]:
    """The amount of one drug on one day, and what it was taken from.

    From the strongest source down: a source that may not cover the day leaves the question to the next, so
    the amount spans all of them, and zero where none surely covers it.
    """
    spanned: Interval | None = None
    besides = NOTHING
    deciding: list[_Entry] = []
    counted: list[_Entry] = []
    for source in SOURCES:
        of_source = [entry for entry in entries if entry[0].exposure.source == source]
        if deciding:
            # An oral order beside an infusion of the same drug is another course, perhaps paused meanwhile.
            apart = [entry for entry in of_source if _differ(entry, deciding)]
            besides = besides.plus(from_zero(_of_source(apart).amount))
            of_source = [entry for entry in of_source if _newer(entry, deciding)]
            counted += apart
        if of_source:
            day_amount = _of_source(of_source)
            spanned = day_amount.amount if spanned is None else spanned.hull(day_amount.amount)
            deciding = deciding or [entry for entry in of_source if entry[1].certain]
            counted += of_source
    if spanned is None:
        return NOTHING, counted
    return (spanned if deciding else spanned.hull(NOTHING)).plus(besides), counted


def _differ(entry: _Entry, deciding: Sequence[_Entry]) -> bool:
    forms = {course.form for course, _ in deciding}
    return entry[0].form is not None and None not in forms and entry[0].form not in forms


def _newer(entry: _Entry, deciding: Sequence[_Entry]) -> bool:
    """Whether a weaker source is the more recent word on a course that a stronger one left open."""
    course, dose = entry
    return (
        dose.certain
        and not _differ(entry, deciding)
        and all(c.exposure.ongoing and _began(c) < _began(course) for c, _ in deciding)
    )


def _of_source(entries: Sequence[_Entry]) -> DayAmount:
    """The amount that the records of one source give for one drug and day."""
    sure = [entry for entry in entries if entry[1].certain]
    perhaps = [dose.amount for _, dose in entries if not dose.certain]
    each_counts = bool(entries) and entries[0][0].exposure.source == "administration"
    # Of several orders of one amount that may long have ended, at most one is still running.
    possible = from_zero(_sum(perhaps if each_counts else dict.fromkeys(perhaps)))
    if not sure:
        return DayAmount(possible, False)
    total = _sum(dose.amount for _, dose in sure)
    least = total if each_counts else _least(sure)
    if least.low < total.low:
        total = Interval(least.low, total.high, least.low_open, total.high_open)
    return DayAmount(total.plus(possible), True)


def _least(sure: Sequence[_Entry]) -> Interval:
    """The least that concurrent records mean: renewals counted once, replaced open orders not at all."""
    newest = max(_began(course) for course, _ in sure)
    standing = [dose.amount for c, dose in sure if _began(c) == newest or not c.exposure.ongoing]
    return _sum(dict.fromkeys(standing))


def _sum(amounts: Iterable[Interval]) -> Interval:
    total = NOTHING
    for amount in amounts:
        total = total.plus(amount)
    return total


def _began(course: _Course) -> date:
    return (course.exposure.start or UNKNOWN_DATE).first


def _with_replacements(sorting: _Sorting) -> list[_Course]:
    """Courses, those left open made uncertain from the day on which an order of unknown amount follows."""
    courses = []
    for course in sorting.courses:
        followed = [
            start.first
            for drug, later in sorting.unknown
            if drug == course.drug and later.source == course.exposure.source and later != course.exposure
            if (start := later.start) is not None and start.first > _began(course)
        ]
        if followed and course.exposure.ongoing:
            days = {
                when: DayAmount(from_zero(dose.amount), dose.certain) if when >= min(followed) else dose
                for when, dose in course.days.items()
            }
            course = msgspec.structs.replace(course, days=days)
        courses.append(course)
    return courses


def _not_covered(sorting: _Sorting, first: date, last: date) -> Iterable[Exposure]:
    """Exposures of unknown amount, unless another source tells the amount of that drug on all their days."""
    for drug, exposure in sorting.unknown:
        start, end = exposure_span(exposure, last)
        begin, finish = max(start.first, first), min(end.last, last)
        others = [
            course.days
            for course in sorting.courses
            if course.drug == drug and course.exposure.source != exposure.source
        ]
        days = (begin + timedelta(days=offset) for offset in range((finish - begin).days + 1))
        if not all(any(when in o and o[when].certain for o in others) for when in days):
            yield exposure
