"""The worlds in which a record could be true: what the oracle goes through, and what it asks of them.

Written from ``docs/writing-a-protocol.md`` alone, like ``oracle.py``, and without any code of the engine.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

from fhir_mappings.facts import Event, Measurement, Unusable
from fhir_mappings.intervals import DateSpan, Interval

DAY = timedelta(days=1)
EARLY, LATE = date(1900, 1, 1), date(2199, 12, 31)
Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Record:
    """What the oracle is told of a patient."""

    measurements: tuple[Measurement, ...] = ()
    unusable: tuple[tuple[str, Unusable], ...] = ()
    events: tuple[Event, ...] = ()
    whole: bool = True


@dataclass(frozen=True)
class Question:
    """What the oracle is told of the evaluation."""

    as_of: date
    anchors: Mapping[str, date]
    categories: Mapping[str, Sequence[str]]
    classes: Mapping[str, frozenset[str]]

    def anchor(self, name: str) -> date:
        return self.anchors.get(name, self.as_of)


# -- worlds ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Value:
    """A measurement of which everything is settled; ``dated``: the date as it was recorded."""

    input: str
    dated: DateSpan
    on: date
    at: datetime | None
    number: float | None
    category: str | None
    limit: float | None


@dataclass(frozen=True)
class Course:
    """An event of which everything is settled that any statement can ask.

    Without any date ``start`` and ``end`` are ``None``. ``beginning``: whether a start is recorded.
    """

    kind: str
    concepts: frozenset[str]
    start: date | None
    end: date | None
    beginning: bool
    confirmed: bool
    attributes: Mapping[str, str | None]


@dataclass(frozen=True)
class World:
    values: tuple[Value, ...]
    courses: tuple[Course, ...]


def worlds(record: Record, statement: Statement, question: Question) -> Iterator[World]:
    """Every way in which the facts that the statement asks for may have been."""
    inputs, kinds = _inputs(statement), _kinds(statement)
    days = _pivots(statement, record, question)
    numbers = sorted(_thresholds(statement))
    values = [list(_values(m, days, numbers)) for m in record.measurements if m.input in inputs]
    courses = [list(_courses(e, days)) for e in record.events if _kind(e) in kinds]
    for chosen in product(*values):
        for happened in product(*courses):
            yield World(chosen, happened)


def how_many(record: Record, statement: Statement, question: Question) -> int:
    """The number of worlds, to keep within what a test can go through."""
    inputs, kinds = _inputs(statement), _kinds(statement)
    days = _pivots(statement, record, question)
    numbers = sorted(_thresholds(statement))
    total = 1
    for m in record.measurements:
        if m.input in inputs:
            total *= sum(1 for _ in _values(m, days, numbers))
    for e in record.events:
        if _kind(e) in kinds:
            total *= sum(1 for _ in _courses(e, days))
    return total


def _kind(event: Event) -> str:
    return str(event.__struct_config__.tag)


def _values(measurement: Measurement, days: Sequence[date], numbers: Sequence[float]) -> Iterator[Value]:
    interval = measurement.value
    for on in _days_of(measurement.when, days):
        for number in [None] if interval is None else _numbers_of(interval, numbers):
            yield Value(
                measurement.input,
                measurement.when,
                on,
                measurement.at,
                number,
                measurement.category,
                measurement.upper_limit,
            )


def _numbers_of(interval: Interval, numbers: Sequence[float]) -> list[float]:
    """Numbers of an interval on every side of every threshold."""
    tried = {interval.low, interval.high}
    for number in numbers:
        tried |= {number - 0.001, number, number + 0.001}
    low = interval.low if math.isfinite(interval.low) else interval.high - 1000
    high = interval.high if math.isfinite(interval.high) else interval.low + 1000
    tried |= {low + 1e-6 * (high - low), high - 1e-6 * (high - low), low, high}
    return sorted(n for n in tried if math.isfinite(n) and _within(n, interval))


def _within(number: float, interval: Interval) -> bool:
    above = number > interval.low or (number == interval.low and not interval.low_open)
    below = number < interval.high or (number == interval.high and not interval.high_open)
    return above and below


def _days_of(span: DateSpan, pivots: Sequence[date]) -> list[date]:
    """Every day of a short span; of a long one its ends and every day on which an answer could turn."""
    length = (span.last - span.first).days
    if length <= 4:
        return [span.first + n * DAY for n in range(length + 1)]
    return sorted({span.first, span.last, *(d for d in pivots if span.first <= d <= span.last)})


def _courses(event: Event, pivots: Sequence[date]) -> Iterator[Course]:
    attributes = {name: getattr(event, name, None) for name in ("clinical", "route")}
    beginning = event.start is not None
    starts: list[date | None] = [None]
    ends: list[date | None] = [None]
    if event.start is not None:
        starts = [*_days_of(event.start, pivots)]
    elif event.ongoing:
        starts = [EARLY]
    elif event.end is not None:
        starts = [*_days_of(DateSpan(EARLY, LATE), pivots)]
    if event.ongoing:
        ends = [LATE]
    elif event.end is not None or event.start is not None:
        ends = [*_days_of(event.end or DateSpan(EARLY, LATE), pivots)]
    for start, end in product(starts, ends):
        if start is None or end is None or start <= end:
            yield Course(_kind(event), event.concepts, start, end, beginning, event.confirmed, attributes)


def _pivots(statement: Statement, record: Record, question: Question) -> list[date]:
    """Days on which an answer could turn: edges of windows, dates of facts, and the days beside them."""
    edges = {question.as_of, EARLY, LATE}
    for window in _windows(statement):
        first, last = window_days(window, question)
        edges |= {last} if first is None else {first, last}
    for fact in (*record.measurements, *record.events):
        for span in (getattr(fact, "when", None), getattr(fact, "start", None), getattr(fact, "end", None)):
            if span is not None:
                edges |= {span.first, span.last}
    return sorted({day + n * DAY for day in edges for n in (-1, 0, 1) if EARLY <= day + n * DAY <= LATE})


# -- windows ---------------------------------------------------------------------------------------


def window_days(window: Statement | None, question: Question) -> tuple[date | None, date]:
    """First and last day of a window, both of which count."""
    window = window or {}
    anchor = question.anchor(window.get("anchor", "screening"))
    until = window.get("until", "as_of")
    last = {
        "anchor": anchor,
        "day0": max(anchor, question.anchor("day0")),
        "as_of": max(anchor, question.as_of),
    }[until]
    if "before" not in window:
        return None, last
    return back(anchor, window["before"]), last


def back(day: date, length: str) -> date:
    """The day so long before another: by days, or by months with the end of the month clamped."""
    count, unit = length.split()
    if unit in ("d", "wk"):
        return day - int(count) * (7 if unit == "wk" else 1) * DAY
    months = day.year * 12 + day.month - 1 - int(count) * (12 if unit == "a" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def lies_in(day: date, window: tuple[date | None, date]) -> bool:
    first, last = window
    return day <= last and (first is None or first <= day)


# -- what a statement mentions ----------------------------------------------------------------------


def _bodies(statement: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(statement, Mapping):
        yield statement
        for value in statement.values():
            yield from _bodies(value)
    elif isinstance(statement, list):
        for value in statement:
            yield from _bodies(value)


def leaves(statement: Statement) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The statements below that ask the record, with their kinds."""
    for body in _bodies(statement):
        for kind in ("number", "category", "found"):
            if isinstance(body.get(kind), Mapping):
                yield kind, body[kind]


def _inputs(statement: Statement) -> set[str]:
    return {str(body["input"]) for body in _bodies(statement) if "input" in body}


def _kinds(statement: Statement) -> set[str]:
    return {
        kind for body in _bodies(statement) if isinstance(body.get("kind"), list) for kind in body["kind"]
    }


def _windows(statement: Statement) -> Iterator[Mapping[str, Any]]:
    for body in _bodies(statement):
        for key in ("fresh", "during"):
            if isinstance(body.get(key), Mapping):
                yield body[key]


def _thresholds(statement: Statement) -> set[float]:
    found: set[float] = set()
    for kind, body in leaves(statement):
        if kind != "number":
            continue
        for name in ("at_least", "above", "at_most", "below"):
            if name in body:
                number, _, unit = str(body[name]).partition(" ")
                limits = (40.0, 30.0, 60.0) if unit == "ULN" else (1.0,)
                found |= {float(number) * limit for limit in limits}
        if "grey" in body:
            found.add(float(str(body["grey"]["to"]).split()[0]))
    return found
