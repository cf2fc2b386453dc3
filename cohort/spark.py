"""The same screening on Apache Spark: any storage that Spark reads, as many machines as it has.

What each pass leaves is written before the next begins, so that no patient is judged twice and an interrupted
run goes on with the pass at which it stopped. The driver sees counts alone until the end, when it brings the
tables to the directory of the results.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
import pyarrow.parquet as pq

from cohort.account import account
from cohort.errors import CohortError, NoInputError, OccupiedError
from cohort.finishing import REJECTED_FILE, write_told
from cohort.grouping import PEOPLE
from cohort.links import Linked
from cohort.local import Phase, Progress, nothing_shown
from cohort.partitions import Judged
from cohort.plan import Plan
from cohort.record import (
    WORK, Lines, Result, RunRecord, Seconds, locked, read_record, refuse_changed, replace_file, write_record,
)  # fmt: skip
from cohort.schema import TABLES, table
from cohort.sources import SourceFile, counted_size
from cohort.spark_session import require, session
from fhir_mappings.resources import RESOURCES

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from cohort.spark_lines import Told
    from cohort.spark_linking import Linking

SPARK = "spark"
PARTITION_BYTES = 48 << 20
"""About so much of the input, unpacked, is judged in one task."""

_DONE_FILE = "spark.json"


def screen_with_spark(
    inputs: Sequence[str],
    out: Path | str,
    plan: Plan,
    *,
    master: str | None = None,
    partitions: int | None = None,
    settings: Mapping[str, str] | None = None,
    work: str | None = None,
    resume: bool = False,
    progress: Progress = nothing_shown,
) -> RunRecord:
    """Screen bulk data in places that Spark reads, and leave the tables in ``out``.

    Args:
        inputs: directories, files or patterns, as addresses where they are not on this machine; what a later
            one says of a resource replaces what an earlier one says.
        out: a directory of this machine; empty, not there yet, or that of an unfinished run.
        plan: what is asked.
        master: as ``spark-submit --master`` takes it; by default what the environment says, else all cores
            of this machine.
        partitions: in how many tasks patients are judged; by default by the size of the input.
        settings: of Spark, by name.
        work: where all machines may write while the run goes on; by default within ``out``, which is enough
            on one machine or on a shared file system.
        resume: go on with the unfinished run in ``out``.
        progress: is told how far it is: tasks of Spark done, of those known.

    Raises:
        SparkMissingError: there is no PySpark, or no Java.
        NoInputError: there is nothing to read, or no patient in it.
        OccupiedError: ``out`` holds something else, or another process works on it.
        ChangedError: the unfinished run was asked something else.
        CohortError: Spark could not do it.
    """
    require()
    out = Path(out)
    _refuse_occupied(out, resume=resume)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(out):
        from pyspark.errors import PySparkException

        scratch = (out / WORK / "scratch").resolve()
        scratch.mkdir(mode=0o700, exist_ok=True)
        try:
            with session(master, settings or {}, scratch) as spark:
                run = _Run(spark, inputs, out, plan, partitions=partitions, work=work, progress=progress)
                return run.done()
        except PySparkException as error:
            kind = error.getCondition() or type(error).__name__
            raise CohortError(f"Spark could not do it ({kind}); its log tells more; go on with --resume") from error


def _refuse_occupied(out: Path, *, resume: bool) -> None:
    before = read_record(out)
    if before is None:
        if resume:
            raise OccupiedError(f"{out}: there is no run to go on with; leave out --resume")
        if out.exists() and any(out.iterdir()):
            raise OccupiedError(f"{out} is not empty; name another directory for the results")
    elif not resume:
        what = "a finished run" if before.result is not None else "an unfinished run; go on with --resume, or"
        raise OccupiedError(f"{out} holds {what} name another directory for the results")


class _Done(msgspec.Struct):
    """What is done of a run."""

    partitions: int = 0
    sorted: bool = False
    judged: bool = False
    written: bool = False
    elapsed: float = 0.0


class _Run:
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
        from cohort.spark_reading import absolute
        from cohort.spark_storage import Storage

        here = str(spark.conf.get("spark.master", "")).startswith("local")
        self._spark = spark
        self._inputs = [absolute(place, here=here) for place in inputs]
        self._out = out
        self._plan = plan
        self._progress = progress
        self._storage = Storage(spark, _base(out, work))
        self._seconds = Seconds()
        self._asked_partitions = partitions

    def done(self) -> RunRecord:
        from cohort.spark_linking import Linking

        began = time.monotonic()
        record, files, ignored = self._begin()
        if record.result is not None:
            return record
        done = self._read_done(files)
        before = done.elapsed

        def passed() -> None:
            done.elapsed = before + time.monotonic() - began
            replace_file(self._out / WORK / _DONE_FILE, msgspec.json.encode(done))

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

    def _begin(self) -> tuple[RunRecord, Sequence[SourceFile], Sequence[str]]:
        from cohort.spark_reading import find_inputs

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
        from cohort.spark_reading import sort_lines

        self._during("reading", lambda: sort_lines(self._spark, self._inputs, files, self._storage.path("sorted")))

    def _judge(
        self, linking: Linking, files: Sequence[SourceFile], told: Sequence[tuple[tuple[int, int], Told]], of: int
    ) -> None:
        from pyspark.sql.pandas.types import from_arrow_schema

        from cohort.spark_patients import JUDGED, judging

        self._spark.conf.set("spark.sql.shuffle.partitions", str(of))
        judge = judging(self._plan, _places(files, told))
        judged = linking.gathered(of).mapInArrow(judge, from_arrow_schema(JUDGED))
        target = self._storage.path("judged")
        self._during("screening", lambda: judged.write.mode("overwrite").partitionBy("table").parquet(target))

    def _write(
        self, linking: Linking, files: Sequence[SourceFile], told: Sequence[tuple[tuple[int, int], Told]]
    ) -> None:
        """The tables, each by itself, and the lines that were set aside in the order of the input."""
        from pyspark.sql.pandas.types import from_arrow_schema

        from cohort.spark_patients import setting_aside

        def write() -> None:
            for name in TABLES.keys() - {"rejected"}:
                self._table(name).write.mode("overwrite").parquet(self._storage.path(f"tables/{name}"))
            aside = setting_aside(_places(files, told))
            nobodys = linking.nobodys().mapInArrow(aside, from_arrow_schema(TABLES["rejected"]))
            rejected = self._table("rejected").unionAll(nobodys).orderBy("file", "line", "content")
            rejected.write.mode("overwrite").parquet(self._storage.path("tables/rejected"))

        self._during("finishing", write)

    def _table(self, name: str):  # type: ignore[no-untyped-def]
        from pyspark.sql import functions as F
        from pyspark.sql.pandas.types import from_arrow_schema

        from cohort.spark_patients import JUDGED

        judged = self._spark.read.schema(from_arrow_schema(JUDGED)).parquet(self._storage.path("judged"))
        return judged.where(F.col("table") == name).select(f"{name}.*")

    def _during(self, phase: Phase, work: Callable[[], None]) -> None:
        from cohort.spark_progress import told_on

        with told_on(self._spark, phase, self._progress):
            work()

    # -- what is told ---------------------------------------------------------------------------

    def _told(self, linking: Linking) -> list[tuple[tuple[int, int], Told]]:
        """What is told of each block, by file and offset."""
        from cohort.spark_lines import FACTS, Told

        rows = linking.section(FACTS).select("file", "block", "raw").toLocalIterator()
        found = [
            ((row["file"], row["block"]), msgspec.json.decode(bytes(row["raw"]), type=Told)) for row in rows
        ]
        return sorted(found, key=lambda one: one[0])

    def _told_of_patients(self) -> list[Judged]:
        from cohort.spark_patients import TOLD, judged_of

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
        return write_told(self._storage.fetch("tables/rejected", fetched / "rejected"), self._out / REJECTED_FILE)

    def _result(
        self,
        files: Sequence[SourceFile],
        ignored: Sequence[str],
        told: Sequence[tuple[tuple[int, int], Told]],
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
            lacking=tuple(sorted(RESOURCES.keys() - kinds.keys())),
            ignored=tuple(ignored),
            broken_off=broken,
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


def _places(files: Sequence[SourceFile], told: Sequence[tuple[tuple[int, int], Told]]):  # type: ignore[no-untyped-def]
    from cohort.spark_patients import Places

    before: dict[tuple[int, int], int] = {}
    lines: Counter[int] = Counter()
    for (file, block), one in told:
        before[file, block] = lines[file]
        lines[file] += one.facts.lines
    return Places(tuple(file.name for file in files), tuple(file.rank for file in files), before)
