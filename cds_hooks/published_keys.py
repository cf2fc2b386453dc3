"""Key sets that clients publish, fetched when needed and kept for a while.

Clients change their keys; a token with a ``kid`` that is not known therefore asks for the set anew, but not
more often than once in an interval, whoever sends such tokens; sooner where the last attempt failed. What
fetches is given in: this package speaks to no server.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from cds_hooks.keys import Key, KeySet, KeySetError, key_set_from_json

LIFETIME = 900.0
"""Seconds for which a set is used without asking again: so long a key that was withdrawn is still taken."""

STALE = 14_400.0
"""Seconds for which a set is used if it cannot be fetched again."""

INTERVAL = 60.0
"""Seconds between two attempts, at least, where the first succeeded."""

RETRY = 5.0
"""Seconds after an attempt that failed before there is another."""


class FetchError(Exception):
    """A key set could not be fetched."""


class KeySetUnavailableError(Exception):
    """It cannot be told whether a client has a key: its set could not be fetched, or not be read."""


Fetch = Callable[[str], Awaitable[bytes]]
"""From a URL to the body. Raises ``FetchError``."""


class PublishedKeys:
    """The key sets of all clients, by their URL. Only URLs that the operator listed may be asked for."""

    def __init__(self, fetch: Fetch, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._sets: dict[str, _Kept] = {}

    async def of_id(self, url: str, key_id: str) -> tuple[Key, ...]:
        """The keys with this ``kid``; none if it is not known.

        Raises:
            KeySetUnavailableError: the last attempt to fetch the set failed, and no set of late has the key.
        """
        kept = self._sets.setdefault(url, _Kept())
        if found := kept.usable(key_id, self._clock() - LIFETIME):
            return found
        # Whoever comes while a set is renewed goes on with the old one as long as it is of use.
        if kept.lock.locked() and (found := kept.usable(key_id, self._clock() - STALE)):
            return found
        async with kept.lock:
            await self._renew(url, kept, key_id)
        found = kept.usable(key_id, self._clock() - STALE)
        if not found and kept.failed:
            raise KeySetUnavailableError
        return found

    async def _renew(self, url: str, kept: _Kept, key_id: str) -> None:
        now = self._clock()
        pause = RETRY if kept.failed else INTERVAL
        if kept.usable(key_id, now - LIFETIME) or now < kept.attempted + pause:
            return
        kept.attempted = now
        kept.failed = True
        try:
            kept.keys = key_set_from_json(await self._fetch(url))
        except (FetchError, KeySetError):
            # Whoever waited meanwhile must not try for as long again, one after the other.
            kept.attempted = self._clock()
            return
        kept.failed = False
        kept.fetched = now


class _Kept:
    """One set: when it was fetched, when that was last tried, and whether that failed."""

    def __init__(self) -> None:
        self.keys = KeySet(())
        self.fetched = self.attempted = float("-inf")
        self.failed = False
        self.lock = asyncio.Lock()

    def usable(self, key_id: str, since: float) -> tuple[Key, ...]:
        return self.keys.of_id(key_id) if self.fetched >= since else ()
