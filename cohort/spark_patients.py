"""Patients in workers of Spark: the lines of each, judged to rows of all tables."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import pyarrow as pa

from cohort.judging import Judge
from cohort.links import merged
from cohort.partitions import Judged, Origin
from cohort.plan import Plan
from cohort.rows import Line, rejected_row
from cohort.schema import TABLES, Rows, table

TOLD = "told"
_TOLD: Final = pa.schema(
    [
        ("lines", pa.int64()),
        ("deleted", pa.int64()),
        ("patients", pa.int64()),
        ("gathering", pa.float64()),
        ("judging", pa.float64()),
        ("writing", pa.float64()),
    ]
)
JUDGED: Final = pa.schema(
    [
        ("table", pa.string()),
        *((name, pa.struct(list(schema))) for name, schema in [*TABLES.items(), (TOLD, _TOLD)]),
    ]
)
"""Rows of all tables at once: ``table`` names the only column that is not null; ``told``: of a partition."""

GATHERED: Final = (
    "key", "name", "file", "block", "line", "entry", "raw", "fault", "gone",
)  # fmt: skip
"""The columns that are judged, sorted by the first and the third to sixth of them.

``key``: the patient; ``name``: of a shared resource that the patient's lines want, else null; ``gone``: the
line is of what was deleted since.
"""

Batches = Iterator[pa.RecordBatch]
Origins = Mapping[int, Origin]
"""The files of the input by position. Of each, ``before`` holds the lines before blocks in their order."""

_ROWS_AT_ONCE = 4000

_judges: dict[bytes, Judge] = {}


class Places(msgspec.Struct, frozen=True):
    """Where lines stand: names and ranks of files, and how many lines precede the block at an offset."""

    names: tuple[str, ...]
    ranks: tuple[int, ...]
    before: Mapping[tuple[int, int], int]

    def line(self, file: int, block: int, line: int, raw: bytes, fault: str | None) -> Line:
        """The line of a block, with its number in the file."""
        number = self.before[file, block] + line + 1
        return Line(self.names[file], number, raw, fault, self.ranks[file])


def judging(plan: Plan, places: Places) -> Callable[[Batches], Batches]:
    """For ``mapInArrow``: from rows of ``GATHERED``, those of a patient together, to rows of ``JUDGED``."""

    def judge(batches: Batches) -> Batches:
        yield from _judged(batches, _judge_of(plan), places)

    return judge


def setting_aside(places: Places) -> Callable[[Batches], Batches]:
    """For ``mapInArrow``: from lines of nobody to rows of the table ``rejected``."""

    def aside(batches: Batches) -> Batches:
        for batch in batches:
            lines = (places.line(*row) for row in _rows(batch, ("file", "block", "line", "raw", "fault")))
            rows = [rejected_row(line, line.fault or "") for line in lines]
            yield from table("rejected", rows).to_batches()

    return aside


def _judge_of(plan: Plan) -> Judge:
    """The judge of this process: binding protocols takes longer than judging a patient."""
    key = msgspec.msgpack.encode(plan)
    if key not in _judges:
        _judges[key] = Judge(plan)
        # What was loaded stays; the collector need not look at it again with every patient.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
    return _judges[key]


def _judged(batches: Batches, judge: Judge, places: Places) -> Batches:
    began = time.process_time()
    made = _Made()
    lines = deleted = patients = 0
    judging_seconds = 0.0
    for patient, group in _groups(batches):
        own = [one for one in group if one.name is None]
        standing = [
            places.line(one.file, one.block, one.line, one.raw, one.fault) for one in own if not one.gone
        ]
        lines += len(own)
        deleted += len(own) - len(standing)
        if not standing:
            continue
        shared = merged((one.name, one.raw) for one in group if one.name is not None)
        start = time.process_time()
        rows = judge.judge(patient, standing, shared)
        judging_seconds += time.process_time() - start
        patients += len(rows.get("patients", ()))
        if made.add(rows):
            yield from made.taken()
    yield from made.taken()
    spent = time.process_time() - began
    told = (lines, deleted, patients, spent - judging_seconds, judging_seconds, 0.0)
    arrays = [pa.array([value], field.type) for value, field in zip(told, _TOLD, strict=True)]
    yield _wide(TOLD, pa.table(arrays, schema=_TOLD))


def judged_of(row: Mapping[str, Any]) -> Judged:
    """What is told of a partition."""
    return Judged(carried=0, **row)


class _One(msgspec.Struct, frozen=True, array_like=True, gc=False):
    key: str
    name: str | None
    file: int
    block: int
    line: int
    entry: int
    raw: bytes
    fault: str | None
    gone: bool


def _groups(batches: Batches) -> Iterator[tuple[str, Sequence[_One]]]:
    """Patients with all their rows; a patient may begin in one batch and end in a later one."""
    patient: str | None = None
    own: list[_One] = []
    for batch in batches:
        for row in _rows(batch, GATHERED):
            one = _One(*row)
            if one.key != patient:
                if patient is not None:
                    yield patient, own
                patient, own = one.key, []
            own.append(one)
    if patient is not None:
        yield patient, own


def _rows(batch: pa.RecordBatch, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(batch.column(name).to_pylist() for name in names), strict=True)


class _Made:
    """Rows on their way out."""

    def __init__(self) -> None:
        self._rows: Rows = {}
        self._count = 0

    def add(self, rows: Rows) -> bool:
        """Take rows; whether there are so many that they should go."""
        for name, more in rows.items():
            self._rows.setdefault(name, []).extend(more)
            self._count += len(more)
        return self._count >= _ROWS_AT_ONCE

    def taken(self) -> Batches:
        """All rows, which are gone from here."""
        rows, self._rows, self._count = self._rows, {}, 0
        for name, own in rows.items():
            if own:
                yield _wide(name, table(name, own))


def _wide(name: str, own: pa.Table) -> pa.RecordBatch:
    count = own.num_rows
    (batch,) = own.combine_chunks().to_batches()
    columns: list[pa.Array] = [pa.array([name] * count, pa.string())]
    columns += [
        pa.StructArray.from_arrays(batch.columns, fields=list(own.schema))
        if field.name == name
        else pa.nulls(count, field.type)
        for field in list(JUDGED)[1:]
    ]
    return pa.RecordBatch.from_arrays(columns, schema=JUDGED)
