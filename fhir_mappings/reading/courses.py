"""From when until when a drug was taken, as each kind of medication resource tells it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, date, timedelta

import msgspec

from fhir_mappings.datatypes import Dosage, Period, Quantity
from fhir_mappings.dates import hull, read_date, read_instant, read_period
from fhir_mappings.dosing_terms import dosing_terms
from fhir_mappings.intervals import DateSpan, shifted
from fhir_mappings.phrases import phrase
from fhir_mappings.resources import (
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
)
from fhir_mappings.timing import LARGEST, Schedule, TimingError, bounds_of, schedule_of

RUNNING = frozenset({"active", "on-hold", "in-progress"})
_LONGEST_SUPPLY_DAYS = 3650
_UTC = re.compile(r"(Z|[+-]00:?00)$", re.IGNORECASE)


class Course(msgspec.Struct, frozen=True):
    """When a drug was taken, and its dosages.

    ``end`` ``None``: not known, unless ``ongoing``. ``hours``: how long an administration lasted;
    ``given_at``: when one was given, as ``Exposure`` has it. ``told_for``: the day for which a statement
    tells it, where that says nothing of when it began or ended. ``problem``: why its dates make no sense.
    """

    start: DateSpan | None
    end: DateSpan | None
    ongoing: bool
    dosages: Sequence[Dosage]
    notes: tuple[str, ...] = ()
    hours: float | None = None
    given_at: str | None = None
    told_for: DateSpan | None = None
    problem: str | None = None


REVERSED = phrase("courses.its-period-ends-before-it-begins")


def course_given(resource: MedicationAdministration) -> Course:
    """An administration: on the days on which it was given."""
    start, end = _period(resource.effective_period)
    given = read_date(resource.effective_date_time)
    if given is not None:
        start = end = given
    running = resource.status == "in-progress" and end is None
    period = resource.effective_period
    began, ended = (read_instant(period.start), read_instant(period.end)) if period else (None, None)
    hours = (ended - began).total_seconds() / 3600 if began and ended and ended > began else None
    instant = resource.effective_date_time or (period.start if period else None)
    return Course(
        start,
        end,
        running,
        (resource.dosage,) if resource.dosage is not None else (),
        hours=hours,
        given_at=_moment(instant),
        problem=REVERSED if _is_reversed(resource.effective_period) else None,
    )


def _moment(text: str | None) -> str | None:
    at = read_instant(text)
    if at is None or text is None:
        return None
    zoned = at.utcoffset() != timedelta(0) or _UTC.search(text) is not None
    return (at.astimezone(UTC) if zoned else at.replace(tzinfo=None)).isoformat()


def course_supplied(resource: MedicationDispense) -> Course:
    """A dispense: from the day it was handed over for the days of its supply."""
    start = read_date(resource.when_handed_over) or read_date(resource.when_prepared)
    supply = _days(resource.days_supply)
    end = _after(start, supply) if start is not None and supply is not None else None
    return Course(start, end, False, resource.dosage_instruction)


def course_stated(resource: MedicationStatement) -> Course:
    """A statement: its own period, else that of its dosages.

    One that has a day and no period says that the drug was taken then, not since when or until when,
    whether the course is over by now or not (FHIR R4, MedicationStatement.effective[x]).
    """
    start, end = _period(resource.effective_period)
    told_for = read_date(resource.effective_date_time) if start is None else None
    start, bound = days_of(resource.dosage, start)
    end = end or bound
    problem = _problem(resource.dosage, resource.effective_period)
    ongoing = resource.status in RUNNING and end is None and problem is None
    if start is None and told_for is not None:
        start = DateSpan(date.min, told_for.last)
    return Course(start, end, ongoing, resource.dosage, told_for=told_for, problem=problem)


def course_ordered(resource: MedicationRequest) -> Course:
    """An order: from its dosages' first day, else its writing, until its dosages end.

    One that no longer runs lasted at most for its supply with all refills. One that was stopped may have
    ended on any day before.
    """
    supply = resource.dispense_request
    written = read_date(resource.authored_on)
    if written is None and supply is not None:
        written = read_period(supply.validity_period)[0]
    start, end = days_of(resource.dosage_instruction, written)
    problem = _problem(resource.dosage_instruction)
    running = resource.status in RUNNING and end is None and problem is None
    if end is None and not running and supply is not None:
        end = _supplied(start, supply.expected_supply_duration, supply.number_of_repeats_allowed)
    if end is not None and resource.status == "stopped" and start is not None:
        end = DateSpan(min(start.first, end.first), end.last)
    notes = () if resource.intent is not None else (phrase("courses.the-order-has-no-intent-it"),)
    return Course(start, end, running, resource.dosage_instruction, notes, problem=problem)


def _is_reversed(period: Period | None) -> bool:
    start, end = read_period(period)
    return start is not None and end is not None and end.last < start.first


def _period(period: Period | None) -> tuple[DateSpan | None, DateSpan | None]:
    """First and last day of a period. A reversed one began between both; its end is not known."""
    start, end = read_period(period)
    if start is not None and end is not None and end.last < start.first:
        return hull(end, start), None
    return start, end


def _bounds_period(dosage: Dosage) -> Period | None:
    repeat = dosage.timing.repeat if dosage.timing is not None else None
    return repeat.bounds_period if repeat is not None and not dosage.modified else None


def _problem(dosages: Sequence[Dosage], period: Period | None = None) -> str | None:
    reversed_ = _is_reversed(period) or any(_is_reversed(_bounds_period(d)) for d in dosages)
    return REVERSED if reversed_ else None


_CALENDAR_DAYS = {"mo": 30.4375, "a": 365.25}
"""Days of the mean Julian month and year, as UCUM has them: what a supply of so many months lasts."""


def _supplied(start: DateSpan | None, supply: Quantity | None, repeats: int | None) -> DateSpan | None:
    """The last day of a supply: after the first filling, or after the last that was allowed."""
    days = _days(supply)
    if start is None or days is None:
        return None
    last = _after(start, days * (1 + max(repeats or 0, 0)))
    return None if last is None else DateSpan(shifted(start.first, days - 1), last.last)


def days_supplied(order: MedicationRequest) -> int | None:
    """For how many days an order lasts with all its refills, where it says; at most ten years."""
    supply = order.dispense_request
    days = _days(supply.expected_supply_duration) if supply is not None else None
    if supply is None or days is None:
        return None
    whole = days * (1 + max(supply.number_of_repeats_allowed or 0, 0))
    return whole if whole <= _LONGEST_SUPPLY_DAYS else None


def _days(supply: Quantity | None) -> int | None:
    if supply is None or supply.value is None or not supply.value.is_finite():
        return None
    if not 0 < supply.value <= LARGEST:
        return None
    for spelling in (supply.code, supply.unit):
        calendar = dosing_terms().calendar.get(spelling) if spelling else None
        if calendar is not None:
            return max(math.ceil(float(supply.value) * _CALENDAR_DAYS[calendar]), 1)
        unit = dosing_terms().unit(spelling) if spelling else None
        if unit is not None and unit.kind == "time":
            return max(math.ceil(float(supply.value) * unit.size), 1)
    # The element counts days where it names no unit.
    return math.ceil(float(supply.value)) if not (supply.code or supply.unit) else None


def _after(start: DateSpan, days: int) -> DateSpan | None:
    if days > _LONGEST_SUPPLY_DAYS:
        return None
    return DateSpan(shifted(start.first, days - 1), shifted(start.last, days - 1))


def days_of(dosages: Sequence[Dosage], start: DateSpan | None) -> tuple[DateSpan | None, DateSpan | None]:
    """First and last day of the dosages, beginning on ``start`` where they do not say.

    Steps of a taper follow each other. There is a last day only where every dosage has one.
    """
    starts = [first for d in dosages if (first := _stated_start(d)) is not None]
    begin = min(starts, key=lambda d: d.first) if starts else start
    end: DateSpan | None = None
    cursor = begin
    for number in sorted({dosage.sequence or 0 for dosage in dosages}):
        ends = [_last_day(d, cursor) for d in dosages if (d.sequence or 0) == number]
        known = [one for one in ends if one is not None]
        if len(known) < len(ends):
            return begin, None
        latest = DateSpan(max(one.first for one in known), max(one.last for one in known))
        end = latest if end is None else DateSpan(max(end.first, latest.first), max(end.last, latest.last))
        cursor = DateSpan(end.first + timedelta(days=1), end.last + timedelta(days=1))
    return begin, end


def _stated_start(dosage: Dosage) -> DateSpan | None:
    start = _period(_bounds_period(dosage))[0]
    named = _named_days(dosage)
    return min(named, key=lambda day: day.first) if start is None and named else start


def _named_days(dosage: Dosage) -> list[DateSpan]:
    """The days that a dosage names one by one."""
    if dosage.timing is None or dosage.modified:
        return []
    return [day for text in dosage.timing.event if (day := read_date(text)) is not None]


def _last_day(dosage: Dosage, cursor: DateSpan | None) -> DateSpan | None:
    if dosage.timing is None or dosage.modified:
        return None
    schedule: Schedule | None = None
    try:
        schedule = schedule_of(dosage.timing)
    except TimingError:
        schedule = None  # its bounds may still be told
    try:
        bounds = bounds_of(dosage.timing, schedule)
    except TimingError:
        return None
    start = bounds.start or cursor
    last = bounds.end if start is None else bounds.last_day(start)
    if last is None and schedule is not None and len(schedule.events) > 0:
        last = DateSpan(max(d.first for d in schedule.events), max(d.last for d in schedule.events))
    return None if last is None or last.last == date.max else last
