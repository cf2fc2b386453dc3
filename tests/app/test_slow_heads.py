"""A request whose head does not arrive is given up, so that nobody holds connections open for nothing.

The service is one that ``trialcards serve`` has started, asked over sockets; its limit is a second.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from starlette.types import Receive, Scope, Send

from app.request_heads import bounded_heads
from tests.app.service import HOOK, as_body, request_of
from tests.app.serving import serving
from tests.listening import listening

SECONDS = 1.0
KEPT_ALIVE = 5.0
"""uvicorn's ``timeout_keep_alive``."""
MARGIN = 3.0
"""Tests share the machine with others."""

WHOLE = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
HALF = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Half: "
SAID = f"A request did not arrive within {SECONDS:g} seconds: closed."


class Service(NamedTuple):
    port: int
    log: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def started(folder: Path, workers: int) -> Iterator[Service]:
    port = free_port()
    arguments = ("--open", "--port", str(port), "--workers", str(workers))
    with serving(folder, *arguments, ready="-d @-", settings={"TRIALCARDS_HEAD_SECONDS": f"{SECONDS:g}"}):
        yield Service(port, folder / "log")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    yield from started(tmp_path_factory.mktemp("served"), 1)


def dripping(data: Iterable[bytes], pause: float = 0.1) -> Iterator[bytes]:
    for piece in data:
        yield piece
        time.sleep(pause)


class Exchange(NamedTuple):
    """What was answered until the service closed the connection, and after how many seconds it did."""

    answers: bytes
    seconds: float

    def refusal(self) -> tuple[int, str]:
        """Status and issue code of the last answer."""
        head, _, body = self.answers[self.answers.rindex(b"HTTP/1.1 ") :].partition(b"\r\n\r\n")
        assert b"\r\nconnection: close" in head
        assert b"content-type: application/fhir+json" in head
        return int(head.split()[1]), OperationOutcome.model_validate(json.loads(body)).issue[0].code


def exchange(port: int, parts: Iterable[bytes], first: bytes = b"") -> Exchange:
    """Send ``first`` and take its answer; then send all parts, and read until the service closes."""
    answers = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        if first:
            connection.sendall(first)
            answers = connection.recv(65_536)
        began = time.monotonic()
        connection.settimeout(0.01)
        coming = iter(parts)
        while True:
            try:
                if (part := next(coming, None)) is not None:
                    connection.sendall(part)
                more = connection.recv(65_536)
            except TimeoutError:
                assert time.monotonic() - began < 20, "the connection stays open"
                continue
            except OSError:
                break  # whoever sends on is cut off
            if not more:
                break
            answers += more
        return Exchange(answers, time.monotonic() - began)


class TestAHead:
    def test_that_stops_halfway_is_refused_with_408_and_a_line_in_the_log(self, service: Service) -> None:
        before = service.log.read_text().count(SAID)
        found = exchange(service.port, [HALF])
        assert found.refusal() == (408, "timeout")
        assert SECONDS * 0.9 < found.seconds < SECONDS + MARGIN
        assert service.log.read_text().count(SAID) == before + 1
        assert "X-Half" not in service.log.read_text()

    @pytest.mark.parametrize("endless", [b"a", b"X: y\r\n"], ids=["in one header", "a header at a time"])
    def test_that_drips_is_refused_as_late_as_one_that_stops(self, service: Service, endless: bytes) -> None:
        found = exchange(service.port, dripping([HALF, *[endless] * 100]))
        assert found.seconds < SECONDS + MARGIN
        assert not found.answers or found.refusal() == (408, "timeout")

    def test_that_arrives_in_time_is_answered_however_many_pieces_it_comes_in(self, service: Service) -> None:
        head = WHOLE.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n"
        found = exchange(service.port, [head[at : at + 5] for at in range(0, len(head), 5)])
        assert found.answers.startswith(b"HTTP/1.1 200 ")

    def test_that_never_begins_ends_the_connection_without_an_answer(self, service: Service) -> None:
        found = exchange(service.port, [])
        assert found.answers == b""
        assert SECONDS * 0.9 < found.seconds < SECONDS + MARGIN

    @pytest.mark.parametrize("blank", [b"\r\n", b"\n"])
    def test_that_never_begins_for_empty_lines_ends_it_too(self, service: Service, blank: bytes) -> None:
        assert exchange(service.port, dripping(repeat(blank, 100))).seconds < SECONDS + MARGIN

    def test_is_bounded_in_each_worker(self, tmp_path: Path) -> None:
        for served in started(tmp_path, 2):
            assert exchange(served.port, [HALF]).refusal() == (408, "timeout")


class TestAConnectionThatIsKeptAlive:
    def test_is_closed_after_a_while_where_nothing_more_comes(self, service: Service) -> None:
        found = exchange(service.port, [], first=WHOLE)
        assert found.answers.startswith(b"HTTP/1.1 200 ")
        assert KEPT_ALIVE * 0.9 < found.seconds < KEPT_ALIVE + MARGIN

    @pytest.mark.parametrize("pause", [0.0, 1.5], ids=["at once", "after a pause"])
    def test_has_the_limit_for_each_head_anew(self, service: Service, pause: float) -> None:
        def parts() -> Iterator[bytes]:
            time.sleep(pause)
            yield WHOLE
            time.sleep(pause)
            yield HALF

        found = exchange(service.port, parts(), first=WHOLE)
        assert found.answers.count(b"HTTP/1.1 200 ") == 2
        assert found.refusal() == (408, "timeout")
        assert found.seconds > 2 * pause + SECONDS * 0.9

    @pytest.mark.parametrize("endless", [b"G", b"\r\n"], ids=["letters", "empty lines"])
    def test_is_not_kept_open_by_dripping(self, service: Service, endless: bytes) -> None:
        found = exchange(service.port, dripping([endless] * 100), first=WHOLE)
        assert found.seconds < KEPT_ALIVE + MARGIN

    def test_may_have_the_next_head_behind_the_last(self, service: Service) -> None:
        found = exchange(service.port, [WHOLE + HALF])
        assert found.answers.startswith(b"HTTP/1.1 200 ")
        assert found.refusal() == (408, "timeout")


class TestABody:
    POST = f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()

    def test_is_not_under_the_limit_for_heads(self, service: Service) -> None:
        body = as_body(request_of())

        def parts() -> Iterator[bytes]:
            yield self.POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
            time.sleep(SECONDS * 2)
            yield body

        assert exchange(service.port, parts()).answers.startswith(b"HTTP/1.1 200 ")

    UNREAD = b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n"

    @pytest.mark.parametrize("pieces", [0, 80], ids=["stops", "drips"])
    def test_that_comes_after_the_answer_keeps_no_connection_open(
        self, service: Service, pieces: int
    ) -> None:
        found = exchange(service.port, dripping([b"x"] * pieces), first=self.UNREAD)
        assert found.answers.startswith(b"HTTP/1.1 404 ")
        assert found.answers.count(b"HTTP/1.1 ") == 1
        assert found.seconds < SECONDS + MARGIN

    def test_that_ends_after_the_answer_leaves_none_open_either(self, service: Service) -> None:
        found = exchange(service.port, [b"x" * 90], first=self.UNREAD)
        assert found.answers.startswith(b"HTTP/1.1 404 ")
        assert found.seconds < KEPT_ALIVE + MARGIN


def test_an_answer_that_takes_long_is_not_lost_for_the_half_head_behind_its_request() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await asyncio.sleep(1.5)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"worth it"})

    with listening(slow, http=bounded_heads(0.3), lifespan="off") as port:
        found = exchange(port, [WHOLE + HALF])
    assert b"worth it" in found.answers
    assert found.refusal() == (408, "timeout")
