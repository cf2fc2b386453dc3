"""Records of one drug that overlap: one course told with two sets of dates, and supplies handed out early.

Days are counted once each, so that records that overlap need care at their ends, in both directions. What is
doubtful here only loses its certainty, or is only possible; it is never taken away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from fhir_mappings.concurrent_records import SOURCES, DrugCourse, began
from fhir_mappings.exposure_days import ONE_DAY, DayAmount
from fhir_mappings.intervals import Interval

Told = Mapping[date, Sequence[tuple[DrugCourse, DayAmount]]]
"""What one source surely tells of a drug, by day."""


def reconciled(courses: Sequence[DrugCourse], last: date) -> list[DrugCourse]:
    """The courses up to ``last``, with what overlaps made uncertain or possible."""
    found = _with_copies_on_other_days(courses)
    found = _with_stock(found, last)
    return [_without_shift(course, tellings) for course, tellings in _beside_stronger(found)]


def _with_copies_on_other_days(courses: Sequence[DrugCourse]) -> list[DrugCourse]:
    """Administrations of one amount at one instant that two systems date differently: the second is in doubt.

    In the local time of one system it may be the day before that of the other.
    """
    first_day: dict[tuple[str, str, tuple[Interval, ...]], frozenset[date]] = {}
    found = []
    for course in courses:
        at = course.exposure.given_at
        if at is not None and at.endswith("+00:00"):
            key = (course.drug, at, tuple(dose.amount for dose in course.days.values()))
            if first_day.setdefault(key, frozenset(course.days)) != frozenset(course.days):
                course = _in_doubt(course, course.days)
        found.append(course)
    return found


def _with_stock(courses: Sequence[DrugCourse], last: date) -> list[DrugCourse]:
    """Dispenses that were handed out before the one before was used up: all of it may have been taken."""
    until: dict[tuple[str, Interval], date] = {}
    lengthened: dict[int, DrugCourse] = {}
    supplies = [course for course in courses if course.exposure.source == "dispense"]
    for course in sorted(supplies, key=lambda c: (began(c), c.index)):
        sure = [when for when, dose in course.days.items() if dose.certain]
        if not sure or len({course.days[when].amount for when in sure}) > 1:
            continue
        first, end, amount = min(sure), max(sure), course.days[sure[0]].amount
        left = max(((until.get((course.drug, amount), date.min) - first).days + 1), 0)
        beyond = [end + n * ONE_DAY for n in range(1, min(left, (last - end).days) + 1)]
        until[course.drug, amount] = beyond[-1] if beyond else end
        more = {when: DayAmount(amount, False) for when in beyond if when not in course.days}
        lengthened[course.index] = msgspec.structs.replace(course, days={**course.days, **more})
    return [lengthened.get(course.index, course) for course in courses]


def _beside_stronger(courses: Sequence[DrugCourse]) -> Iterator[tuple[DrugCourse, list[Told]]]:
    """Each course with what the stronger sources tell of its drug."""
    told: dict[tuple[str, str], dict[date, list[tuple[DrugCourse, DayAmount]]]] = {}
    for course in courses:
        if course.exposure.source == SOURCES[-1]:
            continue  # it is stronger than none
        by_day = told.setdefault((course.drug, course.exposure.source), defaultdict(list))
        for when, dose in course.days.items():
            if dose.certain:
                by_day[when].append((course, dose))
    for course in courses:
        stronger = SOURCES[: SOURCES.index(course.exposure.source)]
        yield course, [told[course.drug, source] for source in stronger if (course.drug, source) in told]


def _without_shift(course: DrugCourse, tellings: Iterable[Told]) -> DrugCourse:
    """The course, as many days in doubt as a stronger source tells it to have been later or earlier.

    Ordered from the 1st to the 12th and given from the 3rd to the 14th, it is likely one course of 12 days:
    of 14 days no record tells.
    """
    own = sorted(when for when, dose in course.days.items() if dose.certain)
    doubtful: set[date] = set()
    for told in tellings:
        both = [when for when in own if _alike(course, when, told)]
        if both:
            doubtful.update([when for when in own if when < both[0]][: _reach(told, own[-1], ONE_DAY)])
            later = [when for when in reversed(own) if when > both[-1]]
            doubtful.update(later[: _reach(told, own[0], -ONE_DAY)])
    return _in_doubt(course, doubtful)


def _alike(course: DrugCourse, when: date, told: Told) -> bool:
    """Whether a source tells the amount of the course on a day, by a route that may be the same."""
    amounts = [
        d.amount for c, d in told.get(when, ()) if None in (c.form, course.form) or c.form == course.form
    ]
    if not amounts:
        return False
    own = course.days[when].amount
    return min(a.low for a in amounts) <= own.high and own.low <= sum(a.high for a in amounts)


def _reach(told: Told, edge: date, step: timedelta) -> int:
    """For how many days without a gap a source goes on beyond the last, or first, day of a course."""
    days = 0
    while edge in told and edge + (days + 1) * step in told:
        days += 1
    return days


def _in_doubt(course: DrugCourse, days: Iterable[date]) -> DrugCourse:
    doubtful = {when: DayAmount(course.days[when].amount, False) for when in days}
    return msgspec.structs.replace(course, days={**course.days, **doubtful}) if doubtful else course
