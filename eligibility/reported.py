"""The pieces of a report that findings, screenings and the report itself carry."""

from __future__ import annotations

from typing import Literal

import msgspec

from fhir_mappings.facts import Coding, Effort, Evidence, ItemState, Need, WhyMissing

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


class ReportedItem(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One item of a score, one organ system of an index, or one clause of its definition.

    Attributes:
        weight: points; 1 for an organ system whose grade is counted, 0 for a clause.
        state: ``present``; ``unattributed``: there, but not yet attributed; ``absent``; ``unknown``.
        counted: it is part of the lower bound; not so what is present beside a heavier item of its domain.
        grade: of an organ system, recorded or supported by results; of a clause, the one that it gives.
        because: for ``unattributed``, what has to be judged.
        remark: what else belongs beside the item.
        parts: for an organ system, the clauses that were put to the chart.

    What has nothing to tell is left out of the JSON.
    """

    item: str
    label: str
    domain: str
    weight: int
    state: ItemState
    counted: bool = False
    grade: str | None = None
    because: str | None = None
    remark: str | None = None
    evidence: tuple[ReportedEvidence, ...] = ()
    needs: tuple[ReportedNeed, ...] = ()
    parts: tuple[ReportedItem, ...] = ()


class ReportedDecision(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Open items of a score that together would reach the threshold, and the points that they are worth.

    ``effort``: the most that any of them takes.
    """

    items: tuple[str, ...]
    labels: tuple[str, ...]
    points: int
    effort: Effort
    needs: tuple[ReportedNeed, ...] = ()


class ReportedReading(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What another definition of a score gives, for display."""

    label: str
    lower: float
    attributed: float
    upper: float
    recorded: bool


class ReportedScore(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A score behind a finding, item by item.

    Attributes:
        basis: ``recorded``: a total on record counts; ``items``: counted from items; ``conflict``: the two
            contradict each other, and the bounds span both.
        lower: the least that the score can be: what is present, or the recorded total.
        attributed: the same with what awaits attribution.
        upper: the most that it can be: all that is not shown to be absent.
        since, until: the scoring window; without ``since``, items count once seen.
        best_of_domain: only the heaviest item of each domain counts.
        recorded: a total on record, with its day, in words; also one that is too old to count.
        conflict: what a total on record contradicts.
        deciding: minimal sets of open items that would reach the threshold, cheapest first.
        others: other definitions of the score, for display.
    """

    input: str
    label: str
    basis: Literal["recorded", "items", "conflict"]
    lower: float
    attributed: float
    upper: float
    until: str
    since: str | None = None
    best_of_domain: bool = False
    recorded: str | None = None
    conflict: str | None = None
    items: tuple[ReportedItem, ...] = ()
    deciding: tuple[ReportedDecision, ...] = ()
    others: tuple[ReportedReading, ...] = ()


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
