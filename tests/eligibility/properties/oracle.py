"""A slow and plain reading of the criterion language, to hold the engine against.

It is written from ``docs/writing-a-protocol.md`` and ``docs/architecture.md`` and shares no code with the
engine. Where the engine reasons with intervals, the oracle goes through *worlds*: it puts every day of a
partial date, every value that could matter of an interval, and every reading of what is not recorded, one
after the other, and asks the statement of each. A statement is true or false if it is so in every world; else
it is open. What a record can never contain – a value that nobody has measured, or that could not be read –
may turn out either way in every world.

Readings that the documents fix and that are no question of worlds:

* the latest value *at hand* counts: one that cannot be read, or was not retrieved, does not displace it;
* of several results of one day the latest instant counts if all carry one; else they must agree;
* what is recorded without a beginning has happened, and what goes on without one has gone on all along;
* what is unconfirmed is a question to a person, hence open, where the protocol does not say otherwise.
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

Truths = frozenset[bool]
"""The truth values that a statement may still turn out to have."""

TRUE: Truths = frozenset({True})
FALSE: Truths = frozenset({False})
OPEN: Truths = frozenset({True, False})

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
    """A measurement of which everything is settled."""

    input: str
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
                measurement.input, on, measurement.at, number, measurement.category, measurement.upper_limit
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


def _inside(day: date, window: tuple[date | None, date]) -> bool:
    first, last = window
    return day <= last and (first is None or first <= day)


# -- statements ------------------------------------------------------------------------------------


def truths(statement: Statement, record: Record, question: Question) -> Truths:
    """What the statement may turn out to be, over all worlds."""
    found: set[bool] = set()
    for world in worlds(record, statement, question):
        found |= asked(statement, world, record, question)
        if len(found) == 2:
            break
    return frozenset(found)


def asked(statement: Statement, world: World, record: Record, question: Question) -> Truths:
    """The statement in one world."""
    [(kind, body)] = statement.items()
    if kind == "not":
        return frozenset(not truth for truth in asked(body, world, record, question))
    if kind in ("all", "any"):
        parts = [asked(part, world, record, question) for part in body]
        decide = all if kind == "all" else any
        return frozenset(decide(chosen) for chosen in product(*parts))
    if kind == "at_least":
        parts = [asked(part, world, record, question) for part in body["of"]]
        return frozenset(sum(chosen) >= body["count"] for chosen in product(*parts))
    leaf = {"number": _number, "category": _category, "found": _found}[kind]
    return leaf(body, world, record, question)


def _number(body: Statement, world: World, record: Record, question: Question) -> Truths:
    window = window_days(body.get("fresh"), question)
    inside = [v for v in world.values if v.input == body["input"] and _inside(v.on, window)]
    if not inside:
        return OPEN
    each = [_compared(body, value) for value in inside]
    choose = body.get("choose", "latest")
    if choose == "latest":
        return _agreed([_compared(body, value) for value in _latest(inside)])
    comparison = next(name for name in ("at_least", "above", "at_most", "below") if name in body)
    largest = comparison in ("at_least", "above")
    some = choose == "any" or ((choose == "highest") is largest and choose != "every")
    if _may_hold_more(body["input"], window, record):
        each.append(OPEN)
    decide = any if some else all
    return frozenset(decide(chosen) for chosen in product(*each))


def _compared(body: Statement, value: Value) -> Truths:
    if value.number is None:
        return OPEN
    comparison = next(name for name in ("at_least", "above", "at_most", "below") if name in body)
    number, _, unit = str(body[comparison]).partition(" ")
    threshold = float(number)
    if unit == "ULN":
        if value.limit is None:
            low, high = (float(str(edge).split()[0]) for edge in body.get("plausible_limit", (0, 1e9)))
            ends = [_compares(comparison, value.number, threshold * edge) for edge in (low, high)]
            return frozenset(ends)
        threshold *= value.limit
    holds = _compares(comparison, value.number, threshold)
    if not holds and "grey" in body:
        far = float(str(body["grey"]["to"]).split()[0])
        if _compares(comparison, value.number, far):
            return OPEN
    return frozenset({holds})


def _compares(comparison: str, number: float, threshold: float) -> bool:
    same = math.isclose(number, threshold, rel_tol=1e-9)
    if comparison == "at_least":
        return same or number > threshold
    if comparison == "above":
        return not same and number > threshold
    if comparison == "at_most":
        return same or number < threshold
    return not same and number < threshold


def _latest(values: Sequence[Value]) -> list[Value]:
    day = max(value.on for value in values)
    group = [value for value in values if value.on == day]
    instants = [value.at for value in group if value.at is not None]
    if len(instants) == len(group):
        return [value for value in group if value.at == max(instants)]
    return group


def _agreed(answers: Sequence[Truths]) -> Truths:
    return answers[0] if len(set(answers)) == 1 else OPEN


def _may_hold_more(name: str, window: tuple[date | None, date], record: Record) -> bool:
    """Whether the window may hold another value than those that can be read."""
    if not record.whole:
        return True
    first, last = window
    return any(
        input_name == name
        and (item.when is None or (item.when.first <= last and (first is None or item.when.last >= first)))
        for input_name, item in record.unusable
    )


def current(body: Statement, world: World, question: Question) -> str | None:
    """The category that counts; ``None`` where there is none, or several of one time disagree."""
    window = window_days(body.get("fresh"), question)
    values = [v for v in world.values if v.input == body["input"] and v.category is not None]
    lasting = [v for v in values if v.category in body.get("lasting", ()) and v.on <= window[1]]
    if lasting:
        return max(lasting, key=lambda v: v.on).category
    inside = [v for v in values if _inside(v.on, window)]
    if not inside:
        return None
    seen = {value.category for value in _latest(inside)}
    return seen.pop() if len(seen) == 1 else None


def several_categories(statement: Statement, record: Record, question: Question) -> bool:
    """Whether the worlds differ in the category of an input that the statement asks."""
    bodies = [body for kind, body in leaves(statement) if kind == "category"]
    seen = [set[str | None]() for _ in bodies]
    for world in worlds(record, statement, question):
        for body, categories in zip(bodies, seen, strict=True):
            categories.add(current(body, world, question))
    return any(len(categories) > 1 for categories in seen)


def _category(body: Statement, world: World, record: Record, question: Question) -> Truths:
    window = window_days(body.get("fresh"), question)
    wanted = body["is"]
    category = current(body, world, question)
    if body.get("choose") == "any":
        values = [v for v in world.values if v.input == body["input"] and _inside(v.on, window)]
        if any(value.category in wanted for value in values):
            return TRUE
        if _may_hold_more(body["input"], window, record):
            return TRUE if category in wanted else OPEN
    if category is None or (category == "equivocal" and category not in wanted):
        return OPEN
    return frozenset({category in wanted})


def _found(body: Statement, world: World, record: Record, question: Question) -> Truths:
    during = window_days(body["during"], question) if "during" in body else None
    certain = possible = 0
    for course in world.courses:
        answer = _counts(body, course, during, question)
        certain += answer == TRUE
        possible += True in answer
    count = body.get("count", 1)
    if certain >= count:
        return TRUE
    if possible >= count or not record.whole or body.get("absent") == "missing":
        return OPEN
    return FALSE


def _counts(
    body: Statement, course: Course, during: tuple[date | None, date] | None, question: Question
) -> Truths:
    if course.kind not in body["kind"]:
        return FALSE
    if "of" in body and course.concepts.isdisjoint(_members(body["of"], question)):
        return FALSE
    if not course.concepts.isdisjoint(_members(body.get("except", ()), question)):
        return FALSE
    doubts: list[Truths] = []
    for name, wanted in body.get("where", {}).items():
        recorded = course.attributes[name]
        if recorded is None:
            doubts.append({"missing": OPEN, "no": FALSE, "yes": TRUE}[body.get("unrecorded", "missing")])
        else:
            doubts.append(frozenset({recorded in wanted}))
    if not course.confirmed:
        doubts.append({"review": OPEN, "counts": TRUE, "ignored": FALSE}[body.get("unconfirmed", "review")])
    doubts.append(_happened(course, during or window_days(None, question), body.get("timing", "overlap")))
    return frozenset(all(chosen) for chosen in product(*doubts))


def _happened(course: Course, window: tuple[date | None, date], timing: str) -> Truths:
    first, last = window
    if not course.beginning and first is None:
        return TRUE
    ongoing_unbegun = not course.beginning and course.end == LATE
    if course.start is None or course.end is None or (timing == "start" and ongoing_unbegun):
        return OPEN
    if timing == "start":
        return frozenset({_inside(course.start, window)})
    return frozenset({course.start <= last and (first is None or course.end >= first)})


def _members(names: Sequence[str], question: Question) -> frozenset[str]:
    return frozenset().union(*(question.classes[name] for name in names))


# -- outcomes --------------------------------------------------------------------------------------


def outcomes(statement: Statement, record: Record, question: Question) -> frozenset[str]:
    """The outcomes that a ladder or a table may turn out to name, over all worlds."""
    [(kind, body)] = statement.items()
    found: set[str] = set()
    for world in worlds(record, statement, question):
        found |= _rungs(body, world, record, question) if kind == "cases" else _rows(body, world, question)
    return frozenset(found)


def _rungs(body: Statement, world: World, record: Record, question: Question) -> set[str]:
    conditions = [asked(rung["when"], world, record, question) for rung in body["of"]]
    named: set[str] = set()
    for chosen in product(*conditions):
        taken = (rung["then"] for rung, holds in zip(body["of"], chosen, strict=True) if holds)
        named.add(next(taken, body["otherwise"]))
    return named


def _rows(body: Statement, world: World, question: Question) -> set[str]:
    columns: list[list[str]] = []
    for column in body["columns"].values():
        category = current(column, world, question)
        possible = [c for c in question.categories[column["input"]] if c != "equivocal"]
        columns.append(possible if category in (None, "equivocal") else [str(category)])
    names = list(body["columns"])
    named: set[str] = set()
    for values in product(*columns):
        world_of = dict(zip(names, values, strict=True))
        for row in body["rows"]:
            if all(world_of[name] in _listed(wanted) for name, wanted in row["when"].items()):
                named.add(row["then"])
                break
    return named


def _listed(wanted: str | list[str]) -> list[str]:
    return [wanted] if isinstance(wanted, str) else wanted


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
