"""The picture of a funnel: from criterion to criterion, who is still in and who drops out.

Bands run down the page. Each row is a criterion: at the left those of whom all up to here is known and clear,
beside them those of whom something is unknown, and at the right those who drop out at this criterion.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.rendering.cohort_looks import Segment
from cohort.funnel import Step

WIDTH, LEFT, PLOT = 760, 58, 430
STEP, BAR = 34, 18
HEAD = 22
_ROWS = 24
"""So many criteria are drawn in one picture: it is to fit on a sheet."""


class Band(msgspec.Struct, frozen=True):
    """What goes on from one row to the next: the corners of an area."""

    look: str
    points: str


class StepRow(msgspec.Struct, frozen=True):
    """A criterion. ``numbers``: still in, dropped out, unknown."""

    y: float
    criterion: str
    segments: tuple[Segment, ...]
    numbers: tuple[int, int, int]


class Funnel(msgspec.Struct, frozen=True):
    """A picture, in px. ``columns``: where the three numbers of a row end."""

    width: int
    height: float
    left: int
    rows: tuple[StepRow, ...]
    bands: tuple[Band, ...]
    columns: tuple[int, int, int] = (570, 650, 740)


def funnels_of(steps: Sequence[Step], screened: int) -> list[Funnel]:
    """The pictures of a funnel, as many as it takes."""
    return [_funnel(steps[first : first + _ROWS], screened) for first in range(0, len(steps), _ROWS)]


def _funnel(steps: Sequence[Step], screened: int) -> Funnel:
    per = PLOT / max(screened, 1)
    rows = []
    bands: list[Band] = []
    for position, step in enumerate(steps):
        y = HEAD + position * STEP
        edges = [LEFT + round(n * per, 1) for n in (0, step.clear, step.clear + step.open, step.entering)]
        parts = zip(("clear", "open", "lost"), edges, edges[1:], strict=False)
        rows.append(
            StepRow(
                y,
                step.criterion,
                tuple(
                    Segment(look, low, round(max(high - low, 1.5), 1))
                    for look, low, high in parts
                    if high > low
                ),
                (step.clear + step.open, step.lost, step.unknown),
            )
        )
        if position:
            before = steps[position - 1]
            was = [LEFT + round(n * per, 1) for n in (0, before.clear, before.clear + before.open)]
            foot = y - (STEP - BAR)
            for look, low, high, left, right in zip(
                ("clear", "open"), was, was[1:], edges, edges[1:], strict=False
            ):
                if high > low or right > left:
                    points = f"{low},{foot} {high},{foot} {right},{y} {left},{y}"
                    bands.append(Band(look, points))
    return Funnel(WIDTH, HEAD + len(steps) * STEP, LEFT, tuple(rows), tuple(bands))
