"""Servers that reset, drip, break off and never end: real sockets, and an answer by the deadline."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest

from fhir_mappings.client import FetchLimits, Query
from tests.fhir_mappings.client.asking import CONDITIONS, LIMITS, TOKEN, Answered, as_json, ask, ids, page
from tests.fhir_mappings.client.misbehaving import (
    CHUNKED,
    Behaviour,
    Server,
    always,
    answer,
    chunk,
    dripping,
    resetting,
    serving,
    silent,
)

BODY = as_json(page("a"))


def ask_here(server: Server, *queries: Query, **how: Any) -> Answered:
    return ask(*(queries or (CONDITIONS,)), base=server.base, private_allowed=True, **how)


def test_a_server_that_behaves_is_answered_over_a_real_connection() -> None:
    with serving(always(answer(BODY))) as server:
        found = ask_here(server).fetched["0"]
    assert (found.state, ids(found)) == ("complete", ["a"])
    assert f"authorization: bearer {TOKEN}" in server.heads[0].lower()


def test_connections_are_used_again() -> None:
    connections = set()

    async def behave(_: str, writer: asyncio.StreamWriter) -> None:
        connections.add(writer.get_extra_info("peername"))
        writer.write(answer(BODY))

    with serving(behave) as server:
        ask_here(server, *[CONDITIONS] * 6, limits=FetchLimits(concurrency=1))
    assert len(connections) == 1


def test_what_a_server_puts_into_a_cookie_is_not_shown_to_it_again() -> None:
    with serving(always(answer(BODY, "set-cookie: session=of-another; Path=/"))) as server:
        ask_here(server, CONDITIONS, CONDITIONS, limits=FetchLimits(concurrency=1))
    assert len(server.heads) == 2
    assert "cookie" not in server.heads[1].lower()


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        (resetting(), "connection-lost"),
        (resetting(CHUNKED), "connection-lost"),
        (resetting(answer(BODY[:40], length=len(BODY))), "connection-lost"),
        (always(answer(BODY[:40], length=len(BODY)), close=True), "connection-lost"),
        (always(CHUNKED + chunk(BODY[:40]), close=True), "connection-lost"),
        (always(CHUNKED + b"ffff\r\n" + BODY, close=True), "connection-lost"),
        (always(CHUNKED + b"zz\r\n" + BODY, close=True), "connection-lost"),
        (always(b"HTTP/1.1 200 OK\r\n\r\n" + BODY[:40], close=True), "not-json"),
        (always(b"HTTP/1.1 200 OK\r\n\r\n", close=True), "not-json"),
        (always(b"SSH-2.0-OpenSSH_9.6\r\n", close=True), "connection-lost"),
        (always(b"\x00" * 100, close=True), "connection-lost"),
        (always(b"", close=True), "connection-lost"),
        (always(answer(BODY, "content-length: 3")), "connection-lost"),
        (always(answer(BODY, "x: " + "a" * 1_000_000)), "connection-lost"),
        (always(answer(gzip.compress(BODY)[:20], "content-encoding: gzip")), "connection-lost"),
        (always(answer(b"<html>Tomcat</html>", status="500 Internal Server Error")), "server-error"),
        (always(answer(b"<html>Tomcat</html>")), "not-json"),
    ],
)
def test_what_breaks_off_or_is_no_http_fails_soon(behaviour: Behaviour, why: str) -> None:
    with serving(behaviour) as server:
        answered = ask_here(server)
    found = answered.fetched["0"]
    assert (found.state, found.why, found.resources) == ("failed", why, ())
    assert answered.seconds < 1.9


def test_a_connection_that_was_reset_is_made_again() -> None:
    calls = 0

    async def behave(_: str, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            writer.transport.abort()
        else:
            writer.write(answer(BODY))

    with serving(behave) as server:
        assert ask_here(server).fetched["0"].state == "complete"
    assert calls == 2


@pytest.mark.parametrize(
    "behaviour",
    [
        silent(),
        dripping(b"HTTP/1.1 200 OK\r\nx: ", b"a", 0.05),
        dripping(answer(b"", length=1_000_000), b"{", 0.05),
        dripping(CHUNKED, chunk(b" "), 0.05),
        dripping(b"", b"H", 0.2),
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0),
        dripping(CHUNKED + b"0\r\n", b"x: y\r\n", 0.05),
    ],
    ids=[
        "silent",
        "headers drip",
        "the body drips",
        "chunks drip",
        "the status line drips",
        "asks on",
        "trailers",
    ],
)
def test_a_server_that_is_slow_costs_no_more_than_the_deadline(behaviour: Behaviour) -> None:
    with serving(behaviour) as server:
        answered = ask_here(server, *[CONDITIONS] * 10, seconds=0.6)
    assert {(f.state, f.why) for f in answered.fetched.values()} <= {
        ("failed", "deadline"),
        ("failed", "queued"),
        ("failed", "connection-lost"),
    }
    assert answered.seconds < 2.5


def test_what_came_before_the_deadline_is_kept() -> None:
    async def behave(line: str, writer: asyncio.StreamWriter) -> None:
        if "page=2" in line:
            await asyncio.sleep(30)
        writer.write(answer(as_json(page("a", next_url="Condition?page=2"))))

    with serving(behave) as server:
        answered = ask_here(server, seconds=0.6)
    found = answered.fetched["0"]
    assert (found.state, found.why, ids(found)) == ("truncated", "deadline", ["a"])
    assert answered.seconds < 2.5


def test_a_body_without_end_is_given_up_at_the_limit() -> None:
    with serving(dripping(CHUNKED, chunk(b" " * 60_000), 0)) as server:
        answered = ask_here(server, limits=FetchLimits(answer_bytes=1_000_000))
    assert answered.fetched["0"].why == "too-large"
    assert answered.seconds < 1.9


def test_a_packed_body_without_end_is_given_up_at_the_limit() -> None:
    packed = gzip.compress(b" " * 100_000_000)
    with serving(always(answer(packed, "content-encoding: gzip"))) as server:
        answered = ask_here(server, limits=FetchLimits(answer_bytes=1_000_000))
    assert answered.fetched["0"].why == "too-large"
    assert answered.seconds < 1.9


def test_nobody_listens() -> None:
    with serving(silent()) as server:
        pass
    answered = ask_here(server, limits=LIMITS)
    assert (answered.fetched["0"].state, answered.fetched["0"].why) == ("failed", "unreachable")
    assert answered.seconds < 1.9


def test_a_call_that_is_given_up_leaves_nothing_running() -> None:
    async def call(base: str) -> int:
        from fhir_mappings.client import FhirClient, Network, base_address

        network = Network()
        client = FhirClient(base_address(base), network, private_allowed=True)
        deadline = asyncio.get_running_loop().time() + 30
        asking = asyncio.create_task(client.fetch({"0": CONDITIONS}, deadline))
        await asyncio.sleep(0.2)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        left = len(asyncio.all_tasks()) - 1
        await network.aclose()
        return left

    with serving(silent()) as server:
        assert asyncio.run(call(server.base)) == 0
