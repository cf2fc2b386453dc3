"""Worker processes: what they do, and that they end with the process that started them."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TypeVar

from cohort.errors import InterruptedRunError
from cohort.grouping import group_piece
from cohort.judging import Judge
from cohort.partitions import Judged, Partition, judge_partition
from cohort.plan import Plan
from cohort.sources import Piece, SourceFile

T = TypeVar("T")
R = TypeVar("R")

_judge: Judge | None = None


class Workers:
    """A pool of processes for one run."""

    def __init__(self, count: int, plan: Plan) -> None:
        self.count = count
        self._pool = ProcessPoolExecutor(
            count, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(plan,)
        )

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def done(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[tuple[T, R]]:
        """Tasks as they are done, with what came of them.

        Raises:
            InterruptedRunError: a process ended before its time, as for want of memory.
        """
        waiting = iter(tasks)
        running: dict[Future[R], T] = {}
        try:
            while True:
                # A few ahead of the workers: a million tasks need not wait in memory.
                while len(running) < 2 * self.count and (task := next(waiting, None)) is not None:
                    running[self._pool.submit(work, task)] = task
                if not running:
                    return
                future = next(as_completed(running))
                yield running.pop(future), future.result()
        except BrokenProcessPool:
            raise InterruptedRunError(
                "a worker process was ended from outside, perhaps for want of memory; go on with --resume"
            ) from None


def _begin(plan: Plan) -> None:
    global _judge
    _judge = Judge(plan)
    # What was loaded stays; the collector need not look at it again with every patient.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class GroupTask(tuple[SourceFile, Piece, int, str]):
    """A piece of a file, the number of partitions, and the directory for what comes of it."""

    __slots__ = ()


def group(task: GroupTask) -> float:
    """Sort a piece of the input; CPU seconds spent."""
    file, piece, partitions, directory = task
    began = time.process_time()
    group_piece(file, piece, partitions, Path(directory))
    return time.process_time() - began


def judge(partition: Partition) -> Judged:
    """Judge a partition."""
    if _judge is None:
        raise RuntimeError("the worker was not begun")
    return judge_partition(partition, _judge)
