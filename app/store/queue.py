"""One thread that writes: callers hand records over and go on; what waits is written together.

A database that is away is tried again while records wait. When too many wait, the newest are given up, and
counted. A record that the database refuses for itself is given up alone.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import NamedTuple

from app.store.errors import StoreError
from app.store.records import Record

CAPACITY = 10_000
"""Records that wait at most: some minutes of a busy hospital."""
_LARGEST_BATCH = 500
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
"""Seconds between two tries."""


class _Entry(NamedTuple):
    record: Record | None
    """``None`` only marks a place: whoever waits for it knows that all before it is written."""
    done: Future[bool]
    """True once it is in the database; False when it was given up."""


class WritingQueue:
    """The queue and its thread, which starts with the first record.

    ``write`` commits a batch. ``on_failure`` is told each exception, ``on_lost`` how many records were given
    up, ``on_success`` that a batch was committed. The writing thread calls them; of a full queue, the caller.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Record]], None],
        *,
        on_failure: Callable[[Exception], None],
        on_lost: Callable[[int], None],
        on_success: Callable[[], None],
        capacity: int = CAPACITY,
    ) -> None:
        self._write = write
        self._on_failure, self._on_lost, self._on_success = on_failure, on_lost, on_success
        self._waiting: queue.Queue[_Entry] = queue.Queue(capacity)
        self._stop = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, record: Record) -> Future[bool]:
        """Hand over a record; the future tells whether it came into the database. Never waits."""
        return self._put(record)

    def flush(self, seconds: float) -> bool:
        """Wait until what was handed over so far is written; whether it was within so many seconds."""
        if self._thread is None:
            return True
        try:
            return self._put(None).result(seconds)
        except TimeoutError:
            return False

    def close(self, seconds: float) -> None:
        """Write what waits, for so many seconds at most, and end the thread. What is left then is lost."""
        if self._thread is None:
            return
        self.flush(seconds)
        self._stop.set()
        self._put(None)  # wakes the thread
        self._thread.join(seconds)

    def _put(self, record: Record | None) -> Future[bool]:
        entry = _Entry(record, Future())
        self._started()
        try:
            self._waiting.put_nowait(entry)
        except queue.Full:
            entry.done.set_result(False)
            if record is not None:
                self._on_lost(1)
        return entry.done

    def _started(self) -> None:
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            batch = [self._waiting.get()]
            while len(batch) < _LARGEST_BATCH:
                try:
                    batch.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            self._settle(batch)
        left: list[_Entry] = []
        while not self._waiting.empty():
            left.append(self._waiting.get_nowait())
        self._give_up(left)

    def _settle(self, batch: Sequence[_Entry]) -> None:
        """Write a batch, however often it takes."""
        records = [entry.record for entry in batch if entry.record is not None]
        pause = _FIRST_PAUSE
        while True:
            fault = self._tried(records)
            if fault is None:
                for entry in batch:
                    entry.done.set_result(True)
                return
            if not _is_away(fault):
                break
            if self._stop.wait(pause):
                self._give_up(batch)
                return
            pause = min(pause * 2, _LONGEST_PAUSE)
        if len(batch) == 1:
            self._give_up(batch)
            return
        for entry in batch:
            self._settle([entry])

    def _tried(self, records: Sequence[Record]) -> Exception | None:
        if not records:
            return None
        try:
            self._write(records)
        except Exception as error:  # the thread must outlive whatever a driver raises
            self._on_failure(error)
            return error
        self._on_success()
        return None

    def _give_up(self, batch: Sequence[_Entry]) -> None:
        for entry in batch:
            entry.done.set_result(False)
        if lost := sum(entry.record is not None for entry in batch):
            self._on_lost(lost)


def _is_away(error: Exception) -> bool:
    """Whether the database is to blame, and not the record."""
    from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, TimeoutError

    return isinstance(
        error, StoreError | OperationalError | InterfaceError | InternalError | TimeoutError | OSError
    )
