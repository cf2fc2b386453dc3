"""What would make a patient eligible, and when, and the work-list, in words for every surface.

A change is told as what would have to be so. Nothing here says what anybody should do.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.order_names import order_name
from app.rendering.telling import spoken, tell
from eligibility.reported import Change, ChangeKind, ChangeSet, WorkDecides
from fhir_mappings.phrases import said
from fhir_mappings.vocabulary import vocabulary

MOST_LABELS = 8
"""So many results that are needed again are named; the report itself has all."""

_ORDER: tuple[ChangeKind, ...] = ("time", "data", "judgement", "clinical", "never")


def set_words(changes: ChangeSet) -> str:
    """What the hardest of the changes is, and the day from which the set holds."""
    kind = tell(f"change.{changes.kind}")
    return tell("change.from", kind=kind, date=changes.on) if changes.on else kind


def change_lines(changes: ChangeSet) -> Iterator[str]:
    """The changes of a set, a line each, the easiest kinds first; those in the same words as one."""
    told: dict[tuple[ChangeKind, str, str | None], list[Change]] = {}
    for change in sorted(changes.changes, key=lambda change: _ORDER.index(change.kind)):
        told.setdefault((change.kind, change.what, change.on), []).append(change)
    for (_, what, on), same in told.items():
        criteria = ", ".join(dict.fromkeys(change.criterion for change in same))
        when = tell("change.when", date=on) if on else ""
        yield tell("named", name=criteria, what=f"{what}{when}{_orders(same[0])}")


def _orders(change: Change) -> str:
    orders = dict.fromkeys(
        tell("order", order=order_name(n.order, spoken()), code=n.order.code) for n in change.needs if n.order
    )
    return tell("change.orders", orders=tell("separator").join(orders)) if orders else ""


def by_then_words(changes: ChangeSet) -> str:
    """What would have to be obtained again by the day of a set; empty where nothing is."""
    labels = list(dict.fromkeys(input_label(need.input) for need in changes.by_then))
    told = tell("separator.names").join(labels[:MOST_LABELS])
    more = tell("more", count=len(labels) - MOST_LABELS) if len(labels) > MOST_LABELS else ""
    return tell("change.by-then", labels=f"{told}{more}") if told else ""


def input_label(name: str) -> str:
    """Words for a criterion input or a class of codes; what else is asked for has its name only."""
    described = vocabulary().input(name)
    if described is not None:
        return said(described.label, spoken())
    if vocabulary().expand(name):
        return said(vocabulary().concept_label(name), spoken())
    return name.replace("_", " ")


def decides_words(decides: WorkDecides) -> str:
    """For which criteria of a protocol something is missing, and whether it alone decides there."""
    alone = tell("decides.alone") if decides.alone else ""
    return tell("named", name=decides.protocol, what=f"{', '.join(decides.criteria)}{alone}")
