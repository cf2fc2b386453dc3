"""The pieces of a report that findings, screenings and the report itself carry.

A need is reported as the fact that it is.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from fhir_mappings.facts import Coding, Conflict, ConflictKind, Effort, Evidence, ItemState, Need, WhyMissing

ChangeKind = Literal["time", "data", "judgement", "clinical", "never"]


class ReportedEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence as reported: a resource, the element, the value as recorded and as converted.

    What the engine knows beside (a label, whether words alone told it) stays out of the report.
    """

    reference: str
    path: str
    date: str | None = None
    recorded: str | None = None
    value: float | str | None = None
    unit: str | None = None


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
    needs: tuple[Need, ...] = ()
    parts: tuple[ReportedItem, ...] = ()


class ReportedDecision(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Open items of a score that together would reach the threshold, and the points that they are worth.

    ``effort``: the most that any of them takes.
    """

    items: tuple[str, ...]
    labels: tuple[str, ...]
    points: int
    effort: Effort
    needs: tuple[Need, ...] = ()


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
    needs: tuple[Need, ...] = ()


class ChangeSet(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Changes that together would turn the verdict; ``kind`` is that of the hardest.

    Attributes:
        on: the first day on which all that time has to do is done.
        by_then: what counts now, and would have to be obtained again by that day.
    """

    kind: ChangeKind
    changes: tuple[Change, ...]
    on: str | None = None
    by_then: tuple[Need, ...] = ()


class WorkDecides(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a missing fact decides in one protocol.

    Attributes:
        criteria: those that ask for it.
        settles: those among them that ask for nothing else.
        alone: nothing else stands in the way of the protocol.
    """

    protocol: str
    criteria: tuple[str, ...]
    settles: tuple[str, ...] = ()
    alone: bool


class WorkItem(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One missing fact, with all that it would decide."""

    input: str
    why: WhyMissing
    detail: str
    order: Coding | None
    decides: tuple[WorkDecides, ...]


class Contradiction(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Statements of the record that cannot all count as they stand.

    Attributes:
        input: the criterion input, or the code set of a diagnosis, drug or report.
        detail: what they say, and what was made of them.
        evidence: of both sides.
    """

    input: str
    kind: ConflictKind
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


def reported_conflict(conflict: Conflict) -> Contradiction:
    """A contradiction as a report shows it."""
    return Contradiction(
        input=conflict.input,
        kind=conflict.kind,
        detail=conflict.detail,
        evidence=tuple(reported_evidence(evidence) for evidence in conflict.evidence),
    )
