"""The head of a request is bounded where its bytes arrive, before anybody knows who calls."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from app.request_heads import MOST_BYTES, MOST_HEADERS, BoundedHeads
from app.server import create_app
from app.settings import Settings
from tests.app.raw_http import exchange, refusal
from tests.app.service import HOOK, as_body, request_of, screening_service
from tests.listening import listening

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
CLOSE = b"Connection: close\r\n\r\n"
CHUNKED = f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n".encode()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    settings = Settings(open=True, tune_garbage_collection=False, upload_seconds=5)
    application = create_app(settings, service=screening_service())
    with listening(application, http=BoundedHeads) as port:
        yield port


def slowly(data: bytes, size: int = 4_096) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]
        time.sleep(0.002)


def headers(count: int, size: int = 1) -> bytes:
    return b"".join(b"X-%d: %s\r\n" % (n, b"a" * size) for n in range(count))


class TestAHeadWithinTheLimits:
    @pytest.mark.parametrize(
        "more", [b"", headers(MOST_HEADERS - 2), b"X: " + b"a" * (MOST_BYTES - 100) + b"\r\n"]
    )
    def test_is_read(self, port: int, more: bytes) -> None:
        answer, _ = exchange(port, [GET + more + CLOSE])
        assert answer.startswith(b"HTTP/1.1 200 ")

    def test_is_counted_anew_for_each_request_of_a_connection(self, port: int) -> None:
        one = GET + headers(MOST_HEADERS - 10, 200) + b"\r\n"
        answer, _ = exchange(port, [*[one] * 5, GET + CLOSE])
        assert answer.count(b"HTTP/1.1 200 ") == 6

    def test_may_be_followed_by_a_large_body_in_small_parts(self, port: int) -> None:
        body = as_body(request_of()) + b" " * 200_000
        parts = [b"%x\r\n%s\r\n" % (len(part), part) for part in slowly(body, 50_000)]
        tiny = b"".join(b"1\r\n \r\n" for _ in range(50_000))
        answer, _ = exchange(port, [CHUNKED + CLOSE, *parts, *slowly(tiny, 20_000), b"0\r\n\r\n"])
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b'"cards":[{' in answer


class TestAHeadAboveThem:
    @pytest.mark.parametrize(
        "head",
        [
            b"GET /" + b"a" * (MOST_BYTES + 1) + b" HTTP/1.1\r\n\r\n",
            GET + b"X: " + b"a" * (MOST_BYTES + 1) + b"\r\n\r\n",
            GET + b"X" * (MOST_BYTES + 1) + b": a\r\n\r\n",
            GET + headers(MOST_HEADERS) + b"\r\n",
            GET + headers(150, 500) + b"\r\n",
        ],
        ids=["address", "value", "name", "number", "sum"],
    )
    @pytest.mark.parametrize("pieces", [1 << 20, 4_096], ids=["at once", "in pieces"])
    def test_is_refused_with_an_outcome_and_the_connection_closed(
        self, port: int, head: bytes, pieces: int
    ) -> None:
        answer, _ = exchange(port, slowly(head, pieces))
        if answer:
            assert refusal(answer) == (431, "too-long")
        else:
            assert pieces < len(head)

    @pytest.mark.parametrize(
        "endless",
        [b"a" * 65_536, b"a: b\r\n" * 10_000],
        ids=["one header", "many headers"],
    )
    def test_is_cut_off_however_long_it_would_be(self, port: int, endless: bytes) -> None:
        _, sent = exchange(port, [GET + b"X: ", *[endless] * 1_000])
        assert sent < 20_000_000  # what the sockets of both sides hold

    @pytest.mark.parametrize(
        "tail", [b"X: " + b"a" * 60_000_000, headers(400_000), b"1;" + b"a" * 60_000_000]
    )
    def test_nor_may_trailers_be_or_what_stands_beside_the_parts_of_a_body(
        self, port: int, tail: bytes
    ) -> None:
        start = b"" if tail.startswith(b"1;") else b"0\r\n"
        answer, sent = exchange(port, [CHUNKED + b"\r\n1\r\n{\r\n" + start, *slowly(tail, 100_000)])
        assert sent < 20_000_000
        assert b" 200 " not in answer

    def test_leaves_the_service_at_work(self, port: int) -> None:
        exchange(port, [GET, *[b"X: " + b"a" * 100_000] * 3])
        assert exchange(port, [GET + CLOSE])[0].startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "noise", [b"\x16\x03\x01\x02\x00\x01\xfc", b"NONSENSE\r\n\r\n", b"GET / FTP/1.1\r\n\r\n"]
)
def test_what_is_no_http_is_refused_with_an_outcome(port: int, noise: bytes) -> None:
    assert refusal(exchange(port, [noise])[0]) == (400, "structure")
