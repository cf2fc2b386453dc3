"""The words for a score: its bounds, its items, and what would decide, the same on every surface."""

from __future__ import annotations

from collections.abc import Iterator

from app.order_names import order_name
from app.rendering.telling import spoken, tell
from app.rendering.words import Look, evidence_words, why_words
from eligibility.findings import Finding
from eligibility.reported import ReportedDecision, ReportedItem, ReportedReading, ReportedScore
from fhir_mappings.facts import ItemState
from fhir_mappings.scores.bilag_sheet import DEPENDS

# The signs differ from those of outcomes: a finding that is present is no pass.
ITEM_STATES: dict[ItemState, Look] = {
    "present": Look("●", "item.present", "bold"),
    "unattributed": Look("◐", "item.unattributed", "magenta"),
    "absent": Look("○", "item.absent", "dim"),
    "unknown": Look("?", "item.unknown", "yellow"),
}


def own_scores(finding: Finding) -> list[ReportedScore]:
    """The scores that none of the sub-criteria shows already."""
    below = {(score.input, score.since) for part in finding.parts for score in part.scores}
    return [score for score in finding.scores if (score.input, score.since) not in below]


def bounds_words(score: ReportedScore | ReportedReading) -> str:
    """A score in words: its number, or what it is at least, with attribution, and at most."""
    if score.lower == score.upper:
        return _number(score.lower)
    told = tell("score.bounds", low=_number(score.lower), high=_number(score.upper))
    if score.attributed > score.lower:
        told += tell("score.attributed", value=_number(score.attributed))
    return told


def basis_words(score: ReportedScore) -> str:
    """How the number came about."""
    if score.basis == "conflict":
        return tell("score.conflict")
    return tell("score.recorded" if score.basis == "recorded" else "score.counted")


def score_line(score: ReportedScore) -> str:
    """One line for a terminal: the bounds, and the cheapest thing that would decide."""
    line = tell("score.line", label=score.label, bounds=bounds_words(score), basis=basis_words(score))
    if score.deciding:
        line += tell("score.would-decide", what=decision_words(score.deciding[0]))
    return line


def decision_words(decision: ReportedDecision) -> str:
    """A set of items that would decide: which, how many points, and what it takes."""
    orders = tell("separator").join(
        tell("score.order", order=order_name(need.order, spoken()), code=need.order.code)
        for need in decision.needs
        if need.order
    )
    points = tell("score.point" if decision.points == 1 else "score.points", count=decision.points)
    effort = tell(f"effort.{decision.effort}")
    told = tell("score.decision", items=" + ".join(decision.labels), points=points, effort=effort)
    return f"{told} → {orders}" if orders else told


def window_words(score: ReportedScore) -> str:
    """The days from which the items are taken."""
    if score.since:
        return tell("score.window", since=score.since, until=score.until)
    return tell("score.ever", until=score.until)


def item_state_words(item: ReportedItem) -> str:
    """Sign and words for the state of an item; a grade is told with it.

    A domain whose grade is not the one that is counted has that grade, and is not absent.
    """
    look = ITEM_STATES[item.state]
    if item.grade and item.weight and item.state in ("present", "absent"):
        return tell("item.graded", sign=look.sign, grade=item.grade)
    grade = tell("item.grade", grade=_grade_words(item.grade)) if item.grade else ""
    return f"{look.sign} {look.words}{grade}"


def _grade_words(grade: str) -> str:
    """A letter is the same in every language; what depends on other items is told in words."""
    return tell("item.grade.depends") if grade == DEPENDS else grade


def item_points(item: ReportedItem, score: ReportedScore) -> str:
    """The weight, and whether a heavier item of the domain counts instead."""
    outweighed = score.best_of_domain and item.state == "present" and not item.counted and item.weight
    return tell("item.outweighed", weight=item.weight) if outweighed else str(item.weight)


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
    needs = [why_words(need) for need in missing]
    return [words for words in (*told, *evidence, *needs) if words]


def _number(value: float) -> str:
    return f"{value:g}"
