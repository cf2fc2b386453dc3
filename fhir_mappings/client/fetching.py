"""The client: several queries at once, page by page, until all is there, a limit is met or time is up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from functools import partial

import httpx
import msgspec

from fhir_mappings.client.addresses import Address, AddressError
from fhir_mappings.client.asking import Fetched, FetchLimits, Query, Why, kept_for_reading
from fhir_mappings.client.bodies import AnswerError
from fhir_mappings.client.network import Network
from fhir_mappings.client.pages import Answer, read_answer
from fhir_mappings.client.requests import Getter
from fhir_mappings.search_results import how_many_new, narrows

_CLOSING_SECONDS = 0.5
_LOOK_SECONDS = 0.1
"""How often it is looked whether the time that is left is needed otherwise."""
_LARGE = 1_000_000
"""Bytes of an answer, from which on it is read beside the event loop."""
_REFUSALS = frozenset({"rejected", "forbidden", "outcome"})
"""How servers answer a search that they do not take as wide as it is."""

Heard = Callable[[str, int], None]
"""Told of each page as it comes: the key of the query, and how many resources have come for it so far."""


class FhirClient:
    """Asks one server.

    Args:
        base: the server's base URL.
        network: the connections.
        auth: what is shown to the server. It was issued for this one: links of pages and redirects are
            followed within the server's origin (scheme, host and port) and nowhere else.
        limits: how much is taken.
        share: the server in whose share of requests under way these are counted; by default, whatever is at
            the scheme, host and port of ``base``. Where one host serves many organizations, a base URL
            tells them apart.
        private_allowed: the server may be on this machine or in a private network, and be called without TLS
            there.
    """

    def __init__(
        self,
        base: Address,
        network: Network,
        auth: httpx.Auth | None = None,
        limits: FetchLimits | None = None,
        *,
        share: Address | None = None,
        private_allowed: bool = False,
    ) -> None:
        self.base = base
        self._share = share or Address(base.scheme, base.host, base.port)
        self._network = network
        self._auth = auth
        self._limits = limits or FetchLimits()
        self._private_allowed = private_allowed

    async def fetch(
        self, queries: Mapping[str, Query], deadline: float, heard: Heard | None = None
    ) -> dict[str, Fetched]:
        """The answer to each query.

        Never raises for what a server does. All is over at ``deadline``, an instant of the running loop's
        clock, whatever the server does, and the earlier the more has come, which has to be read by then;
        what is not complete then is told as truncated.
        """
        getter = Getter(
            self._network,
            self.base.origin,
            self._share,
            self._auth,
            self._limits,
            deadline,
            private_allowed=self._private_allowed,
        )
        walks = {key: _Walk(query, self.base, getter, self._limits) for key, query in queries.items()}
        if heard is not None:
            for key, walk in walks.items():
                walk.on_page = partial(heard, key)
        tasks = [asyncio.ensure_future(walk.run()) for walk in walks.values()]
        try:
            await self._wait(tasks, getter, deadline)
        finally:
            await _end(tasks)
        return {key: walk.outcome() for key, walk in walks.items()}

    async def _wait(self, tasks: Collection[asyncio.Task[None]], getter: Getter, deadline: float) -> None:
        """Until all is done, or the time that is left is needed to read what has come."""
        clock = asyncio.get_running_loop().time
        seconds = deadline - clock()
        running = set(tasks)
        while running:
            kept = kept_for_reading(getter.size, seconds, self._limits.read_a_second)
            left = deadline - kept - clock()
            if left <= 0:
                return
            _, running = await asyncio.wait(
                running, timeout=min(left, _LOOK_SECONDS), return_when=asyncio.FIRST_COMPLETED
            )


async def _end(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel what still runs; not even a connection that does not close keeps the answer waiting."""
    running = [task for task in tasks if not task.done()]
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running, timeout=_CLOSING_SECONDS)


class _Walk:
    """One query from its first page to its last, with what has come so far."""

    def __init__(self, query: Query, base: Address, getter: Getter, limits: FetchLimits) -> None:
        self._query = query
        self._base = base
        self._getter = getter
        self._limits = limits
        self._resources: list[msgspec.Raw] = []
        self._full_urls: list[str | None] = []
        self._from_the_start = "://" not in query.path.partition("?")[0]
        self._known = set(query.at_hand)
        self._matches = len(self._known)
        self._total = 0
        self._pages = 0
        self._address: Address | None = None
        self.on_page: Callable[[int], None] | None = None
        # Until it is over: this is what it was cut off by.
        self._why: Why | None = "deadline"

    def outcome(self) -> Fetched:
        why = self._why
        if why == "deadline" and self._getter.waits(self._address):
            why = "queued"
        if why is None and self._total > self._matches:
            why = "incomplete"
        return Fetched(
            state="complete" if why is None else "truncated" if self._pages else "failed",
            resources=tuple(self._resources),
            full_urls=tuple(self._full_urls),
            why=why,
            pages=self._pages,
        )

    async def run(self) -> None:
        try:
            self._why = await self._all_pages()
        except AnswerError as error:
            self._why = error.why
        except Exception:
            # What nobody thought of costs this query alone; its message could quote the chart.
            self._why = "unexpected"

    async def _all_pages(self) -> Why | None:
        """Read page after page; why that came to an end before the last one, or ``None``."""
        address = self._address = self._at(self._query.path)
        flaw: Why | None = None
        try:
            answer = await self._answer(address)
        except AnswerError as error:
            if self._query.narrower is None or error.why not in _REFUSALS:
                raise
            address = self._address = self._at(self._query.narrower)
            answer, flaw = await self._answer(address), "narrowed"
        if self._from_the_start and narrows(answer.searched_by, self._query.path, by_value=False):
            # A value that it does not know leaves out nothing that it has; a parameter of its own may.
            flaw = "narrowed"
        seen = {address}
        while True:
            flaw = flaw or answer.flaw
            room = self._limits.resources - len(self._resources)
            repeated = bool(answer.matches) and not how_many_new(answer.matches, self._known)
            self._take(answer, room)
            if len(answer.resources) > room or flaw == "too-many-resources":
                return "too-many-resources"
            if repeated:
                return "loop"
            if answer.next_url is None:
                return flaw
            if self._pages >= self._limits.pages:
                return "too-many-pages"
            try:
                address = address.followed(answer.next_url)
            except AddressError:
                return "foreign-link"
            if not self._getter.permits(address):
                return "foreign-link"
            if address in seen:
                return "loop"
            seen.add(address)
            self._address = address
            answer = await self._answer(address)

    async def _answer(self, address: Address) -> Answer:
        body = await self._getter.get(address, urgent=self._query.urgent)
        return await asyncio.to_thread(self._read, body) if len(body) >= _LARGE else self._read(body)

    def _at(self, path: str) -> Address:
        try:
            if "://" not in path.partition("?")[0]:
                return self._base.below(path)
            found = self._base.followed(path)
        except AddressError:
            raise AnswerError("foreign-link") from None
        if found.origin != self._base.origin:
            raise AnswerError("foreign-link")
        return found

    def _read(self, body: bytes) -> Answer:
        is_read = "?" not in self._query.path and "://" not in self._query.path
        room = self._limits.resources - len(self._resources)
        return read_answer(body, self._query.resource_type, search=not is_read, most=room)

    def _take(self, answer: Answer, room: int) -> None:
        self._resources += answer.resources[:room]
        self._full_urls += answer.full_urls[:room]
        self._matches += how_many_new(answer.matches, self._known)
        self._known.update(answer.matches)
        self._total = max(self._total, answer.total)
        self._pages += 1
        if self.on_page is not None:
            self.on_page(len(self._resources))
