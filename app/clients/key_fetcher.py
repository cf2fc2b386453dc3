"""Fetches the key sets that clients publish, from the URLs that the operator listed."""

from __future__ import annotations

import asyncio
from functools import cached_property

import httpx

from cds_hooks.published_keys import FetchError

_SECONDS = 3.0
_MOST_BYTES = 262_144


class KeyFetcher:
    """One connection pool for all key sets.

    Redirects are not followed: the operator vouched for an address, not for where it may point to one day.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport

    async def __call__(self, url: str) -> bytes:
        """The body.

        Raises:
            FetchError: it did not come, in time and whole, or is larger than a key set can be.
        """
        try:
            async with asyncio.timeout(_SECONDS), self._http.stream("GET", url) as response:
                if response.status_code != httpx.codes.OK:
                    raise FetchError(f"status {response.status_code}")
                body = b""
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > _MOST_BYTES:
                        raise FetchError("too large")
                return body
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, TimeoutError) as error:
            raise FetchError(type(error).__name__) from None

    @cached_property
    def _http(self) -> httpx.AsyncClient:
        """Made when first needed: reading the certificates of this machine takes a while."""
        return httpx.AsyncClient(
            timeout=_SECONDS,
            follow_redirects=False,
            transport=self._transport,
            headers={"Accept": "application/json, application/jwk-set+json"},
        )

    async def close(self) -> None:
        """Close the connections."""
        if "_http" in self.__dict__:
            await self._http.aclose()
