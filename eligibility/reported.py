"""The pieces of a report that findings, screenings and the report itself carry."""

from __future__ import annotations

from typing import Literal

import msgspec

from fhir_mappings.facts import Coding, Evidence, Need, WhyMissing

ItemState = Literal["present", "unattributed", "absent", "unknown"]
ChangeKind = Literal["time", "data", "judgement", "clinical", "never"]


class ReportedEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence as reported: a resource, the element, the value as recorded and as converted."""

    reference: str
    path: str
    date: str | None = None
    recorded: str | None = None
    value: float | str | None = None
    unit: str | None = None


class ReportedNeed(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that would settle an open criterion."""

    input: str
    why: WhyMissing
    detail: str
    order: Coding | None = None


class ReportedItem(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One item of a score: how it stands, why, and on which evidence.

    Attributes:
        state: ``present``; ``unattributed``: there, but not yet attributed; ``absent``; ``unknown``.
        because: for ``unattributed``, what has to be judged.
    """

    item: str
    label: str
    domain: str
    weight: int
    state: ItemState
    because: str | None = None
    evidence: tuple[ReportedEvidence, ...] = ()
    needs: tuple[ReportedNeed, ...] = ()


class ReportedDecision(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Items of a score that together would reach the threshold, and the points that they are worth."""

    items: tuple[str, ...]
    points: int
    needs: tuple[ReportedNeed, ...] = ()


class ReportedScore(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A score behind a finding, item by item.

    Attributes:
        lower: points of what is present.
        attributed: the same with what awaits attribution.
        upper: points of all that is not shown to be absent.
        recorded: a total on record, with its day, in words.
        conflict: what a total on record contradicts.
        deciding: sets of items that would decide, cheapest first.
    """

    input: str
    label: str
    lower: float
    attributed: float
    upper: float
    recorded: str | None = None
    conflict: str | None = None
    items: tuple[ReportedItem, ...] = ()
    deciding: tuple[ReportedDecision, ...] = ()


class ReportedDays(msgspec.Struct, frozen=True, kw_only=True, rename={"first": "from", "last": "to"}):
    """Days from one to another, both included. ``from`` is ``None`` where nothing tells the earliest."""

    first: str | None
    last: str


class ReportedStretch(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of treatment without a stop.

    Attributes:
        first, last: as precise as recorded; ``None`` if not recorded, or if it goes on.
        ongoing: it goes on.
        possible: all days that it may have covered.
        certain: the days that it surely covered.
    """

    first: str | None
    last: str | None
    ongoing: bool
    possible: ReportedDays
    certain: tuple[ReportedDays, ...] = ()


class ReportedCourse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A drug as it was taken, all records of it taken together.

    Attributes:
        counted: its time counts for the months of the timeline; else it is only shown.
        months, months_at_most: certain and possible time on it; ``None``: nothing bounds it.
    """

    drug: str
    label: str
    counted: bool
    months: float
    months_at_most: float | None
    stretches: tuple[ReportedStretch, ...]
    evidence: tuple[ReportedEvidence, ...] = ()


class ReportedValue(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A value of the response measure, converted and as recorded.

    Attributes:
        date: as precise as recorded.
        low, high: the value in ``unit``; both are equal for a plain number, ``None`` where unbounded.
        words: the converted value in words.
    """

    date: str
    low: float | None
    high: float | None
    unit: str
    words: str
    recorded: str | None = None
    evidence: tuple[ReportedEvidence, ...] = ()


class ReportedThreshold(msgspec.Struct, frozen=True, kw_only=True):
    """A value at which the response measure is looked at, with what it stands for."""

    what: Literal["remission", "relapse"]
    value: float
    words: str


class ReportedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The measure of response: its values, oldest first, and its thresholds."""

    input: str
    label: str
    unit: str
    values: tuple[ReportedValue, ...]
    thresholds: tuple[ReportedThreshold, ...] = ()


class ReportedCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """What may be a remission, a relapse or a treatment without response, in words; it decides nothing."""

    what: Literal["remission", "relapse", "no-response"]
    date: str | None
    words: str
    evidence: tuple[ReportedEvidence, ...] = ()


class ReportedTimeline(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Treatment and response over time, laid out for a person to judge; it decides nothing.

    Attributes:
        until: the day up to which it tells.
        months, months_at_most: certain and possible time on any of the counted drugs; ``None``: nothing
            bounds it.
        courses: drugs, in the order in which they began.
        response: the course of the response measure.
        candidates: what a person should look at, oldest first.
        missing: what is lacking for the whole picture, in words.
    """

    until: str
    months: float
    months_at_most: float | None
    courses: tuple[ReportedCourse, ...] = ()
    response: ReportedResponse | None = None
    candidates: tuple[ReportedCandidate, ...] = ()
    missing: tuple[str, ...] = ()


class ReportedGate(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """On what evidence of the disease the screening stands; ``grade`` is ``None`` where there is none.

    Attributes:
        opens: whether this grade is enough for a card.
    """

    grade: str | None
    label: str
    opens: bool
    reason: str
    evidence: tuple[ReportedEvidence, ...] = ()


class Change(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One change that would mend one criterion.

    Attributes:
        kind: ``time`` alone, with its day; ``data`` that are missing; a person's ``judgement``; a
            ``clinical`` state, told and never advised; ``never``: nothing mends it.
        what: the change in words.
        on: for ``time``, the day.
        needs: for ``data``, what to obtain.
    """

    kind: ChangeKind
    criterion: str
    what: str
    on: str | None = None
    needs: tuple[ReportedNeed, ...] = ()


class ChangeSet(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Changes that together would turn the verdict; ``kind`` is that of the hardest."""

    kind: ChangeKind
    changes: tuple[Change, ...]
    on: str | None = None


class WorkDecides(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a missing fact decides in one protocol; ``alone``: nothing else stands in the way there."""

    protocol: str
    criteria: tuple[str, ...]
    alone: bool


class WorkItem(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One missing fact, with all that it would decide."""

    input: str
    why: WhyMissing
    detail: str
    order: Coding | None
    decides: tuple[WorkDecides, ...]


class Contradiction(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Two statements of the record that cannot both hold, and what was made of them."""

    input: str
    kind: Literal["same-time", "value-and-interpretation", "recorded-and-computed", "corrected", "duplicate"]
    detail: str
    evidence: tuple[ReportedEvidence, ...] = ()


def reported_evidence(evidence: Evidence) -> ReportedEvidence:
    """Evidence as a report shows it."""
    return ReportedEvidence(
        reference=evidence.reference,
        path=evidence.path,
        date=evidence.date,
        recorded=evidence.recorded,
        value=evidence.value,
        unit=evidence.unit,
    )


def reported_need(need: Need) -> ReportedNeed:
    """A need as a report shows it."""
    return ReportedNeed(input=need.input, why=need.why, detail=need.detail, order=need.order)
