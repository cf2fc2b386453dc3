"""Limits on what comes before anybody knows who calls: heads, requests that wait, connections.

A head is what comes before the body: the request line and the headers. The HTTP parser would read it for as
long as it is sent, and uvicorn would take any number of requests before the first is answered. All of that is
held in memory, so that it is bounded where the bytes arrive.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from app.outcomes import outcome
from app.security_headers import HEADERS
from app.unread_answers import WRITE_SECONDS, BoundedWriting

MOST_BYTES = 65_536
"""Of the address and of all headers; a token has 8,192 at most, and what proxies add is small."""

MOST_HEADERS = 200

HEAD_SECONDS = 10.0
"""From the first byte of a head to its last; of the first head, from the start of the connection."""


MOST_WAITING = 10
"""Requests of one connection behind the one that is being answered."""

MOST_CONNECTIONS = 500
"""Of one process at a time."""

_RETRY_AFTER = 5
_NO_HTTP = (400, "structure", "this is no HTTP/1.1 request")


class _RefusedError(Exception):
    """Stops the parser, and has the request refused."""


class BoundedHeads(BoundedWriting):
    """HTTP as uvicorn speaks it, without WebSockets; heads above the limits are refused with 431, late ones
    with 408, requests that too many others precede with 429, those of a connection too many with 503, what
    is no HTTP with 400. Then the connection is closed, after the answers to what came before.

    What follows a body (trailers), and what stands between its parts, is under the same limits of size; what
    still comes of a body whose request was answered, under the same limit of time. Between two requests
    uvicorn's own limit holds (``timeout_keep_alive``), until the first byte comes.

    ``head_seconds``: the limit of time; ``most_connections``: those of this process at a time; beside them,
    what ``BoundedWriting`` takes.
    """

    _bytes = 0
    _headers = 0
    _unfinished = 0
    _went_on = False
    _begun = False
    _in_body = False
    _crowded = False
    _deaf = False
    _reason = _NO_HTTP
    _last_word = b""
    _due: asyncio.TimerHandle | None = None

    def __init__(
        self,
        *arguments: Any,
        head_seconds: float = HEAD_SECONDS,
        most_connections: int = MOST_CONNECTIONS,
        **named: Any,
    ) -> None:
        super().__init__(*arguments, **named)
        self._head_seconds = head_seconds
        self._most_connections = most_connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a head."""
        super().connection_made(transport)
        self._crowded = len(self.connections) > self._most_connections
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._expect_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what has come, unless it is part of a head, and too much of that has come before."""
        if self._deaf:
            return
        self._went_on = False
        super().data_received(data)
        if self._deaf:
            return
        # The parser tells of a header only once it is complete.
        self._unfinished = 0 if self._went_on else self._unfinished + len(data)
        if self._unfinished > MOST_BYTES and not self.transport.is_closing():
            self._reason = self._too_large()
            self.send_400_response("")
        elif not self._went_on and not self._in_body:
            self._expect()  # also where no head has begun yet: empty lines may precede it

    def on_message_begin(self) -> None:
        """Count anew."""
        if len(self.pipeline) >= MOST_WAITING:
            self.logger.info("More than %d requests waited on one connection: closed.", MOST_WAITING)
            self._reason = (429, "throttled", f"more than {MOST_WAITING} requests wait on this connection")
            raise _RefusedError
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
        if self._crowded:
            self.logger.info("More than %d connections at a time: one was refused.", self._most_connections)
            self._reason = (503, "throttled", "too many connections at the moment; try again")
            raise _RefusedError
        self._went_on = True
        self._begun = False
        self._expect_no_more()
        super().on_headers_complete()
        self._in_body = True
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False  # what follows is of the other protocol, which is not spoken here

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
        last = not self.pipeline
        super().on_response_complete()
        if self._last_word and last and not self.transport.is_closing():
            self.transport.write(self._last_word)
            self.close()
        elif self._in_body and self.cycle.response_complete and not self.transport.is_closing():
            self._expect()

    def send_400_response(self, msg: str) -> None:
        """Refuse what came last, for the reason that was noted, and close the connection.

        What was asked before is answered first. Where the answer has begun, there is no other.
        """
        self._deaf = True
        self._expect_no_more()
        refused = self.cycle if self._in_body else None
        if refused is not None and refused.response_started:
            self.close()
            return
        if refused is not None:
            waits = bool(self.pipeline) and self.pipeline[0][0] is refused
            if waits:
                self.pipeline.popleft()
            # For the application it is as if the caller had gone.
            refused.disconnected = True
            refused.message_event.set()
            answering = waits
        else:
            answering = self.cycle is not None and not self.cycle.response_complete
        if answering:
            self._last_word = self._refusal()
        else:
            self.transport.write(self._refusal())
            self.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing that an operator could do anything about: the request is answered as any other."""

    def _expect(self) -> None:
        if self._due is None and not self._deaf and not self.transport.is_closing():
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
        if self._begun:
            words = f"address and headers did not arrive within {self._head_seconds:g} seconds"
            self._reason = (408, "timeout", words)
            self.send_400_response("")
        else:
            self.close()

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > MOST_BYTES or self._headers > MOST_HEADERS:
            self._reason = self._too_large()
            raise _RefusedError

    def _too_large(self) -> tuple[int, str, str]:
        words = f"address and headers are above {MOST_BYTES} bytes, or the headers above {MOST_HEADERS}"
        return (431, "too-long", words)

    def _refusal(self) -> bytes:
        status, code, words = self._reason
        body = outcome(code, words)
        headers = {
            **HEADERS,
            "Content-Type": "application/fhir+json",
            "Content-Length": str(len(body)),
            "Connection": "close",
            **({"Retry-After": str(_RETRY_AFTER)} if status == 503 else {}),
        }
        lines = (f"{name.lower()}: {value}".encode() for name, value in headers.items())
        return STATUS_LINE[status] + b"\r\n".join((*lines, b"", body))


def bounded_heads(
    seconds: float, write_seconds: float = WRITE_SECONDS, most_connections: int = MOST_CONNECTIONS
) -> type[asyncio.Protocol]:
    """What uvicorn is to make for each connection; worker processes can be given it."""
    made = partial(
        BoundedHeads, head_seconds=seconds, write_seconds=write_seconds, most_connections=most_connections
    )
    return cast("type[asyncio.Protocol]", made)
