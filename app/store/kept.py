"""The store as the service uses it: the hook's memory, the feedback that comes in, and whether all is well.

It opens its database in a thread of its own, never waits long, and never raises: a hook is answered with what
is known, be that nothing. What went wrong is told to whoever made the store, and to ``/readyz``.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

import msgspec

from app.shown import ShownCards
from app.store.database import Database
from app.store.memory import REPEATING_HOOKS, Case, Declining, Recalled
from app.store.pseudonyms import Pseudonyms
from app.store.queue import WritingQueue
from app.store.records import (
    CardFeedback,
    HookCall,
    JudgedTrial,
    KeptChart,
    ListedRow,
    Record,
    RefusedCall,
    Shown,
    StatusRow,
)

if TYPE_CHECKING:
    from app.store.purging import Purged

RECALL_SECONDS = 0.25
"""How long the hook waits for its memory."""
OPENING_SECONDS = 10.0
"""How long the start, and whatever is no hook, waits for the database to be opened, tables and all."""
FEEDBACK_SECONDS = 3.0
"""How long feedback waits to be written before the client is asked to send it again."""
CLOSING_SECONDS = 5.0
_FEEDBACK_AT_ONCE = 500
"""A batch without end must not fill the queue."""
_REST_SECONDS = 5.0
"""After a read that failed the hook does not read again for so long."""

Operation = Literal["open", "read", "write", "lost", "purge"]
Answer = TypeVar("Answer")


class Watcher(Protocol):
    """Who is told of failures: the log and the metrics."""

    def store_failed(self, operation: Operation, error: BaseException | None, records: int = 1) -> None:
        """An operation failed; ``lost``: so many records were given up. Called from any thread."""


class Store:
    """Memory and feedback in one database.

    Args:
        database: where.
        pseudonyms: called once, at first use; may raise ``OSError``.
        declining: when an override silences a trial, and for how long.
        now: the instant, with offset.
        watcher: who is told of failures.
    """

    def __init__(
        self,
        database: Database,
        pseudonyms: Callable[[], Pseudonyms],
        declining: Declining,
        now: Callable[[], datetime],
        watcher: Watcher,
    ) -> None:
        self._database = database
        self._make_pseudonyms = pseudonyms
        self._pseudonyms: Pseudonyms | None = None
        self._declining = declining
        self._now = now
        self._watcher = watcher
        self._shown_here = ShownCards()
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="store-reader")
        self._queue = WritingQueue(
            self._write, on_failure=self._write_failed, on_lost=self._lost, on_success=self._wrote
        )
        self._reads_from = 0.0
        self._read_well = self._wrote_well = True

    @property
    def state(self) -> Literal["ok", "failing"]:
        """Whether the last read and the last write went well, and the database's file is still there."""
        well = self._read_well and self._wrote_well and self._database.is_in_place
        return "ok" if well else "failing"

    async def start(self) -> None:
        """Open the database; where that fails it is tried again with every record."""
        try:
            await asyncio.wait_for(self._in_thread(self._opened), OPENING_SECONDS)
        except Exception as error:  # whatever it is, the service starts
            self._read_failed("open", error)

    async def stop(self) -> None:
        """Write what waits, and let go of the database."""
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """As ``stop``, where nothing is asynchronous."""
        self._queue.close(CLOSING_SECONDS)
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._database.close()

    def flush(self, seconds: float = CLOSING_SECONDS) -> bool:
        """Wait until all that was handed over is written; whether it was within so many seconds."""
        return self._queue.flush(seconds)

    async def recall(self, case: Case) -> Recalled:
        """What is known of the patient; if the database does not tell at once, what this process showed."""
        known = await self._recalled_at_once(case)
        # Afterwards: of calls that come together, each knows what was shown while it waited.
        here = (await self._shown_here.recall(case)).shown_in_encounter
        return known._replace(shown_in_encounter=frozenset((*known.shown_in_encounter, *here)))

    async def _recalled_at_once(self, case: Case) -> Recalled:
        if time.monotonic() < self._reads_from:
            return Recalled()
        try:
            # A database that is not open yet is opened by that thread, which goes on when this gives up.
            found = await asyncio.wait_for(self._in_thread(lambda: self._recalled(case)), RECALL_SECONDS)
        except Exception as error:  # the hook must be answered all the same
            self._read_failed("read", error)
            return Recalled()
        self._read_well = True
        return found

    def remember(self, case: Case, judged: Sequence[JudgedTrial]) -> None:
        """Keep who asked, for whom, and what was judged and shown; written soon, by another thread."""
        self._shown_here.remember(case, judged)
        try:
            names = self._known_pseudonyms()
        except OSError as error:
            self._read_failed("open", error)
            self._lost(1)
            return
        self._queue.put(
            HookCall(
                id=str(uuid.uuid4()),
                at=self._now(),
                hook=case.hook,
                client=case.client,
                user=names.of_user(case.client, case.fhir_server, case.user_id),
                patient=names.of_patient(case.client, case.fhir_server, case.patient_id),
                encounter=names.of_encounter(case.client, case.fhir_server, case.encounter_id),
                judged=tuple(
                    msgspec.structs.replace(
                        each, closings=tuple(sorted(_named_closings(names, case, each.closings)))
                    )
                    for each in judged
                ),
            )
        )

    def keep_chart(self, name: str, until: datetime, seal: Callable[[], bytes]) -> None:
        """Keep a chart behind a link until an instant; sealed and written soon, by another thread."""
        self._queue.put(KeptChart(name=name, until=until, seal=seal))

    async def kept_chart(self, name: str) -> bytes | None:
        """What is kept under that name and has not run out; nothing where that cannot be told."""
        try:
            return await asyncio.wait_for(self._in_thread(lambda: self._kept_chart(name)), OPENING_SECONDS)
        except Exception as error:  # the page then says that the link opens nothing
            self._read_failed("read", error)
            return None

    def key_for(self, purpose: str) -> bytes:
        """A secret for that purpose alone, the same in all processes that share the pseudonyms' one.

        Raises:
            OSError: that one cannot be read.
        """
        return self._known_pseudonyms().key_for(purpose)

    async def keep_feedback(self, items: Sequence[CardFeedback]) -> bool:
        """Whether all of it is in the database; what is not yet will still be tried."""
        ends = time.monotonic() + FEEDBACK_SECONDS
        for start in range(0, len(items), _FEEDBACK_AT_ONCE):
            batch = items[start : start + _FEEDBACK_AT_ONCE]
            waiting = [asyncio.wrap_future(self._queue.put(item)) for item in batch]
            done, late = await asyncio.wait(waiting, timeout=max(0.0, ends - time.monotonic()))
            if late or not all(future.result() for future in done):
                return False
        return True

    def patient_key(self, client: str, fhir_server: str | None, patient_id: str) -> str:
        """The pseudonym of a patient.

        Raises:
            OSError: the secret cannot be read.
        """
        return self._known_pseudonyms().of_patient(client, fhir_server, patient_id)

    def keep_listed(self, row: ListedRow) -> None:
        """Put an entry on the screening list; written soon, by another thread."""
        self._queue.put(row)

    def listed(self) -> list[tuple[ListedRow, StatusRow | None]]:
        """The whole screening list.

        Raises:
            StoreError: the database cannot be used.
        """
        from app.store.listed import read_listed

        self._queue.flush(RECALL_SECONDS)  # what was just found is on it
        with self._database.reading() as connection:
            return read_listed(connection)

    def keep_status(self, row: StatusRow) -> bool:
        """Keep what a coordinator says of an entry; whether there is such an entry.

        Raises:
            StoreError: the database cannot be used.
        """
        from app.store.listed import write_status

        with self._database.changing() as connection:
            return write_status(connection, row)

    def keep_refusal(self, refused: RefusedCall) -> None:
        """Keep that a call was refused; written soon, by another thread."""
        self._queue.put(refused)

    async def shown(self, since: datetime, until: datetime) -> list[Shown]:
        """Cards shown and ignored in a stretch of time; nothing where that cannot be told."""
        try:
            return await asyncio.wait_for(self._in_thread(lambda: self._shown(since, until)), OPENING_SECONDS)
        except Exception as error:  # metrics go without
            self._read_failed("read", error)
            return []

    async def purge(self, before: datetime, goes_on: Callable[[], bool]) -> Purged | None:
        """Delete what is older than an instant; ``None`` where that failed. See ``purge_older``."""
        from app.store.purging import purge_older

        try:
            # Not among the few threads that the hook waits for.
            return await asyncio.to_thread(purge_older, self._database, before, goes_on)
        except Exception as error:  # the service goes on, and tries again
            self._watcher.store_failed("purge", error)
            return None

    async def forget_charts(self, now: datetime) -> None:
        """Delete the charts whose links have run out; where the database is away, a later call will."""
        if not self._database.is_open:
            return
        try:
            await asyncio.to_thread(self._forget_charts, now)
        except Exception as error:  # the service goes on, and tries again
            self._watcher.store_failed("purge", error)

    def _forget_charts(self, now: datetime) -> None:
        from app.store.purging import forget_charts

        with self._database.changing() as connection:
            forget_charts(connection, now)

    def _in_thread(self, work: Callable[[], Answer]) -> asyncio.Future[Answer]:
        return asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _opened(self) -> None:
        self._known_pseudonyms()
        self._database.open()

    def _known_pseudonyms(self) -> Pseudonyms:
        if self._pseudonyms is None:
            self._pseudonyms = self._make_pseudonyms()
        return self._pseudonyms

    def _recalled(self, case: Case) -> Recalled:
        from app.store.reading import recalled

        names = self._known_pseudonyms()
        # An encounter in which a chart is opened a hundred times is gone through only where it matters.
        encounter = case.encounter_id if case.hook in REPEATING_HOOKS else None
        with self._database.reading() as connection:
            return recalled(
                connection,
                names.of_patient(case.client, case.fhir_server, case.patient_id),
                names.of_encounter(case.client, case.fhir_server, encounter),
                self._now(),
                self._declining,
                _named_closings(names, case, case.closings),
            )

    def _kept_chart(self, name: str) -> bytes | None:
        from app.store.reading import kept_chart

        self._queue.flush(RECALL_SECONDS)  # a link may be followed at once
        with self._database.reading() as connection:
            return kept_chart(connection, name, self._now())

    def _shown(self, since: datetime, until: datetime) -> list[Shown]:
        from app.store.reading import shown_counts

        with self._database.reading() as connection:
            return shown_counts(connection, since, until)

    def _write(self, records: Sequence[Record]) -> None:
        from app.store.purging import forget_charts
        from app.store.writing import write

        with self._database.writing() as connection:
            write(connection, records)
            if any(isinstance(record, KeptChart) for record in records):
                forget_charts(connection, self._now())  # as new ones come

    def _wrote(self) -> None:
        self._wrote_well = True

    def _write_failed(self, error: Exception) -> None:
        self._wrote_well = False
        self._watcher.store_failed("write", error)

    def _lost(self, records: int) -> None:
        self._watcher.store_failed("lost", None, records)

    def _read_failed(self, operation: Operation, error: BaseException) -> None:
        self._read_well = False
        self._reads_from = time.monotonic() + _REST_SECONDS
        self._watcher.store_failed(operation, error)


def _named_closings(names: Pseudonyms, case: Case, closings: Iterable[str]) -> dict[str, str]:
    """Closings by their pseudonyms."""
    return {
        names.of_closing(case.client, case.fhir_server, case.patient_id, closing): closing
        for closing in closings
    }
