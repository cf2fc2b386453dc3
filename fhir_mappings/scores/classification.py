"""EULAR/ACR 2019: met, not met, or open; the points alone do not classify."""

from __future__ import annotations

from typing import Literal

import msgspec

from fhir_mappings.facts import Evidence, Need
from fhir_mappings.phrases import listed, phrase, term
from fhir_mappings.scores.counting import points
from fhir_mappings.scores.findings import ItemFinding
from fhir_mappings.scores.rules import Classification
from fhir_mappings.scores.scoring import Scored
from fhir_mappings.scores.states import State, unique


class Classified(msgspec.Struct, frozen=True, kw_only=True):
    """The classification, with what it rests on and what would decide it."""

    category: Literal["met", "not-met"] | None
    evidence: tuple[Evidence, ...]
    needs: tuple[Need, ...]
    notes: tuple[str, ...]


def classify(rule: Classification, scored: Scored) -> Classified:
    """Classify by entry item, clinical item and points.

    Met needs all three to be shown. Not met needs one of them to be ruled out: the entry item recorded as
    absent with no positive result, no clinical item left, or too few points left. A negative result alone
    rules nothing out, since each item counts once it was ever there.
    """
    entry = next(f for f in scored.findings if f.item.id == rule.entry)
    clinical = [f for f in scored.findings if f.item.domain in rule.clinical_domains]
    category = _category(rule, scored, entry, clinical)
    if category is not None:
        evidence = scored.evidence if category == "met" else (*entry.judgement.evidence, *scored.evidence)
        return Classified(category=category, evidence=unique(evidence), needs=(), notes=scored.notes)
    notes = (*scored.notes, *_open(rule, scored, entry, clinical))
    needs = _needs(rule, scored, entry, clinical)
    return Classified(category=None, evidence=scored.evidence, needs=needs, notes=notes)


def _needs(
    rule: Classification, scored: Scored, entry: ItemFinding, clinical: list[ItemFinding]
) -> tuple[Need, ...]:
    """The entry item first: without it, points do not matter, and with enough points it is all that lacks."""
    first = entry.judgement.needs[:1]
    if entry.state is State.UNATTRIBUTED:
        first = tuple(doubt.need for doubt in entry.judgement.doubts if doubt.need)
    if first and _has_clinical(rule, scored, clinical) and scored.value.low >= rule.points:
        return first
    asked = {need.input for need in first}
    return (*first, *(need for need in scored.needs if need.input not in asked))


def _category(
    rule: Classification, scored: Scored, entry: ItemFinding, clinical: list[ItemFinding]
) -> Literal["met", "not-met"] | None:
    has_entry = entry.state is State.PRESENT
    if has_entry and _has_clinical(rule, scored, clinical) and scored.value.low >= rule.points:
        return "met"
    too_few = scored.value.high < rule.points
    none_left = all(f.state is State.ABSENT for f in clinical)
    return "not-met" if entry.state is State.ABSENT or too_few or none_left else None


def _has_clinical(rule: Classification, scored: Scored, clinical: list[ItemFinding]) -> bool:
    """Shown by an item, or by a recorded total that no immunological item alone can reach."""
    if any(f.state is State.PRESENT for f in clinical):
        return True
    others = [i for i in scored.definition.items if i.domain not in rule.clinical_domains]
    return scored.value.low > points(others, scored.definition.counting)


def _open(rule: Classification, scored: Scored, entry: ItemFinding, clinical: list[ItemFinding]) -> list[str]:
    lacking = []
    if entry.state is not State.PRESENT:
        lacking.append(
            phrase(
                "classification.is-not-shown",
                item=entry.item.label,
                entry=term(entry.item.definition.rstrip(".")),
            )
        )
    if not _has_clinical(rule, scored, clinical):
        lacking.append(phrase("classification.no-clinical-criterion-is-shown"))
    if scored.value.low < rule.points:
        lacking.append(
            phrase("classification.of-points-are-shown", low=f"{scored.value.low:g}", points=rule.points)
        )
    return [phrase("classification.still-open", lacking=listed("clauses", lacking))] if lacking else []
