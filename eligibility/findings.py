"""What the engine answers: findings, screenings and the report that carries them.

The shapes are the published contract of ``POST /screenings`` and ``trialcards screen --format json``.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from fhir_mappings.facts import Coding, Unread, WhyMissing

Outcome = Literal["pass", "presumed", "fail", "missing", "review", "attest"]
Leaning = Literal["pass", "fail"]
Verdict = Literal[
    "ineligible",
    "ineligible-for-now",
    "probably-ineligible",
    "undetermined",
    "potentially-eligible",
]


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


class Finding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer to one criterion, in patient-eligibility polarity: inclusion and exclusion read alike."""

    criterion: str
    kind: Literal["inclusion", "exclusion"]
    text: str
    outcome: Outcome
    leaning: Leaning | None
    reason: str
    clears_on: str | None
    evidence: tuple[ReportedEvidence, ...]
    needs: tuple[ReportedNeed, ...]
    notes: tuple[str, ...]
    parts: tuple[Finding, ...]


class Screening(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All findings of one patient against one protocol, and the verdict."""

    protocol: str
    version: str
    title: str
    anchors: dict[str, str]
    verdict: Verdict
    earliest: str | None
    stands_until: str | None
    findings: tuple[Finding, ...]


class ScreeningReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One patient against all asked protocols."""

    patient: str
    as_of: str
    engine: str
    screenings: tuple[Screening, ...]
    unread: tuple[Unread, ...]
