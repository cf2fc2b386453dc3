"""The same screening on Apache Spark: any storage that Spark reads, as many machines as it has.

What each pass leaves is written before the next begins, so that no patient is judged twice and an interrupted
run goes on with the pass at which it stopped. The driver sees counts alone until the end, when it brings the
tables to the directory of the results.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from cohort.errors import CohortError, OccupiedError
from cohort.local import Progress, nothing_shown
from cohort.plan import Plan
from cohort.record import WORK, RunRecord, locked, read_record
from cohort.spark_session import require, session

_CONDITION = re.compile(r"\[([A-Z][A-Z_.]+)\]")


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
    transaction_time: str | None = None,
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
        transaction_time: of an export, the instant of which the data are.
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
    _refuse_occupied(out, inputs, resume=resume)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(out):
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        from cohort.spark_run import Run

        scratch = (out / WORK / "scratch").resolve()
        scratch.mkdir(mode=0o700, exist_ok=True)
        try:
            with session(master, settings or {}, scratch) as spark:
                run = Run(spark, inputs, out, plan, partitions=partitions, work=work, progress=progress)
                return run.done(transaction_time)
        except (PySparkException, Py4JError) as error:
            raise CohortError(_words(error)) from error
        finally:
            if read_record(out) is None:  # it did not come to begin
                shutil.rmtree(out / WORK, ignore_errors=True)


def _words(error: Exception) -> str:
    if "ModuleNotFoundError" in str(error):
        return "the Python of the workers lacks a package; ship the environment of this program to them"
    # Its own words may be of the data.
    kind = _CONDITION.search(str(error))
    what = kind[1] if kind is not None else type(error).__name__
    return f"Spark could not do it ({what}); --conf spark.log.level=ERROR tells more; go on with --resume"


def _refuse_occupied(out: Path, inputs: Sequence[str], *, resume: bool) -> None:
    before = read_record(out)
    if before is None:
        # What a bulk export gave lies where the run is to be.
        exported = [path for path in map(Path, inputs) if path.parent == out]
        if resume and not exported:
            raise OccupiedError(f"{out}: there is no run to go on with; leave out --resume")
        if out.exists() and any(path not in exported for path in out.iterdir()):
            raise OccupiedError(f"{out} is not empty; name another directory for the results")
    elif not resume:
        what = "a finished run" if before.result is not None else "an unfinished run; go on with --resume, or"
        raise OccupiedError(f"{out} holds {what} name another directory for the results")
