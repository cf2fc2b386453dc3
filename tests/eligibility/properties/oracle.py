"""A slow and plain reading of the criterion language, to hold the engine against.

It is written from ``docs/writing-a-protocol.md`` and ``docs/architecture.md`` and shares no code with the
engine. Where the engine reasons with intervals, the oracle goes through *worlds*: it puts every day of a
partial date, every value that could matter of an interval, and every reading of what is not recorded, one
after the other, and asks the statement of each. A statement is true or false if it is so in every world; else
it is open. What a record can never contain – a value that nobody has measured, or that could not be read –
may turn out either way in every world.

Readings that the documents fix and that are no question of worlds:

* the latest value counts where all were retrieved, else nobody knows which it is; of what cannot be used
  only a value that is newer, or may be, displaces it: not an entry that says that nothing was measured, nor
  one of the same day, unless its instant is later than all of that day;
* of several results of one day the latest instant counts if all carry one; else they must agree;
* results of one time that decide a number differently contradict each other, and none of them counts;
* what is recorded without a beginning has happened, and what goes on without one has gone on all along;
* what is unconfirmed is a question to a person, hence open, where the protocol does not say otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from itertools import product

from fhir_mappings.facts import Unusable
from tests.eligibility.properties.worlds import (
    LATE,
    Course,
    Question,
    Record,
    Statement,
    Value,
    World,
    leaves,
    lies_in,
    window_days,
    worlds,
)

Truths = frozenset[bool]
"""The truth values that a statement may still turn out to have."""

TRUE: Truths = frozenset({True})
FALSE: Truths = frozenset({False})
OPEN: Truths = frozenset({True, False})


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
    inside = [v for v in world.values if v.input == body["input"] and lies_in(v.on, window)]
    if not inside:
        return OPEN
    choose = body.get("choose", "latest")
    if choose == "latest":
        if _may_be_displaced(body["input"], inside, window, record):
            return OPEN
        return _agreed([_compared(body, value) for value in _latest(inside)])
    comparison = next(name for name in ("at_least", "above", "at_most", "below") if name in body)
    largest = comparison in ("at_least", "above")
    some = choose == "any" or ((choose == "highest") is largest and choose != "every")
    times = {value.at or value.dated for value in inside}
    each = [_agreed([_compared(body, v) for v in inside if (v.at or v.dated) == time]) for time in times]
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


def _may_be_displaced(
    name: str, inside: Sequence[Value], window: tuple[date | None, date], record: Record
) -> bool:
    """Whether a value that nobody can use is newer than the latest of the window, or may be."""
    if not record.whole:
        return True
    group = _latest(inside)
    for item in _in_window(name, window, record):
        if item.when is None or item.when.last > group[0].on:
            return True
        instants = [value.at for value in group if value.at is not None]
        timed = item.at is not None and len(instants) == len(group)
        if timed and item.when.first == group[0].on and item.at > max(instants):  # type: ignore[operator]
            return True
    return False


def _in_window(name: str, window: tuple[date | None, date], record: Record) -> list[Unusable]:
    """The values that nobody can use and that the window holds, or may."""
    first, last = window
    return [
        item
        for input_name, item in record.unusable
        if input_name == name
        and item.measured
        and (item.when is None or (item.when.first <= last and (first is None or item.when.last >= first)))
    ]


def _agreed(answers: Sequence[Truths]) -> Truths:
    return answers[0] if len(set(answers)) == 1 else OPEN


def _may_hold_more(name: str, window: tuple[date | None, date], record: Record) -> bool:
    """Whether the window may hold another value than those that can be read."""
    if not record.whole:
        return True
    return bool(_in_window(name, window, record))


def current(body: Statement, world: World, record: Record, question: Question) -> str | None:
    """The category that counts; ``None`` where there is none, or nobody can say which it is."""
    window = window_days(body.get("fresh"), question)
    values = [v for v in world.values if v.input == body["input"] and v.category is not None]
    lasting = [v for v in values if v.category in body.get("lasting", ()) and v.on <= window[1]]
    if lasting:
        return max(lasting, key=lambda v: v.on).category
    inside = [v for v in values if lies_in(v.on, window)]
    if not inside or _may_be_displaced(body["input"], inside, window, record):
        return None
    seen = {value.category for value in _latest(inside)}
    return seen.pop() if len(seen) == 1 else None


def several_categories(statement: Statement, record: Record, question: Question) -> bool:
    """Whether the worlds differ in the category of an input that the statement asks."""
    bodies = [body for kind, body in leaves(statement) if kind == "category"]
    seen = [set[str | None]() for _ in bodies]
    for world in worlds(record, statement, question):
        for body, categories in zip(bodies, seen, strict=True):
            categories.add(current(body, world, record, question))
    return any(len(categories) > 1 for categories in seen)


def _category(body: Statement, world: World, record: Record, question: Question) -> Truths:
    window = window_days(body.get("fresh"), question)
    wanted = body["is"]
    category = current(body, world, record, question)
    if body.get("choose") == "any":
        values = [v for v in world.values if v.input == body["input"] and lies_in(v.on, window)]
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
        return frozenset({lies_in(course.start, window)})
    return frozenset({course.start <= last and (first is None or course.end >= first)})


def _members(names: Sequence[str], question: Question) -> frozenset[str]:
    return frozenset().union(*(question.classes[name] for name in names))


# -- outcomes --------------------------------------------------------------------------------------


def outcomes(statement: Statement, record: Record, question: Question) -> frozenset[str]:
    """The outcomes that a ladder or a table may turn out to name, over all worlds."""
    [(kind, body)] = statement.items()
    found: set[str] = set()
    for world in worlds(record, statement, question):
        found |= (
            _rungs(body, world, record, question) if kind == "cases" else _rows(body, world, record, question)
        )
    return frozenset(found)


def _rungs(body: Statement, world: World, record: Record, question: Question) -> set[str]:
    conditions = [asked(rung["when"], world, record, question) for rung in body["of"]]
    named: set[str] = set()
    for chosen in product(*conditions):
        taken = (rung["then"] for rung, holds in zip(body["of"], chosen, strict=True) if holds)
        named.add(next(taken, body["otherwise"]))
    return named


def _rows(body: Statement, world: World, record: Record, question: Question) -> set[str]:
    columns: list[list[str]] = []
    for column in body["columns"].values():
        category = current(column, world, record, question)
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
