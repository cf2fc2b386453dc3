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


class ReportedCourse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A drug as it was taken. Dates as precise as recorded; ``months``: certain and possible time."""

    drug: str
    label: str
    first: str | None
    last: str | None
    ongoing: bool
    months: float
    months_at_most: float
    evidence: tuple[ReportedEvidence, ...] = ()


class ReportedPoint(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A value on a timeline, or a day that may mark a remission or a relapse, with why."""

    date: str
    words: str
    evidence: tuple[ReportedEvidence, ...] = ()


class ReportedTimeline(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Treatment and response over time, laid out for a person to judge; it decides nothing.

    Attributes:
        courses: drugs, in the order in which they began.
        months: certain time on any of them altogether.
        values: the course of the response measure, oldest first.
        remissions, relapses: days that may mark one.
    """

    courses: tuple[ReportedCourse, ...]
    months: float
    values: tuple[ReportedPoint, ...] = ()
    remissions: tuple[ReportedPoint, ...] = ()
    relapses: tuple[ReportedPoint, ...] = ()


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
