"""How far a subscription has come, so that neither a gap nor a restart loses anybody.

A server numbers its events: one that lacks was not delivered. And of each process it is kept until when all
that it was told of is screened; who starts anew asks the server what came since then. Nothing of any patient
is kept here. Where the database is away, what this process knows itself has to do.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

from app.store.database import Database
from app.store.kept import Operation, Watcher
from app.subscriptions.notifications import Notification

_NEAR = 100
"""A number that is lower than the last by less than this came late, or again; else the server counts anew."""

T = TypeVar("T")


class Progress:
    """Of one subscription, in one process.

    Args:
        name: of the subscription.
        database: where; it is opened at first use.
        watcher: who is told of failures.
    """

    def __init__(self, name: str, database: Database, watcher: Watcher) -> None:
        self._name = name
        self._database = database
        self._watcher = watcher
        self._worker = str(uuid.uuid4())
        self._known: dict[str, int] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="subscription")

    async def missed(self, notification: Notification) -> int:
        """How many events before those of a notification were never told; it counts as told from now on."""
        subscription = notification.subscription or ""
        if not _counts(notification):
            return 0

        def noted() -> int:
            with self._database.changing() as connection:
                last = last_event(connection, self._name, subscription)
                lacking, now = _advanced(last, notification)
                if now is not None and now != last:
                    keep_last_event(connection, self._name, subscription, now)
                return lacking

        from app.store.subscriptions import keep_last_event, last_event

        lacking, now = _advanced(self._known.get(subscription), notification)
        if now is not None:
            self._known[subscription] = now
        told = await self._tried("write", noted)
        return lacking if told is None else told

    async def since(self) -> datetime | None:
        """From when on something may be unscreened; ``None`` where nothing was ever told.

        Raises:
            Exception: the database does not tell.
        """
        from app.store.subscriptions import settled_since

        def read() -> datetime | None:
            with self._database.reading() as connection:
                return settled_since(connection, self._name)

        try:
            return await self._in_thread(read)
        except Exception as error:
            self._watcher.store_failed("read", error)
            raise

    async def settled(self, at: datetime, *, forget_before: datetime | None = None) -> None:
        """Everything that this process was told of before an instant is screened.

        ``forget_before``: processes that have told nothing since are gone, and what they left is done.
        """
        from app.store.subscriptions import forget_settled, keep_settled

        def write() -> None:
            with self._database.changing() as connection:
                keep_settled(connection, self._name, self._worker, at)
                if forget_before is not None:
                    forget_settled(connection, self._name, self._worker, forget_before)

        await self._tried("write", write)

    async def close(self) -> None:
        """Let go of the database, once what is under way there is over."""
        await asyncio.to_thread(self._thread.shutdown)
        self._database.close()

    def _in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _tried(self, operation: Operation, work: Callable[[], T]) -> T | None:
        try:
            return await self._in_thread(work)
        except Exception as error:  # the server must be answered all the same
            self._watcher.store_failed(operation, error)
            return None


def _counts(notification: Notification) -> bool:
    return bool(notification.numbers) or notification.since_start is not None


def _advanced(last: int | None, notification: Notification) -> tuple[int, int | None]:
    """How many events lack before those of a notification, and which is the last one now."""
    if notification.kind == "handshake":
        return 0, notification.since_start
    if not notification.numbers:
        # A heartbeat, or a status that was asked for: the events so far should have come.
        so_far = notification.since_start or 0
        return (0 if last is None else max(0, so_far - last)), max(so_far, last or 0)
    lacking = 0
    for number in sorted(set(notification.numbers)):
        if last is not None and last - _NEAR < number <= last:
            continue
        lacking += 0 if last is None else max(0, number - last - 1)
        last = number
    return lacking, last
