"""SMART Backend Services: access tokens for a program that no user launched.

The client proves itself with a signed assertion, gets a token that lives for minutes, and gets another one
before that is over (SMART App Launch 2.2, https://hl7.org/fhir/smart-app-launch/backend-services.html).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable

import httpx

from fhir_mappings.client.auth import BearerToken
from fhir_mappings.client.documents import DocumentError, Posted, posted
from fhir_mappings.client.network import Network
from fhir_mappings.client.requests import instant
from fhir_mappings.client.signing import ASSERTION_TYPE, SigningKey
from fhir_mappings.client.token_answers import TokenError, granted, refusal

_MOST_BYTES = 100_000
_SECONDS = 10.0
_ATTEMPTS = 3
_FIRST_WAIT = 0.5
_PASSING = frozenset({429, 502, 503, 504})
_CLOCKS_DIFFER = 30.0
"""Seconds, from which on another try with the server's clock is worth it."""
_EXPIRES_IN = 300.0
"""Where the server does not say how long the token lives: what SMART recommends."""
_RENEWED_BEFORE = 30.0
"""Seconds before its end, a token is renewed; half-way through its life, if that is shorter than a minute."""
_NOT_ASKED_AGAIN = 60.0
"""Seconds after a refusal."""


class BackendServices(httpx.Auth):
    """Shows an access token that it gets and renews by itself; requests under way at once share one.

    A token that is answered with 401 is renewed once for that request. Where none can be had, none is asked
    for again for a minute: servers lock out those who go on trying.

    Args:
        client_id: by which the server knows this client.
        key: signs the assertions.
        token_endpoint: where tokens are asked for, as the server spells it: assertions are for it alone.
        scope: what is asked for, e.g. ``system/Patient.rs system/Observation.rs``.
        network: the connections.
        clock: seconds since 1970; for tests.
    """

    def __init__(
        self,
        client_id: str,
        key: SigningKey,
        token_endpoint: str,
        scope: str,
        network: Network,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client_id = client_id
        self._key = key
        self._endpoint = token_endpoint
        self._scope = scope
        self._network = network
        self._clock = clock
        self._ahead = 0.0
        self._token: BearerToken | None = None
        self._until = 0.0
        self._failure: TokenError | None = None
        self._failed_until = 0.0
        self._turn = asyncio.Lock()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Show the token; once more with another if the server does not take it.

        Raises:
            TokenError: there is none.
        """
        shown = await self.token()
        shown.show(request)
        response = yield request
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return
        # httpx reads what a flow has seen before it goes on, however long that is.
        unread, response.stream = response.stream, httpx.ByteStream(b"")
        if isinstance(unread, httpx.AsyncByteStream):
            await unread.aclose()
        renewed = await self.token(instead_of=shown)
        renewed.show(request)
        yield request

    async def token(self, instead_of: BearerToken | None = None) -> BearerToken:
        """A token that is good for a while; another than ``instead_of``.

        Raises:
            TokenError: the server gives none.
        """
        async with self._turn:
            if self._failure is not None and self._clock() < self._failed_until:
                raise self._failure
            if self._token is None or self._token is instead_of or self._clock() >= self._until:
                self._token = None
                try:
                    self._token = await self._another()
                except TokenError as error:
                    self._failure, self._failed_until = error, self._clock() + _NOT_ASKED_AGAIN
                    raise
            return self._token

    async def _another(self) -> BearerToken:
        attempt = 1
        clock_was_set = False
        while True:
            asked = self._clock()
            try:
                answer = await self._ask()
            except DocumentError as error:
                told, passing = f"the token endpoint did not answer ({error})", True
            else:
                if answer.status == httpx.codes.OK:
                    return self._accepted(answer.body, asked)
                told, passing = refusal(answer), answer.status in _PASSING
                ahead = _ahead(answer, self._clock())
                if abs(ahead) >= _CLOCKS_DIFFER:
                    told += f"; its clock and this machine's differ by {abs(ahead):.0f} s"
                if not (passing or clock_was_set) and abs(ahead - self._ahead) >= _CLOCKS_DIFFER:
                    clock_was_set, self._ahead = True, ahead
                    continue
            if not passing or attempt >= _ATTEMPTS:
                raise TokenError(told)
            await asyncio.sleep(_FIRST_WAIT * 2.0 ** (attempt - 1))
            attempt += 1

    async def _ask(self) -> Posted:
        assertion = self._key.assertion(self._client_id, self._endpoint, self._clock() + self._ahead)
        form = {
            "grant_type": "client_credentials",
            "scope": self._scope,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        return await posted(self._network, self._endpoint, form, seconds=_SECONDS, most_bytes=_MOST_BYTES)

    def _accepted(self, body: bytes, asked: float) -> BearerToken:
        told = granted(body)
        lasting = told.expires_in if told.expires_in is not None else _EXPIRES_IN
        self._until = asked + lasting - min(_RENEWED_BEFORE, lasting / 2)
        return told.token

    def __repr__(self) -> str:
        return "BackendServices(…)"


def _ahead(answer: Posted, now: float) -> float:
    """By how many seconds the server's clock is ahead of this machine's, as far as it tells."""
    told = instant(answer.headers.get("date", ""))
    return told.timestamp() - now if told is not None else 0.0
