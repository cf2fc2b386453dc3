"""What lacks most: the criterion inputs that would decide most patients, and why they are missing."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from cohort.tables import Tables
from eligibility.bound import BoundCriterion

_TOP = re.compile(r"[A-Z]+[0-9]+")
"""The criterion in the name of a part of it."""

WHY = ("not-retrieved", "unreadable", "conflicting", "too-coarse", "stale", "never-measured")
"""Why something is missing. Where criteria say different things of one patient, the first of these counts."""


class Why(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Patients of whom an input is missing for this reason; ``alone`` as in ``Lacking``."""

    why: str
    asked: int
    alone: int


class Lacking(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A criterion input that is missing.

    Attributes:
        input: its name.
        order_system, order_code, order_display: the order that would supply it, where there is one.
        alone: patients of whom it alone is all that stands in the way.
        in_play: patients who lack it, and whom nothing rules out for good.
        asked: patients who lack it at all.
        why: ``alone`` and ``asked`` by reason, each patient once.
        criteria: those that ask for it.
    """

    input: str
    order_system: str | None
    order_code: str | None
    order_display: str | None
    alone: int
    in_play: int
    asked: int
    why: tuple[Why, ...]
    criteria: tuple[str, ...]


def lacking_of(tables: Tables, protocol: str, criteria: Sequence[BoundCriterion]) -> tuple[Lacking, ...]:
    """The inputs that are missing for a protocol, those first that alone decide most patients."""
    counted = tables.ask(
        """
        WITH asked AS (
            SELECT patient, input, min(coalesce(list_position(?, why), 99)) AS rank, bool_or(alone) AS alone
            FROM needs WHERE protocol = ? GROUP BY patient, input
        )
        SELECT input, rank, count(*), count(*) FILTER (alone), count(*) FILTER (verdict <> 'ineligible')
        FROM asked JOIN (SELECT patient, verdict FROM screenings WHERE protocol = ?) USING (patient)
        GROUP BY input, rank ORDER BY input, rank
        """,
        [list(WHY), protocol, protocol],
    )
    orders = tables.ask(
        """
        SELECT input, order_system, order_code, order_display FROM needs
        WHERE protocol = ? AND order_code IS NOT NULL GROUP BY ALL
        ORDER BY count(*), order_system, order_code, order_display
        """,
        [protocol],
    )
    by_input = {name: order for name, *order in orders}
    asking: dict[str, list[str]] = {}
    for name, criterion in tables.ask(
        "SELECT DISTINCT input, criterion FROM needs WHERE protocol = ?", [protocol]
    ):
        asking.setdefault(name, []).append(criterion)
    places = {criterion.id: position for position, criterion in enumerate(criteria)}

    def place(criterion: str) -> tuple[int, str]:
        top = _TOP.match(criterion)
        return places.get(top[0] if top else criterion, len(places)), criterion

    rows: dict[str, list[tuple[int, ...]]] = {}
    for name, *numbers in counted:
        rows.setdefault(name, []).append(tuple(numbers))
    found = [
        _lacking(name, own, by_input.get(name, [None, None, None]), sorted(asking.get(name, ()), key=place))
        for name, own in rows.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.alone, -one.in_play, -one.asked, one.input)))


def _lacking(
    name: str,
    rows: list[tuple[int, ...]],
    order: list[str | None],
    criteria: list[str],
) -> Lacking:
    system, code, display = order
    return Lacking(
        input=name,
        order_system=system,
        order_code=code,
        order_display=display,
        asked=sum(asked for _, asked, _, _ in rows),
        alone=sum(alone for _, _, alone, _ in rows),
        in_play=sum(in_play for _, _, _, in_play in rows),
        why=tuple(
            Why(why=WHY[rank - 1] if rank <= len(WHY) else "never-measured", asked=asked, alone=alone)
            for rank, asked, alone, _ in rows
        ),
        criteria=tuple(criteria),
    )
