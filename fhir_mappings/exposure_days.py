"""What one exposure says of each calendar day: the amount, and whether it surely covers the day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import msgspec

from fhir_mappings.dosing_terms import dosing_terms, route_of_name
from fhir_mappings.facts import DoseSegment, Exposure
from fhir_mappings.intervals import DateSpan, Interval, point

ONE_DAY = timedelta(days=1)
NOTHING = point(0)
UNKNOWN_DATE = DateSpan(date.min, date.max)


def route_of_exposure(exposure: Exposure) -> str | None:
    """The route as recorded, else as a code set or the dose form in the product's name tells it."""
    by_concept = (dosing_terms().concept_routes.get(name) for name in sorted(exposure.concepts))
    return exposure.route or next(filter(None, by_concept), None) or route_of_name(exposure.label)


class DayAmount(msgspec.Struct, frozen=True, gc=False):
    """mg on a day if the exposure covers it; ``certain`` says that it does."""

    amount: Interval
    certain: bool


def exposure_span(exposure: Exposure, as_of: date) -> tuple[DateSpan, DateSpan]:
    """First and last day of an exposure.

    A course that goes on has no last day yet (``date.max``). One that is over without a recorded end
    ended between its start, or the day for which it is told, and ``as_of``.
    """
    start = exposure.start or DateSpan(date.min, as_of)
    if exposure.end is not None:
        end = exposure.end
    elif exposure.ongoing:
        end = DateSpan(date.max, date.max)
    else:
        end = DateSpan((exposure.taken_on or start).first, max(as_of, start.last))
    return start, DateSpan(max(end.first, start.first), max(end.last, start.first))


def covering(exposures: Iterable[Exposure], when: date) -> Iterator[Exposure]:
    """The exposures that cover a day, or may."""
    for exposure in exposures:
        start, end = exposure_span(exposure, when)
        if start.first <= when <= end.last:
            yield exposure


def segment_span(segment: DoseSegment, exposure: Exposure, as_of: date) -> tuple[DateSpan, DateSpan]:
    """First and last day of a segment, where an end that its dosage leaves open is that of the exposure."""
    whole_start, whole_end = exposure_span(exposure, as_of)
    start, end = segment.start, segment.end
    if start.last == date.max:
        start = DateSpan(start.first, whole_start.last)
    if end.last == date.max and end.first == segment.start.first:
        end = whole_end
    elif exposure.end is not None:
        end = DateSpan(min(end.first, whole_end.first), min(end.last, whole_end.last))
    return start, end


def day_amounts(exposure: Exposure, first: date, last: date) -> dict[date, DayAmount]:
    """The amounts of an exposure by day within ``[first, last]``; days that it cannot cover are left out.

    A day without a dose inside the course (the days between weekly doses) has the amount zero: the course
    covers it. Where two records cannot both hold, a day that only one of them covers is not certain, and its
    amount starts at zero. Of an order that is on hold it is not known since when, and of an unconfirmed one
    not whether it was ever taken: their amounts start at zero.
    """
    amounts = _day_amounts(exposure, first, last)
    other = exposure.by_the_other_word()
    return amounts if other is None else _of_either(amounts, _day_amounts(other, first, last))


def _of_either(one: dict[date, DayAmount], other: dict[date, DayAmount]) -> dict[date, DayAmount]:
    found: dict[date, DayAmount] = {}
    for when in one.keys() | other.keys():
        told = [amounts[when] for amounts in (one, other) if when in amounts]
        amount = told[0].amount.hull(told[-1].amount)
        both = len(told) > 1
        sure = both and all(day.certain for day in told)
        found[when] = DayAmount(amount if both else from_zero(amount), sure)
    return dict(sorted(found.items()))


def _day_amounts(exposure: Exposure, first: date, last: date) -> dict[date, DayAmount]:
    spans = [segment_span(segment, exposure, last) for segment in exposure.doses]
    steps = _chains(spans)
    sure: dict[date, Interval] = {}
    possible: dict[date, dict[int, dict[tuple[DateSpan, DateSpan], Interval]]] = defaultdict(dict)
    for segment, span, step in zip(exposure.doses, spans, steps, strict=True):
        start, end = span
        for when in _days(max(first, start.first), min(last, end.last)):
            amount = _on(segment, start, when)
            if start.last <= when <= end.first:
                sure[when] = amount.plus(sure.get(when, NOTHING))
            else:
                alternatives = possible[when].setdefault(step, {})
                alternatives[span] = amount.plus(alternatives.get(span, NOTHING))
    amounts = {when: DayAmount(amount, True) for when, amount in sure.items()}
    for when, by_step in possible.items():
        amounts[when] = _with_possible(sure.get(when), by_step)
    for omitted in exposure.not_given:
        for when in _days(max(first, omitted.first), min(last, omitted.last)):
            if when in amounts:
                amounts[when] = DayAmount(from_zero(amounts[when].amount), amounts[when].certain)
    if exposure.status == "on-hold" or not exposure.confirmed:
        return {when: DayAmount(from_zero(d.amount), False) for when, d in amounts.items()}
    return amounts


def from_zero(amount: Interval) -> Interval:
    """From nothing up to the amount."""
    return Interval(0, amount.high, high_open=amount.high_open)


def _with_possible(
    sure: Interval | None, by_step: dict[int, dict[tuple[DateSpan, DateSpan], Interval]]
) -> DayAmount:
    """Steps of one taper exclude each other on a day; what is not chained may come together."""
    total, least = NOTHING, float("inf")
    for alternatives in by_step.values():
        spanned: Interval | None = None
        for amount in alternatives.values():
            spanned = amount if spanned is None else spanned.hull(amount)
        if spanned is not None:
            total = total.plus(spanned)
            least = min(least, spanned.low)
    if sure is not None:
        return DayAmount(sure.plus(from_zero(total)), True)
    return DayAmount(Interval(least, total.high, high_open=total.high_open), False)


def _chains(spans: list[tuple[DateSpan, DateSpan]]) -> list[int]:
    """A number for each segment, the same for the steps of a taper: each begins when another has ended."""
    chain = list(range(len(spans)))
    for i, (_, end) in enumerate(spans):
        for j, (start, _) in enumerate(spans):
            follows = i != j and _next_day(end.first) == start.first and _next_day(end.last) == start.last
            if (follows or spans[i] == spans[j]) and chain[i] != chain[j]:
                old, new = chain[j], chain[i]
                chain = [new if number == old else number for number in chain]
    return chain


def _next_day(when: date) -> date:
    return when if when == date.max else when + ONE_DAY


def _on(segment: DoseSegment, start: DateSpan, when: date) -> Interval:
    if segment.weekdays is not None and when.weekday() not in segment.weekdays:
        return NOTHING
    if segment.every == 1:
        return segment.per_day
    if not start.exact:
        return from_zero(segment.per_day)
    return segment.per_day if (when - start.first).days % segment.every == 0 else NOTHING


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
