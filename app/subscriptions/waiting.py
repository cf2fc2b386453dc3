"""What waits to be looked at: each news once, for a moment, so that what comes together is done together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from app.subscriptions.news import PATIENT, News


class FullError(Exception):
    """More waits than may; try again later."""


class Due(NamedTuple):
    """News that it is time for.

    Attributes:
        news: what is to be looked at.
        since: from when on they may be new.
        attempts: how often they were looked at in vain.
    """

    news: News
    since: datetime
    attempts: int = 0


class _Waits(NamedTuple):
    at: float
    since: datetime
    attempts: int


class Waiting:
    """News in the order in which they are due. For one event loop, and one who takes them.

    Args:
        most: how many may wait.
        settle: seconds that a patient waits: the results of one specimen come within moments, each in a
            notification of its own. What comes meanwhile does not put it off any further.
    """

    def __init__(self, most: int, settle: float) -> None:
        self._most = most
        self._settle = settle
        self._waiting: dict[News, _Waits] = {}
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, news: Mapping[News, datetime]) -> None:
        """Have these wait, all of them or none. Of each: from when on it may be new.

        Raises:
            FullError: more would wait than may. However many come at once have room where nothing waits.
        """
        new = [one for one in news if one not in self._waiting]
        if self._waiting and len(self._waiting) + len(new) > self._most:
            raise FullError
        self.add(news)

    def add(self, news: Mapping[News, datetime]) -> None:
        """As ``take``, however many wait: these come of what was let in."""
        now = asyncio.get_running_loop().time()
        for one, since in news.items():
            self._put(one, _Waits(now + (self._settle if one.kind == PATIENT else 0.0), since, 0))

    def again(self, due: Due, seconds: float) -> None:
        """Have those that were looked at in vain wait so long, unless they have come anew meanwhile."""
        at = asyncio.get_running_loop().time() + seconds
        self._put(due.news, _Waits(at, due.since, due.attempts + 1))

    def since(self) -> datetime | None:
        """From when on any of what waits may be new; ``None`` where nothing waits."""
        return min((waits.since for waits in self._waiting.values()), default=None)

    async def next(self) -> Due:
        """The news that are due next, once they are."""
        clock = asyncio.get_running_loop().time
        while True:
            self._changed.clear()
            first = min(self._waiting.items(), key=lambda item: item[1].at, default=None)
            left = None if first is None else first[1].at - clock()
            if first is not None and left is not None and left <= 0:
                news, waits = first
                del self._waiting[news]
                return Due(news, waits.since, waits.attempts)
            try:
                async with asyncio.timeout(left):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _put(self, news: News, waits: _Waits) -> None:
        there = self._waiting.get(news)
        if there is not None:
            first = min(there, waits)
            waits = first._replace(since=min(there.since, waits.since))
        self._waiting[news] = waits
        self._changed.set()
