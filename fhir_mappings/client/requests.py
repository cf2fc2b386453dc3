"""One GET: sent again where that helps, and only to addresses that may be called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import tenacity

from fhir_mappings.client.addresses import Address, AddressError
from fhir_mappings.client.asking import FetchLimits, Why
from fhir_mappings.client.bodies import ACCEPTED_ENCODING, Allowance, AnswerError, read_body
from fhir_mappings.client.network import AddressRefusedError, Network
from fhir_mappings.client.turns import Turns

_HEADERS = {
    "accept": "application/fhir+json",
    "accept-encoding": ACCEPTED_ENCODING,
    # HAPI FHIR answers the same search for a minute with what it found first; what came since would lack.
    "cache-control": "no-cache",
    "user-agent": "trialcards",
}
_WORDS: dict[int, Why] = {
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    410: "gone",
    429: "too-many-requests",
}
_AGAIN = frozenset({429, 502, 503, 504})
_LONGEST_WAIT = 3600.0


class _PassingError(AnswerError):
    """What may be over in a moment. ``after``: the seconds that the server asks to wait, if it does."""

    def __init__(self, why: Why, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


class Getter:
    """GET requests of one call.

    Args:
        origin: scheme, host and port of the server; no request goes, and ``auth`` is shown, to any other.
        share: the server in whose share of requests these are counted.
        auth: what is shown; ``None`` for nothing.
        deadline: instant of the running loop's clock by which all must be over.
    """

    def __init__(
        self,
        network: Network,
        origin: tuple[str, str, int],
        share: Address,
        auth: httpx.Auth | None,
        limits: FetchLimits,
        deadline: float,
        *,
        private_allowed: bool,
    ) -> None:
        self._network = network
        self._origin = origin
        self._share = share
        self._auth = auth
        self._limits = limits
        self._deadline = deadline
        self._private_allowed = private_allowed
        self._turns = Turns(limits.concurrency, kept=min(1, limits.concurrency - 1))
        self._allowance = Allowance(limits.call_bytes)
        self._waiting: set[Address | None] = set()

    @property
    def size(self) -> int:
        """Bytes of the answers that have come."""
        return self._limits.call_bytes - self._allowance.left

    def waits(self, address: Address | None) -> bool:
        """Whether a request waits for its turn, as others to this server are under way."""
        return address in self._waiting

    def permits(self, address: Address) -> bool:
        """Whether a request may go there."""
        if address.scheme != "https" and not self._private_allowed:
            return False
        return address.origin == self._origin

    async def get(self, address: Address, *, urgent: bool = False) -> bytes:
        """The body of the answer; ``urgent`` requests have their turn first.

        Raises:
            AnswerError: there is none of use.
        """
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(_PassingError),
            stop=self._in_vain,
            wait=self._wait,
            sleep=asyncio.sleep,
            reraise=True,
        )
        return await retrying(self._followed, address, urgent)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        told = error.after if isinstance(error, _PassingError) else None
        return told if told is not None else self._limits.first_wait * 2.0 ** (state.attempt_number - 1)

    def _in_vain(self, state: tenacity.RetryCallState) -> bool:
        """Whether enough was tried, or the next attempt would come too late."""
        at = asyncio.get_running_loop().time() + state.upcoming_sleep
        return state.attempt_number >= self._limits.attempts or at >= self._deadline

    async def _followed(self, address: Address, urgent: bool) -> bytes:
        """The answer, behind redirects if there are any."""
        for _ in range(self._limits.redirects + 1):
            found = await self._once(address, urgent)
            if isinstance(found, bytes):
                return found
            if not self.permits(found):
                break
            address = found
        raise AnswerError("redirect")

    @asynccontextmanager
    async def _turn_of(self, address: Address, urgent: bool) -> AsyncGenerator[None]:
        """A place among the requests of this call, and among those of all calls to this server."""
        self._waiting.add(address)
        share = self._network.share(self._share)
        async with (
            self._turns.turn(self._deadline, urgent=urgent),
            share.turn(self._deadline, urgent=urgent),
        ):
            self._waiting.discard(address)
            yield

    async def _once(self, address: Address, urgent: bool) -> bytes | Address:
        if not self.permits(address):
            raise AnswerError("address-refused")
        client = self._network.client(address, private_allowed=self._private_allowed)
        url = httpx.URL(address.url)
        if (url.scheme, url.host.strip("[]"), url.port or address.port) != address.origin:
            raise AnswerError("address-refused")  # two readings of one URL; none is right
        try:
            async with (
                self._turn_of(address, urgent),
                client.stream("GET", url, headers=_HEADERS, auth=self._auth) as response,
            ):
                if response.status_code == 200:
                    return await read_body(response, self._limits.answer_bytes, self._allowance)
                return _elsewhere(response, address)
        except httpx.ConnectError as error:
            if isinstance(error.__cause__, AddressRefusedError):
                raise AnswerError("address-refused") from None
            raise _PassingError("unreachable") from None
        except (httpx.ConnectTimeout, httpx.PoolTimeout):
            raise _PassingError("unreachable") from None
        except (httpx.TransportError, httpx.StreamError):
            raise _PassingError("connection-lost") from None
        except httpx.InvalidURL:
            raise AnswerError("redirect") from None  # httpx reads the location header by itself


def _elsewhere(response: httpx.Response, address: Address) -> Address:
    """Where an answer without data leads.

    Raises:
        AnswerError: nowhere.
    """
    status = response.status_code
    if status in (301, 302, 303, 307, 308):
        try:
            return address.followed(response.headers.get("location", ""))
        except AddressError:
            raise AnswerError("redirect") from None
    if status < 300:
        raise AnswerError("not-json")  # there is nothing in it, or only a part
    why = _WORDS.get(status, "rejected" if status < 500 else "server-error")
    if status in _AGAIN:
        raise _PassingError(why, retry_after(response.headers))
    raise AnswerError(why)


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds to wait, as ``Retry-After`` tells in seconds or as a date (RFC 9110, 10.2.3); else ``None``.

    A date is held against the server's own clock where the answer tells it.
    """
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return min(float(told[:9]), _LONGEST_WAIT)
    at = instant(told)
    if at is None:
        return None
    now = instant(headers.get("date", "")) or datetime.now(UTC)
    return min(max((at - now).total_seconds(), 0.0), _LONGEST_WAIT)


def instant(text: str) -> datetime | None:
    """An instant as HTTP tells it (RFC 9110, 5.6.7); ``None`` for anything else."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
