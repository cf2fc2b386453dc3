"""Calls that were refused, for the audit trail: what was called, and why it was not answered.

Nothing of the request is kept, and nobody is named whose token did not hold. Of each client, and of all that
could not be told, so many are kept in a minute; the rest is counted, so that no flood of them fills the disk.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, MutableMapping
from datetime import datetime
from typing import Any, Protocol

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.logging import noted
from app.outcomes import HOOKS_PREFIX, ISSUE
from app.store.records import NOT_KEPT, UNKNOWN_CLIENT, CallKind, RefusedCall

KEPT_A_MINUTE = 20
"""Of each client."""

_MINUTE = 60.0
_LEAST_STATUS = 400
_UNAUTHORIZED = 401


class Counted(Protocol):
    """Who counts them: the metrics."""

    def refused(self, call: CallKind, reason: str, kept: bool) -> None:
        """A call was refused; whether it is kept as such."""


class _Minute:
    """What was refused to one client since this minute began."""

    def __init__(self, ends: float) -> None:
        self.ends = ends
        self.calls = self.not_kept = 0


class Refusals:
    """Keeps refused calls, within bounds.

    Args:
        keep: takes them to the store; ``None`` where there is none.
        counted: is told each of them.
        logger: is told, once a minute, how many were not kept.
        now: the instant, with offset.
        clock: seconds that only go on.
    """

    def __init__(
        self,
        keep: Callable[[RefusedCall], None] | None,
        counted: Counted,
        logger: structlog.typing.FilteringBoundLogger,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keep = keep
        self._counted = counted
        self._logger = logger
        self._now = now
        self._clock = clock
        self._minutes: dict[str, _Minute] = {}

    def take(self, call: CallKind, hook: str | None, client: str, status: int, reason: str) -> None:
        """A call was refused; to be told within the event loop."""
        minute = self._minute_of(client)
        minute.calls += 1
        kept = self._keep is not None and minute.calls <= KEPT_A_MINUTE
        self._counted.refused(call, reason, kept)
        if self._keep is None:
            return
        if kept:
            self._keep(self._record(call=call, hook=hook, client=client, status=status, reason=reason))
            return
        minute.not_kept += 1
        if minute.not_kept == 1:  # that the flood ends must not keep its number from being told
            asyncio.get_running_loop().call_later(_MINUTE, self._end, client, minute)

    def close(self) -> None:
        """Tell what was counted and not told yet."""
        for client, minute in self._minutes.items():
            self._end(client, minute)

    def _minute_of(self, client: str) -> _Minute:
        moment = self._clock()
        minute = self._minutes.get(client)
        if minute is None or moment >= minute.ends:
            if minute is not None:
                self._end(client, minute)
            minute = self._minutes[client] = _Minute(moment + _MINUTE)
        return minute

    def _end(self, client: str, minute: _Minute) -> None:
        number, minute.not_kept = minute.not_kept, 0
        if not number or self._keep is None:
            return
        self._logger.warning("refused calls were counted and not kept", client=client, calls=number)
        self._keep(
            self._record(call=None, hook=None, client=client, status=None, reason=NOT_KEPT, calls=number)
        )

    def _record(self, **told: Any) -> RefusedCall:
        return RefusedCall(id=str(uuid.uuid4()), at=self._now(), **told)


class RefusalWatch:
    """ASGI middleware, outside of the request log: tells ``Refusals`` which calls were not answered.

    Those are the calls that make the audit trail when they are answered, of feedback, and of discovery.
    """

    def __init__(self, app: ASGIApp, refusals: Refusals) -> None:
        self.app = app
        self.refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = call_of(scope["path"]) if scope["type"] == "http" else None
        if call is None:
            await self.app(scope, receive, send)
            return

        async def watched(message: Message) -> None:
            # Before the answer goes out: who has it may ask at once what was kept of it.
            if message["type"] == "http.response.start" and message["status"] >= _LEAST_STATUS:
                self._tell(scope, call, message["status"])
            await send(message)

        await self.app(scope, receive, watched)

    def _tell(self, scope: MutableMapping[str, Any], call: CallKind, status: int) -> None:
        told = noted(scope)
        # A token that did not hold proves nothing, whatever it says of its sender.
        client = UNKNOWN_CLIENT if status == _UNAUTHORIZED else str(told.get("client", UNKNOWN_CLIENT))
        reason = str(told.get("refused") or scope.get(ISSUE) or "invalid")
        hook = told.get("hook")
        self.refusals.take(call, None if hook is None else str(hook), client, status, reason)


def call_of(path: str) -> CallKind | None:
    """What is called at a path; ``None`` for all that no audit trail tells of."""
    prefix, *more = path.removeprefix("/").removesuffix("/").split("/")
    if not more and prefix == "screenings":
        return "screenings"
    if f"/{prefix}" != HOOKS_PREFIX:
        return None
    if len(more) == 2 and more[1] == "feedback":
        return "feedback"
    return ("discovery", "hook")[len(more)] if len(more) < 2 else None
