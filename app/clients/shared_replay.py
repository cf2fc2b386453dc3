"""Tokens that were used, remembered in Redis: for several workers that answer the same clients."""

from __future__ import annotations

import asyncio
import secrets

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from cds_hooks.replay import ReplayStoreError, fingerprint, seconds_to_remember
from cds_hooks.tokens import Token

_SECONDS = 1.0
"""Patience with Redis in all: a clinician waits meanwhile."""

_EACH_SECONDS = 0.3
"""With one reply, so that time is left to ask again."""


class RedisReplayStore:
    """One key for each token, without a readable part of it, which expires with it.

    ``url`` is ``redis://``, ``rediss://`` (TLS) or ``unix://``, with user and password if needed.
    """

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url,
            socket_timeout=_EACH_SECONDS,
            socket_connect_timeout=_EACH_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )

    async def first_use(self, token: Token, now: float) -> bool:
        """See ``cds_hooks.replay.ReplayStore``; one command sets and tests, so that only one worker wins.

        The command is sent again where its reply was lost, and then finds the token used: by this very call,
        if the value is that of this call.
        """
        name = f"trialcards:token:{fingerprint(token).hex()}"
        ours = secrets.token_bytes(16)
        try:
            async with asyncio.timeout(_SECONDS):
                if await self._redis.set(name, ours, nx=True, ex=seconds_to_remember(token, now)):
                    return True
                return bool(await self._redis.get(name) == ours)
        except (RedisError, OSError) as error:
            raise ReplayStoreError(type(error).__name__) from None

    async def reachable(self) -> bool:
        """Whether the server answers."""
        try:
            return bool(await self._redis.ping())
        except (RedisError, OSError):
            return False

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()
