"""The words, signs and colours that stand for verdicts and outcomes, the same on every surface.

Each outcome has a sign of its own, so that a page printed in grey and a reader who does not see colour
lose nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from app.order_names import order_name
from app.rendering.telling import spoken, tell
from eligibility.findings import Finding, Outcome, Screening, Verdict
from eligibility.judging import blocks
from eligibility.overview.results import shown_unit
from eligibility.reported import Contradiction, ReportedEvidence, ReportedGate, WorkItem
from fhir_mappings.facts import Need


class Look(NamedTuple):
    """How an outcome or a verdict is shown: a sign, the key of its words, a terminal style."""

    sign: str
    key: str
    style: str

    @property
    def words(self) -> str:
        """Its words."""
        return tell(self.key)


OUTCOMES: dict[Outcome, Look] = {
    "pass": Look("✓", "outcome.pass", "green"),
    "presumed": Look("~", "outcome.presumed", "cyan"),
    "fail": Look("✗", "outcome.fail", "bold red"),
    "missing": Look("?", "outcome.missing", "yellow"),
    "review": Look("◇", "outcome.review", "magenta"),
    "attest": Look("☐", "outcome.attest", "blue"),
}

VERDICTS: dict[Verdict, Look] = {
    "ineligible": Look("✗", "verdict.ineligible", "bold red"),
    "ineligible-for-now": Look("✗", "verdict.ineligible-for-now", "bold red"),
    "probably-ineligible": Look("◇", "verdict.probably-ineligible", "bold magenta"),
    "undetermined": Look("?", "verdict.undetermined", "bold yellow"),
    "potentially-eligible": Look("✓", "verdict.potentially-eligible", "bold green"),
}


def outcome_words(finding: Finding) -> str:
    """``pass``, ``fail`` …; a review says which way it leans."""
    words = OUTCOMES[finding.outcome].words
    return tell(f"leaning.{finding.leaning}", words=words) if finding.leaning else words


def verdict_words(screening: Screening) -> str:
    """The verdict in plain words, with the day on which time alone would lift it."""
    words = VERDICTS[screening.verdict].words
    return tell("verdict.earliest", words=words, date=screening.earliest) if screening.earliest else words


def gate_words(gate: ReportedGate) -> str:
    """On what evidence of the disease the screening stands, and whether that is enough for a card."""
    if gate.grade is None:
        return tell("gate.none", label=gate.label, reason=gate.reason)
    return tell("gate.shown" if gate.opens else "gate.not-enough", label=gate.label, reason=gate.reason)


def need_words(need: Need | WorkItem) -> str:
    """Why something is missing and the order that would supply it, as one phrase."""
    told = why_words(need)
    if need.order is None:
        return told
    return tell("need.order", need=told, order=order_name(need.order, spoken()), code=need.order.code)


def why_words(need: Need | WorkItem) -> str:
    """Why something is missing."""
    return tell("named", name=tell(f"why.{need.why}"), what=need.detail)


def contradiction_words(contradiction: Contradiction) -> str:
    """What the record says twice or in two ways, and what was made of it."""
    return tell("named", name=tell(f"contradiction.{contradiction.kind}"), what=contradiction.detail)


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
    return (
        ""
        if below and all(phrase in below for phrase in finding.reason.split(tell("separator")))
        else finding.reason
    )


def own_needs(finding: Finding) -> list[Need]:
    """The needs that none of the sub-criteria shows already."""
    below = {(need.input, need.why, need.detail) for part in finding.parts for need in part.needs}
    return [need for need in finding.needs if (need.input, need.why, need.detail) not in below]


def own_evidence(finding: Finding) -> list[ReportedEvidence]:
    """The evidence that none of the sub-criteria shows already."""
    below = {(item.reference, item.path) for part in finding.parts for item in part.evidence}
    return [item for item in finding.evidence if (item.reference, item.path) not in below]


def used_value(item: ReportedEvidence) -> str:
    """A value as it was used, with its unit as people write it: six digits at most, as far as they tell."""
    value = item.value
    if isinstance(value, float):
        value = f"{value:.0f}" if abs(value) >= 1_000_000 else f"{value:.6g}"
    return f"{value} {shown_unit(item.unit) if item.unit else ''}".strip()
