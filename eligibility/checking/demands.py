"""What one question demands of a chart, and when two demands can never be met together.

A demand is about one *variable*: the value of an input in a window, a recorded answer, whether an event is in
the record. Two demands clash if no chart can meet both. What cannot be told is taken as possible: a clash is
always a fact, its absence is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from math import isclose
from typing import Any

import msgspec

from eligibility.errors import Location
from eligibility.kinds.found_body import FoundBody
from eligibility.quantities import parse_duration
from eligibility.windows import Window
from fhir_mappings.intervals import RELATIVE_TOLERANCE, Interval

_SOME_DAY = date(2000, 1, 1)
_STRENGTH = {"ignored": 0, "review": 1, "counts": 2}


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """One demand, with its place in the document and its words."""

    location: Location
    words: str


class Range(Demand, frozen=True, kw_only=True):
    """A number in a range.

    Attributes:
        variable: the input with its window.
        of: which of the values: ``every``, ``any``, or one that is chosen (``latest``, ``highest`` …).
        within: the range that is asked for; ``None`` if there is none within the physical range.
    """

    variable: tuple[str, ...]
    of: str
    within: Interval | None


class Among(Demand, frozen=True, kw_only=True):
    """A category among several; ``variable`` and ``of`` as in ``Range``."""

    variable: tuple[str, ...]
    of: str
    values: frozenset[str]


class Recorded(Demand, frozen=True, kw_only=True):
    """An event that is, or is not, in the record.

    Attributes:
        concepts: the code sets that count; ``None`` for all.
        window: the window, resolved; ``None`` for ever.
    """

    present: bool
    body: FoundBody
    concepts: frozenset[str] | None
    excepted: frozenset[str]
    window: Window | None


class Plain(Demand, frozen=True, kw_only=True):
    """Any other statement that holds, or does not; it is only known by its text."""

    key: str
    holds: bool


def impossible(demands: Iterable[Demand]) -> tuple[Demand, Demand] | None:
    """Two of these demands that clash (the same twice: one that nothing can meet), or ``None``."""
    seen: list[Demand] = []
    for demand in demands:
        if _empty(demand):
            return demand, demand
        for other in seen:
            if _clash(demand, other):
                return other, demand
        seen.append(demand)
    return _uncovered(seen)


def _empty(demand: Demand) -> bool:
    if isinstance(demand, Range):
        return demand.within is None
    return isinstance(demand, Among) and not demand.values


def _clash(a: Demand, b: Demand) -> bool:
    if isinstance(a, Range) and isinstance(b, Range):
        return a.variable == b.variable and _about_one(a.of, b.of) and _disjoint(a.within, b.within)
    if isinstance(a, Among) and isinstance(b, Among):
        return a.variable == b.variable and _about_one(a.of, b.of) and a.values.isdisjoint(b.values)
    if isinstance(a, Recorded) and isinstance(b, Recorded):
        if a.present == b.present:
            return False
        there, away = (a, b) if a.present else (b, a)
        return _covers(away, there) and _within(there.concepts, away.concepts)
    if isinstance(a, Plain) and isinstance(b, Plain):
        return a.key == b.key and a.holds != b.holds
    return False


def _about_one(a: str, b: str) -> bool:
    """Whether there is a value of which both speak."""
    return "every" in (a, b) or (a == b and a != "any")


def _disjoint(a: Interval | None, b: Interval | None) -> bool:
    if a is None or b is None:
        return True
    return _ends_before(a, b) or _ends_before(b, a)


def _ends_before(a: Interval, b: Interval) -> bool:
    if isclose(a.high, b.low, rel_tol=RELATIVE_TOLERANCE):
        return a.high_open or b.low_open
    return a.high < b.low


def _uncovered(demands: Sequence[Demand]) -> tuple[Demand, Demand] | None:
    """An event that is asked for, of which every kind is ruled out, by several demands together."""
    there = [d for d in demands if isinstance(d, Recorded) and d.present]
    away = [d for d in demands if isinstance(d, Recorded) and not d.present]
    for wanted in there:
        covering = [d for d in away if d.concepts is not None and _covers(d, wanted)]
        if wanted.concepts is not None and covering:
            ruled_out = frozenset[str]().union(*(d.concepts or () for d in covering))
            if wanted.concepts <= ruled_out:
                return covering[-1], wanted
    return None


def _within(inner: frozenset[str] | None, outer: frozenset[str] | None) -> bool:
    return outer is None or (inner is not None and inner <= outer)


def _covers(wide: Recorded, narrow: Recorded) -> bool:
    """Whether each event of ``narrow`` counts for ``wide`` too, if its code set is among those of it."""
    outer, inner = wide.body, narrow.body
    # A wash-out in half-lives only adds to the window of ``wide``.
    as_long = inner.or_half_lives is None or outer.or_half_lives == inner.or_half_lives
    return (
        set(inner.kind) <= set(outer.kind)
        and wide.excepted <= narrow.excepted
        and outer.count <= inner.count
        and (outer.count == 1 or outer.apart == inner.apart)
        and _STRENGTH[outer.unconfirmed] >= _STRENGTH[inner.unconfirmed]
        and _attributes_cover(outer, inner)
        and as_long
        and (outer.timing == "overlap" or inner.timing == "start")
        and _window_covers(wide.window, narrow.window)
    )


def _attributes_cover(outer: FoundBody, inner: FoundBody) -> bool:
    for name, values in outer.where.items():
        if name not in inner.where or not _values(inner.where[name]) <= _values(values):
            return False
    for name, values in outer.where_not.items():
        if name not in inner.where_not or not _values(values) <= _values(inner.where_not[name]):
            return False
    return not outer.where or inner.unrecorded != "yes" or outer.unrecorded == "yes"


def _values(value: Any) -> set[Any]:
    return set(value) if isinstance(value, list) else {value}


def _window_covers(wide: Window | None, narrow: Window | None) -> bool:
    if wide is None:
        return True
    if narrow is None or (wide.anchor, wide.until, wide.gap) != (narrow.anchor, narrow.until, narrow.gap):
        return False
    if wide.before is None:
        return True
    if narrow.before is None:
        return False
    return parse_duration(wide.before).before(_SOME_DAY) <= parse_duration(narrow.before).before(_SOME_DAY)
