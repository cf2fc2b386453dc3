"""The end of a run: tables brought together, and what was set aside told line by line."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import msgspec
import pyarrow.parquet as pq

from cohort.grouped import Record, read_frame, read_index
from cohort.grouping import NOBODY
from cohort.partitions import Origin
from cohort.rows import Line, rejected_row
from cohort.schema import TABLES, Row, table

REJECTED_FILE = "rejected.ndjson"
_BATCH = 1000


def gather_tables(judged: Path, out: Path) -> None:
    """Move the tables of all partitions to ``out``, a directory for each; those moved before stay.

    Tables of which no partition has a row get an empty part, so that all can be read alike.
    """
    for name in TABLES.keys() - {"rejected"}:
        target = out / name
        target.mkdir(mode=0o700, exist_ok=True)
        for part in sorted(judged.glob(f"[0-9]*/{name}.parquet")):
            if is_done(part.parent):
                part.chmod(0o600)
                part.replace(target / f"part-{part.parent.name}.parquet")
        if not any(target.iterdir()):
            if name.startswith("aside_"):
                target.rmdir()
            else:
                pq.write_table(table(name, []), target / "part-none.parquet")


def write_rejected(grouped: Sequence[Path], origins: Sequence[Origin], judged: Path, out: Path) -> int:
    """Write all lines that were set aside, in the order of the input; how many there are."""
    nobodys = judged.parent / "nobody.parquet"
    with pq.ParquetWriter(nobodys, TABLES["rejected"], compression="zstd") as writer:
        for batch in _batches(_of_nobody(grouped, origins)):
            writer.write_table(table("rejected", [rejected_row(line, line.fault or "") for line in batch]))
    done = (part for part in judged.glob("[0-9]*/rejected.parquet") if is_done(part.parent))
    parts = [str(nobodys), *map(str, done)]
    with duckdb.connect(config={"memory_limit": "512MB", "temp_directory": str(judged.parent)}) as base:
        rows = base.execute(
            "SELECT file, line, patient, reason, content FROM read_parquet(?) ORDER BY file, line, content",
            [parts],
        )
        return _write(iter(lambda: rows.fetchmany(_BATCH), []), out / REJECTED_FILE)


def is_done(part: Path) -> bool:
    """Whether a file or folder of a run's work is finished: what is not has its process in its name."""
    return "." not in part.name


def remove_unfinished(*folders: Path) -> None:
    """Remove what an interrupted run had begun and not finished."""
    for folder in folders:
        for part in folder.iterdir():
            if is_done(part):
                continue
            if part.is_dir():
                shutil.rmtree(part)
            else:
                part.unlink()


def write_rejected_parts(parts: Sequence[Path], target: Path) -> int:
    """Write lines that were set aside from tables that hold them in their order; how many there are."""

    def batches() -> Iterator[list[Row]]:
        for part in parts:
            for batch in pq.ParquetFile(part).iter_batches(_BATCH, columns=TABLES["rejected"].names):
                yield [tuple(row.values()) for row in batch.to_pylist()]

    return _write(batches(), target)


def _write(batches: Iterator[list[Row]], target: Path) -> int:
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    count = 0
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for rows in batches:
            for row in rows:
                told = dict(zip(TABLES["rejected"].names, row, strict=True))
                file.write(msgspec.json.encode(told) + b"\n")
            count += len(rows)
    unfinished.replace(target)
    return count


def _of_nobody(grouped: Sequence[Path], origins: Sequence[Origin]) -> Iterator[Line]:
    for path in grouped:
        frames = read_index(path).frames
        for record in read_frame(path, frames[NOBODY], Record) if NOBODY in frames else ():
            origin = origins[record.file]
            number = origin.before[record.piece] + record.line + 1
            yield Line(origin.name, number, record.raw, record.fault)


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for line in lines:
        batch.append(line)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch
