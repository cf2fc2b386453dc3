"""By which criteria a verdict flips from one version of a protocol to another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from eligibility.findings import Leaning, Outcome, Verdict
from eligibility.judging import verdict_of


class Weight(NamedTuple):
    """What of a finding the verdict hangs on."""

    outcome: Outcome
    leaning: Leaning | None
    clears_on: date | None

    @property
    def words(self) -> str:
        return f"{self.outcome}-{self.leaning}" if self.leaning is not None else self.outcome


class Pair(NamedTuple):
    """A criterion in both versions; ``None`` where one of them has no such criterion."""

    criterion: str
    before: Weight | None
    after: Weight | None


def decide(pairs: Sequence[Pair]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """By which criteria the verdict flips: those needed for it, and those enough for it.

    Args:
        pairs: at least all criteria that differ and all that stand in the way in either version.
    """
    before, after = _verdict(pair.before for pair in pairs), _verdict(pair.after for pair in pairs)
    if before == after:
        return (), ()
    needed, enough = [], []
    for at, pair in enumerate(pairs):
        if pair.before == pair.after:
            continue
        without = [other.before if place == at else other.after for place, other in enumerate(pairs)]
        alone = [other.after if place == at else other.before for place, other in enumerate(pairs)]
        if _verdict(without) == before:
            needed.append(pair.criterion)
        if _verdict(alone) == after:
            enough.append(pair.criterion)
    return tuple(needed), tuple(enough)


def _verdict(weights: Iterable[Weight | None]) -> Verdict:
    return verdict_of([weight for weight in weights if weight is not None])
