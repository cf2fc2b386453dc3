"""The words, signs and colours that stand for verdicts and outcomes, the same on every surface.

Each outcome has a sign of its own, so that a page printed in grey and a reader who does not see colour
lose nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from eligibility.findings import Finding, Outcome, Screening, Verdict
from eligibility.judging import blocks
from eligibility.reported import Contradiction, ReportedEvidence, ReportedGate, WorkItem
from fhir_mappings.facts import ConflictKind, Need, WhyMissing


class Look(NamedTuple):
    """How an outcome or a verdict is shown: a sign, words, a terminal style."""

    sign: str
    words: str
    style: str


OUTCOMES: dict[Outcome, Look] = {
    "pass": Look("✓", "pass", "green"),
    "presumed": Look("~", "presumed", "cyan"),
    "fail": Look("✗", "fail", "bold red"),
    "missing": Look("?", "missing", "yellow"),
    "review": Look("◇", "review", "magenta"),
    "attest": Look("☐", "attest", "blue"),
}

VERDICTS: dict[Verdict, Look] = {
    "ineligible": Look("✗", "Ineligible on these data", "bold red"),
    "ineligible-for-now": Look("✗", "Ineligible for now", "bold red"),
    "probably-ineligible": Look("◇", "Probably ineligible, for a clinician to review", "bold magenta"),
    "undetermined": Look("?", "Undetermined", "bold yellow"),
    "potentially-eligible": Look("✓", "Potentially eligible; the investigator decides", "bold green"),
}

CONTRADICTIONS: dict[ConflictKind, str] = {
    "same-time": "two values at one time",
    "value-and-interpretation": "value against interpretation",
    "recorded-and-computed": "recorded against computed",
    "corrected": "corrected",
    "duplicate": "told more than once",
    "confirmed-and-refuted": "confirmed and refuted",
    "active-and-over": "active and over",
    "ordered-and-taken": "ordered one way, taken another",
}

WHY_MISSING: dict[WhyMissing, str] = {
    "never-measured": "never measured",
    "stale": "too old",
    "unreadable": "cannot be read",
    "not-retrieved": "could not be retrieved",
    "conflicting": "sources conflict",
    "too-coarse": "not precise enough",
}


def outcome_words(finding: Finding) -> str:
    """``pass``, ``fail`` …; a review says which way it leans."""
    words = OUTCOMES[finding.outcome].words
    return f"{words}, leans {finding.leaning}" if finding.leaning else words


def verdict_words(screening: Screening) -> str:
    """The verdict in plain words, with the day on which time alone would lift it."""
    words = VERDICTS[screening.verdict].words
    return f"{words}; earliest on {screening.earliest}" if screening.earliest else words


def gate_words(gate: ReportedGate) -> str:
    """On what evidence of the disease the screening stands, and whether that is enough for a card."""
    if gate.grade is None:
        return f"Disease: {gate.label}; no card. Looked for: {gate.reason}"
    shown = "shown by" if gate.opens else "not enough for a card:"
    return f"Disease {shown} {gate.label} ({gate.reason})"


def need_words(need: Need | WorkItem) -> str:
    """Why something is missing and the order that would supply it, as one phrase."""
    order = f" → order {need.order.display} ({need.order.code})" if need.order else ""
    return f"{WHY_MISSING[need.why]}: {need.detail}{order}"


def contradiction_words(contradiction: Contradiction) -> str:
    """What the record says twice or in two ways, and what was made of it."""
    return f"{CONTRADICTIONS[contradiction.kind]}: {contradiction.detail}"


def evidence_words(evidence: ReportedEvidence) -> str:
    """The resource, its day, and the value as it stood in the record."""
    parts = [evidence.reference, evidence.date, evidence.recorded]
    return " · ".join(part for part in parts if part)


def with_parts(finding: Finding, depth: int = 0) -> Iterator[tuple[int, Finding]]:
    """A finding and its sub-criteria, each with its depth (0 for the criterion itself)."""
    yield depth, finding
    for part in finding.parts:
        yield from with_parts(part, depth + 1)


def in_the_way(screening: Screening) -> list[Finding]:
    """The criteria that keep this screening from "potentially eligible", in the protocol's order."""
    return [finding for finding in screening.findings if blocks(finding)]


def own_reason(finding: Finding) -> str:
    """The reason, or nothing where it only joins what the sub-criteria say."""
    below = " ".join(part.reason for part in finding.parts)
    return "" if below and all(phrase in below for phrase in finding.reason.split("; ")) else finding.reason


def own_needs(finding: Finding) -> list[Need]:
    """The needs that none of the sub-criteria shows already."""
    below = {(need.input, need.why, need.detail) for part in finding.parts for need in part.needs}
    return [need for need in finding.needs if (need.input, need.why, need.detail) not in below]


def own_evidence(finding: Finding) -> list[ReportedEvidence]:
    """The evidence that none of the sub-criteria shows already."""
    below = {(item.reference, item.path) for part in finding.parts for item in part.evidence}
    return [item for item in finding.evidence if (item.reference, item.path) not in below]
