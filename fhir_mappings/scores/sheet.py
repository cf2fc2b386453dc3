"""A score as a sheet: the items with their states and evidence, as a report shows them."""

from __future__ import annotations

from collections.abc import Iterable

from fhir_mappings.facts import ClassificationRule, Conflict, Need, ScoreItem, ScoreReading, ScoreSheet
from fhir_mappings.facts import ItemState as StateName
from fhir_mappings.intervals import Interval
from fhir_mappings.phrases import listed, phrase, term
from fhir_mappings.scores.definitions import costs
from fhir_mappings.scores.findings import ItemFinding
from fhir_mappings.scores.forms import Recorded
from fhir_mappings.scores.rules import Definition
from fhir_mappings.scores.scoring import NEEDS_PER_ITEM, Scored
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import State, unique

STATE_NAMES: dict[State, StateName] = {
    State.PRESENT: "present",
    State.UNATTRIBUTED: "unattributed",
    State.ABSENT: "absent",
    State.UNKNOWN: "unknown",
}


def sheet_of(scored: Scored, situation: Situation) -> ScoreSheet:
    """The sheet of a score that is counted from items."""
    definition = scored.definition
    findings = scored.findings[: len(definition.items)]
    counted = _counted(findings, definition)
    rule = definition.classification
    return ScoreSheet(
        score=definition.name,
        label=definition.label,
        items=tuple(_item(f, f.item.id in counted) for f in findings),
        value=scored.value,
        attributed=_attributed(scored),
        basis="conflict" if scored.conflict else "recorded" if scored.total else "items",
        on=situation.on,
        since=situation.since,
        best_of_domain=definition.counting == "best-of-domain",
        recorded=_recorded(scored, scored.recorded),
        conflict=scored.conflict,
        at_odds=tuple(
            Conflict(
                input=definition.name,
                kind="same-time",
                detail=phrase(
                    "sheet.a-person-has-to-judge", definition=definition.label, at_odds=entry.at_odds
                ),
                when=entry.when,
                evidence=entry.evidence,
            )
            for finding in findings
            if (entry := scored.recorded.entries.get(finding.item.id)) is not None and entry.at_odds
        ),
        form=scored.form,
        rule=None
        if rule is None
        else ClassificationRule(entry=rule.entry, points=rule.points, clinical_domains=rule.clinical_domains),
        others=tuple(
            ScoreReading(
                label=phrase("sheet.reading", words=term(words), score=other.definition.label),
                value=other.value,
                attributed=_attributed(other),
                recorded=other.basis == "recorded",
            )
            for words, other in scored.others
            if scored.total is None or _tells(other)
        ),
    )


def _tells(other: Scored) -> bool:
    """Whether another definition says more than that the score lies between none and all points."""
    return other.total is not None or other.definition.maximum > other.value.high or other.value.low > 0


def _item(finding: ItemFinding, counted: bool) -> ScoreItem:
    item, judgement = finding.item, finding.judgement
    needs: tuple[Need, ...] = ()
    effort = None
    if finding.state is State.UNKNOWN:
        needs, effort = judgement.needs[:NEEDS_PER_ITEM], item.effort
        if effort == "laboratory" and not needs:
            # Measured and normal, which rules nothing out where items count once seen: the history tells.
            effort = "bedside"
    elif finding.state is State.UNATTRIBUTED:
        needs = unique(doubt.need for doubt in judgement.doubts if doubt.need)
        effort = "attribution"
    return ScoreItem(
        id=item.id,
        label=item.label,
        domain=item.domain,
        weight=item.weight,
        state=STATE_NAMES[finding.state],
        counted=counted,
        effort=effort,
        cost=costs()[effort] if effort else 0,
        doubts=unique(doubt.reason for doubt in judgement.doubts),
        doubted_by=unique(e for doubt in judgement.doubts for e in doubt.evidence),
        remark=listed("clauses", judgement.notes) or None,
        evidence=judgement.evidence,
        needs=needs,
    )


def _counted(findings: Iterable[ItemFinding], definition: Definition) -> frozenset[str]:
    """The items whose points make up the lower bound: of each domain the heaviest, where only that counts."""
    present = [f.item for f in findings if f.state is State.PRESENT]
    if definition.counting == "all":
        return frozenset(item.id for item in present)
    best = {item.domain: item.id for item in sorted(present, key=lambda item: item.weight)}
    return frozenset(best.values())


def _attributed(scored: Scored) -> float:
    """The lower end with attribution; beside a recorded total, what the total leaves of it."""
    value: Interval = scored.value
    if scored.attributed is None:
        return value.low
    return min(max(scored.attributed.low, value.low), value.high)


def _recorded(scored: Scored, recorded: Recorded) -> str | None:
    total = scored.total
    if total is not None:
        told = phrase("bilag.on", total=total.value, total_b=total.when.in_words)
        return (
            phrase("sheet.as", told=told, total_of=scored.total_of)
            if scored.total_of != scored.definition.label
            else told
        )
    if recorded.floor is not None:
        return phrase("sheet.on", floor=recorded.floor.value, floor_b=recorded.floor.when)
    if recorded.past is not None:
        return phrase(
            "sheet.on-before-the-time-that-counts", past=recorded.past.value, past_b=recorded.past.when
        )
    return None
