"""What the engine answers: findings, screenings and the report that carries them.

The shapes are the published contract of ``POST /screenings`` and ``trialcards screen --format json``.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from eligibility.reported import (
    ChangeSet,
    Contradiction,
    ReportedEvidence,
    ReportedGate,
    ReportedScore,
    ReportedTimeline,
    WorkItem,
)
from fhir_mappings.facts import Need, Unread

Outcome = Literal["pass", "presumed", "fail", "missing", "review", "attest"]
Leaning = Literal["pass", "fail"]
Verdict = Literal[
    "ineligible",
    "ineligible-for-now",
    "probably-ineligible",
    "undetermined",
    "potentially-eligible",
]


class Finding(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer to one criterion, in patient-eligibility polarity: inclusion and exclusion read alike.

    Attributes:
        scores: the scores that were asked for, item by item.
        timeline: for a criterion on the course of treatment, what a person needs to judge it.
        questions: ids of the questions by which a person can answer what is open here.

    These last three are left out of the JSON where there is nothing to tell.
    """

    criterion: str
    kind: Literal["inclusion", "exclusion"]
    text: str
    outcome: Outcome
    leaning: Leaning | None
    reason: str
    clears_on: str | None
    evidence: tuple[ReportedEvidence, ...]
    needs: tuple[Need, ...]
    notes: tuple[str, ...]
    parts: tuple[Finding, ...]
    scores: tuple[ReportedScore, ...] = ()
    timeline: ReportedTimeline | None = None
    questions: tuple[str, ...] = ()


class Screening(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All findings of one patient against one protocol, and the verdict.

    Attributes:
        gate: on what evidence of the trial's disease the screening stands.
        changes: the smallest sets of changes that would turn the verdict, the easiest first.
    """

    protocol: str
    version: str
    title: str
    anchors: dict[str, str]
    verdict: Verdict
    earliest: str | None
    stands_until: str | None
    findings: tuple[Finding, ...]
    gate: ReportedGate | None = None
    changes: tuple[ChangeSet, ...] = ()


class ScreeningReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One patient against all asked protocols.

    Attributes:
        work_list: missing facts of all protocols, those that decide most first.
        contradictions: what the record says twice and differently.
    """

    patient: str
    as_of: str
    engine: str
    screenings: tuple[Screening, ...]
    unread: tuple[Unread, ...]
    work_list: tuple[WorkItem, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
