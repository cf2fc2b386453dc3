"""Records of one drug on one day: which of them counts, and what they make together.

One exposure is often recorded several times: as an order, as a dispense, as a statement, as single
administrations. The strongest source that says something of the day counts.

Within one source, concurrent records add up (a 20 mg and a 5 mg prescription are 25 mg), with two cautions
that make an interval of the sum:

- records of the same amount may be a renewal of each other: between one and all of them, unless they begin on
  one day and tell different times of it;
- an order without an end may have been replaced by a later one of another amount: between the later and both.

Administrations add up as they are. Two of one amount at one instant, or of which one names the day alone, may
be one, told twice by two systems: between one and both.

A stronger source other than an administration need not speak of the same course: beside a refill of a
maintenance dose a burst may have been ordered. What a weaker source tells of another course is spanned with
what the stronger tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

import msgspec

from fhir_mappings.exposure_days import NOTHING, UNKNOWN_DATE, DayAmount, from_zero
from fhir_mappings.facts import Exposure
from fhir_mappings.intervals import DateSpan, Interval

SOURCES = ("administration", "dispense", "statement", "request")
"""Strongest first."""


class DrugCourse(msgspec.Struct, frozen=True):
    """An exposure that the history sums, with its amounts by day in the history's unit."""

    index: int
    exposure: Exposure
    drug: str
    form: str | None
    days: dict[date, DayAmount]


Entry = tuple[DrugCourse, DayAmount]


def amount_on_day(entries: Sequence[Entry]) -> tuple[Interval, list[Entry]]:
    """The amount of one drug on one day, and what it was taken from.

    From the strongest source down: a source that may not cover the day leaves the question to the next, so
    the amount spans all of them, and zero where none surely covers it.
    """
    spanned: Interval | None = None
    besides = NOTHING
    deciding: list[Entry] = []
    counted: list[Entry] = []
    for source in SOURCES:
        of_source = [entry for entry in entries if entry[0].exposure.source == source]
        if deciding:
            newer = [entry for entry in of_source if _newer(entry, deciding)]
            other = [e for e in of_source if e not in newer and _another_course(e, deciding)]
            # An oral order beside an infusion of the same drug is another course, perhaps paused meanwhile.
            apart = [e for e in of_source if e not in newer and e not in other and _apart(e, deciding)]
            besides = besides.plus(from_zero(_of_source(apart).amount))
            if other and spanned is not None:
                spanned = _raised(spanned, _of_source(other).amount)
            counted += [*other, *apart]
            of_source = newer
        if of_source:
            day_amount = _of_source(of_source)
            spanned = day_amount.amount if spanned is None else spanned.hull(day_amount.amount)
            deciding = deciding or [entry for entry in of_source if entry[1].certain]
            counted += of_source
    if spanned is None:
        return NOTHING, counted
    return (spanned if deciding else spanned.hull(NOTHING)).plus(besides), counted


def _differ(entry: Entry, deciding: Sequence[Entry]) -> bool:
    forms = {course.form for course, _ in deciding}
    return entry[0].form is not None and None not in forms and entry[0].form not in forms


def _apart(entry: Entry, deciding: Sequence[Entry]) -> bool:
    """Whether a weaker source tells, or may tell, of a course by another route."""
    if _differ(entry, deciding):
        return True
    # Without a route it is taken for the same course if the amount is the same.
    unlike = all(dose.amount != entry[1].amount for _, dose in deciding)
    return entry[0].form is None and unlike and all(course.form is not None for course, _ in deciding)


def _newer(entry: Entry, deciding: Sequence[Entry]) -> bool:
    """Whether a weaker source is surely the more recent word: the older course may have been replaced."""
    return (
        entry[1].certain and _may_replace(entry, deciding) and all(_is_older(c, entry) for c, _ in deciding)
    )


def _another_course(entry: Entry, deciding: Sequence[Entry]) -> bool:
    """Whether a weaker source may tell of another course than the stronger: it may only raise the amount.

    Such is one that began later and perhaps covers the day, and one with an end of its own, unless it may be
    the very order of what was handed out: that begins on the same day and lasts as long or longer.
    """
    course = entry[0]
    if not _may_replace(entry, deciding):
        return False
    end = course.exposure.end
    return all(
        _is_older(c, entry)
        or (
            end is not None
            and (began(c) > began(course) or end.last < (c.exposure.end.last if c.exposure.end else date.max))
        )
        for c, _ in deciding
    )


def _may_replace(entry: Entry, deciding: Sequence[Entry]) -> bool:
    """What was given was given, whatever an order says; a course that goes on, and a supply, may change."""
    given = any(c.exposure.source == "administration" and not c.exposure.ongoing for c, _ in deciding)
    return not given and not _differ(entry, deciding)


def _is_older(course: DrugCourse, entry: Entry) -> bool:
    return began(course) < began(entry[0])


def _raised(amount: Interval, other: Interval) -> Interval:
    spanned = amount.hull(other)
    return Interval(amount.low, spanned.high, amount.low_open, spanned.high_open)


def _of_source(entries: Sequence[Entry]) -> DayAmount:
    """The amount that the records of one source give for one drug and day."""
    sure = [entry for entry in entries if entry[1].certain]
    perhaps = [dose.amount for _, dose in entries if not dose.certain]
    each_counts = bool(entries) and entries[0][0].exposure.source == "administration"
    # Of several orders of one amount that may long have ended, at most one is still running.
    possible = from_zero(_sum(perhaps if each_counts else dict.fromkeys(perhaps)))
    if not sure:
        low = min((amount.low for amount in perhaps), default=0.0)
        return DayAmount(Interval(low, possible.high, high_open=possible.high_open), False)
    total = _sum(dose.amount for _, dose in sure)
    least = _least_given(sure) if each_counts else _least(sure)
    if least.low < total.low:
        total = Interval(least.low, total.high, least.low_open, total.high_open)
    return DayAmount(total.plus(possible), True)


def _least(sure: Sequence[Entry]) -> Interval:
    """The least that concurrent records mean: renewals counted once, replaced open orders not at all."""
    newest = max(began(course) for course, _ in sure)
    standing: dict[Interval, list[Exposure]] = {}
    for course, dose in sure:
        if began(course) == newest or not course.exposure.ongoing:
            standing.setdefault(dose.amount, []).append(course.exposure)
    return _sum(amount for amount, orders in standing.items() for _ in range(_no_renewals(orders)))


def _no_renewals(orders: Iterable[Exposure]) -> int:
    """How many of the orders of one amount are surely none of another's renewal."""
    apart: dict[DateSpan, list[Exposure]] = {}
    for order in orders:
        if order.start is not None and order.start.exact:
            others = apart.setdefault(order.start, [])
            if order.times and all(order.at_other_times_than(other) for other in others):
                others.append(order)
    return max((len(some) for some in apart.values()), default=0) or 1


def _least_given(sure: Sequence[Entry]) -> Interval:
    """The least that administrations mean: those of one amount that may be the same one counted once.

    Instants tell them apart; an instant and a day alone, or a time without its zone, do not.
    """
    by_amount: dict[Interval, dict[Literal["instant", "time", "day"], set[str]]] = {}
    for course, dose in sure:
        at = course.exposure.given_at
        known: Literal["instant", "time", "day"] = (
            "day" if at is None else "instant" if at.endswith("+00:00") else "time"
        )
        told = by_amount.setdefault(dose.amount, {}).setdefault(known, set())
        told.add(at or str(course.index))
    return _sum(
        amount
        for amount, kinds in by_amount.items()
        for _ in range(max(len(told) for told in kinds.values()))
    )


def _sum(amounts: Iterable[Interval]) -> Interval:
    total = NOTHING
    for amount in amounts:
        total = total.plus(amount)
    return total


def began(course: DrugCourse) -> date:
    return (course.exposure.start or UNKNOWN_DATE).first
