"""Each server has a share of its own: one that hangs keeps no other waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import NamedTuple

import msgspec

from fhir_mappings.client import Fetched, FetchLimits, FhirClient, Network, Query, base_address
from tests.fhir_mappings.client.asking import as_json, page
from tests.fhir_mappings.client.misbehaving import Server, always, answer, serving, silent

SHARE = 12
QUERIES = {str(n): Query("Condition", f"Condition?patient=p{n}") for n in range(8)}
GOOD = always(answer(as_json(page("a"))))


class Call(NamedTuple):
    fetched: Mapping[str, Fetched]
    seconds: float

    @property
    def whys(self) -> set[str | None]:
        return {found.why for found in self.fetched.values()}


async def call(
    network: Network,
    server: Server,
    seconds: float,
    tenant: str | None = None,
    urgent: Collection[str] = (),
) -> Call:
    base = base_address(server.base if tenant is None else f"{server.base}/{tenant}")
    share = base if tenant is not None else None
    client = FhirClient(base, network, None, FetchLimits(), share=share, private_allowed=True)
    loop = asyncio.get_running_loop()
    began = loop.time()
    queries = {key: msgspec.structs.replace(query, urgent=key in urgent) for key, query in QUERIES.items()}
    fetched = await client.fetch(queries, began + seconds)
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
    # Of 8 turns of a call and 12 of the server, 1 and 4 are kept for what is urgent.
    for each, asked in ((first, 7), (second, 8 - 7)):
        whys = [found.why for found in each.fetched.values()]
        assert (whys.count("deadline"), whys.count("queued")) == (asked, 8 - asked)
    assert {found.state for found in second.fetched.values()} == {"failed"}
    assert second.seconds < 1.5


def test_what_is_urgent_is_asked_of_a_server_that_others_keep_busy_with_what_is_not() -> None:
    async def run(server: Server) -> list[Call]:
        network = Network(most_of_a_server=SHARE)
        calls = [asyncio.create_task(call(network, server, 3, urgent=("6", "7"))) for _ in range(12)]
        found = list(await asyncio.gather(*calls))
        await network.aclose()
        return found

    async def behave(line: str, writer: asyncio.StreamWriter) -> None:
        await (GOOD if "p6" in line or "p7" in line else silent())(line, writer)

    with serving(behave) as server:
        found = asyncio.run(run(server))
        first = "".join(server.heads[: 2 * SHARE])
    for each in found:
        assert [key for key, answer in each.fetched.items() if answer.state == "complete"] == ["6", "7"]
        assert each.whys <= {None, "deadline", "queued"}
    assert "patient=p0" in first, "what is not urgent is not kept from being asked"


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
