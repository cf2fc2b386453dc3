"""Requests that wait, answers that nobody takes, connections: bounded before anybody knows who calls."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from app.request_heads import MOST_WAITING, BoundedHeads, bounded_heads
from app.server import create_app
from app.settings import Settings
from tests.app.raw_http import exchange, refusal, statuses
from tests.app.service import HOOK, screening_service
from tests.app.serving import serving
from tests.app.test_slow_heads import free_port
from tests.listening import listening

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
POST = f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
WEBSOCKET = (
    GET.removesuffix(b"\r\n")
    + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    + b"Sec-WebSocket-Version: 13\r\n\r\n"
)
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
SECONDS = 1.0
MARGIN = 4.0
"""Tests share the machine with others."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    settings = Settings(open=True, tune_garbage_collection=False, upload_seconds=5)
    application = create_app(settings, service=screening_service())
    with listening(application, http=BoundedHeads, ws="none") as port:
        yield port


class Counting:
    """Answers each request with so many bytes, after a while; counts the requests that it is given."""

    def __init__(self, size: int = 2, seconds: float = 0.0) -> None:
        self.size = size
        self.seconds = seconds
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        length = (b"content-length", b"%d" % self.size)
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": b"x" * self.size})


def deaf(port: int) -> socket.socket:
    """A connection whose caller takes as little as can be."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", port))
    return connection


def cut_off_after(connection: socket.socket) -> float:
    """Seconds until the service has reset the connection."""
    began = time.monotonic()
    while time.monotonic() - began < 20:
        (state,) = struct.unpack_from("B", connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104))
        if state == 7:  # TCP_CLOSE
            return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError("the connection stays open")


class TestRequestsOfOneConnection:
    def test_are_answered_in_turn_up_to_ten_behind_the_first(self) -> None:
        with listening(Counting(seconds=0.1), http=BoundedHeads, ws="none", lifespan="off") as port:
            closing = GET.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n"
            answer, _ = exchange(port, [GET * MOST_WAITING + closing])
        assert answer.count(b"HTTP/1.1 200 ") == MOST_WAITING + 1

    @pytest.mark.parametrize("pieces", [1, 2_000], ids=["at once", "in pieces"])
    def test_beyond_them_are_refused_with_429_once_those_are_answered(
        self, pieces: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        service = Counting(seconds=0.05)
        flood = GET * 2_000
        size = len(flood) // pieces
        with (
            caplog.at_level(logging.INFO, "uvicorn.error"),
            listening(service, http=BoundedHeads, ws="none", lifespan="off") as port,
        ):
            answer, _ = exchange(port, (flood[at : at + size] for at in range(0, len(flood), size)))
        assert service.asked <= MOST_WAITING + 1 if pieces == 1 else service.asked < 100
        if pieces == 1:
            assert answer.count(b"HTTP/1.1 200 ") == MOST_WAITING + 1
            assert refusal(answer) == (429, "throttled")
        assert caplog.text.count("requests waited on one connection: closed.") == 1

    def test_may_be_many_one_after_the_other(self, port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            for _ in range(5 * MOST_WAITING):
                connection.sendall(GET)
                assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")


class TestAnAnswerThatNobodyTakes:
    @pytest.mark.parametrize(
        ("size", "asked"),
        [(30_000_000, GET), (3_000_000, GET * 50), (30_000_000, GET.replace(b"1.1", b"1.0"))],
        ids=["large", "among many", "the last"],
    )
    def test_is_kept_no_longer_than_the_limit(
        self, size: int, asked: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        http = bounded_heads(10, write_seconds=SECONDS)
        with (
            caplog.at_level(logging.INFO, "uvicorn.error"),
            listening(Counting(size), http=http, ws="none", lifespan="off") as port,
            deaf(port) as connection,
        ):
            connection.sendall(asked)
            assert cut_off_after(connection) < SECONDS + MARGIN
        assert "An answer was not taken within 1 seconds: cut off." in caplog.text

    def test_is_sent_to_the_end_where_it_is_taken_slowly(self) -> None:
        http = bounded_heads(10, write_seconds=1)
        size = 20_000_000
        with (
            listening(Counting(size), http=http, ws="none", lifespan="off") as port,
            socket.create_connection(("127.0.0.1", port), timeout=20) as connection,
        ):
            connection.sendall(GET)
            taken = 0
            began = time.monotonic()
            while taken < size and (part := connection.recv(100_000)):
                taken += len(part)
                time.sleep(0.015)
        assert taken >= size
        assert time.monotonic() - began > 2


class TestConnections:
    def test_above_the_limit_are_refused_with_503_until_others_end(self) -> None:
        http = bounded_heads(10, most_connections=3)
        with listening(Counting(), http=http, ws="none", lifespan="off") as port:
            held = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
            time.sleep(0.2)
            answer, _ = exchange(port, [GET])
            assert refusal(answer) == (503, "throttled")
            assert b"\r\nretry-after: 5" in answer
            held[0].sendall(GET)
            assert held[0].recv(1_000).startswith(b"HTTP/1.1 200 ")
            for each in held:
                each.close()
            time.sleep(0.2)
            answer, _ = exchange(port, [GET.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n"])
            assert answer.startswith(b"HTTP/1.1 200 ")

    def test_are_bounded_by_settings_of_the_service(self, tmp_path: Path) -> None:
        port = free_port()
        settings = {"TRIALCARDS_MOST_CONNECTIONS": "2"}
        with serving(tmp_path, "--open", "--port", str(port), ready="-d @-", settings=settings):
            held = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
            time.sleep(0.2)
            assert refusal(exchange(port, [GET])[0]) == (503, "throttled")
            for each in held:
                each.close()

    def test_are_not_handed_over_to_websockets(self, tmp_path: Path) -> None:
        port = free_port()
        with serving(tmp_path, "--open", "--port", str(port), ready="-d @-"):
            answer, _ = exchange(port, [WEBSOCKET])
        assert statuses(answer) == [200]
        assert "Unsupported upgrade" not in (tmp_path / "log").read_text()


class TestABodyThatIsNotFramedAsItShouldBe:
    BROKEN = (
        (POST + b"Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400),
        (CHUNKED + b"ffffffffffffffffff\r\n{}", 400),
        (CHUNKED + b"2\r\n{}\r\nnonsense\r\n", 400),
        (CHUNKED + b"2\r\n{}\r\n0\r\n" + b"X: y\r\n" * 300 + b"\r\n", 431),
    )

    @pytest.mark.parametrize(
        ("request_bytes", "status"), BROKEN, ids=["encoding", "size", "later size", "trailers"]
    )
    @pytest.mark.parametrize("pieces", [1 << 20, 300], ids=["at once", "in pieces"])
    def test_is_refused_with_an_outcome(
        self, port: int, request_bytes: bytes, status: int, pieces: int
    ) -> None:
        parts = (request_bytes[at : at + pieces] for at in range(0, len(request_bytes), pieces))
        answer, _ = exchange(port, parts)
        assert refusal(answer)[0] == status
        assert statuses(answer) == [status]

    @pytest.mark.parametrize(("request_bytes", "status"), BROKEN[:2], ids=["encoding", "size"])
    def test_loses_no_answer_to_what_was_asked_before(
        self, port: int, request_bytes: bytes, status: int
    ) -> None:
        answer, _ = exchange(port, [GET * 3 + request_bytes])
        assert statuses(answer) == [200, 200, 200, status]

    def test_has_no_second_answer_where_it_was_answered_before_it_came(self, port: int) -> None:
        unread = CHUNKED.replace(HOOK.encode(), b"/nothing")
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(unread)
            answer = connection.recv(65_536)
            connection.sendall(b"nonsense\r\n")
            while more := connection.recv(65_536):
                answer += more
        assert statuses(answer) == [404]

    @pytest.mark.parametrize("zeros", [0, 4_400, 60_000])
    def test_a_length_is_read_whatever_zeros_precede_it(self, port: int, zeros: int) -> None:
        length = b"Connection: close\r\nContent-Length: " + b"0" * zeros + b"2\r\n\r\n{}"
        answer, _ = exchange(port, [POST + length])
        assert statuses(answer) == [400]
        assert b"'hook' is required" in answer

    @pytest.mark.parametrize("digits", [18, 19])
    def test_a_length_above_the_limit_is_413(self, port: int, digits: int) -> None:
        answer, _ = exchange(port, [POST + b"Content-Length: 00" + b"9" * digits + b"\r\n\r\n{}"])
        assert answer.startswith(b"HTTP/1.1 413 ")


def test_what_comes_behind_a_request_and_is_no_http_loses_no_answer(port: int) -> None:
    answer, _ = exchange(port, [GET + b"NONSENSE\r\n\r\n"])
    assert statuses(answer) == [200, 400]
    assert refusal(answer) == (400, "structure")


HEADERS = (
    b"cache-control: no-store",
    b"x-content-type-options: nosniff",
    b"referrer-policy: no-referrer",
    b"x-frame-options: deny",
    b"content-security-policy: default-src 'none'",
)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (b"NONSENSE\r\n\r\n", b"400"),
        (GET.removesuffix(b"\r\n") + b"X: y\r\n" * 300 + b"\r\n", b"431"),
        (POST + b"Transfer-Encoding: xchunked\r\n\r\n", b"400"),
        (WEBSOCKET, b"200"),
    ],
    ids=["no HTTP", "large head", "unknown encoding", "WebSocket"],
)
def test_every_answer_has_the_headers_that_browsers_heed(port: int, asked: bytes, status: bytes) -> None:
    answer, _ = exchange(port, [asked])
    assert answer.startswith(b"HTTP/1.1 " + status)
    head = answer.partition(b"\r\n\r\n")[0].lower()
    for header in HEADERS:
        assert header in head
