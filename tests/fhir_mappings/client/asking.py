"""How the tests ask: one call with a token, limits that are soon met, and a server of invented charts."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

import httpx

from fhir_mappings.client import (
    BearerToken,
    Fetched,
    FetchLimits,
    FhirClient,
    Network,
    Query,
    base_address,
)

BASE = "https://ehr.example/fhir"
TOKEN = "secret-token"
CONDITIONS = Query("Condition", "Condition?patient=p1")
LIMITS = FetchLimits(first_wait=0.01)


class Answered(NamedTuple):
    """What came, and how long it took in seconds."""

    fetched: Mapping[str, Fetched]
    seconds: float


def ask(
    *queries: Query,
    base: str = BASE,
    limits: FetchLimits = LIMITS,
    seconds: float = 2.0,
    private_allowed: bool = False,
    ca_file: str | None = None,
) -> Answered:
    """Ask these queries in one call; the answers go by position."""

    async def call() -> Answered:
        network = Network(ca_file)
        client = FhirClient(
            base_address(base),
            network,
            BearerToken(TOKEN),
            limits,
            private_allowed=private_allowed,
        )
        began = time.monotonic()
        try:
            deadline = asyncio.get_running_loop().time() + seconds
            fetched = await client.fetch({str(n): query for n, query in enumerate(queries)}, deadline)
        finally:
            await network.aclose()
        return Answered(fetched, time.monotonic() - began)

    return asyncio.run(call())


def ask_one(query: Query = CONDITIONS, **how: Any) -> Fetched:
    """Ask one query."""
    return ask(query, **how).fetched["0"]


def condition(name: str) -> dict[str, Any]:
    return {"resourceType": "Condition", "id": name, "subject": {"reference": "Patient/p1"}}


def page(*names: str, next_url: str | None = None, **more: Any) -> dict[str, Any]:
    """A page of Conditions."""
    links = [{"relation": "next", "url": next_url}] if next_url is not None else []
    entries = [{"resource": condition(name), "search": {"mode": "match"}} for name in names]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries, **more}


class Sent(httpx.AsyncByteStream):
    """A body as it goes over the wire; a mock would otherwise unpack it before anybody asks."""

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk


def as_json(document: Any) -> bytes:
    return json.dumps(document).encode()


def ids(fetched: Fetched) -> list[str]:
    return [json.loads(bytes(raw))["id"] for raw in fetched.resources]
