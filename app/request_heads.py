"""Limits on the head of a request, which the HTTP parser itself would read for as long as it is sent.

A head is what comes before the body: the request line and the headers. It is held in memory before anybody
knows who calls, so that it is bounded where the bytes arrive.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.outcomes import outcome

MOST_BYTES = 65_536
"""Of the address and of all headers; a token has 8,192 at most, and what proxies add is small."""

MOST_HEADERS = 200


class _TooLargeError(Exception):
    pass


class BoundedHeads(HttpToolsProtocol):
    """HTTP as uvicorn speaks it; heads above the limits are refused with 431, and the connection is closed.

    What follows a body (trailers), and what stands between its parts, is under the same limits.
    """

    _bytes = 0
    _headers = 0
    _unfinished = 0
    _went_on = False
    _too_large = False

    def data_received(self, data: bytes) -> None:
        """Read what has come, unless it is part of a head, and too much of that has come before."""
        self._went_on = False
        super().data_received(data)
        # The parser tells of a header only once it is complete.
        self._unfinished = 0 if self._went_on else self._unfinished + len(data)
        if self._unfinished > MOST_BYTES and not self.transport.is_closing():
            self._too_large = True
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """Count anew."""
        self._bytes = self._headers = 0
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
        self._went_on = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._went_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Be done with a request."""
        self._went_on = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP request, or one with too large a head, and close the connection."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(self._refusal())
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
