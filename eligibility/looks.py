"""What the criteria of a protocol look at, noted while they are bound: a picture of the chart draws the same.

Whoever draws a threshold, a window or a wash-out takes it from here, so that no picture can tell another day
than the findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from fhir_mappings.facts import Event, InputDescription

if TYPE_CHECKING:
    from eligibility.binding import BoundThreshold, SpanOf
    from eligibility.context import Context


class AskedNumber(msgspec.Struct, frozen=True):
    """A number that a criterion compares with a threshold, the same in several units, within a window."""

    criterion: str
    described: InputDescription
    thresholds: tuple[BoundThreshold, ...]
    span_of: SpanOf


class Lasting(msgspec.Struct, frozen=True):
    """A treatment that counts against a patient for a while.

    Attributes:
        counts: whether it counts now; ``None``: its dates do not tell.
        until: the first anchor date on which it no longer counts: of one that counts, no longer surely; else
            surely not. ``None``: nothing tells, or it goes on.
        length: the window in words.
    """

    event: Event
    counts: bool | None
    until: date | None
    length: str


class WashOut(msgspec.Struct, frozen=True):
    """What a criterion does not allow within a window: its words, and the treatments that it finds."""

    criterion: str
    label: str
    lasting: Callable[[Context], Iterable[Lasting]]


class Looks:
    """All that the criteria of a protocol look at, and the gate (``applies-to``).

    Attributes:
        drugs: code sets of the drugs whose time or dose counts.
    """

    __slots__ = ("drugs", "numbers", "wash_outs")

    def __init__(self) -> None:
        self.drugs: set[str] = set()
        self.numbers: list[AskedNumber] = []
        self.wash_outs: list[WashOut] = []
