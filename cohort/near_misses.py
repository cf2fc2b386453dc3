"""Near misses: patients whom one criterion alone keeps from being potentially eligible."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from cohort.funnel import WAYS, Way
from cohort.tables import Tables
from eligibility.bound import BoundCriterion


class OneAway(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Patients for whom this criterion alone blocks; ``ways`` holds how many, by the way it does."""

    criterion: str
    ways: dict[Way, int]
    patients: int


class NearMisses(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Near misses of a protocol.

    Attributes:
        patients: all of them.
        decided: those of them of whom a single input is all that lacks.
        ways: how many, by the way in which the criterion blocks.
        criteria: those with near misses, the most first.
    """

    patients: int
    decided: int
    ways: dict[Way, int]
    criteria: tuple[OneAway, ...]


class NearMiss(msgspec.Struct, frozen=True, kw_only=True):
    """A patient: what blocks and why, which inputs alone would decide, and from when time alone lifts it."""

    patient: str
    criterion: str
    way: Way
    reason: str
    decided_by: tuple[str, ...]
    earliest: date | None


def near_misses_of(tables: Tables, protocol: str, criteria: Sequence[BoundCriterion]) -> NearMisses:
    """How many near misses a protocol has; ``cohort.funnel.prepare`` has been called."""
    counts: dict[tuple[int, Way], int] = {
        (position, way): alone
        for position, way, alone in tables.ask(
            "SELECT position, way, alone FROM blocking_counts WHERE protocol = ? AND alone > 0", [protocol]
        )
    }
    ((decided,),) = tables.ask(
        """
        SELECT count(*) FROM screenings
        WHERE protocol = ? AND len(blocking) = 1 AND len(decided_by) > 0
        """,
        [protocol],
    )
    found = []
    for position, criterion in enumerate(criteria):
        ways = {way: counts.get((position, way), 0) for way in WAYS}
        if any(ways.values()):
            found.append(OneAway(criterion=criterion.id, ways=ways, patients=sum(ways.values())))
    return NearMisses(
        patients=sum(counts.values()),
        decided=decided,
        ways={way: sum(one.ways[way] for one in found) for way in WAYS},
        criteria=tuple(sorted(found, key=lambda one: -one.patients)),
    )


def nearest(tables: Tables, protocol: str, most: int) -> list[NearMiss]:
    """The first ``most`` near misses, the nearest first.

    First whom a single input would decide; then whom time alone lets in, the soonest first; then whom a
    clinician has to look at; then who lacks several data; last whom the criterion keeps out for good.
    """
    rows = tables.ask(
        """
        WITH near AS (
            SELECT s.protocol, s.patient, s.decided_by, s.earliest, b.criterion, b.way,
                   CASE WHEN len(s.decided_by) > 0 THEN 0 WHEN b.way = 'for-now' THEN 1
                        WHEN b.way = 'review' THEN 2 WHEN b.way = 'missing' THEN 3 ELSE 4 END AS nearness
            FROM blocked JOIN blocking b USING (protocol, patient) JOIN screenings s USING (protocol, patient)
            WHERE protocol = ? AND criteria = 1
            ORDER BY nearness, earliest NULLS LAST, patient LIMIT ?
        )
        SELECT n.patient, n.criterion, n.way, f.reason, n.decided_by, n.earliest
        FROM near n JOIN findings f USING (protocol, patient, criterion)
        WHERE f.parent IS NULL
        ORDER BY n.nearness, n.earliest NULLS LAST, n.patient
        """,
        [protocol, most],
    )
    return [
        NearMiss(
            patient=patient,
            criterion=criterion,
            way=way,
            reason=reason,
            decided_by=tuple(decided_by),
            earliest=earliest,
        )
        for patient, criterion, way, reason, decided_by, earliest in rows
    ]
