"""Which open items of a score would decide: the cheapest sets that would reach the threshold.

A set is *minimal*: without any one of its items it would not reach. Costs are those of the score's own data
(a question to a person is less than an order, an order less than an examination).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

import msgspec

from fhir_mappings.facts import ClassificationRule, ScoreItem, ScoreSheet

MOST_SETS = 3
_MOST_STEPS = 4000
"""Sets looked at before the search gives up: far more than any score with a few points to go needs."""


class Aim(msgspec.Struct, frozen=True):
    """What has to be reached: ``points`` or more, or, ``strictly``, more than ``points``."""

    points: float
    strictly: bool = False

    def met_by(self, points: float) -> bool:
        """Whether so many points are enough."""
        return points > self.points if self.strictly else points >= self.points


def deciding_sets(sheet: ScoreSheet, aim: Aim) -> tuple[tuple[ScoreItem, ...], ...]:
    """At most ``MOST_SETS`` minimal sets of open items, each of which would reach the aim; cheapest first.

    Empty where the items are not what decides: a recorded total counts, it contradicts the chart, the aim is
    reached, or it cannot be.
    """
    if sheet.basis != "items":
        return ()
    present = [item for item in sheet.items if item.state == "present"]
    items = sorted((i for i in sheet.items if i.effort is not None), key=lambda i: (i.cost, -i.weight))
    reached = _Reached(sheet, aim, present)
    if reached.by(()) or not reached.by(items):
        return ()
    found: list[tuple[ScoreItem, ...]] = []
    # Cheapest first, each set once: a set grows only by items that come after its last one.
    queue: list[tuple[int, int, tuple[int, ...]]] = [(0, 0, ())]
    for _ in range(_MOST_STEPS):
        if not queue or len(found) == MOST_SETS:
            break
        _, _, chosen = heapq.heappop(queue)
        picked = tuple(items[i] for i in chosen)
        if reached.by(picked):
            if reached.only_by_all(picked):
                found.append(picked)
            continue
        for i in range(chosen[-1] + 1 if chosen else 0, len(items)):
            grown = (*chosen, i)
            heapq.heappush(queue, (sum(items[k].cost for k in grown), len(grown), grown))
    return tuple(found) or (reached.reduced(items),)


class _Reached(msgspec.Struct, frozen=True):
    """Whether the items that are present, with some more, reach the aim.

    A recorded total of an earlier time may have raised the lower bound above what is present. It may have
    counted any item, so that its points and those of an item do not add up.
    """

    sheet: ScoreSheet
    aim: Aim
    present: list[ScoreItem]

    def by(self, more: Sequence[ScoreItem]) -> bool:
        counted = [*self.present, *more]
        rule = self.sheet.rule
        if rule is not None and not _classifies(counted, rule, self.sheet):
            return False
        return self.aim.met_by(max(_points(counted, self.sheet), self.sheet.value.low))

    def only_by_all(self, picked: Sequence[ScoreItem]) -> bool:
        return not any(self.by((*picked[:i], *picked[i + 1 :])) for i in range(len(picked)))

    def reduced(self, items: Sequence[ScoreItem]) -> tuple[ScoreItem, ...]:
        """All items, less those that are not needed, the dearest first."""
        kept = list(items)
        for item in reversed(items):
            without = [other for other in kept if other is not item]
            if self.by(without):
                kept = without
        return tuple(kept)


def _classifies(items: Iterable[ScoreItem], rule: ClassificationRule, sheet: ScoreSheet) -> bool:
    counted = list(items)
    entry = any(item.id == rule.entry for item in counted)
    clinical = any(item.domain in rule.clinical_domains for item in counted)
    if not clinical:
        # A recorded total that no immunological item alone can reach has a clinical one in it.
        others = [item for item in sheet.items if item.domain not in rule.clinical_domains]
        clinical = sheet.value.low > _points(others, sheet)
    return entry and clinical


def _points(items: Iterable[ScoreItem], sheet: ScoreSheet) -> float:
    if not sheet.best_of_domain:
        return sum(item.weight for item in items)
    best: dict[str, int] = {}
    for item in items:
        best[item.domain] = max(best.get(item.domain, 0), item.weight)
    return sum(best.values())
