"""A document from an address that the operator named: whole and in time, or not at all."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fhir_mappings.client import Network
from fhir_mappings.client.documents import DocumentError, document

pytestmark = pytest.mark.anyio


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # the name that the library calls
        match self.path:
            case "/whole":
                self._send(200, b'{"keys": []}')
            case "/moved":
                self._send(302, b"", ("Location", "/whole"))
            case "/large":
                self._send(200, b" " * 2000)
            case "/cut":
                self._send(200, b"{", ("Content-Length", "100"))
            case "/drips":
                self.send_response(200)
                self.end_headers()
                for _ in range(300):
                    time.sleep(0.1)
                    self.wfile.write(b" ")
            case _:
                self._send(404, b"")

    def _send(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is written."""

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle()


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


async def fetched(url: str) -> bytes:
    network = Network()
    try:
        return await document(network, url, seconds=0.5, most_bytes=1000)
    finally:
        await network.aclose()


async def test_a_document_that_is_there_is_returned(base: str) -> None:
    assert await fetched(f"{base}/whole") == b'{"keys": []}'


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/moved", "status-302"),
        ("/nothing", "status-404"),
        ("/large", "too-large"),
        ("/cut", "RemoteProtocolError"),
        ("/drips", "TimeoutError"),
    ],
)
async def test_what_is_none_says_why(base: str, path: str, why: str) -> None:
    began = time.monotonic()
    with pytest.raises(DocumentError, match=why):
        await fetched(base + path)
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://user@127.0.0.1/whole",
        "file:///etc/passwd",
        "http://127.0.0.1:1/whole",
        "http://8.8.8.8/keys",
    ],
)
async def test_an_address_that_is_none_to_be_called_is_not(url: str) -> None:
    with pytest.raises(DocumentError):
        await fetched(url)
