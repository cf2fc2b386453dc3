"""Two versions of a protocol over one population: whose screening differs, and by which criterion.

A run judges every patient by both; what the version that is compared says stands in tables of its own
(``aside_screenings``, ``aside_findings``). Comparing reads the tables in the order of patients, out of core.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from cohort.deciding import Pair, Weight, decide
from cohort.groups import BYS, SMALLEST, Grouped
from cohort.moved_groups import Base, moved_by_group
from cohort.plan import Chosen, Plan
from cohort.tables import MEMORY, Tables, opened

FILE: Final = "compared.parquet"

GATE: Final = "gate"
"""Stands for a criterion where the evidence of the disease decides whether somebody is screened at all."""

_CHANGED = pa.struct(
    [
        ("criterion", pa.string()),
        ("before", pa.string()),
        ("after", pa.string()),
        ("clears_before", pa.date32()),
        ("clears_after", pa.date32()),
    ]
)

COMPARED: Final = pa.schema(
    [
        ("patient", pa.string()),
        ("protocol", pa.string()),
        ("from_version", pa.string()),
        ("to_version", pa.string()),
        ("status_before", pa.string()),
        ("status_after", pa.string()),
        ("verdict_before", pa.string()),
        ("verdict_after", pa.string()),
        ("gate_before", pa.string()),
        ("gate_after", pa.string()),
        ("earliest_before", pa.date32()),
        ("earliest_after", pa.date32()),
        ("flipped", pa.bool_()),
        ("changed", pa.list_(_CHANGED)),
        ("needed", pa.list_(pa.string())),
        ("enough", pa.list_(pa.string())),
    ]
)
"""One row for each patient and protocol of which the two versions differ.

``flipped``: the verdict, or whether the patient is screened at all, is another; ``changed``: the criteria
that come out otherwise (``before`` or ``after`` is null where that version has no such criterion; a *review*
is told with its leaning). What decides a flip: ``needed``, criteria without whose change the verdict would
have stayed; ``enough``, criteria whose change alone gives the verdict after. One of the two has an entry
wherever something flipped; ``gate`` stands for the evidence of the disease.
"""


class Criterion(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a criterion does to patients, from one version to the other.

    Attributes:
        criterion: its id, or ``gate``.
        changed: patients of whom it comes out otherwise.
        needed, enough: patients who flip, as in ``COMPARED``.
        nearer, farther: of those for whom it is needed or enough, how many flip to a verdict nearer to
            the trial, and farther from it.
    """

    criterion: str
    changed: int
    needed: int
    enough: int
    nearer: int
    farther: int


class Flip(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many patients come from one verdict (or, if not screened, status) to another, or stay."""

    before: str
    after: str
    patients: int


class Compared(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Two versions of a protocol over the population of a run.

    Attributes:
        older, newer: the versions; ``newer`` is the one that the flips lead to.
        patients: all that were judged by both.
        flipped, nearer, farther: those whose verdict is another; nearer to the trial, or farther from it.
        differing: those of whom anything differs, be it one criterion that turns no verdict.
        flips: from each verdict to each, those who stay included.
        criteria: of which something differs, those that decide most flips first.
        groups: who would enter and who would leave, by group, in columns of ``cohort.entering.MOVES``; of
            the patients whom the run screens by its own version.
        smallest: numbers of patients of a group from 1 to below this one are withheld.
    """

    protocol: str
    older: str
    newer: str
    patients: int
    flipped: int
    nearer: int
    farther: int
    differing: int
    flips: tuple[Flip, ...]
    criteria: tuple[Criterion, ...]
    groups: tuple[Grouped, ...]
    smallest: int


NEARNESS: Final = (
    "potentially-eligible",
    "undetermined",
    "probably-ineligible",
    "ineligible-for-now",
    "ineligible",
    "not-known",
    "not-applicable",
    "deceased",
    "failed",
)
"""Verdicts and states in the order of nearness to a trial."""


def compare_versions(
    out: Path, plan: Plan, *, smallest: int = SMALLEST, reported: int | None = None, memory: str = MEMORY
) -> tuple[Compared, ...]:
    """Compare what the run in ``out`` found by two versions, for each protocol of which it judged two.

    Writes ``compared.parquet`` in ``out``, readable by its owner alone. A version that is given as a file is
    the newer of the two; else the one that was compared is the older.

    Args:
        out: the folder of a run of which everybody has been judged.
        plan: what it was asked.
        smallest: numbers of patients of a group from 1 to below this one are withheld.
        reported: that of the run's own report; by default the same.
        memory: what the work may take.

    Raises:
        As ``cohort.tables.opened``.
    """
    reported = smallest if reported is None else reported
    asides = [chosen for chosen in plan.protocols if chosen.aside]
    if not asides:
        return ()
    unfinished = out / f".{FILE}.{os.getpid()}"
    os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    with (
        opened(out, memory=memory) as tables,
        pq.ParquetWriter(unfinished, COMPARED, compression="zstd") as file,
    ):
        compared = tuple(_compare(tables, aside, file, smallest, reported) for aside in asides)
    unfinished.replace(out / FILE)
    return compared


def _compare(tables: Tables, aside: Chosen, file: pq.ParquetWriter, smallest: int, reported: int) -> Compared:
    older, newer = ("", "aside_") if aside.text is not None else ("aside_", "")
    _prepare(tables, aside.id, older, newer)
    flips = tuple(
        Flip(before=before, after=after, patients=patients)
        for before, after, patients in tables.ask(
            "SELECT before, after, count(*) FROM pairs GROUP BY ALL ORDER BY count(*) DESC, before, after"
        )
    )
    versions = tables.ask("SELECT any_value(from_version), any_value(to_version) FROM pairs")[0]
    counts = _Counts()
    rows = (counts.add(_row(aside.id, key, list(own))) for key, own in _patients(tables))
    for batch in _batches(rows):
        file.write_table(pa.Table.from_pylist(batch, schema=COMPARED))
    turned = [flip for flip in flips if flip.before != flip.after]
    nearer = sum(flip.patients for flip in turned if _nearer(flip.before, flip.after))
    flipped = sum(flip.patients for flip in turned)
    return Compared(
        protocol=aside.id,
        older=versions[0] or "",
        newer=versions[1] or "",
        patients=sum(flip.patients for flip in flips),
        flipped=flipped,
        nearer=nearer,
        farther=flipped - nearer,
        differing=counts.patients,
        flips=flips,
        criteria=counts.criteria(),
        groups=tuple(_groups(tables, smallest, reported, "before" if aside.text is not None else "after")),
        smallest=max(smallest, reported),
    )


def _groups(tables: Tables, smallest: int, reported: int, base: Base) -> Iterator[Grouped]:
    rows = tables.ask(
        f"""
        SELECT sex, age, race, ethnicity, before, after, count(*)
        FROM pairs LEFT JOIN patients USING (patient)
        WHERE status_{base} = 'screened' GROUP BY ALL
        """  # noqa: S608
    )
    if rows:
        yield from (moved_by_group(by, rows, smallest, reported, base) for by in BYS)


def _prepare(tables: Tables, protocol: str, older: str, newer: str) -> None:
    """Make ``pairs`` (a row for each patient), ``judged_twice`` (for each criterion)."""
    tables.run(
        f"""
        CREATE OR REPLACE TABLE pairs AS
        SELECT patient, b.version AS from_version, a.version AS to_version,
               b.status AS status_before, a.status AS status_after,
               b.verdict AS verdict_before, a.verdict AS verdict_after,
               b.gate AS gate_before, a.gate AS gate_after,
               b.earliest AS earliest_before, a.earliest AS earliest_after,
               coalesce(b.verdict, b.status) AS before, coalesce(a.verdict, a.status) AS after
        FROM (SELECT * FROM {older}screenings WHERE protocol = $1) b
        JOIN (SELECT * FROM {newer}screenings WHERE protocol = $1) a USING (patient)
        """,  # noqa: S608
        [protocol],
    )
    tables.run(
        f"""
        CREATE OR REPLACE TABLE judged_twice AS
        WITH b AS (SELECT patient, criterion, position, outcome, leaning, clears_on
                   FROM {older}findings WHERE protocol = $1 AND parent IS NULL),
             a AS (SELECT patient, criterion, position, outcome, leaning, clears_on
                   FROM {newer}findings WHERE protocol = $1 AND parent IS NULL),
        joined AS (
            SELECT patient, criterion, coalesce(a.position, b.position) AS position,
                   b.outcome AS outcome_before, b.leaning AS leaning_before, b.clears_on AS clears_before,
                   a.outcome AS outcome_after, a.leaning AS leaning_after, a.clears_on AS clears_after
            FROM b FULL JOIN a USING (patient, criterion)
        )
        SELECT *, (outcome_before, leaning_before, clears_before)
                  IS DISTINCT FROM (outcome_after, leaning_after, clears_after) AS differs
        FROM joined SEMI JOIN
            (SELECT patient FROM pairs WHERE status_before = 'screened' AND status_after = 'screened')
            USING (patient)
        WHERE differs OR outcome_before IN ('fail', 'missing', 'review')
              OR outcome_after IN ('fail', 'missing', 'review')
        """,  # noqa: S608
        [protocol],
    )


_PATIENTS = """
SELECT patient, from_version, to_version, status_before, status_after, verdict_before, verdict_after,
       gate_before, gate_after, earliest_before, earliest_after, criterion,
       outcome_before, leaning_before, clears_before, outcome_after, leaning_after, clears_after
FROM pairs LEFT JOIN judged_twice USING (patient)
WHERE before <> after OR earliest_before IS DISTINCT FROM earliest_after
      OR gate_before IS DISTINCT FROM gate_after
      OR patient IN (SELECT patient FROM judged_twice WHERE differs)
ORDER BY patient, position, criterion
"""


def _patients(tables: Tables) -> Iterator[tuple[tuple[Any, ...], Iterator[tuple[Any, ...]]]]:
    """The rows of each patient of whom something differs, one patient after another."""
    return groupby(tables.stream(_PATIENTS), key=lambda row: row[:11])


def _row(protocol: str, key: Sequence[Any], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    (patient, older, newer, status_before, status_after, verdict_before, verdict_after, *rest) = key
    pairs = [Pair(row[11], _weight(row[12:15]), _weight(row[15:18])) for row in rows if row[11] is not None]
    flipped = (verdict_before or status_before) != (verdict_after or status_after)
    needed, enough = decide(pairs) if status_before == status_after else ((GATE,), (GATE,))
    return {
        "patient": patient,
        "protocol": protocol,
        "from_version": older,
        "to_version": newer,
        "status_before": status_before,
        "status_after": status_after,
        "verdict_before": verdict_before,
        "verdict_after": verdict_after,
        **dict(zip(("gate_before", "gate_after", "earliest_before", "earliest_after"), rest, strict=True)),
        "flipped": flipped,
        "changed": [_changed(pair) for pair in pairs if pair.before != pair.after],
        "needed": list(needed),
        "enough": list(enough),
    }


def _weight(values: Sequence[Any]) -> Weight | None:
    return Weight(*values) if values[0] is not None else None


def _changed(pair: Pair) -> dict[str, Any]:
    return {
        "criterion": pair.criterion,
        "before": pair.before.words if pair.before is not None else None,
        "after": pair.after.words if pair.after is not None else None,
        "clears_before": pair.before.clears_on if pair.before is not None else None,
        "clears_after": pair.after.clears_on if pair.after is not None else None,
    }


def _nearer(before: str, after: str) -> bool:
    return NEARNESS.index(after) < NEARNESS.index(before)


class _Counts:
    def __init__(self) -> None:
        self.patients = 0
        self._by: Mapping[str, Counter[str]] = {
            name: Counter() for name in ("changed", "needed", "enough", "nearer", "farther")
        }

    def add(self, row: dict[str, Any]) -> dict[str, Any]:
        self.patients += 1
        self._by["changed"].update(one["criterion"] for one in row["changed"])
        self._by["needed"].update(row["needed"])
        self._by["enough"].update(row["enough"])
        if row["flipped"]:
            before = row["verdict_before"] or row["status_before"]
            after = row["verdict_after"] or row["status_after"]
            way = "nearer" if _nearer(before, after) else "farther"
            self._by[way].update({*row["needed"], *row["enough"]})
        return row

    def criteria(self) -> tuple[Criterion, ...]:
        names = {name for counts in self._by.values() for name in counts}
        found = [
            Criterion(criterion=name, **{what: counts[name] for what, counts in self._by.items()})
            for name in names
        ]
        return tuple(sorted(found, key=lambda one: (-one.nearer - one.farther, -one.changed, one.criterion)))


_T = TypeVar("_T")


def _batches(rows: Iterable[_T], size: int = 5_000) -> Iterator[list[_T]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, size)):
        yield batch
