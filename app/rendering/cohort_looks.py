"""How shares of a population are drawn: each has a hatching of its own besides its colour."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Literal

import msgspec

Hatching = Literal["solid", "up", "down", "dots", "cross", "level"]


class Look(msgspec.Struct, frozen=True):
    """A colour of the style sheet, and a hatching."""

    ink: str
    hatching: Hatching


LOOKS: dict[str, Look] = {
    "clear": Look("pass", "solid"),
    "open": Look("missing", "up"),
    "lost": Look("fail", "down"),
    "potentially-eligible": Look("pass", "solid"),
    "undetermined": Look("missing", "up"),
    "probably-ineligible": Look("review", "dots"),
    "ineligible-for-now": Look("fail", "down"),
    "ineligible": Look("fail", "solid"),
    "together": Look("accent", "level"),
    "withheld": Look("soft", "cross"),
    "fail": Look("fail", "solid"),
    "for-now": Look("fail", "down"),
    "missing": Look("missing", "up"),
    "review": Look("review", "dots"),
    "only-fails": Look("fail", "solid"),
    "fails": Look("fail", "down"),
    "only-unknown": Look("missing", "solid"),
    "unknown": Look("missing", "up"),
    "not-retrieved": Look("fail", "cross"),
    "unreadable": Look("review", "dots"),
    "conflicting": Look("attest", "down"),
    "too-coarse": Look("presumed", "level"),
    "stale": Look("missing", "up"),
    "never-measured": Look("accent", "solid"),
}

WIDTH, LEFT, RIGHT = 760, 230, 120
"""Of a picture, and the room for labels and for numbers, in px."""

_ROW, _CLOSE, _GAP, _MANY = 24, 19, 7, 24
"""The height of a row, of one of many, and what lies between bars, in px; how many are many."""


class Segment(msgspec.Struct, frozen=True):
    """A part of a bar."""

    look: str
    x: float
    width: float


class BarRow(msgspec.Struct, frozen=True):
    """A bar with its label, and with the number at its end."""

    y: float
    label: str
    segments: tuple[Segment, ...]
    end: float
    value: str


class Bars(msgspec.Struct, frozen=True):
    """Bars below one another, in px. ``bar``: the height of each; ``looks``: those that occur."""

    width: int
    height: float
    left: int
    bar: int
    rows: tuple[BarRow, ...]
    looks: tuple[str, ...]


class Row(msgspec.Struct, frozen=True):
    """What a bar shows: its label, its parts in order, and what is told at its end."""

    label: str
    parts: Sequence[tuple[str, int]]
    value: str


def bars_of(rows: Sequence[Row], most: int | None = None) -> Bars:
    """The bars of rows, all on one scale; of each, ``most`` would fill the room (by default the longest)."""
    longest = most or max((sum(n for _, n in row.parts) for row in rows), default=0)
    step = _CLOSE if len(rows) > _MANY else _ROW
    per = (WIDTH - LEFT - RIGHT) / max(longest, 1)
    drawn = []
    for position, row in enumerate(rows):
        x: float = LEFT
        segments = []
        for look, count in row.parts:
            if count > 0:
                width = round(max(count * per, 1.5), 1)
                segments.append(Segment(look, round(x, 1), width))
                x += width
        drawn.append(
            BarRow(position * step + 4, fitted(row.label), tuple(segments), round(x + 6, 1), row.value)
        )
    occurring = {look for row in rows for look, count in row.parts if count > 0}
    return Bars(
        WIDTH,
        len(rows) * step + 6,
        LEFT,
        step - _GAP,
        tuple(drawn),
        tuple(look for look in LOOKS if look in occurring),
    )


def fitted(text: str, room: int = 33) -> str:
    """The text, cut where it is longer than the room for labels; signs of Chinese take twice the room."""
    taken = 0
    for position, sign in enumerate(text):
        taken += 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        if taken > room:
            return text[: position - 1].rstrip() + "…"
    return text
