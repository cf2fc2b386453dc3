"""The words for a score: its bounds, its items, and what would decide, the same on every surface."""

from __future__ import annotations

from collections.abc import Iterator

from app.rendering.words import WHY_MISSING, Look, evidence_words
from eligibility.findings import Finding
from eligibility.reported import ReportedDecision, ReportedItem, ReportedReading, ReportedScore
from fhir_mappings.facts import Effort, ItemState

# The signs differ from those of outcomes: a finding that is present is no pass.
ITEM_STATES: dict[ItemState, Look] = {
    "present": Look("●", "present", "bold"),
    "unattributed": Look("◐", "present, not attributed", "magenta"),
    "absent": Look("○", "absent", "dim"),
    "unknown": Look("?", "not known", "yellow"),
}

EFFORTS: dict[Effort, str] = {
    "attribution": "a clinician's word",
    "laboratory": "a measurement",
    "bedside": "an assessment",
    "biopsy": "a biopsy",
}


def own_scores(finding: Finding) -> list[ReportedScore]:
    """The scores that none of the sub-criteria shows already."""
    below = {(score.input, score.since) for part in finding.parts for score in part.scores}
    return [score for score in finding.scores if (score.input, score.since) not in below]


def bounds_words(score: ReportedScore | ReportedReading) -> str:
    """A score in words: its number, or what it is at least, with attribution, and at most."""
    if score.lower == score.upper:
        return _number(score.lower)
    told = f"{_number(score.lower)} to {_number(score.upper)}"
    if score.attributed > score.lower:
        told += f", at least {_number(score.attributed)} if what awaits attribution counts"
    return told


def basis_words(score: ReportedScore) -> str:
    """How the number came about."""
    if score.basis == "conflict":
        return "record and chart contradict each other"
    return "as recorded" if score.basis == "recorded" else "counted from the chart"


def score_line(score: ReportedScore) -> str:
    """One line for a terminal: the bounds, and the cheapest thing that would decide."""
    line = f"{score.label}: {bounds_words(score)} ({basis_words(score)})"
    if score.deciding:
        line += f"; would decide: {decision_words(score.deciding[0])}"
    return line


def decision_words(decision: ReportedDecision) -> str:
    """A set of items that would decide: which, how many points, and what it takes."""
    orders = "; ".join(
        f"order {need.order.display} ({need.order.code})" for need in decision.needs if need.order
    )
    points = "1 point" if decision.points == 1 else f"{decision.points} points"
    told = f"{' + '.join(decision.labels)} ({points}; takes {EFFORTS[decision.effort]})"
    return f"{told} → {orders}" if orders else told


def window_words(score: ReportedScore) -> str:
    """The days from which the items are taken."""
    return f"{score.since} to {score.until}" if score.since else f"ever until {score.until}"


def item_state_words(item: ReportedItem) -> str:
    """Sign and words for the state of an item; a grade is told with it.

    A domain whose grade is not the one that is counted has that grade, and is not absent.
    """
    look = ITEM_STATES[item.state]
    if item.grade and item.weight and item.state in ("present", "absent"):
        return f"{look.sign} graded {item.grade}"
    grade = f", grade {item.grade}" if item.grade else ""
    return f"{look.sign} {look.words}{grade}"


def item_points(item: ReportedItem, score: ReportedScore) -> str:
    """The weight, and whether a heavier item of the domain counts instead."""
    outweighed = score.best_of_domain and item.state == "present" and not item.counted and item.weight
    return f"{item.weight} (outweighed)" if outweighed else str(item.weight)


def item_rows(score: ReportedScore, first: ReportedScore) -> Iterator[tuple[str, int, ReportedItem]]:
    """The items with their clauses below them: the domain where a new one begins, the depth, the item.

    Clauses that the ``first`` score of the finding shows already are not shown again.
    """
    shown = {} if score is first else {item.item: item.parts for item in first.items}
    before = None
    for item in score.items:
        named = item.domain not in (before, item.label)
        yield item.domain if named else "", 0, item
        before = item.domain
        if item.parts != shown.get(item.item):
            for part in item.parts:
                yield "", 1, part


def item_account(item: ReportedItem) -> list[str]:
    """What stands behind the state of an item: doubts, remarks, evidence, and what is missing."""
    told = [item.because, item.remark]
    evidence = [evidence_words(evidence) for evidence in item.evidence]
    # What has to be judged is told by the doubt; its need would say it again.
    missing = () if item.state == "unattributed" else item.needs
    needs = [f"{WHY_MISSING[need.why]}: {need.detail}" for need in missing]
    return [words for words in (*told, *evidence, *needs) if words]


def _number(value: float) -> str:
    return f"{value:g}"
