"""Turns: how many requests may be under way at a time, and which of those that wait goes next.

What a call cannot be answered without goes before everything else of any call, and has places that nothing
else may take: else the first calls would keep a slow server busy with what they could do without, until the
last ones have run out of time. After that the call goes first whose time is over first, so that whole charts
come of it where not all can be whole.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class Turns:
    """Places for requests under way; to be used within one event loop.

    Args:
        most: how many there are.
        kept: how many of them only urgent requests may take.
    """

    def __init__(self, most: int, kept: int = 0) -> None:
        self._room = {True: most, False: most - kept}
        self._under_way = {True: 0, False: 0}
        self._waiting: list[tuple[bool, float, int, asyncio.Future[None]]] = []
        self._number = itertools.count()

    @asynccontextmanager
    async def turn(self, deadline: float, *, urgent: bool) -> AsyncGenerator[None]:
        """A place, once there is one.

        Args:
            deadline: instant of the running loop's clock at which the call is over.
            urgent: the call cannot be answered without it.
        """
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not urgent, deadline, next(self._number), granted))
        self._grant()
        try:
            await granted
            yield
        finally:
            # Who was given a place and cancelled at once has it all the same.
            if granted.done() and not granted.cancelled():
                self._under_way[urgent] -= 1
                self._grant()

    def _grant(self) -> None:
        """Give the free places to those whose turn it is; who gave up waiting is passed over."""
        while self._waiting:
            later, _, _, granted = self._waiting[0]
            if not granted.cancelled():
                if not self._has_room(urgent=not later):
                    return
                self._under_way[not later] += 1
                granted.set_result(None)
            heapq.heappop(self._waiting)

    def _has_room(self, *, urgent: bool) -> bool:
        within = sum(self._under_way.values()) < self._room[True]
        return within and (urgent or self._under_way[False] < self._room[False])
