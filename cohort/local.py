"""The embedded engine: one machine, files, worker processes. What is done stays done, whatever interrupts."""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from cohort.account import account, lacking
from cohort.carrying import can_carry_over
from cohort.doubts import doubted_types
from cohort.errors import ChangedError, NoInputError, OccupiedError
from cohort.finishing import gather_tables, is_done, remove_unfinished, write_rejected
from cohort.grouped import read_index
from cohort.grouping import Facts, partitions_for
from cohort.links import STRAYS_FILE, Linked, link
from cohort.partitions import Judged, Origin, Partition
from cohort.plan import Plan
from cohort.record import (
    LOCAL,
    WORK,
    Result,
    RunRecord,
    Seconds,
    locked,
    read_record,
    refuse_changed,
    write_record,
)
from cohort.sources import Piece, SourceFile, counted_size, find_files, pieces_of
from cohort.workers import GroupTask, Workers, group, judge

Phase = Literal["reading", "linking", "screening", "finishing"]


class Progress(Protocol):
    """Is told how far a run is."""

    def __call__(self, phase: Phase, done: int, total: int) -> None: ...


def nothing_shown(phase: Phase, done: int, total: int) -> None:
    """For who wants to see nothing."""


def screen_locally(
    directories: Sequence[Path],
    out: Path,
    plan: Plan,
    *,
    workers: int | None = None,
    resume: bool = False,
    since: Path | None = None,
    transaction_time: str | None = None,
    progress: Progress = nothing_shown,
) -> RunRecord:
    """Screen the bulk data of directories and leave the tables in ``out``.

    Args:
        directories: the input; what a later one says of a resource replaces what an earlier one says.
        out: an empty directory, one that is not there yet, or that of an unfinished run.
        plan: what is asked.
        workers: processes; as many as there are cores by default.
        resume: go on with the unfinished run in ``out``.
        since: the directory of an earlier run: only patients are judged who have new data, or of whom a day
            has come that may change something; what it found of the others is carried over.
        transaction_time: of an export, the instant of which the data are.
        progress: is told how far it is: bytes read, then lines of patients screened.

    Raises:
        NoInputError: there is nothing to read, or no patient in it.
        OccupiedError: ``out`` holds something else, or another process works on it.
        ChangedError: the unfinished run was asked something else.
        InterruptedRunError: a worker was ended from outside.
    """
    files, ignored = find_files(directories)
    record = _begin(directories, files, out, plan, resume=resume, since=since, told_of=transaction_time)
    if record.result is not None:
        return record
    with locked(out):
        run = _Run(out, record, ignored, progress, workers or os.cpu_count() or 1)
        result = run.done()
        return msgspec.structs.replace(record, result=result, finished=datetime.now(UTC))


def _begin(
    directories: Sequence[Path],
    files: Sequence[SourceFile],
    out: Path,
    plan: Plan,
    *,
    resume: bool,
    since: Path | None,
    told_of: str | None,
) -> RunRecord:
    before = read_record(out)
    if before is not None:
        if not resume:
            if before.result is not None:
                raise OccupiedError(f"{out} holds a finished run; name another directory for the results")
            raise OccupiedError(
                f"{out} holds an unfinished run; go on with --resume, or name another directory"
            )
        refuse_changed(before, plan, files, LOCAL)
        if before.since != (str(since.resolve()) if since is not None else None):
            raise ChangedError("the run was begun with another --since; give the same, or begin anew")
        return before
    if resume and not _begins_with_its_input(out, directories):
        raise OccupiedError(f"{out}: there is no run to go on with; leave out --resume")
    if out.exists() and any(path not in directories for path in out.iterdir()):
        raise OccupiedError(f"{out} is not empty; name another directory for the results")
    earlier = _earlier(since) if since is not None else None
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    partitions = earlier.partitions if earlier is not None else 0
    record = RunRecord(
        plan=plan,
        directories=tuple(str(directory.resolve()) for directory in directories),
        files=tuple(files),
        # The same as in the earlier run, so that a patient is in the same part.
        partitions=partitions or partitions_for(counted_size(files)),
        transaction_time=told_of,
        since=str(since.resolve()) if since is not None else None,
        started=datetime.now(UTC),
    )
    write_record(out, record)
    return record


def _begins_with_its_input(out: Path, directories: Sequence[Path]) -> bool:
    """Whether a run was interrupted before its first step, while its input was fetched."""
    return any(directory.parent == out for directory in directories)


def _earlier(since: Path) -> RunRecord:
    record = read_record(since)
    if record is None or record.result is None:
        raise NoInputError(f"{since}: no finished run; --since takes the directory of its results")
    return record


class _Run:
    def __init__(
        self, out: Path, record: RunRecord, ignored: Sequence[str], progress: Progress, workers: int
    ) -> None:
        self._out = out
        self._record = record
        self._ignored = tuple(ignored)
        self._progress = progress
        self._workers = workers
        self._grouped = out / WORK / "grouped"
        self._judged = out / WORK / "judged"
        self._links = out / WORK / "links.sqlite"
        self._seconds = Seconds()

    def done(self) -> Result:
        began = time.monotonic()
        for directory in (self._grouped, self._judged):
            directory.mkdir(mode=0o700, exist_ok=True)
        remove_unfinished(self._grouped, self._judged)
        with Workers(self._workers, self._record.plan) as workers:
            self._group(workers)
            facts = self._facts()
            linked = self._link(facts)
            self._judge(workers, facts)
        result = self._finish(facts, linked)
        result.seconds.elapsed = round(time.monotonic() - began, 3)
        return result

    # -- reading --------------------------------------------------------------------------------

    def _group(self, workers: Workers) -> None:
        files = self._record.files
        total = sum(file.size for file in files)
        there = {path.name.rsplit("-", 2)[0] for path in self._grouped.glob("*-last")}
        open_pieces = [one for one in pieces_of(files) if f"{one.file:05}-{one.number:05}" not in there]
        done = total - sum(piece.end - piece.start for piece in open_pieces)
        self._progress("reading", done, total)
        tasks = (
            GroupTask((files[piece.file], piece, self._record.partitions, str(self._grouped)))
            for piece in open_pieces
        )
        for task, spent in workers.done(group, tasks):
            piece: Piece = task[1]
            self._seconds.reading += spent
            done += piece.end - piece.start
            self._progress("reading", done, total)

    def _paths(self) -> list[Path]:
        """The files of the first pass."""
        return sorted(path for path in self._grouped.iterdir() if is_done(path))

    def _facts(self) -> list[tuple[Path, Facts]]:
        return [(path, msgspec.msgpack.decode(read_index(path).facts, type=Facts)) for path in self._paths()]

    def _link(self, facts: Sequence[tuple[Path, Facts]]) -> Linked:
        self._progress("linking", 0, 1)
        told = self._links.with_name("linked.json")
        if not told.exists():
            own = [(one, self._record.files[int(path.name[:5])].rank) for path, one in facts]
            linked = link([path for path, _ in facts], own, self._links, self._record.partitions)
            if not linked.patients:
                raise NoInputError(
                    f"{', '.join(self._record.directories)}: no Patient in it; Patient resources are needed"
                )
            told.write_bytes(msgspec.json.encode(linked))
        self._progress("linking", 1, 1)
        return msgspec.json.decode(told.read_bytes(), type=Linked)

    # -- screening ------------------------------------------------------------------------------

    def _judge(self, workers: Workers, facts: Sequence[tuple[Path, Facts]]) -> None:
        grouped = [*(str(path) for path, _ in facts), str(self._links.with_name(STRAYS_FILE))]
        origins = self._origins(facts)
        sizes: Counter[int] = Counter()
        for path in grouped:
            for name, frame in read_index(Path(path)).frames.items():
                if name.isdigit():
                    sizes[int(name)] += frame.entries
        total = sum(sizes.values())
        open_ones = [n for n in range(self._record.partitions) if not (self._judged / f"{n:05}").exists()]
        done = total - sum(sizes[number] for number in open_ones)
        self._progress("screening", done, total)
        since = self._record.since
        before = read_record(Path(since)) if since is not None else None
        carries = before is not None and can_carry_over(before.plan, self._record.plan)
        tasks = (
            Partition(
                number=number,
                of=self._record.partitions,
                grouped=tuple(grouped),
                origins=origins,
                links=str(self._links),
                target=str(self._judged / f"{number:05}"),
                doubted=doubted_types(one for _, one in facts),
                earlier=since if carries else None,
            )
            for number in open_ones
        )
        for task, _ in workers.done(judge, tasks):
            done += sizes[task.number]
            self._progress("screening", done, total)

    def _origins(self, facts: Sequence[tuple[Path, Facts]]) -> tuple[Origin, ...]:
        """Each file of the input, with the number of lines before each of its pieces."""
        counts: dict[int, Counter[int]] = {}
        for path, one in facts:
            position, piece, _ = map(int, path.name.removesuffix("-last").split("-"))
            counts.setdefault(position, Counter())[piece] += one.lines
        found = []
        for position, file in enumerate(self._record.files):
            own = counts[position]
            before = [sum(own[earlier] for earlier in range(piece)) for piece in range(len(own))]
            found.append(Origin(file.name, file.rank, tuple(before)))
        return tuple(found)

    # -- finishing ------------------------------------------------------------------------------

    def _finish(self, facts: Sequence[tuple[Path, Facts]], linked: Linked) -> Result:
        self._progress("finishing", 0, 1)
        judged = [
            msgspec.json.decode(path.read_bytes(), type=Judged)
            for path in self._judged.glob("*/told.json")
            if is_done(path.parent)
        ]
        lines = account((one for _, one in facts), linked, judged)
        grouped = [path for path, _ in facts]
        origins = self._origins(facts)
        strays = self._links.with_name(STRAYS_FILE)
        lines.rejected = write_rejected([*grouped, strays], origins, self._judged, self._out)
        gather_tables(self._judged, self._out)
        kinds: Counter[str] = Counter()
        broken: dict[str, str] = {}
        for path, one in facts:
            kinds.update(one.kinds)
            if one.broken_off is not None:
                broken[self._record.files[int(path.name[:5])].name] = one.broken_off
        self._seconds.grouping = sum(one.gathering for one in judged)
        self._seconds.judging = sum(one.judging for one in judged)
        self._seconds.writing = sum(one.writing for one in judged)
        self._progress("finishing", 1, 1)
        return Result(
            patients=sum(one.patients for one in judged),
            carried=sum(one.carried for one in judged),
            kinds=dict(sorted(kinds.items())),
            lacking=lacking(self._record.plan, kinds),
            ignored=self._ignored,
            broken_off=broken,
            doubted=doubted_types(one for _, one in facts),
            lines=lines,
            seconds=self._seconds,
            workers=self._workers,
        )


def forget_work(out: Path) -> None:
    """Remove what a run needed while it went on."""
    shutil.rmtree(out / WORK, ignore_errors=True)
