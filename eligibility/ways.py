"""Ways to turn an answer: sets of steps that together would do it, smallest and easiest first.

A step tells what would have to be so – a day come, a result at hand, a question judged, a state of the
patient – and never what anybody should do. Ways are kept few: whoever reads them wants the near ones, and
the product of many alternatives would not end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from eligibility.messages import Message
from eligibility.reported import ChangeKind
from fhir_mappings.facts import Evidence, Need

HARDNESS: tuple[ChangeKind, ...] = ("time", "data", "judgement", "clinical", "never")
"""From easiest to hardest; a way is as hard as its hardest step."""

MOST_WAYS = 8
"""So many ways are kept of each answer."""


class Step(msgspec.Struct, frozen=True):
    """One thing that would have to be so.

    Attributes:
        on: for ``time``, the day.
        needs: for ``data``, what to obtain.
        evidence: for ``time``, what it is that has to be left behind.
        lasts: the state has to last for some time from a day that nobody knows.
        criterion: the criterion or part that it mends, once that is known.
    """

    kind: ChangeKind
    what: Message
    on: date | None = None
    needs: tuple[Need, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    lasts: bool = False
    criterion: str = ""


class Opposite(msgspec.Struct, frozen=True):
    """What would have to be so for a statement to be the other way round, where time does not do it.

    ``lasts``: it has to last for some time from a day that nobody knows.
    """

    what: Message
    kind: ChangeKind = "clinical"
    lasts: bool = False


Way = tuple[Step, ...]
Ways = tuple[Way, ...]

NOTHING_NEEDED: Ways = ((),)


def one(step: Step) -> Ways:
    """The only way is this step."""
    return ((step,),)


def either(alternatives: Iterable[Ways]) -> Ways:
    """Any of these will do."""
    return _best(way for ways in alternatives for way in ways)


def together(parts: Sequence[Ways]) -> Ways:
    """All of these are needed."""
    found: Ways = NOTHING_NEEDED
    for ways in parts:
        found = _best(_joined(done, way) for done in found for way in ways)
    return found


def so_many(count: int, parts: Sequence[Ways]) -> Ways:
    """So many of these are needed: those with the easiest ways."""
    # One after the other, as in counting: the best ways to have 0, 1 … of the parts so far.
    reached: list[Ways] = [NOTHING_NEEDED, *([()] * count)]
    for ways in parts:
        for have in range(count, 0, -1):
            reached[have] = either([reached[have], together([reached[have - 1], ways])])
    return reached[count]


def of_criterion(criterion: str, ways: Ways) -> Ways:
    """The ways, each step marked with the criterion that it mends."""
    return tuple(tuple(msgspec.structs.replace(step, criterion=criterion) for step in way) for way in ways)


def hardest(way: Way) -> ChangeKind:
    """The kind of its hardest step; ``time`` for a way without steps."""
    return max((step.kind for step in way), key=HARDNESS.index, default="time")


def last_day(way: Way) -> date | None:
    """The day on which the last of its time steps has come."""
    return max((step.on for step in way if step.on is not None), default=None)


def _joined(one_way: Way, other: Way) -> Way:
    return (*one_way, *(step for step in other if step not in one_way))


def _best(ways: Iterable[Way]) -> Ways:
    """The easiest ways, none of which holds another."""
    kept: list[Way] = []
    for way in sorted(ways, key=_rank):
        if len(kept) == MOST_WAYS:
            break
        if not any(all(step in way for step in easier) for easier in kept):
            kept.append(way)
    return tuple(kept)


def _rank(way: Way) -> tuple[int, int, date]:
    return HARDNESS.index(hardest(way)), len(way), last_day(way) or date.min
