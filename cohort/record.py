"""``run.json``: what a run was asked, of which input, and what came of it; by it a run is resumed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from cohort.errors import ChangedError, OccupiedError
from cohort.plan import Plan
from cohort.sources import SourceFile

FILE = "run.json"
WORK = "work"
LOCAL, SPARK = "local", "spark"


class Lines(msgspec.Struct, kw_only=True):
    """What became of every line of the input; ``read`` is the sum of the others but ``entries``.

    Attributes:
        read: all lines.
        blank: those without anything on them.
        of_patients: those that name a patient, or were brought to one.
        shared: resources of nobody that others refer to.
        unused: of resource types from which nothing is read.
        split: Bundles that were taken apart; their resources are ``entries``.
        entries: resources of such Bundles; they are counted among the others too.
        of_nobody: those that were set aside, since no patient can be told.
        deleted: of those that name a patient, how many a later export says were deleted.
        rejected: all that were set aside, those of patients too.
    """

    read: int = 0
    blank: int = 0
    of_patients: int = 0
    shared: int = 0
    unused: int = 0
    split: int = 0
    entries: int = 0
    of_nobody: int = 0
    deleted: int = 0
    rejected: int = 0


class Seconds(msgspec.Struct, kw_only=True):
    """CPU time of workers, by what it was spent on, and elapsed time of the whole run."""

    reading: float = 0.0
    grouping: float = 0.0
    judging: float = 0.0
    writing: float = 0.0
    elapsed: float = 0.0


class Result(msgspec.Struct, kw_only=True):
    """What came of a run.

    Attributes:
        patients: how many rows the table of patients has.
        carried: of how many of them what an earlier run found was taken over.
        kinds: resources by type, used or not.
        lacking: resource types that the input counts as holding wholly, and of which it holds none.
        ignored: files that are no bulk data.
        doubted: resource types of which, of anybody, something may lack.
        broken_off: files that could not be read to their end, and why.
        lines: what became of every line.
        seconds: how long it took.
        workers: how many processes there were.
    """

    patients: int
    carried: int
    kinds: dict[str, int]
    lacking: tuple[str, ...]
    ignored: tuple[str, ...]
    broken_off: dict[str, str]
    doubted: tuple[str, ...]
    lines: Lines
    seconds: Seconds
    workers: int


class RunRecord(msgspec.Struct, kw_only=True):
    """A run.

    Attributes:
        plan: what was asked.
        directories: of the input, in their order.
        files: of the input.
        partitions: in how many parts patients are judged.
        transaction_time: of an export, the instant of which the data are, by the server's clock.
        since: the directory of an earlier run, whose findings count where nothing has changed since.
        engine: what brought lines together: ``local`` or ``spark``.
        started, finished: instants.
        result: what came of it; ``None`` while it is not finished.
    """

    plan: Plan
    directories: tuple[str, ...]
    files: tuple[SourceFile, ...]
    partitions: int
    started: datetime
    transaction_time: str | None = None
    since: str | None = None
    engine: str = LOCAL
    finished: datetime | None = None
    result: Result | None = None


def read_record(out: Path) -> RunRecord | None:
    """The run of a directory; ``None`` where there is none.

    Raises:
        OccupiedError: ``run.json`` is no record of a run.
    """
    path = out / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunRecord)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError:
        raise OccupiedError(f"{path}: not the record of a run; name another directory") from None


def write_record(out: Path, record: RunRecord) -> None:
    """Write the record of a run; it is replaced as a whole."""
    replace_file(out / FILE, msgspec.json.format(msgspec.json.encode(record), indent=2))


def replace_file(path: Path, content: bytes) -> None:
    """Write a file for its owner only; whoever reads sees the old or the new one, never a part."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Keep other processes from working on the run in a directory.

    Raises:
        OccupiedError: one does.
    """
    work = out / WORK
    work.mkdir(mode=0o700, exist_ok=True)
    with (work / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise OccupiedError(f"{out}: another process is at this run") from None
        yield


def refuse_changed(before: RunRecord, plan: Plan, files: Sequence[SourceFile], engine: str) -> None:
    """Refuse to go on with a run that is asked something else now.

    Raises:
        ChangedError: the plan, the program or the input is another.
    """
    if before.engine != engine:
        raise ChangedError(f"the run was begun with --engine {before.engine}; give the same, or begin anew")
    if before.plan.engine != plan.engine:
        raise ChangedError(
            f"the run was begun by {before.plan.engine}, and this is {plan.engine}; begin anew"
        )
    if before.plan != plan:
        names = [n for n in plan.__struct_fields__ if getattr(plan, n) != getattr(before.plan, n)]
        raise ChangedError(f"the run was begun with another {', '.join(names)}; give the same, or begin anew")
    # Where they lie may be told in another way.
    old = {(file.rank, file.name): msgspec.structs.replace(file, path="") for file in before.files}
    new = {(file.rank, file.name): msgspec.structs.replace(file, path="") for file in files}
    for place in sorted(old.keys() | new.keys()):
        if old.get(place) != new.get(place):
            raise ChangedError(
                f"{place[1]} has changed since the run was begun; begin anew in another directory"
            )
