"""Limits on the head of a request, which the HTTP parser itself would read for as long as it is sent.

A head is what comes before the body: the request line and the headers. It is held in memory, and its
connection open, before anybody knows who calls, so that it is bounded where the bytes arrive.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.outcomes import outcome

MOST_BYTES = 65_536
"""Of the address and of all headers; a token has 8,192 at most, and what proxies add is small."""

MOST_HEADERS = 200

HEAD_SECONDS = 10.0
"""From the first byte of a head to its last; of the first head, from the start of the connection."""


class _TooLargeError(Exception):
    pass


class BoundedHeads(HttpToolsProtocol):
    """HTTP as uvicorn speaks it; heads above the limits are refused with 431, late ones with 408,
    and the connection is closed.

    What follows a body (trailers), and what stands between its parts, is under the same limits of size; what
    still comes of a body whose request was answered, under the same limit of time. Between two requests
    uvicorn's own limit holds (``timeout_keep_alive``), until the first byte comes.

    ``head_seconds``: the limit of time; beside it, what uvicorn gives.
    """

    _bytes = 0
    _headers = 0
    _unfinished = 0
    _went_on = False
    _too_large = False
    _too_slow = False
    _begun = False
    _in_body = False
    _due: asyncio.TimerHandle | None = None

    def __init__(self, *arguments: Any, head_seconds: float = HEAD_SECONDS, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._head_seconds = head_seconds

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a head."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._expect_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what has come, unless it is part of a head, and too much of that has come before."""
        self._went_on = False
        super().data_received(data)
        # The parser tells of a header only once it is complete.
        self._unfinished = 0 if self._went_on else self._unfinished + len(data)
        if self._unfinished > MOST_BYTES and not self.transport.is_closing():
            self._too_large = True
            self.send_400_response("")
        elif not self._went_on and not self._in_body:
            self._expect()  # also where no head has begun yet: empty lines may precede it

    def on_message_begin(self) -> None:
        """Count anew."""
        self._bytes = self._headers = 0
        self._begun = True
        self._expect()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count the address, of which this is a part."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._headers += 1
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Go on to the body."""
        self._went_on = self._in_body = True
        self._begun = False
        self._expect_no_more()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._went_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Be done with a request."""
        self._went_on = True
        self._in_body = False
        self._expect_no_more()
        super().on_message_complete()
        if self.cycle is not None and self.cycle.response_complete:
            self._expect()  # answered before it had come: uvicorn has stopped waiting for the next one

    def on_response_complete(self) -> None:
        """Be done with an answer, which may be one to a request that is still coming."""
        super().on_response_complete()
        if self._in_body and self.cycle.response_complete and not self.transport.is_closing():
            self._expect()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP request, or one with too large a head, and close the connection."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(self._refusal())
        self.transport.close()

    def _expect(self) -> None:
        if self._due is None and not self.transport.is_closing():
            self._due = self.loop.call_later(self._head_seconds, self._give_up)

    def _expect_no_more(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _give_up(self) -> None:
        self._due = None
        if self.cycle is not None and not self.cycle.response_complete:
            self._expect()  # closed now, the connection would lose the answer to the request before
            return
        self.logger.info("A request did not arrive within %g seconds: closed.", self._head_seconds)
        self._too_slow = True
        if self._begun:
            self.send_400_response("")
        else:
            self.transport.close()

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > MOST_BYTES or self._headers > MOST_HEADERS:
            self._too_large = True
            raise _TooLargeError  # the parser stops, and has the request refused

    def _refusal(self) -> bytes:
        if self._too_large:
            status, code = 431, "too-long"
            words = f"address and headers are above {MOST_BYTES} bytes, or the headers above {MOST_HEADERS}"
        elif self._too_slow:
            status, code = 408, "timeout"
            words = f"address and headers did not arrive within {self._head_seconds:g} seconds"
        else:
            status, code, words = 400, "structure", "this is no HTTP/1.1 request"
        body = outcome(code, words)
        headers = (
            b"content-type: application/fhir+json",
            b"content-length: %d" % len(body),
            b"cache-control: no-store",
            b"x-content-type-options: nosniff",
            b"connection: close",
        )
        return STATUS_LINE[status] + b"\r\n".join((*headers, b"", body))


def bounded_heads(seconds: float) -> type[asyncio.Protocol]:
    """What uvicorn is to make for each connection; worker processes can be given it."""
    return cast("type[asyncio.Protocol]", partial(BoundedHeads, head_seconds=seconds))
