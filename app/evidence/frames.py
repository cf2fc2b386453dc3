"""The pieces of the picture of an overview, in px: stacked panels over one axis of time."""

from __future__ import annotations

from typing import Literal

import msgspec

from app.rendering.time_scale import Tick
from app.rendering.timeline_picture import Bar
from eligibility.overview.shapes import Band, Point, Results, Treatment


class Frame(msgspec.Struct, frozen=True):
    """The size of a picture: its width, the room beside the plot, and how many months fit below it."""

    name: Literal["wide", "narrow"]
    width: int
    left: int
    right: int
    months: int
    stacked: bool
    """Whether what a panel says of its newest value stands below its name, for want of room beside it."""


WIDE = Frame("wide", 900, 34, 116, 9, False)
NARROW = Frame("narrow", 344, 24, 78, 4, True)

HEAD, PLOT, LANE, GAP, BAR = 17, 50, 13, 9, 11
"""Heights: of a line of words, of the values, of what has no value, between panels, of a bar."""


class Dot(msgspec.Struct, frozen=True):
    """A result: its place; from ``x1`` to ``x2`` and ``top`` to ``bottom`` where it is not exact.

    ``told``: its value is written beside it, ending at ``x`` where ``ends`` is true.
    """

    point: Point
    x: float
    y: float
    x1: float
    x2: float
    top: float
    bottom: float
    told: bool = False
    ends: bool = False


class Level(msgspec.Struct, frozen=True):
    """A value at which criteria look: its place, that of its words, and the value."""

    y: float
    words_y: float
    value: float
    criteria: tuple[str, ...]


class Shade(msgspec.Struct, frozen=True):
    """Days within which criteria look."""

    x: float
    width: float


class Panel(msgspec.Struct, frozen=True):
    """The results of one kind.

    ``scale``: places of nought and of a round number. ``left_out``: so many results are not drawn, of which
    ``earlier`` lie before the picture.
    """

    y: float
    top: float
    base: float
    results: Results
    dots: tuple[Dot, ...]
    levels: tuple[Level, ...]
    shades: tuple[Shade, ...]
    scale: tuple[Tick, ...]
    left_out: int
    earlier: int

    @property
    def trend(self) -> tuple[Dot, ...]:
        """The results with a number, which a line joins."""
        return tuple(dot for dot in self.dots if dot.top == dot.bottom and dot.point.low is not None)

    @property
    def foot(self) -> float:
        """Where it ends, with what stands below the values."""
        below = self.left_out or any(dot.y > self.base for dot in self.dots)
        return self.base + (LANE if below else 0)

    @property
    def latest(self) -> Point | None:
        """The newest result that has a value."""
        return next((p for p in reversed(self.results.points) if p.words), None)


class BandBox(msgspec.Struct, frozen=True):
    """A wash-out: its days; ``beyond``: it lasts longer than the picture."""

    band: Band
    x: float
    width: float
    beyond: bool


class Row(msgspec.Struct, frozen=True):
    """A treatment: its days and wash-outs; whether it began before the picture, and whether it goes on."""

    y: float
    bar_y: float
    treatment: Treatment
    bars: tuple[Bar, ...]
    bands: tuple[BandBox, ...]
    earlier: bool
    ongoing: bool

    @property
    def ends_at(self) -> float:
        """The place of its last day."""
        return max(bar.x + bar.width for bar in self.bars)


class Flag(msgspec.Struct, frozen=True):
    """A day, or days from ``x1`` to ``x2``, marked from top to bottom.

    ``earlier``: it lies before the picture. ``ends``: its words end at it.
    """

    kind: Literal["today", "anchor", "mark", "earliest"]
    x: float
    x1: float
    x2: float
    y: float
    date: str
    names: tuple[str, ...]
    earlier: bool
    ends: bool


class Picture(msgspec.Struct, frozen=True):
    """All of it. ``treatments_y``: where the words above the treatments stand."""

    frame: Frame
    height: float
    plot_right: float
    axis: float
    flags: tuple[Flag, ...]
    panels: tuple[Panel, ...]
    treatments_y: float
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    rows_left_out: int
    marks_left_out: int
