"""Requests of a bulk export: to the server itself with a token, and to listed hosts without one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager

import httpx
import msgspec
import tenacity

from fhir_mappings.client.addresses import Address, AddressError
from fhir_mappings.client.bodies import Allowance, AnswerError, read_body
from fhir_mappings.client.bulk_request import BulkError
from fhir_mappings.client.network import AddressRefusedError, Network
from fhir_mappings.client.requests import retry_after

_MOST_BYTES = 50_000_000
_REDIRECTS = 3
PASSING = frozenset({408, 425, 429, 502, 503, 504})


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long is waited, in seconds.

    Attributes:
        first_poll, longest_poll: between questions how far the server is, where it does not tell; each time
            half as long again.
        least_poll: the same where it does tell.
        first_wait, longest_wait: before a request is made again, doubled each time.
        attempts: of a request, the first included; of a file, those without any byte more.
        silence: without a byte of an answer.
    """

    first_poll: float = 2.0
    longest_poll: float = 60.0
    least_poll: float = 0.5
    first_wait: float = 1.0
    longest_wait: float = 60.0
    attempts: int = 8
    silence: float = 120.0


class PassingError(Exception):
    """What may be over in a moment. ``after``: the seconds that the server asks to wait, if it does."""

    def __init__(self, told: str, after: float | None = None) -> None:
        super().__init__(told)
        self.after = after


class Answer(msgspec.Struct, frozen=True):
    """What came, whatever its status; ``at``: where it came from, behind redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    after: float | None
    at: Address


class Door:
    """The way to a server.

    Args:
        network: the connections.
        base: the server's base URL. The token is for its scheme, host and port alone.
        auth: what is shown there; ``None`` for nothing.
        hosts: other hosts, as ``host`` or ``host:port``, from which files may be downloaded: with TLS,
            without a token, and at public addresses only.
        patience: how long is waited.
    """

    def __init__(
        self,
        network: Network,
        base: Address,
        auth: httpx.Auth | None,
        hosts: Collection[str] = (),
        patience: Patience | None = None,
    ) -> None:
        self.base = base
        self.patience = patience or Patience()
        self._network = network
        self._auth = auth
        self._hosts = frozenset(host.lower() for host in hosts)

    def must_permit(self, where: Address) -> None:
        """Let nobody send requests elsewhere by naming an address.

        Raises:
            BulkError: it is on a host that was not listed, or without TLS where the server has it.
        """
        if where.origin == self.base.origin:
            return
        host = f"[{where.host}]" if ":" in where.host else where.host
        named = {host, f"{host}:{where.port}"} if where.port == 443 else {f"{host}:{where.port}"}
        if where.scheme != "https":
            raise BulkError(
                f"the server names an address at http://{host}:{where.port}, which is another than its own "
                "and without TLS; nothing is fetched there (is its base URL configured rightly?)"
            )
        if named.isdisjoint(self._hosts):
            raise BulkError(
                f"the server names an address at {host}:{where.port}, which is another host than its own; "
                f"say --bulk-host {min(named, key=len)} if files are to be fetched from there"
            )

    async def ask(
        self,
        method: str,
        where: Address,
        headers: Mapping[str, str],
        *,
        again: Collection[int] = PASSING,
        attempts: int | None = None,
    ) -> Answer:
        """An answer with its body; asked for again where none came, or its status is one of ``again``.

        Raises:
            BulkError: there is none, however often it was tried.
            TokenError: there is no access token.
        """
        most = attempts or self.patience.attempts

        async def once() -> Answer:
            async with self.opened(method, where, {**headers, "accept-encoding": "gzip"}) as (response, at):
                body = await read_body(response, _MOST_BYTES, Allowance(_MOST_BYTES))
                after = retry_after(response.headers)
                if response.status_code in again:
                    raise PassingError(f"the server answered {response.status_code}", after)
                return Answer(response.status_code, response.headers, body, after, at)

        try:
            return await tenacity.AsyncRetrying(
                retry=tenacity.retry_if_exception_type(PassingError),
                stop=tenacity.stop_after_attempt(most),
                wait=self._wait,
                sleep=asyncio.sleep,
                reraise=True,
            )(once)
        except PassingError as error:
            raise BulkError(f"{error}, {most} times; run the same command again later") from None
        except AnswerError as error:
            if error.why == "no-token":
                raise
            raise BulkError(f"the server's answer cannot be used ({error.why})") from None

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        return self.wait(error.after if isinstance(error, PassingError) else None, state.attempt_number)

    def wait(self, told: float | None, attempt: int) -> float:
        """Seconds before the next attempt after this one (from 1)."""
        if told is not None:
            return max(told, self.patience.first_wait)
        return min(self.patience.first_wait * 2.0 ** (attempt - 1), self.patience.longest_wait)

    @asynccontextmanager
    async def opened(
        self, method: str, where: Address, headers: Mapping[str, str], *, token: bool = True
    ) -> AsyncGenerator[tuple[httpx.Response, Address]]:
        """An answer, unread, and where it came from, behind redirects to where requests may go.

        Raises:
            PassingError: none came, or it broke off.
            BulkError: requests may not go there.
        """
        for _ in range(_REDIRECTS + 1):
            self.must_permit(where)
            own = where.origin == self.base.origin
            client = self._network.client(where, private_allowed=own)
            url = httpx.URL(where.url)
            if (url.scheme, url.host.strip("[]"), url.port or where.port) != where.origin:
                raise BulkError("the server names an address that can be read in two ways")
            try:
                async with client.stream(
                    method,
                    url,
                    headers={"user-agent": "trialcards", **headers},
                    auth=self._auth if own and token else None,
                    timeout=httpx.Timeout(self.patience.silence, connect=min(10.0, self.patience.silence)),
                ) as response:
                    onward = self._onward(method, response, where)
                    if onward is None:
                        yield response, where
                        return
            except httpx.ConnectError as error:
                if isinstance(error.__cause__, AddressRefusedError):
                    raise BulkError(
                        f"{where.host} stands for an address that is not called; see docs/bulk-export.md"
                    ) from None
                raise PassingError("the server cannot be reached") from None
            except httpx.TimeoutException:
                raise PassingError("the server does not answer in time") from None
            except (httpx.TransportError, httpx.StreamError):
                raise PassingError("the connection broke off") from None
            where = onward
        raise BulkError("the server sends on to other addresses without end")

    def _onward(self, method: str, response: httpx.Response, where: Address) -> Address | None:
        if response.status_code not in (301, 302, 303, 307, 308) or method != "GET":
            return None
        try:
            return where.followed(response.headers.get("location", ""))
        except AddressError:
            raise BulkError("the server sends on to an address that cannot be used") from None
