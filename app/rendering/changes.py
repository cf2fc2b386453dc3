"""What would make a patient eligible, and when, and the work-list, in words for every surface.

A change is told as what would have to be so. Nothing here says what anybody should do.
"""

from __future__ import annotations

from collections.abc import Iterator

from eligibility.reported import Change, ChangeKind, ChangeSet, WorkDecides
from fhir_mappings.vocabulary import vocabulary

MOST_LABELS = 8
"""So many results that are needed again are named; the report itself has all."""

KINDS: dict[ChangeKind, str] = {
    "time": "Time alone",
    "data": "Data that are missing",
    "judgement": "A clinician's judgement",
    "clinical": "Another clinical state",
    "never": "Nothing: it stands in the way for good",
}

_ORDER: tuple[ChangeKind, ...] = ("time", "data", "judgement", "clinical", "never")


def set_words(changes: ChangeSet) -> str:
    """What the hardest of the changes is, and the day from which the set holds."""
    return f"{KINDS[changes.kind]}, from {changes.on} on" if changes.on else KINDS[changes.kind]


def change_lines(changes: ChangeSet) -> Iterator[str]:
    """The changes of a set, a line each, the easiest kinds first; those in the same words as one."""
    told: dict[tuple[ChangeKind, str, str | None], list[Change]] = {}
    for change in sorted(changes.changes, key=lambda change: _ORDER.index(change.kind)):
        told.setdefault((change.kind, change.what, change.on), []).append(change)
    for (_, what, on), same in told.items():
        criteria = ", ".join(dict.fromkeys(change.criterion for change in same))
        when = f" (from {on} on)" if on else ""
        yield f"{criteria}: {what}{when}{_orders(same[0])}"


def _orders(change: Change) -> str:
    orders = dict.fromkeys(f"{n.order.display} ({n.order.code})" for n in change.needs if n.order)
    return f" → order {'; '.join(orders)}" if orders else ""


def by_then_words(changes: ChangeSet) -> str:
    """What would have to be obtained again by the day of a set; empty where nothing is."""
    labels = list(dict.fromkeys(_label(need.input) for need in changes.by_then))
    told = ", ".join(labels[:MOST_LABELS])
    more = f" and {len(labels) - MOST_LABELS} more" if len(labels) > MOST_LABELS else ""
    return f"By then these count no longer and are needed again: {told}{more}" if told else ""


def _label(name: str) -> str:
    """Words for a criterion input; what is asked for without being one has its name only."""
    described = vocabulary().input(name)
    return described.label if described is not None else name.replace("_", " ")


def decides_words(decides: WorkDecides) -> str:
    """For which criteria of a protocol something is missing, and whether it alone decides there."""
    alone = "; nothing else stands in the way" if decides.alone else ""
    return f"{decides.protocol}: {', '.join(decides.criteria)}{alone}"
