"""What a server offers, by its CapabilityStatement, so that nobody asks for what it does not have.

The statement is asked for without a token: it is public (SMART App Launch, "conformance"), and what one user
may see must not be remembered for others. It is kept for a while. A server that does not tell, or whose
statement is not to be believed, is taken to offer everything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Literal

import msgspec

from fhir_mappings.client.addresses import Address
from fhir_mappings.client.asking import FetchLimits, Query
from fhir_mappings.client.fetching import FhirClient
from fhir_mappings.client.network import Network

Support = Literal["offered", "absent", "unsearchable"]
"""``absent``: the server does not have the type at all. ``unsearchable``: it has it, but cannot be searched
for a patient's: it may know more than can be asked."""

_INDISPENSABLE = "Patient"
_MOST_SERVERS = 500
_SEARCH = "search-type"
_LIMITS = FetchLimits(pages=1, answer_bytes=20_000_000, call_bytes=20_000_000, attempts=2)


class _Code(msgspec.Struct, frozen=True):
    code: str = ""


class _Parameter(msgspec.Struct, frozen=True):
    name: str = ""


class _Resource(msgspec.Struct, frozen=True, rename="camel"):
    type: str = ""
    interaction: tuple[_Code, ...] = ()
    search_param: tuple[_Parameter, ...] = ()


class _Rest(msgspec.Struct, frozen=True, rename="camel"):
    mode: str = "server"
    resource: tuple[_Resource, ...] = ()
    search_param: tuple[_Parameter, ...] = ()


class _Statement(msgspec.Struct, frozen=True, rename="camel"):
    fhir_version: str = ""
    rest: tuple[_Rest, ...] = ()


_statements = msgspec.json.Decoder(_Statement)


class _Type(msgspec.Struct, frozen=True):
    interactions: frozenset[str]
    parameters: frozenset[str]
    common: frozenset[str] = frozenset()


class Offer(msgspec.Struct, frozen=True):
    """What a server offers. Without ``types`` nothing is known, and everything is taken to be offered."""

    types: Mapping[str, _Type] | None = None

    def support(self, resource_type: str) -> Support:
        """Whether a patient's resources of this type can be searched for."""
        if self.types is None:
            return "offered"
        found = self.types.get(resource_type)
        if found is None:
            return "absent"
        if found.interactions and _SEARCH not in found.interactions:
            return "unsearchable"
        if found.parameters and not found.parameters & {"patient", "subject"}:
            return "unsearchable"
        return "offered"

    def takes(self, resource_type: str, parameter: str) -> bool:
        """Whether searches for this type can be narrowed by this parameter, as far as is known."""
        found = self.types.get(resource_type) if self.types is not None else None
        return found is None or not found.parameters or parameter in found.parameters | found.common

    def searches(self, resource_type: str) -> bool:
        """Whether this type can be searched for at all, as far as is known."""
        found = self.types.get(resource_type) if self.types is not None else None
        return found is None or not found.interactions or _SEARCH in found.interactions


EVERYTHING = Offer()


def read_offer(body: bytes | msgspec.Raw) -> Offer:
    """What a CapabilityStatement says; everything, unless it is of FHIR R4 and knows patients."""
    try:
        statement = _statements.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return EVERYTHING
    found = {
        resource.type: _Type(
            frozenset(interaction.code for interaction in resource.interaction),
            frozenset(parameter.name for parameter in resource.search_param),
            frozenset(parameter.name for parameter in rest.search_param),
        )
        for rest in statement.rest
        if rest.mode == "server"
        for resource in rest.resource
    }
    if not statement.fhir_version.startswith("4.") or _INDISPENSABLE not in found:
        return EVERYTHING
    return Offer(found)


class Capabilities:
    """Remembers what servers offer.

    Args:
        network: the connections.
        seconds: how long a statement is believed.
        seconds_after_failure: how long a server is not asked again that did not tell.
    """

    def __init__(
        self, network: Network, seconds: float = 3600.0, seconds_after_failure: float = 60.0
    ) -> None:
        self._network = network
        self._seconds = seconds
        self._seconds_after_failure = seconds_after_failure
        self._known: dict[tuple[Address, bool], tuple[float, Offer]] = {}
        self._asking: dict[tuple[Address, bool], asyncio.Task[Offer]] = {}

    async def offer(self, base: Address, patience: float, *, private_allowed: bool = False) -> Offer:
        """What the server offers, as far as that is known within ``patience`` seconds.

        A server that takes longer is asked on beside the call, for up to ten times as long.
        """
        key = (base, private_allowed)
        loop = asyncio.get_running_loop()
        known = self._known.get(key)
        if known is not None and loop.time() < known[0]:
            return known[1]
        task = self._asking.get(key)
        if task is None or task.done() or task.get_loop() is not loop:
            asked = self._ask(key, loop.time() + 10 * patience)
            task = self._asking[key] = loop.create_task(asked)
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        done, _ = await asyncio.wait((task,), timeout=patience)
        told = bool(done) and not task.cancelled() and task.exception() is None
        return task.result() if told else EVERYTHING

    async def aclose(self) -> None:
        """Ask no further."""
        for task in list(self._asking.values()):
            task.cancel()

    async def _ask(self, key: tuple[Address, bool], deadline: float) -> Offer:
        base, private_allowed = key
        client = FhirClient(base, self._network, limits=_LIMITS, private_allowed=private_allowed)
        query = Query("CapabilityStatement", "metadata", urgent=True)
        found = (await client.fetch({"metadata": query}, deadline))["metadata"]
        offer = read_offer(found.resources[0]) if found.state == "complete" else EVERYTHING
        lasting = self._seconds if offer is not EVERYTHING else self._seconds_after_failure
        if len(self._known) >= _MOST_SERVERS:
            self._known.clear()
        self._known[key] = (asyncio.get_running_loop().time() + lasting, offer)
        return offer
