"""Records of one drug on one day: which of them counts, and what they make together.

One exposure is often recorded several times: as an order, as a dispense, as a statement, as single
administrations. The strongest source that says something of the day counts.

Within one source, concurrent records add up (a 20 mg and a 5 mg prescription are 25 mg), with two cautions
that make an interval of the sum:

- records of the same amount may be a renewal of each other: between one and all of them;
- an order without an end may have been replaced by a later one of another amount: between the later and both.

Administrations add up as they are. Two of one amount at one instant may be one, told twice by two systems:
between one and both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from fhir_mappings.exposure_days import NOTHING, UNKNOWN_DATE, DayAmount, from_zero
from fhir_mappings.facts import Exposure
from fhir_mappings.intervals import Interval

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


def _differ(entry: Entry, deciding: Sequence[Entry]) -> bool:
    forms = {course.form for course, _ in deciding}
    return entry[0].form is not None and None not in forms and entry[0].form not in forms


def _newer(entry: Entry, deciding: Sequence[Entry]) -> bool:
    """Whether a weaker source is the more recent word on a course that a stronger one left open."""
    course, dose = entry
    return (
        dose.certain
        and not _differ(entry, deciding)
        and all(c.exposure.ongoing and began(c) < began(course) for c, _ in deciding)
    )


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
    standing = [dose.amount for c, dose in sure if began(c) == newest or not c.exposure.ongoing]
    return _sum(dict.fromkeys(standing))


def _least_given(sure: Sequence[Entry]) -> Interval:
    """The least that administrations mean: those of one amount at one instant counted once."""
    told = {(c.exposure.given_at or c.index, dose.amount): dose.amount for c, dose in sure}
    return _sum(told.values())


def _sum(amounts: Iterable[Interval]) -> Interval:
    total = NOTHING
    for amount in amounts:
        total = total.plus(amount)
    return total


def began(course: DrugCourse) -> date:
    return (course.exposure.start or UNKNOWN_DATE).first
