"""A score item by item: what stands behind its bounds, what is recorded, and what would settle the rest."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from fhir_mappings.facts.conflicts import Conflict
from fhir_mappings.facts.provenance import Evidence, Need
from fhir_mappings.intervals import Interval

ItemState = Literal["present", "unattributed", "absent", "unknown"]
Effort = Literal["attribution", "laboratory", "bedside", "biopsy"]


class ScoreItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a score, one organ system of an index, or one clause of its definition.

    Attributes:
        weight: points; 1 for an organ system whose grade is counted, 0 for a clause.
        state: ``present``; ``unattributed``: there, but not yet attributed; ``absent``; ``unknown``.
        counted: it is part of the lower bound; false for what is present beside a heavier item of its domain.
        grade: for an organ system, its grade, recorded or supported by results; for a clause, the grade that
            it can give.
        effort: what it takes to settle the item; ``None`` once it is present or absent.
        cost: the effort as a number, to compare sets of items by their sum.
        doubts: for ``unattributed``, what has to be judged.
        doubted_by: the evidence of the doubts.
        remark: what else belongs beside the item.
        parts: for an organ system, the clauses that were put to the chart.
    """

    id: str
    label: str
    domain: str
    weight: int
    state: ItemState
    counted: bool = False
    grade: str | None = None
    effort: Effort | None = None
    cost: int = 0
    doubts: tuple[str, ...] = ()
    doubted_by: tuple[Evidence, ...] = ()
    remark: str | None = None
    evidence: tuple[Evidence, ...] = ()
    needs: tuple[Need, ...] = ()
    parts: tuple[ScoreItem, ...] = ()


class ScoreReading(msgspec.Struct, frozen=True, kw_only=True):
    """Another definition of a score with its value, shown for display beside the one that is used.

    ``attributed``: lower end of the value if everything that awaits attribution counts.
    """

    label: str
    value: Interval
    attributed: float
    recorded: bool


class ClassificationRule(msgspec.Struct, frozen=True, kw_only=True):
    """What classifies besides points: the id of the entry item, and domains of which one must contribute."""

    entry: str
    points: int
    clinical_domains: frozenset[str]


class ScoreSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A score on one day with its items.

    Attributes:
        value: the score: a recorded total where one counts, else the bounds that the items give.
        attributed: lower end of the value if everything that awaits attribution counts; within ``value``.
        basis: ``recorded``; ``items``: counted from items; ``conflict``: record and chart contradict each
            other, and ``value`` spans both.
        since, on: first and last day of the scoring window; without ``since``, items count once seen.
        best_of_domain: only the heaviest item of each domain counts.
        recorded: a total on record, with its day, in words; also one that is too old to count.
        conflict: what that total contradicts.
        at_odds: what forms of one time say differently.
        form: the need that the whole form would meet.
        rule: for classification criteria, what classifies besides points.
        others: other definitions of the score, for display.
    """

    score: str
    label: str
    items: tuple[ScoreItem, ...]
    value: Interval
    attributed: float
    basis: Literal["recorded", "items", "conflict"]
    on: date
    since: date | None = None
    best_of_domain: bool = False
    recorded: str | None = None
    conflict: str | None = None
    at_odds: tuple[Conflict, ...] = ()
    form: Need | None = None
    rule: ClassificationRule | None = None
    others: tuple[ScoreReading, ...] = ()
