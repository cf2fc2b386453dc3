"""From states of items to points: bounds in place of a number where items are not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from fhir_mappings.intervals import Interval
from fhir_mappings.scores.rules import Item
from fhir_mappings.scores.states import State


class Tally(msgspec.Struct, frozen=True):
    """Points of a score from partial data; ``lower`` ≤ ``likely`` ≤ ``upper``.

    ``lower`` counts what is present, ``likely`` also what awaits attribution, ``upper`` everything that is
    not shown to be absent.
    """

    lower: int
    likely: int
    upper: int

    @property
    def bounds(self) -> Interval:
        """What the score may be."""
        return Interval(self.lower, self.upper)

    @property
    def attributed(self) -> Interval:
        """What the score may be if everything that awaits attribution counts."""
        return Interval(self.likely, self.upper)


Counting = Literal["all", "best-of-domain"]


def tally(items: Iterable[Item], states: Mapping[str, State], counting: Counting) -> Tally:
    """Count the items; one that ``states`` does not name is unknown."""
    known = [(item, states.get(item.id, State.UNKNOWN)) for item in items]
    return Tally(
        points((item for item, state in known if state is State.PRESENT), counting),
        points((item for item, state in known if state >= State.UNATTRIBUTED), counting),
        points((item for item, state in known if state is not State.ABSENT), counting),
    )


def points(items: Iterable[Item], counting: Counting) -> int:
    """The points of items that are all present."""
    if counting == "all":
        return sum(item.weight for item in items)
    best: dict[str, int] = {}
    for item in items:
        best[item.domain] = max(best.get(item.domain, 0), item.weight)
    return sum(best.values())
