"""Deleting by itself: what is older than the operator lets it become, at the start and once a day; and charts
whose links have run out, at the start and every few minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from app.store.kept import Store

_DAY = timedelta(days=1)
_LOOK_SECONDS = 300.0
"""Between two looks at the clock, which also goes on while a machine sleeps; and two tries that failed."""


class Retention:
    """Purges a store while the service runs.

    Args:
        store: what is purged.
        lasts: how long calls and feedback are kept; ``None`` for ever.
        now: the instant, with offset.
        logger: is told how much went.
    """

    def __init__(
        self,
        store: Store,
        lasts: timedelta | None,
        now: Callable[[], datetime],
        logger: structlog.typing.FilteringBoundLogger,
    ) -> None:
        self._store = store
        self._lasts = lasts
        self._now = now
        self._logger = logger
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, beside whatever else the event loop does."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Be done after the transaction under way."""
        self._stopping.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        due: datetime | None = None
        while not self._stopping.is_set():
            moment = self._now()
            await self._store.forget_charts(moment)
            if self._lasts is not None and (due is None or moment >= due):
                gone = await self._store.purge(moment - self._lasts, lambda: not self._stopping.is_set())
                if gone is not None:
                    due = moment + _DAY
                    self._logger.info(
                        "purged",
                        purged_calls=gone.calls,
                        purged_feedback=gone.feedback,
                        purged_refusals=gone.refusals,
                    )
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _LOOK_SECONDS)
