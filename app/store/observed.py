"""Who watches the store: the log and the metrics."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

import structlog

from app.logging import place_of
from app.metrics import Metrics
from app.store.kept import Operation
from app.store.memory import Case, Memory, Recalled
from app.store.records import JudgedTrial

_QUIET_SECONDS = 60.0
"""One line for each operation in so long: a database that is away fails with every call."""


class StoreWatcher:
    """Counts every failure, and logs the first of a minute by type and place, without its message."""

    def __init__(self, logger: structlog.typing.FilteringBoundLogger, metrics: Metrics) -> None:
        self._logger = logger
        self._metrics = metrics
        self._told: dict[Operation, float] = {}

    def store_failed(self, operation: Operation, error: BaseException | None, records: int = 1) -> None:
        """See ``app.store.kept.Watcher``."""
        self._metrics.store_failed(operation, records)
        now = monotonic()
        if now - self._told.get(operation, -_QUIET_SECONDS) < _QUIET_SECONDS:
            return
        self._told[operation] = now
        told = {} if error is None else {"error_type": type(error).__name__, "error_at": place_of(error)}
        self._logger.error("store failed", operation=operation, **told)


class CountedMemory:
    """A memory whose cards are counted."""

    def __init__(self, memory: Memory, metrics: Metrics) -> None:
        self._memory = memory
        self._metrics = metrics

    async def recall(self, case: Case) -> Recalled:
        """See ``app.store.memory.Memory``."""
        return await self._memory.recall(case)

    def remember(self, case: Case, judged: Sequence[JudgedTrial]) -> None:
        """See ``app.store.memory.Memory``."""
        self._metrics.judged(case.hook, judged)
        self._memory.remember(case, judged)
