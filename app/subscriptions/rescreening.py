"""Screens again whoever something is new of: one after another, beside what the service answers.

Who was told of is screened, or tried again until it is in vain; what a server did not tell of, because its
notifications say nothing, were lost, or came while nobody listened, is asked of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Literal, Protocol

import structlog

from app.logging import place_of
from app.server_charts import NoChartError
from app.subscriptions.news import PATIENT, SOMETHING
from app.subscriptions.notifications import Notification
from app.subscriptions.progress import Progress
from app.subscriptions.screened import ChartScreening
from app.subscriptions.server import NoAccessError, SubscribedServer
from app.subscriptions.waiting import Due, Waiting
from fhir_mappings.client import TokenError

ATTEMPTS = 6
FIRST_WAIT = 5.0
"""Seconds after the first attempt that was in vain; doubled each time: some three minutes in all."""
_OVERLAP = timedelta(minutes=5)
"""So much earlier the server is asked than from when on something may be new: clocks differ, and a server
that was not answered tells again for a while."""
_TELL_SECONDS = 30.0
"""How often it is kept how far the subscription has come."""

Outcome = Literal["done", "partly", "found", "untold", "gone", "again", "given-up", "failed"]
_WELL = frozenset({"done", "partly", "found", "untold", "gone"})
_EVENTS: Mapping[Outcome, str] = {
    "done": "screened again",
    "partly": "screened again, not wholly retrieved",
    "found": "found whom news are about",
    "untold": "news about no patient",
    "gone": "news about what is not on the server",
    "again": "nothing retrieved, to be tried again",
    "given-up": "nothing retrieved, given up",
    "failed": "a fault of this program",
}
_GONE = frozenset({"not-found", "gone"})
_PASSING = frozenset(
    {
        "too-many-requests",
        "server-error",
        "unreachable",
        "connection-lost",
        "deadline",
        "queued",
        "no-token",
        "no-access",
        "unauthorized",
    }
)
"""Why a server gave nothing, where it may be otherwise in a while."""


class Counted(Protocol):
    """Who counts: the metrics."""

    def notified(self, subscription: str, kind: str, untold: int, missed: int) -> None:
        """A notification came."""

    def rescreened(self, subscription: str, outcome: str) -> None:
        """Somebody was screened again, or could not be."""

    def waiting(self, subscription: str, number: int) -> None:
        """So many wait."""


class Rescreener:
    """Of one subscription, in one process.

    Args:
        name: of the subscription.
        server: that it is of.
        screening: screens a patient by chart, and keeps what came out.
        waiting: what is to be looked at.
        progress: how far it has come.
        counted, logger: who is told.
        now: the instant, with offset.
    """

    def __init__(
        self,
        name: str,
        server: SubscribedServer,
        screening: ChartScreening,
        waiting: Waiting,
        progress: Progress,
        counted: Counted,
        logger: structlog.typing.FilteringBoundLogger,
        now: Callable[[], datetime],
    ) -> None:
        self.name = name
        self.base = server.base
        self._server = server
        self._screening = screening
        self._waiting = waiting
        self._progress = progress
        self._counted = counted
        self._logger = logger
        self._now = now
        self._tasks: list[asyncio.Task[None]] = []
        self._at_work: Due | None = None
        self._knows_since = False
        self._began = self._heard = self._asked = now()

    async def start(self) -> None:
        """Begin, also with what came while no process was there, as soon as that can be told."""
        self._tasks = [asyncio.create_task(self._work()), asyncio.create_task(self._tell_on())]

    async def stop(self) -> None:
        """End; what waits then is asked for at the next start."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
            with suppress(Exception):  # the progress tells of it
                await self._tell_how_far()
            if left := len(self._waiting) + (self._at_work is not None):
                self._logger.warning("stopped with some to be screened", subscription=self.name, waiting=left)
        await self._progress.close()

    async def take(self, notification: Notification) -> int:
        """Have whom a notification is about screened; how many events before it were never told.

        Raises:
            FullError: too much waits already.
        """
        heard = self._now()
        self._waiting.take({news: self._asked if news == SOMETHING else heard for news in notification.news})
        if notification.is_faulty:
            self._logger.warning("the server has a subscription in error or off", subscription=self.name)
        missed = await self._progress.missed(notification)
        if missed:
            self._waiting.add({SOMETHING: self._heard})
        self._heard = heard
        self._counted.notified(self.name, notification.kind, notification.untold, missed)
        self._counted.waiting(self.name, len(self._waiting))
        return missed

    async def _work(self) -> None:
        while True:
            due = self._at_work = await self._waiting.next()
            began = perf_counter()
            told: dict[str, int | str] = {}
            outcome = await self._looked_at(due, told)
            self._at_work = None
            # Also where nothing can be told, as when the disk of the log is full, the work goes on.
            with suppress(Exception):
                self._tell(due, outcome, told, perf_counter() - began)

    def _tell(self, due: Due, outcome: Outcome, told: Mapping[str, int | str], seconds: float) -> None:
        self._counted.rescreened(self.name, outcome)
        self._counted.waiting(self.name, len(self._waiting))
        tell = self._logger.info if outcome in _WELL else self._logger.warning
        tell(
            _EVENTS[outcome],
            subscription=self.name,
            attempt=due.attempts + 1,
            waiting=len(self._waiting),
            duration_ms=round(seconds * 1000),
            **told,
        )

    async def _looked_at(self, due: Due, told: dict[str, int | str]) -> Outcome:
        """What came of the news; ``told`` takes in what is to be logged."""
        last = due.attempts + 1 >= ATTEMPTS
        try:
            if due.news == SOMETHING:
                return await self._ask(due, told, last=last)
            if due.news.kind == PATIENT:
                return await self._screen(due, told, last=last)
            return await self._find(due)
        except NoChartError as error:
            told["fetch_why"] = error.why
        except TokenError:
            told["fetch_why"] = "no-token"
        except NoAccessError as error:
            told.update(fetch_why="no-access", error_type=str(error))
        except Exception as error:  # a fault of this program on one chart must not end the work on others
            told.update(error_type=type(error).__name__, error_at=place_of(error))
            return "failed"
        if told["fetch_why"] in _GONE:
            return "gone"
        if told["fetch_why"] not in _PASSING or last:
            return "given-up"
        return self._again(due)

    def _again(self, due: Due) -> Outcome:
        self._waiting.again(due, FIRST_WAIT * 2.0**due.attempts)
        return "again"

    async def _screen(self, due: Due, told: dict[str, int | str], *, last: bool) -> Outcome:
        chart = await self._server.chart(due.news.id)
        whys = sorted(set(chart.partly.values()))
        told["fetch_resources"] = len(chart.resources)
        if whys:
            told["fetch_why"] = " ".join(whys)
        if _PASSING.intersection(whys) and not last:
            return self._again(due)  # before the list says that something is missing
        told["screenings"] = await self._screening.screen(due.news.id, chart)
        return "partly" if whys else "done"

    async def _find(self, due: Due) -> Outcome:
        patient = await self._server.patient_of(due.news)
        if patient is None:
            return "untold"
        self._waiting.add({patient: due.since})
        return "found"

    async def _ask(self, due: Due, told: dict[str, int | str], *, last: bool) -> Outcome:
        began = self._now()
        changed = await self._server.changed_since(due.since.astimezone(UTC) - _OVERLAP)
        self._waiting.add(dict.fromkeys(changed.news, due.since))
        told["patients"] = len(changed.news)
        if whys := sorted(set(changed.partly.values())):
            told["fetch_why"] = " ".join(whys)
            if _PASSING.intersection(whys) and not last:
                return self._again(due)
        self._asked = began
        await self._progress.settled(self._settled(), forget_before=self._began)
        return "partly" if whys else "found"

    async def _tell_on(self) -> None:
        while True:
            with suppress(Exception):  # as there
                await self._tell_how_far()
            await asyncio.sleep(_TELL_SECONDS)

    async def _tell_how_far(self) -> None:
        """Keep how far it has come; not before it is known how far others came who are gone."""
        if not self._knows_since:
            since = await self._progress.since()
            if since is not None:
                self._waiting.add({SOMETHING: since})
            self._knows_since = True
        await self._progress.settled(self._settled())

    def _settled(self) -> datetime:
        """Before this instant nothing is unscreened, as far as this process was told."""
        unsettled = [self._waiting.since(), self._at_work.since if self._at_work is not None else None]
        return min((since for since in unsettled if since is not None), default=self._now())
