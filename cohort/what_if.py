"""What if a protocol asked less? Answers over a finished run, from its tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from cohort.dropping import Alone, Dropped, Dropping, Step, Together, Unit
from cohort.groups import BYS, SMALLEST, By, Grouped
from cohort.moved_groups import moved_by_group, reported_limit
from cohort.plan import Plan
from cohort.tables import MEMORY, opened
from eligibility.bound import BoundCriterion, BoundProtocol
from fhir_mappings.phrases import said


class UnknownCriterionError(LookupError):
    """The protocol has no such criterion; the message names those that it has."""


class WhatIf(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What would come out of a run if its protocol asked less.

    Attributes:
        criteria: of the protocol, in its order, each with its words.
        screened: patients who were.
        alone: each criterion dropped by itself.
        pair: the two whose drop lets most patients in; none where one alone lets as many in.
        sequence: criteria to drop one after another, each time the one that lets most further patients in.
        dropped: those asked for; none where none were.
        smallest: numbers of patients of a group from 1 to below this one are withheld.
        groups: who would enter by that, by group, in columns of ``cohort.entering.MOVES``.
    """

    protocol: str
    version: str
    title: str
    as_of: str
    criteria: dict[str, str]
    screened: int
    alone: tuple[Alone, ...]
    pair: Together | None
    sequence: tuple[Step, ...]
    dropped: Dropped | None
    groups: tuple[Grouped, ...]
    smallest: int


def what_if(
    out: Path,
    plan: Plan,
    protocol: str,
    drop: Sequence[str] = (),
    *,
    parts: bool = False,
    by: Sequence[By] = BYS,
    smallest: int = SMALLEST,
    language: str | None = None,
    memory: str = MEMORY,
) -> WhatIf:
    """What would come out of the run in ``out`` if criteria were dropped.

    Args:
        out: the folder of a finished run.
        plan: what it was asked.
        protocol: its id, one of the run.
        drop: criteria, in any case; parts only of those that ask for all of their parts.
        parts: count also the parts of criteria that ask for all of theirs, each by itself.
        by: groups to count by.
        smallest: numbers of patients of a group from 1 to below it are withheld.
        language: of the title; that of the run by default.
        memory: what the work may take.

    Raises:
        UnknownCriterionError: a criterion is not one of the protocol, or a part that cannot be dropped alone.
        cohort.dropping.TooManyCriteriaError: there are more than can be told apart.
        As ``cohort.tables.opened``.
    """
    chosen, bound = next((one, bound) for one, bound in plan.bound() if one.id == protocol and not one.aside)
    named = _named(drop, bound)
    tops = {criterion.id for criterion in bound.criteria}
    split = parts or any(criterion not in tops for criterion in named)
    with opened(out, memory=memory) as tables:
        whole = Dropping(tables, protocol, list(_units(bound.criteria, split=False)))
        pair, sequence = whole.pair(), whole.sequence()
        dropping = Dropping(tables, protocol, list(_units(bound.criteria, split=True))) if split else whole
        nothing = dropping.dropped(())
        dropped = dropping.dropped(named) if named else None
        rows = dropping.by_group(named) if named else []
        reported = reported_limit(out)
        return WhatIf(
            protocol=chosen.id,
            version=chosen.version,
            title=said(bound.protocol.short_title, language or plan.language),
            as_of=plan.as_of.isoformat(),
            criteria=dict(_words(bound.criteria)),
            screened=sum(nothing.verdicts_before.values()),
            alone=dropping.alone(),
            pair=pair,
            sequence=sequence,
            dropped=dropped,
            groups=tuple(moved_by_group(one, rows, smallest, reported) for one in by if rows),
            smallest=max(smallest, reported),
        )


def _named(names: Sequence[str], bound: BoundProtocol) -> list[str]:
    """Criteria and parts by their ids as the protocol writes them."""
    droppable = {one.lower(): one for one in _droppable(bound.criteria)}
    known = {one.lower() for one, _ in _words(bound.criteria)}
    found = []
    for name in names:
        low = name.strip().lower()
        if low not in droppable:
            ids = ", ".join(criterion.id for criterion in bound.criteria)
            if low in known:
                raise UnknownCriterionError(
                    f"{name} is one of several parts of which one suffices: without it nothing changes for "
                    "the better; drop the criterion as a whole"
                )
            raise UnknownCriterionError(f"{bound.protocol.id} has no criterion '{name}'; there are: {ids}")
        found.append(droppable[low])
    return list(dict.fromkeys(found))


def _units(criteria: Sequence[BoundCriterion], split: bool) -> Iterator[Unit]:
    for criterion in criteria:
        if split and criterion.combine == "all" and criterion.parts:
            yield from _split(criterion, criterion.id)
        else:
            yield Unit(criterion.id, criterion.id, (criterion.id,))


def _split(criterion: BoundCriterion, of: str) -> Iterator[Unit]:
    yield Unit(criterion.id, of, tuple(_finest(criterion)))
    for part in criterion.parts if criterion.combine == "all" else ():
        yield from _split(part, of)


def _finest(criterion: BoundCriterion) -> Iterator[str]:
    if criterion.combine == "all" and criterion.parts:
        for part in criterion.parts:
            yield from _finest(part)
    else:
        yield criterion.id


def _droppable(criteria: Sequence[BoundCriterion]) -> Iterator[str]:
    for criterion in criteria:
        yield criterion.id
        if criterion.combine == "all":
            yield from _droppable(criterion.parts)


def _words(criteria: Sequence[BoundCriterion]) -> Iterator[tuple[str, str]]:
    for criterion in criteria:
        yield criterion.id, criterion.text
        yield from _words(criterion.parts)
