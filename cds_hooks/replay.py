"""Tokens that were used: each is good for one call.

The embedded store is for one process. Several processes need a store that they share
(``app.clients.shared_replay``), or a token is good for one call in each.
"""

from __future__ import annotations

import hashlib
import heapq
from typing import Protocol

from cds_hooks.tokens import LEEWAY, Token


class ReplayStoreError(Exception):
    """It cannot be told whether a token was used: the store is full, or cannot be reached."""


class ReplayStore(Protocol):
    """Remembers tokens until they have expired."""

    async def first_use(self, token: Token, now: float) -> bool:
        """Whether this is the first time that the token is used; from now on it is not.

        Raises:
            ReplayStoreError: it cannot be told.
        """

    async def reachable(self) -> bool:
        """Whether the store can be asked."""

    async def close(self) -> None:
        """Let go of what the store holds open."""


def fingerprint(token: Token) -> bytes:
    """What a token is remembered by. ``jti`` is unique only for its issuer; neither can be read from it."""
    return hashlib.sha256(
        f"{len(token.issuer)} {token.issuer} {token.identifier}".encode("utf-8", "surrogatepass")
    ).digest()


def seconds_to_remember(token: Token, now: float) -> int:
    """How long a token could still be taken for valid, rounded up."""
    return max(1, int(token.expires + LEEWAY - now) + 1)


class EmbeddedReplayStore:
    """In the memory of this process, at most ``most`` tokens at a time (some 150 bytes each)."""

    def __init__(self, most: int = 200_000) -> None:
        self._most = most
        self._used: set[bytes] = set()
        self._ends: list[tuple[float, bytes]] = []

    async def first_use(self, token: Token, now: float) -> bool:
        """See ``ReplayStore``. A full store refuses: were it to forget, a token could be used again."""
        while self._ends and self._ends[0][0] < now:
            self._used.discard(heapq.heappop(self._ends)[1])
        known = fingerprint(token)
        if known in self._used:
            return False
        if len(self._used) >= self._most:
            raise ReplayStoreError("full")
        self._used.add(known)
        heapq.heappush(self._ends, (now + seconds_to_remember(token, now), known))
        return True

    async def reachable(self) -> bool:
        """It is in this very process."""
        return True

    async def close(self) -> None:
        """There is nothing to let go of."""
