"""Which of many results and treatments are drawn: what decides, the newest, and some of the rest."""

from __future__ import annotations

from collections.abc import Sequence

from eligibility.overview.shapes import Point, Treatment

MOST_POINTS = 12
"""So many results of one kind are drawn."""

MOST_TREATMENTS = 14
"""So many treatments are drawn."""

_NEWEST = 6
_STATES = ("open", "runs", "goes-on", "over")


def thinned(points: Sequence[Point]) -> tuple[Point, ...]:
    """At most ``MOST_POINTS`` of the results, in their order.

    Kept are the newest, those on which a finding rests (the newest first), the highest and the lowest; of the
    others as many as there is room for, evenly over their order.
    """
    if len(points) <= MOST_POINTS:
        return tuple(points)
    order = range(len(points))
    valued = [i for i in order if points[i].low is not None]
    by_value = sorted(valued, key=lambda i: points[i].low or 0.0)
    kept = {*order[-_NEWEST:], *by_value[:1], *by_value[-1:]}
    for i in reversed(order):
        if points[i].criteria and len(kept) < MOST_POINTS:
            kept.add(i)
    rest = [i for i in order if i not in kept]
    room = MOST_POINTS - len(kept)
    kept.update(rest[i * len(rest) // room] for i in range(room))
    return tuple(points[i] for i in sorted(kept))


def chosen(treatments: Sequence[Treatment]) -> tuple[Treatment, ...]:
    """At most ``MOST_TREATMENTS``: first those whose wash-out is open or runs, then others as they began."""
    ranked = sorted(treatments, key=_rank)  # stable
    return tuple(ranked[:MOST_TREATMENTS])


def _rank(treatment: Treatment) -> int:
    return min((_STATES.index(band.state) for band in treatment.bands), default=len(_STATES))
