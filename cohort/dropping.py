"""What would come out if criteria were dropped from a protocol: counted anew from findings, without judging.

A criterion is judged by itself, so that without it the findings of all others stay as they are, and the
verdict follows from those by the same rule (``eligibility.judging.verdict_of``). What is unknown stays so:
who lacks data for another criterion becomes *undetermined* at best. Who was not screened, for want of
evidence of the disease, is not counted: no criterion kept them out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from cohort.tables import Tables
from eligibility.findings import Verdict

MOST_STEPS: Final = 5
"""So many criteria a sequence drops at most."""

MOST_CRITERIA: Final = 120
"""So many criteria of a protocol are told apart: a bit of a 128-bit number for each."""

BETTER: Final = ("potentially-eligible", "undetermined")
"""Verdicts with which somebody stays in view."""


class TooManyCriteriaError(ValueError):
    """A protocol has more criteria than can be told apart."""


class Unit(NamedTuple):
    """What can be dropped by itself.

    Attributes:
        name: id of a criterion, or of a part of one that asks for all of its parts.
        of: the criterion itself, or the one that it is a part of.
        finest: ids of the criteria or parts that it consists of, and that are counted; itself, where it has
            no parts.
    """

    name: str
    of: str
    finest: tuple[str, ...]


class Alone(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A criterion dropped by itself.

    Attributes:
        blocks: patients in whose way it stands.
        enter: patients who would become potentially eligible.
        in_view: patients who would become potentially eligible or undetermined, and are neither now.
    """

    criterion: str
    blocks: int
    enter: int
    in_view: int


class Step(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Criteria dropped together with those of the steps before.

    Attributes:
        criteria: one, or two where no single one lets anybody in.
        enter: patients who would become potentially eligible by this step; ``so_far``: by all up to it.
    """

    criteria: tuple[str, ...]
    enter: int
    so_far: int


class Together(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Two criteria dropped together; ``enter`` as in ``Alone``."""

    criteria: tuple[str, str]
    enter: int


class Dropped(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Some criteria dropped together.

    Attributes:
        criteria: those dropped.
        verdicts_before, verdicts_after: patients of each verdict.
        moved: patients from one verdict to another, by ``before`` and ``after``.
    """

    criteria: tuple[str, ...]
    verdicts_before: dict[str, int]
    verdicts_after: dict[str, int]
    moved: tuple[tuple[Verdict, Verdict, int], ...]


class Dropping:
    """What stands in the way of patients of one protocol, so put down that any drop is one sum.

    Each pattern is four sets of criteria, as bits of a number: those that fail for good, fail for now, lean
    to failing, and lack data. Patients with the same pattern and the same groups count together.

    A criterion that asks for all of its parts stands in the way as the worst of them does. Where it comes out
    otherwise all the same, none of its parts is blamed, and only dropping it as a whole lets somebody in.
    """

    def __init__(self, tables: Tables, protocol: str, units: Sequence[Unit]) -> None:
        """Count the patterns.

        Args:
            tables: of a run.
            protocol: its id.
            units: all criteria of the protocol, in its order, each before its parts.

        Raises:
            TooManyCriteriaError: there are more than ``MOST_CRITERIA``.
        """
        self._tables = tables
        self.units = tuple(units)
        bits = dict.fromkeys(one for unit in units for one in (*unit.finest, unit.of))
        if len(bits) > MOST_CRITERIA:
            raise TooManyCriteriaError(f"{len(bits)} criteria; at most {MOST_CRITERIA} can be told apart")
        self._bits = {criterion: 1 << place for place, criterion in enumerate(bits)}
        self._masks = {unit.name: self._mask(unit) for unit in units}
        tables.run("CREATE OR REPLACE TEMP TABLE masks (name VARCHAR, mask HUGEINT)")
        for name, mask in self._masks.items():
            tables.run("INSERT INTO masks VALUES (?, ?::HUGEINT)", [name, mask])
        tables.run("CREATE OR REPLACE TEMP TABLE places (criterion VARCHAR, whole VARCHAR, bit HUGEINT)")
        whole = {one: unit.of for unit in units for one in (*unit.finest, unit.of)}
        for criterion, bit in self._bits.items():
            tables.run("INSERT INTO places VALUES (?, ?, ?::HUGEINT)", [criterion, whole[criterion], bit])
        tables.run(_PATTERNS, [protocol])

    def _mask(self, unit: Unit) -> int:
        own = sum(self._bits[one] for one in dict.fromkeys(unit.finest))
        return own | (self._bits[unit.of] if unit.name == unit.of else 0)

    def _dropped(self, names: Sequence[str]) -> int:
        mask = 0
        for name in names:
            mask |= self._masks[name]
        return mask

    def alone(self) -> tuple[Alone, ...]:
        """Each unit dropped by itself, in the order of the protocol."""
        rows: Mapping[str, Sequence[int]] = {
            row[0]: row[1:]
            for row in self._tables.ask(
                """
                SELECT name,
                       coalesce(sum(n) FILTER (blocking & mask <> 0), 0)::BIGINT,
                       coalesce(sum(n) FILTER (blocking <> 0 AND blocking & ~mask = 0), 0)::BIGINT,
                       coalesce(sum(n) FILTER (closing <> 0 AND closing & ~mask = 0), 0)::BIGINT
                FROM patterns, masks GROUP BY name
                """
            )
        }
        return tuple(
            Alone(criterion=name, blocks=blocks, enter=enter, in_view=in_view)
            for name, (blocks, enter, in_view) in (
                (unit.name, rows.get(unit.name, (0, 0, 0))) for unit in self.units
            )
        )

    def pair(self) -> Together | None:
        """The two criteria that let most in when both are dropped; none where one alone lets as many in."""
        gains = self._gains(0)
        best = max(_pairs(gains), default=None, key=lambda pair: (_gain(gains, pair), -pair))
        if best is None:
            return None
        first, second = self._names(best)
        return Together(criteria=(first, second), enter=_gain(gains, best))

    def sequence(self, most: int = MOST_STEPS) -> tuple[Step, ...]:
        """Criteria to drop one after another, each time the one that lets most further patients in.

        Where no single one lets anybody in, the best two are dropped in one step. The way is greedy: another
        set of as many criteria may let in more.
        """
        steps: list[Step] = []
        dropped, so_far = 0, 0
        while (left := most - dropped.bit_count()) > 0:
            gains = self._gains(dropped)
            singles = [mask for mask in gains if mask.bit_count() == 1]
            choices = singles or (list(_pairs(gains)) if left > 1 else [])
            if not choices:
                break
            best = max(choices, key=lambda mask: (_gain(gains, mask), -mask))
            dropped |= best
            so_far += _gain(gains, best)
            steps.append(Step(criteria=self._names(best), enter=_gain(gains, best), so_far=so_far))
        return tuple(steps)

    def dropped(self, criteria: Sequence[str]) -> Dropped:
        """These criteria dropped together.

        Raises:
            KeyError: there is no such unit.
        """
        moved = self._tables.ask(
            f"""
            SELECT {_verdict("0::HUGEINT")} AS before, {_verdict("?::HUGEINT")} AS after, sum(n)::BIGINT
            FROM patterns GROUP BY before, after
            """,  # noqa: S608
            [self._dropped(criteria)] * _VERDICT_PARTS,
        )
        order = {verdict: place for place, verdict in enumerate(VERDICTS)}
        moved.sort(key=lambda row: (order[row[0]], order[row[1]]))
        return Dropped(
            criteria=tuple(unit.name for unit in self.units if unit.name in set(criteria)),
            verdicts_before={v: sum(row[2] for row in moved if row[0] == v) for v in VERDICTS},
            verdicts_after={v: sum(row[2] for row in moved if row[1] == v) for v in VERDICTS},
            moved=tuple((before, after, n) for before, after, n in moved if before != after),
        )

    def by_group(self, criteria: Sequence[str]) -> list[tuple[Any, ...]]:
        """(sex, age, race, ethnicity, verdict now, verdict without these criteria, patients)."""
        return self._tables.ask(
            f"""
            SELECT sex, age, race, ethnicity, {_verdict("0::HUGEINT")} AS before,
                   {_verdict("?::HUGEINT")} AS after, sum(n)::BIGINT
            FROM patterns GROUP BY ALL
            """,  # noqa: S608
            [self._dropped(criteria)] * _VERDICT_PARTS,
        )

    def _gains(self, dropped: int) -> dict[int, int]:
        """Patients whom only one or two criteria keep out once others are dropped, by those criteria."""
        return dict(
            self._tables.ask(
                """
                SELECT blocking & ~?::HUGEINT AS left_over, sum(n)::BIGINT FROM patterns
                WHERE bit_count(left_over) BETWEEN 1 AND 2 GROUP BY left_over
                """,
                [dropped],
            )
        )

    def _names(self, mask: int) -> tuple[str, ...]:
        return tuple(criterion for criterion, bit in self._bits.items() if mask & bit)


VERDICTS: Final[tuple[Verdict, ...]] = (
    "potentially-eligible",
    "undetermined",
    "probably-ineligible",
    "ineligible-for-now",
    "ineligible",
)

_VERDICT_PARTS: Final = 4


def _verdict(dropped: str) -> str:
    """The rule of ``eligibility.judging.verdict_of`` on patterns, without what is dropped."""
    return f"""CASE WHEN fails & ~{dropped} <> 0 THEN 'ineligible'
        WHEN fails_for_now & ~{dropped} <> 0 THEN 'ineligible-for-now'
        WHEN leans & ~{dropped} <> 0 THEN 'probably-ineligible'
        WHEN lacks & ~{dropped} <> 0 THEN 'undetermined'
        ELSE 'potentially-eligible' END"""


def _pairs(gains: Mapping[int, int]) -> list[int]:
    """All pairs that let somebody in: those found together, and any two that each do."""
    singles = sorted((mask for mask in gains if mask.bit_count() == 1), key=lambda mask: -gains[mask])
    # Of two that nobody lacks together, the best are the best two alone.
    return [
        *(mask for mask in gains if mask.bit_count() == 2),
        *([singles[0] | singles[1]] if len(singles) > 1 else []),
    ]


def _gain(gains: Mapping[int, int], mask: int) -> int:
    """Patients who enter when all criteria of a mask of one or two are dropped."""
    return sum(count for left_over, count in gains.items() if left_over & ~mask == 0)


_PATTERNS = """
CREATE OR REPLACE TABLE patterns AS
WITH ways AS (
    SELECT patient, whole, bit, criterion = whole AS itself,
           CASE WHEN outcome = 'fail' AND clears_on IS NULL THEN 4
                WHEN outcome = 'fail' THEN 3
                WHEN outcome = 'review' AND leaning = 'fail' THEN 2
                WHEN outcome = 'missing' THEN 1 END AS way
    FROM findings JOIN places USING (criterion)
    WHERE protocol = $1 AND way IS NOT NULL
),
worst AS (
    SELECT *, max(way) FILTER (itself) OVER whole_of AS as_a_whole,
           max(way) FILTER (NOT itself) OVER whole_of AS by_parts
    FROM ways WINDOW whole_of AS (PARTITION BY patient, whole)
),
blamed AS (
    SELECT patient, bit, way FROM worst
    WHERE itself = (by_parts IS DISTINCT FROM as_a_whole) AND as_a_whole IS NOT NULL
),
blocks AS (
    SELECT patient,
           coalesce(bit_or(bit) FILTER (way = 4), 0::HUGEINT) AS fails,
           coalesce(bit_or(bit) FILTER (way = 3), 0::HUGEINT) AS fails_for_now,
           coalesce(bit_or(bit) FILTER (way = 2), 0::HUGEINT) AS leans,
           coalesce(bit_or(bit) FILTER (way = 1), 0::HUGEINT) AS lacks
    FROM blamed GROUP BY patient
),
filled AS (
    SELECT sex, age, race, ethnicity,
           coalesce(fails, 0::HUGEINT) AS fails, coalesce(fails_for_now, 0::HUGEINT) AS fails_for_now,
           coalesce(leans, 0::HUGEINT) AS leans, coalesce(lacks, 0::HUGEINT) AS lacks
    FROM screenings LEFT JOIN blocks USING (patient) LEFT JOIN patients USING (patient)
    WHERE protocol = $1 AND status = 'screened'
)
SELECT *, fails | fails_for_now | leans | lacks AS blocking, fails | fails_for_now | leans AS closing,
       count(*) AS n
FROM filled GROUP BY ALL
"""
