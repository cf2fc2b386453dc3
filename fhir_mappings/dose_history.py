"""Daily amounts of a summed quantity, e.g. of all systemic glucocorticoids as prednisone.

Which drugs are summed, at what rate and by which routes, is data (``dose_equivalents.yaml``); how several
records of one drug on one day are read together is told in ``concurrent_records``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec

from fhir_mappings.concurrent_records import SOURCES, DrugCourse, amount_on_day, began
from fhir_mappings.course_overlaps import reconciled
from fhir_mappings.dosage import NO_DOSAGE
from fhir_mappings.dose_equivalents import DoseEquivalents, DrugEquivalent, dose_equivalents
from fhir_mappings.exposure_days import (
    NOTHING,
    UNKNOWN_DATE,
    DayAmount,
    day_amounts,
    exposure_span,
    from_zero,
    route_of_exposure,
)
from fhir_mappings.facts import DayDose, DoseHistory, Exposure, Retrieval
from fhir_mappings.intervals import Interval
from fhir_mappings.phrases import phrase


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
        start, _ = exposure_span(exposure, last)
        if start.first <= last and exposure_span(_longest(exposure, last), last)[1].last >= first:
            sorting.take(exposure)
    days = tuple(_sum_of_days(reconciled(_with_replacements(sorting), last), first, last))
    return DoseHistory(
        days=days,
        exposures=tuple(course.exposure for course in sorting.courses),
        unknown=tuple(_not_covered(sorting, first, last)),
        retrieval=retrieval,
        left_out=tuple(sorting.left_out),
    )


def _longest(exposure: Exposure, last: date) -> Exposure:
    """The exposure, by whichever of two words that stand against each other it lasted longer."""
    other = exposure.by_the_other_word()
    if other is None:
        return exposure
    return max(exposure, other, key=lambda e: exposure_span(e, last)[1].last)


class _Sorting:
    """Sorts exposures into those that count, those of unknown amount and those left out with a note."""

    def __init__(self, rules: DoseEquivalents, first: date, last: date) -> None:
        self.rules = rules
        self.first = first
        self.last = last
        self.courses: list[DrugCourse] = []
        self.unknown: list[tuple[str | None, Exposure]] = []
        self.left_out: list[Exposure] = []

    def take(self, exposure: Exposure) -> None:
        """Put one exposure where it belongs; one that the history does not concern is passed over."""
        rules = self.rules
        route = route_of_exposure(exposure)
        local = route is not None and route in rules.left_out_routes
        drug = _one_of(rules.drugs, exposure)
        other = _one_of(rules.not_convertible, exposure)
        if drug is not None and not local:
            self._count(exposure, drug, rules.drugs[drug], route)
        elif drug is not None and route is not None:
            self._leave_out(exposure, rules.left_out_routes[route])
        elif other is not None and not local:
            self._leave_out(exposure, rules.not_convertible[other])
        elif not local and (unknown := _one_of(rules.of_unknown_amount, exposure)) is not None:
            why = rules.of_unknown_amount[unknown]
            self.unknown.append((None, msgspec.structs.replace(exposure, dose_unreadable=why)))

    def _leave_out(self, exposure: Exposure, note: str | None) -> None:
        if note is not None:
            self.left_out.append(_with_note(exposure, note))

    def _count(self, exposure: Exposure, drug: str, equivalent: DrugEquivalent, route: str | None) -> None:
        doubt = self.rules.doubtful_routes.get(route) if route is not None else None
        unclear = doubt is not None or (route is None and equivalent.without_route == "unclear")
        if doubt is not None:
            exposure = _with_note(exposure, doubt)
        elif unclear:
            exposure = _with_note(exposure, phrase("dose-history.the-route-is-not-recorded-it"))
        elif route is None:
            exposure = _with_note(exposure, phrase("dose-history.the-route-is-not-recorded-taken"))
        if exposure.dose_unreadable is not None or not exposure.doses:
            self.unknown.append((drug, _longest(exposure, self.last)))
        factor = self.rules.reference_mg / equivalent.equal_mg
        days = {
            when: _equivalent(amount, factor, unclear)
            for when, amount in day_amounts(exposure, self.first, self.last).items()
        }
        if days:
            self.courses.append(
                DrugCourse(
                    len(self.courses), exposure, drug, _form(None if doubt is not None else route), days
                )
            )


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


def _sum_of_days(courses: Sequence[DrugCourse], first: date, last: date) -> Iterable[DayDose]:
    by_drug: dict[str, list[DrugCourse]] = defaultdict(list)
    for course in courses:
        by_drug[course.drug].append(course)
    # Most days are like the day before: the sum depends on the courses and their amounts of the day alone.
    known: dict[tuple[tuple[int, DayAmount], ...], tuple[Interval, tuple[int, ...]]] = {}
    told: dict[date, list[tuple[int, DayAmount]]] = defaultdict(list)
    for course in courses:
        for when, dose in course.days.items():
            told[when].append((course.index, dose))
    for when in sorted(when for when in told if first <= when <= last):
        key = tuple(told[when])
        found = known.get(key)
        if found is None:
            found = known[key] = _sum_of_day(by_drug.values(), when)
        if found[0].high > 0:
            yield DayDose(when, *found)


def _sum_of_day(by_drug: Iterable[Sequence[DrugCourse]], when: date) -> tuple[Interval, tuple[int, ...]]:
    total, sources = NOTHING, []
    for same_drug in by_drug:
        amount, counted = amount_on_day([(c, c.days[when]) for c in same_drug if when in c.days])
        total = total.plus(amount)
        sources += [course.index for course, dose in counted if dose.amount.high > 0]
    return total, tuple(sorted(sources))


def _with_replacements(sorting: _Sorting) -> list[DrugCourse]:
    """Courses, those left open made uncertain from the day on which an order of unknown amount follows."""
    courses = []
    for course in sorting.courses:
        followed = [
            start.first
            for drug, later in sorting.unknown
            if drug == course.drug and later.source == course.exposure.source and later != course.exposure
            if (start := later.start) is not None and start.first > began(course)
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
            course.days for course in sorting.courses if course.drug == drug and _settles(course, exposure)
        ]
        days = (begin + timedelta(days=offset) for offset in range((finish - begin).days + 1))
        if not all(any(when in o and o[when].certain for o in others) for when in days):
            yield exposure


def _settles(course: DrugCourse, exposure: Exposure) -> bool:
    """Whether the amount that a course tells is that of a record of the same drug that tells none.

    A stronger source does where it is no older: an order without a readable dose may be the change. A weaker
    one never does, except the order of a supply that was handed out with no dosage of its own.
    """
    form = _form(route_of_exposure(exposure))
    if None not in (form, course.form) and form != course.form:
        return False
    start = exposure.start or UNKNOWN_DATE
    rank, own = SOURCES.index(course.exposure.source), SOURCES.index(exposure.source)
    if rank < own:
        return course.exposure.source == "administration" or began(course) >= start.first
    bare = exposure.dose_text is None and exposure.dose_unreadable in (None, NO_DOSAGE)
    return rank > own and exposure.source == "dispense" and bare and began(course) <= start.last
