"""One work-list for all protocols: the missing facts of one patient, those first that decide most.

A protocol that nothing can mend is left out: no result would change its verdict. One that waits for a day
counts, since its results will be asked for when the day has come. What only protocols ask for that need
another change first comes last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from eligibility.findings import Finding, Screening
from eligibility.judging import blocks
from eligibility.reported import WorkDecides, WorkItem
from fhir_mappings.facts import Need


def work_list(screenings: Sequence[Screening]) -> tuple[WorkItem, ...]:
    """What is missing, once for each criterion input or other thing to ask for.

    What is asked for only where the patient is ineligible comes last. Else first comes what alone would
    decide most protocols, then what most criteria ask for, then what can be ordered; else the order of the
    protocols.
    """
    asked: dict[str, list[_Asked]] = {}
    for screening in screenings:
        if any(changes.kind == "never" for changes in screening.changes):
            continue
        for one in _of_screening(screening):
            asked.setdefault(one.need.input, []).append(one)
    lost = {s.protocol for s in screenings if s.verdict == "ineligible"}
    items = [_item(of_input) for of_input in asked.values()]
    return tuple(
        sorted(items, key=lambda item: (lost.issuperset(d.protocol for d in item.decides), _rank(item)))
    )


class _Asked(NamedTuple):
    need: Need
    decides: WorkDecides


def _of_screening(screening: Screening) -> Iterator[_Asked]:
    blocking = [finding for finding in screening.findings if blocks(finding)]
    asking = [finding for top in blocking for finding in asking_of(top)]
    needs = {need.input: need for finding in reversed(asking) for need in finding.needs}
    # Where something else than missing data stands in the way, no result alone turns the verdict.
    only_data = all(finding.outcome == "missing" for finding in blocking)
    for name in dict.fromkeys(need.input for finding in asking for need in finding.needs):
        askers = [finding for finding in asking if any(n.input == name for n in finding.needs)]
        criteria = tuple(finding.criterion for finding in askers)
        settles = tuple(f.criterion for f in askers if all(n.input == name for n in f.needs))
        alone = only_data and all(_suffices(name, finding) for finding in asking)
        decides = WorkDecides(protocol=screening.protocol, criteria=criteria, settles=settles, alone=alone)
        yield _Asked(needs[name], decides)


def _suffices(name: str, finding: Finding) -> bool:
    """Whether this input alone could settle a finding: nothing else is asked, or it is enough for a score."""
    asked = {need.input for need in finding.needs}
    if asked == {name}:
        return True
    if len(finding.scores) != 1 or finding.kind != "inclusion":
        return False
    (score,) = finding.scores
    own = {need.input for item in score.items for need in item.needs} | {score.input}
    return asked <= own and any({need.input for need in found.needs} == {name} for found in score.deciding)


def asking_of(finding: Finding) -> Iterator[Finding]:
    """The finding, or those of its parts, that data would settle."""
    parts = [part for part in finding.parts if blocks(part)]
    for part in parts:
        yield from asking_of(part)
    if not parts and finding.outcome in ("missing", "review"):
        yield finding


def _item(asked: Sequence[_Asked]) -> WorkItem:
    told = _best_told(one.need for one in asked)
    return WorkItem(
        input=told.input,
        why=told.why,
        detail=told.detail,
        order=told.order,
        decides=tuple(one.decides for one in asked),
    )


def _best_told(needs: Iterable[Need]) -> Need:
    """Of what the protocols say of one input, what names an order, else what comes first."""
    return min(needs, key=lambda need: need.order is None)


def _rank(item: WorkItem) -> tuple[int, int, bool]:
    alone = sum(decides.alone for decides in item.decides)
    return -alone, -sum(len(decides.criteria) for decides in item.decides), item.order is None
