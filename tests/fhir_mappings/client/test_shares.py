"""Each server has a share of its own: one that hangs keeps no other waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from fhir_mappings.client import Fetched, FetchLimits, FhirClient, Network, Query, base_address
from tests.fhir_mappings.client.asking import as_json, page
from tests.fhir_mappings.client.misbehaving import Server, always, answer, serving, silent

SHARE = 10
QUERIES = {str(n): Query("Condition", f"Condition?patient=p{n}") for n in range(8)}
GOOD = always(answer(as_json(page("a"))))


class Call(NamedTuple):
    fetched: Mapping[str, Fetched]
    seconds: float

    @property
    def whys(self) -> set[str | None]:
        return {found.why for found in self.fetched.values()}


async def call(network: Network, server: Server, seconds: float, tenant: str | None = None) -> Call:
    base = base_address(server.base if tenant is None else f"{server.base}/{tenant}")
    share = base if tenant is not None else None
    client = FhirClient(base, network, None, FetchLimits(), share=share, private_allowed=True)
    loop = asyncio.get_running_loop()
    began = loop.time()
    fetched = await client.fetch(QUERIES, began + seconds)
    return Call(fetched, loop.time() - began)


def test_a_healthy_server_is_answered_whole_while_another_hangs() -> None:
    async def run(hanging: Server, healthy: Server) -> Call:
        network = Network(most_of_a_server=SHARE)
        # With 8 requests each, more than any limit for all servers together would let through.
        calls = [asyncio.create_task(call(network, hanging, 2.5)) for _ in range(30)]
        await asyncio.sleep(0.5)
        try:
            return await call(network, healthy, 1.5)
        finally:
            await asyncio.gather(*calls)
            await network.aclose()

    with serving(silent()) as hanging, serving(GOOD) as healthy:
        found = asyncio.run(run(hanging, healthy))
        assert len(hanging.heads) <= SHARE * 2
    assert {answer.state for answer in found.fetched.values()} == {"complete"}
    assert found.seconds < 1


def test_so_is_one_organization_while_that_of_another_hangs_at_the_same_host() -> None:
    async def behave(line: str, writer: asyncio.StreamWriter) -> None:
        await (silent() if "/hanging/" in line else GOOD)(line, writer)

    async def run(server: Server) -> Call:
        network = Network(most_of_a_server=SHARE)
        calls = [asyncio.create_task(call(network, server, 2, "hanging")) for _ in range(5)]
        await asyncio.sleep(0.3)
        try:
            return await call(network, server, 1.5, "healthy")
        finally:
            await asyncio.gather(*calls)
            await network.aclose()

    with serving(behave) as server:
        assert asyncio.run(run(server)).whys == {None}


def test_who_was_not_asked_in_time_is_told_apart_from_who_did_not_answer() -> None:
    async def run(hanging: Server) -> tuple[Call, Call]:
        network = Network(most_of_a_server=SHARE)
        first = asyncio.create_task(call(network, hanging, 1.5))
        await asyncio.sleep(0.3)
        second = await call(network, hanging, 0.6)
        found = await first, second
        await network.aclose()
        return found

    with serving(silent()) as hanging:
        first, second = asyncio.run(run(hanging))
    assert first.whys == {"deadline"}
    whys = [found.why for found in second.fetched.values()]
    assert (whys.count("deadline"), whys.count("queued")) == (SHARE - 8, 16 - SHARE)
    assert {found.state for found in second.fetched.values()} == {"failed"}
    assert second.seconds < 1.5


def test_a_server_that_answers_again_is_asked_again() -> None:
    async def run(server: Server) -> Call:
        network = Network(most_of_a_server=SHARE)
        await asyncio.gather(*(call(network, server, 0.5) for _ in range(5)))
        hung.clear()
        found = await call(network, server, 3)
        await network.aclose()
        return found

    hung = {"still"}

    async def behave(line: str, writer: asyncio.StreamWriter) -> None:
        await (silent() if hung else GOOD)(line, writer)

    with serving(behave) as server:
        assert asyncio.run(run(server)).whys == {None}


def test_a_busy_server_answers_all_calls_in_turn() -> None:
    async def behave(line: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)
        await GOOD(line, writer)

    async def run(server: Server) -> list[Call]:
        network = Network(most_of_a_server=SHARE)
        found = await asyncio.gather(*(call(network, server, 10) for _ in range(10)))
        await network.aclose()
        return found

    with serving(behave) as server:
        assert all(found.whys == {None} for found in asyncio.run(run(server)))
