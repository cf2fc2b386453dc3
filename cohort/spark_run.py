"""The passes of a run on Spark, one after another; what is done stays done."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as fn
from pyspark.sql.pandas.types import from_arrow_schema

from cohort.account import account, lacking
from cohort.doubts import doubted_types
from cohort.errors import NoInputError
from cohort.finishing import REJECTED_FILE, write_rejected_parts
from cohort.links import Linked
from cohort.local import Phase, Progress
from cohort.partitions import Judged
from cohort.plan import Plan
from cohort.record import (
    SPARK,
    WORK,
    Lines,
    Result,
    RunRecord,
    Seconds,
    read_record,
    refuse_changed,
    replace_file,
    write_record,
)
from cohort.schema import TABLES, table
from cohort.sources import SourceFile, counted_size
from cohort.spark_lines import FACTS, Told
from cohort.spark_linking import Linking
from cohort.spark_patients import JUDGED, TOLD, Places, judged_of, judging, setting_aside
from cohort.spark_progress import told_on
from cohort.spark_reading import absolute, find_inputs, sort_lines
from cohort.spark_storage import Storage

PARTITION_BYTES = 48 << 20
"""About so much of the input, unpacked, is judged in one task."""

_DONE_FILE = "spark.json"

Blocks = Sequence[tuple[tuple[int, int], Told]]
"""What is told of each block of the input, by file and offset, in their order."""


class _Done(msgspec.Struct):
    """What is done of a run."""

    partitions: int = 0
    sorted: bool = False
    judged: bool = False
    written: bool = False
    elapsed: float = 0.0


class Run:
    """A run; arguments as of ``cohort.spark.screen_with_spark``."""

    def __init__(
        self,
        spark: SparkSession,
        inputs: Sequence[str],
        out: Path,
        plan: Plan,
        *,
        partitions: int | None,
        work: str | None,
        progress: Progress,
    ) -> None:
        here = str(spark.conf.get("spark.master", "")).startswith("local")
        self._spark = spark
        self._inputs = [absolute(place, here=here) for place in inputs]
        self._out = out
        self._plan = plan
        self._progress = progress
        self._storage = Storage(spark, _base(out, work))
        self._seconds = Seconds()
        self._asked_partitions = partitions

    def done(self, transaction_time: str | None = None) -> RunRecord:
        """Do what is still to be done."""
        began = time.monotonic()
        record, files, ignored = self._begin(transaction_time)
        if record.result is not None:
            return record
        done = self._read_done(files)
        before = done.elapsed

        def passed() -> None:
            done.elapsed = before + time.monotonic() - began
            replace_file(self._out / WORK / _DONE_FILE, msgspec.json.encode(done))

        self._spark.conf.set("spark.sql.shuffle.partitions", str(done.partitions))
        if not done.sorted:
            self._sort(files)
            done.sorted = True
            passed()
        self._progress("linking", 0, 1)
        linking = Linking(self._spark, self._storage.path("sorted"))
        linked = linking.linked()
        if not linked.patients:
            places = ", ".join(record.directories)
            raise NoInputError(f"{places}: no Patient in it; Patient resources are needed")
        told = self._told(linking)
        self._progress("linking", 1, 1)
        if not done.judged:
            self._judge(linking, files, told, done.partitions)
            done.judged = True
            passed()
        judged = self._told_of_patients()
        lines = account((one.facts for _, one in told), linked, judged)
        self._progress("finishing", 0, 1)
        if not done.written:
            self._write(linking, files, told)
            done.written = True
            passed()
        lines.rejected = self._fetch()
        result = self._result(files, ignored, told, linked, judged, lines)
        result.seconds.elapsed = round(before + time.monotonic() - began, 3)
        self._storage.remove()
        self._progress("finishing", 1, 1)
        return msgspec.structs.replace(record, result=result, finished=datetime.now(UTC))

    def _begin(self, transaction_time: str | None) -> tuple[RunRecord, Sequence[SourceFile], Sequence[str]]:
        files, ignored = find_inputs(self._spark, self._inputs)
        before = read_record(self._out)
        if before is not None:
            if before.result is None:
                refuse_changed(before, self._plan, files, SPARK)
            return before, files, ignored
        record = RunRecord(
            plan=self._plan,
            directories=tuple(self._inputs),
            files=tuple(files),
            partitions=0,
            engine=SPARK,
            transaction_time=transaction_time,
            started=datetime.now(UTC),
        )
        write_record(self._out, record)
        return record, files, ignored

    def _read_done(self, files: Sequence[SourceFile]) -> _Done:
        path = self._out / WORK / _DONE_FILE
        if path.exists():
            return msgspec.json.decode(path.read_bytes(), type=_Done)
        cores = self._spark.sparkContext.defaultParallelism
        by_size = max(2 * cores, -(-counted_size(files) // PARTITION_BYTES))
        return _Done(partitions=self._asked_partitions or by_size)

    # -- the passes -----------------------------------------------------------------------------

    def _sort(self, files: Sequence[SourceFile]) -> None:
        self._during(
            "reading", lambda: sort_lines(self._spark, self._inputs, files, self._storage.path("sorted"))
        )

    def _judge(
        self,
        linking: Linking,
        files: Sequence[SourceFile],
        told: Blocks,
        of: int,
    ) -> None:
        doubted = doubted_types(one.facts for _, one in told)
        judge = judging(msgspec.structs.replace(self._plan, doubted=doubted), _places(files, told))
        judged = linking.gathered(of).mapInArrow(judge, from_arrow_schema(JUDGED))
        target = self._storage.path("judged")
        self._during("screening", lambda: judged.write.mode("overwrite").partitionBy("table").parquet(target))

    def _write(self, linking: Linking, files: Sequence[SourceFile], told: Blocks) -> None:
        """The tables, each by itself, and the lines that were set aside in the order of the input."""

        def write() -> None:
            for name in TABLES.keys() - {"rejected"}:
                self._table(name).write.mode("overwrite").parquet(self._storage.path(f"tables/{name}"))
            aside = setting_aside(_places(files, told))
            nobodys = linking.nobodys().mapInArrow(aside, from_arrow_schema(TABLES["rejected"]))
            rejected = self._table("rejected").unionAll(nobodys).orderBy("file", "line", "content")
            rejected.write.mode("overwrite").parquet(self._storage.path("tables/rejected"))

        self._during("finishing", write)

    def _table(self, name: str) -> DataFrame:
        judged = self._spark.read.schema(from_arrow_schema(JUDGED)).parquet(self._storage.path("judged"))
        return judged.where(fn.col("table") == name).select(f"{name}.*")

    def _during(self, phase: Phase, work: Callable[[], None]) -> None:
        with told_on(self._spark, phase, self._progress):
            work()

    # -- what is told ---------------------------------------------------------------------------

    def _told(self, linking: Linking) -> Blocks:
        """What is told of each block, by file and offset."""
        rows = linking.section(FACTS).select("file", "block", "raw").toLocalIterator()
        found = [
            ((row["file"], row["block"]), msgspec.json.decode(bytes(row["raw"]), type=Told)) for row in rows
        ]
        return sorted(found, key=lambda one: one[0])

    def _told_of_patients(self) -> list[Judged]:
        return [judged_of(row.asDict()) for row in self._table(TOLD).toLocalIterator()]

    def _fetch(self) -> int:
        """Bring the tables to the directory of the results; how many lines were set aside."""
        fetched = self._out / WORK / "fetched"
        for name in TABLES.keys() - {"rejected"}:
            target = self._out / name
            shutil.rmtree(target, ignore_errors=True)
            parts = self._storage.fetch(f"tables/{name}", fetched / name)
            rows = 0
            for number, part in enumerate(parts):
                rows += pq.read_metadata(part).num_rows
                part.replace(part.with_name(f"part-{number:05}.parquet"))
            if not parts:
                pq.write_table(table(name, []), fetched / name / "part-none.parquet")
            if rows or not name.startswith("aside_"):
                (fetched / name).replace(target)
        return write_rejected_parts(
            self._storage.fetch("tables/rejected", fetched / "rejected"), self._out / REJECTED_FILE
        )

    def _result(
        self,
        files: Sequence[SourceFile],
        ignored: Sequence[str],
        told: Blocks,
        linked: Linked,
        judged: Sequence[Judged],
        lines: Lines,
    ) -> Result:
        kinds: Counter[str] = Counter()
        broken: dict[str, str] = {}
        for (file, _), one in told:
            kinds.update(one.facts.kinds)
            if one.facts.broken_off is not None:
                broken[files[file].name] = one.facts.broken_off
        self._seconds.reading = sum(one.seconds for _, one in told)
        self._seconds.grouping = sum(one.gathering for one in judged)
        self._seconds.judging = sum(one.judging for one in judged)
        return Result(
            patients=sum(one.patients for one in judged),
            carried=0,
            kinds=dict(sorted(kinds.items())),
            lacking=lacking(self._plan, kinds),
            ignored=tuple(ignored),
            broken_off=broken,
            doubted=doubted_types(one.facts for _, one in told),
            lines=lines,
            seconds=self._seconds,
            workers=self._spark.sparkContext.defaultParallelism,
        )


def _base(out: Path, work: str | None) -> str:
    own = (out / WORK / SPARK).resolve()
    if work is None:
        return own.as_uri()
    digest = hashlib.blake2b(str(own).encode(), digest_size=8).hexdigest()
    return f"{work.rstrip('/')}/trialcards-cohort-{digest}"


def _places(files: Sequence[SourceFile], told: Blocks) -> Places:

    before: dict[tuple[int, int], int] = {}
    lines: Counter[int] = Counter()
    for (file, block), one in told:
        before[file, block] = lines[file]
        lines[file] += one.facts.lines
    return Places(tuple(file.name for file in files), tuple(file.rank for file in files), before)
