"""The second pass: one partition of patients, judged patient by patient into Parquet files."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import msgspec
import pyarrow.parquet as pq

from cohort.carrying import read_earlier
from cohort.grouped import Record, read_frame, read_index
from cohort.grouping import partition_of
from cohort.judging import Judge
from cohort.links import Links
from cohort.routing import route
from cohort.rows import Line
from cohort.schema import TABLES, Rows, table

_AT_ONCE = 20_000
"""So many rows of a table are kept in memory."""


class Origin(msgspec.Struct, frozen=True):
    """A file of the input as lines tell of it: its name and rank, and how many lines precede each piece."""

    name: str
    rank: int
    before: tuple[int, ...]


class Partition(msgspec.Struct, frozen=True, kw_only=True):
    """A partition to be judged.

    Attributes:
        number, of: its position among how many.
        grouped: the files of the first pass.
        origins: the files of the input, by position.
        links: the file of links.
        target: the directory that its tables come to be in.
        doubted: resource types of which, of anybody, something may lack.
        earlier: the directory of an earlier run, whose findings count where nothing has changed.
    """

    number: int
    of: int
    grouped: tuple[str, ...]
    origins: tuple[Origin, ...]
    links: str
    target: str
    doubted: tuple[str, ...] = ()
    earlier: str | None = None


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a judged partition: how many lines and patients there were, and CPU seconds spent."""

    lines: int
    deleted: int
    patients: int
    carried: int
    gathering: float
    judging: float
    writing: float


def judge_partition(partition: Partition, judge: Judge) -> Judged:
    """Judge all patients of a partition; its directory appears when all of it is written."""
    began = time.process_time()
    carried = judge.carried
    judge.doubt(partition.doubted)
    target = Path(partition.target)
    links = Links(Path(partition.links))
    try:
        records = _records(partition, links.aliases())
        gathered = time.process_time()
        unfinished = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700, parents=True)
        with _Tables(unfinished) as tables:
            told = _judge_all(partition, records, links, judge, tables)
    finally:
        links.close()
    finished = Judged(
        lines=len(records),
        deleted=told.deleted,
        patients=told.patients,
        carried=judge.carried - carried,
        gathering=gathered - began,
        judging=told.judging,
        writing=time.process_time() - gathered - told.judging,
    )
    (unfinished / "told.json").write_bytes(msgspec.json.encode(finished))
    if target.exists():
        shutil.rmtree(unfinished)
    else:
        unfinished.replace(target)
    return finished


def _records(partition: Partition, aliases: dict[str, str]) -> list[Record]:
    """The lines of a partition's patients, in an order of their own."""
    own = partition.number
    home = {old: partition_of(patient, partition.of) for old, patient in aliases.items()}
    away = {partition_of(old, partition.of) for old, to in home.items() if to == own} - {own}
    found: list[Record] = []
    for path in map(Path, partition.grouped):
        frames = read_index(path).frames
        for number in (own, *sorted(away)):
            if str(number) not in frames:
                continue
            for record in read_frame(path, frames[str(number)], Record):
                patient = aliases.get(record.key)
                if patient is None:
                    if number == own:
                        found.append(record)
                elif home[record.key] == own:
                    found.append(msgspec.structs.replace(record, key=patient))
    found.sort(key=attrgetter("key", "file", "piece", "line"))
    return found


class _Told(msgspec.Struct):
    deleted: int = 0
    patients: int = 0
    judging: float = 0.0


def _judge_all(
    partition: Partition, records: Sequence[Record], links: Links, judge: Judge, tables: _Tables
) -> _Told:
    told = _Told()
    earlier = read_earlier(Path(partition.earlier), partition.number) if partition.earlier else None
    for key, group in groupby(records, key=attrgetter("key")):
        own = list(group)
        lines = [line for record in own if (line := _line(record, partition.origins, links)) is not None]
        told.deleted += len(own) - len(lines)
        if not lines:
            continue
        shared = links.shared(name for record in own for name in record.wants)
        began = time.process_time()
        rows = judge.judge(key, lines, shared, earlier)
        told.judging += time.process_time() - began
        told.patients += len(rows.get("patients", ()))
        tables.add(rows)
    return told


def _line(record: Record, origins: Sequence[Origin], links: Links) -> Line | None:
    """A record as a line of its file; ``None`` where it was deleted since."""
    origin = origins[record.file]
    name = route(record.raw).name if links.has_deleted and record.fault is None else None
    if links.is_deleted(name, origin.rank):
        return None
    number = origin.before[record.piece] + record.line + 1
    return Line(origin.name, number, record.raw, record.fault, origin.rank)


class _Tables:
    """The Parquet files of a partition, written as rows come."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._rows: Rows = {}
        self._writers: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> _Tables:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for name in list(self._rows):
            self._write(name)
        for writer in self._writers.values():
            writer.close()

    def add(self, rows: Rows) -> None:
        for name, more in rows.items():
            own = self._rows.setdefault(name, [])
            own.extend(more)
            if len(own) >= _AT_ONCE:
                self._write(name)

    def _write(self, name: str) -> None:
        rows = self._rows.pop(name)
        if not rows:
            return
        if name not in self._writers:
            path = self._directory / f"{name}.parquet"
            self._writers[name] = pq.ParquetWriter(path, TABLES[name], compression="zstd")
        self._writers[name].write_table(table(name, rows))
