"""Whom a coordinator should look at: patients and protocols, those first who are nearest to joining."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import msgspec

from cohort.tables import Tables

_AT_ONCE = 50_000
"""So many lines are put together at a time: lists cannot leave memory while they grow."""


class Order(msgspec.Struct, frozen=True):
    """A test to order, by the code of its system."""

    system: str
    code: str
    display: str


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A patient and a protocol.

    Attributes:
        blocking: criteria that stand in the way; ``failing``, ``missing``, ``review``: by how.
        decided_by: inputs of which each alone is all that stands in the way.
        needed: inputs that are missing, by name.
        orders: what would supply them.
        earliest, stands_until: see the glossary.
        incomplete: something of the record may be lacking.
    """

    patient: str
    protocol: str
    version: str
    verdict: str
    blocking: tuple[str, ...]
    failing: tuple[str, ...]
    missing: tuple[str, ...]
    review: tuple[str, ...]
    decided_by: tuple[str, ...]
    needed: tuple[str, ...]
    orders: tuple[Order, ...]
    earliest: date | None
    stands_until: date | None
    sex: str | None
    age: int | None
    incomplete: bool


def listed(tables: Tables) -> Iterator[Listed]:
    """All who are not ruled out for good, in a stable order.

    First the potentially eligible; then the undetermined, of whom fewest criteria are open first, and of
    these whom a single input would decide; then the probably ineligible; then those who are ineligible for
    now until a known day, the soonest first. Whom neither time nor data let in is left out.
    """
    orders = _orders(tables)
    _place(tables)
    ((entries,),) = tables.ask("SELECT count(*) FROM listed")
    for first in range(1, entries + 1, _AT_ONCE):
        for row in tables.stream(_SOME, [first, first + _AT_ONCE] * 2):
            yield _listed(row, orders)


_SOME = """
WITH needed AS (
    SELECT place, list(DISTINCT input) AS inputs FROM asked WHERE place >= ? AND place < ? GROUP BY place
)
SELECT l.patient, l.protocol, l.version, l.verdict, l.blocking, l.failing, l.missing, l.review,
       l.decided_by, n.inputs, l.earliest, l.stands_until, l.sex, l.age, coalesce(l.incomplete, false)
FROM (SELECT * FROM listed WHERE place >= ? AND place < ?) l
LEFT JOIN needed n USING (place)
ORDER BY l.place
"""


def _place(tables: Tables) -> None:
    """Make ``listed``, each with its ``place`` from 1; and ``asked``, the inputs by place."""
    tables.run(
        """
        CREATE TABLE places AS
        SELECT patient, protocol, row_number() OVER (
            ORDER BY CASE verdict WHEN 'potentially-eligible' THEN 0 WHEN 'undetermined' THEN 1
                     WHEN 'probably-ineligible' THEN 2 ELSE 3 END,
                     CASE verdict WHEN 'ineligible-for-now' THEN earliest END,
                     len(blocking), len(decided_by) = 0, patient, protocol
        ) AS place
        FROM screenings
        WHERE verdict IN ('potentially-eligible', 'undetermined', 'probably-ineligible')
           OR (verdict = 'ineligible-for-now' AND earliest IS NOT NULL)
        """
    )
    # In the order of places, so that a stretch of them is read without the others.
    tables.run(
        """
        CREATE TABLE listed AS
        SELECT place, s.*, sex, age, incomplete
        FROM screenings s JOIN places USING (patient, protocol) LEFT JOIN patients USING (patient)
        ORDER BY place
        """
    )
    tables.run(
        """
        CREATE TABLE asked AS
        SELECT place, input FROM needs JOIN places USING (patient, protocol) ORDER BY place
        """
    )


def _orders(tables: Tables) -> Mapping[str, Order]:
    """The orders by input; where there are several, the one that is named most often."""
    coded = tables.ask(
        """
        SELECT input, order_system, order_code, coalesce(order_display, '') AS display FROM needs
        WHERE order_code IS NOT NULL GROUP BY ALL ORDER BY count(*), order_system, order_code, display
        """
    )
    return {name: Order(system, code, display) for name, system, code, display in coded}


def _listed(row: tuple[Any, ...], orders: Mapping[str, Order]) -> Listed:
    (
        patient, protocol, version, verdict, blocking, failing, missing, review,
        decided_by, needed, earliest, stands_until, sex, age, incomplete,
    ) = row  # fmt: skip
    names = sorted(needed or ())
    return Listed(
        patient=patient,
        protocol=protocol,
        version=version,
        verdict=verdict,
        blocking=tuple(blocking),
        failing=tuple(failing),
        missing=tuple(missing),
        review=tuple(review),
        decided_by=tuple(decided_by),
        needed=tuple(names),
        orders=tuple(dict.fromkeys(orders[name] for name in names if name in orders)),
        earliest=earliest,
        stands_until=stands_until,
        sex=sex,
        age=age,
        incomplete=incomplete,
    )
