"""An overview of a chart: what is drawn, each with its days and its words. Days are ISO 8601."""

from __future__ import annotations

from typing import Literal

import msgspec

from eligibility.reported import ReportedCourse
from fhir_mappings.facts import Retrieval

Use = Literal["counts", "history", "too-old", "unwindowed", "unusable", "nothing-measured"]
"""``counts``: it lies, or may lie, in a window of a criterion. ``history``: it lies before them, and one asks
for all time. ``too-old``: it lies before all windows. ``unwindowed``: no criterion compares it.
``unusable``: it cannot be used. ``nothing-measured``: the entry says that nothing was measured."""

WashOutState = Literal["runs", "open", "over", "goes-on"]
"""It runs; its dates do not tell; it is over; the treatment goes on, so that it has not begun."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A result.

    Attributes:
        first, last: the days between which it was taken; the same where the day is known.
        date: as precise as recorded.
        low, high: the value in the unit of the series; ``None`` where unbounded, or where there is none.
        words: the converted value in words; empty where there is none.
        why: what cannot be used of it, or what is remarked.
        criteria: the numbers of the criteria whose findings rest on it.
    """

    date: str
    first: str
    last: str
    use: Use
    words: str
    low: float | None = None
    high: float | None = None
    recorded: str | None = None
    why: str = ""
    reference: str = ""
    criteria: tuple[str, ...] = ()


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A value at which criteria look, in the unit of the series; without criteria: the laboratory's limit."""

    value: float
    words: str
    criteria: tuple[str, ...] = ()


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """Days within which criteria look at the results."""

    first: str
    last: str
    criteria: tuple[str, ...]


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """The results of one criterion input, oldest first; ``undated`` of them have no day."""

    input: str
    label: str
    unit: str
    retrieval: Retrieval
    points: tuple[Point, ...] = ()
    lines: tuple[Line, ...] = ()
    windows: tuple[Looked, ...] = ()
    undated: int = 0


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """The wash-out of a criterion after a treatment.

    Attributes:
        since: the last day of the treatment; ``None`` where it goes on or nothing tells.
        until: the first day on which it no longer counts; ``None`` where nothing tells.
        length: the window in words.
        decides: the finding of the criterion is that it fails for the time being, up to this very day.
    """

    criterion: str
    state: WashOutState
    since: str | None
    until: str | None
    length: str
    decides: bool = False


class Treatment(msgspec.Struct, frozen=True, kw_only=True):
    """A drug, or another treatment, with its wash-outs."""

    course: ReportedCourse
    bands: tuple[Band, ...] = ()


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A date to mark: of what, what was found (``value``), and its first and last possible day."""

    label: str
    value: str = ""
    date: str
    first: str
    last: str
    reference: str = ""


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """A chart over time as one protocol sees it.

    Attributes:
        as_of: the day of the screening.
        earliest: the first day on which, by time alone, nothing stands in the way.
        anchors: dates of the trial by name.
        treatments_at_hand: whether the record of treatments was wholly retrieved.
        marks: oldest first.
    """

    as_of: str
    earliest: str | None
    anchors: dict[str, str]
    results: tuple[Results, ...]
    treatments: tuple[Treatment, ...]
    treatments_at_hand: Retrieval
    marks: tuple[Mark, ...] = ()
