"""A limit on the time for which a caller may leave an answer unread.

What nobody reads stays in memory, and its connection open, for as long as the caller likes: the limits on
requests end once the answer has begun.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

WRITE_SECONDS = 30.0
LEAST_BYTES = 32_768
"""What a caller takes in ``WRITE_SECONDS`` at least, while more of the answer waits than the sockets hold."""

_AT_ONCE = struct.pack("ii", 1, 0)


class BoundedWriting(HttpToolsProtocol):
    """HTTP as uvicorn speaks it; whoever does not take an answer is cut off.

    ``write_seconds``: the limit; beside it, what uvicorn gives.
    """

    _unsent = 0
    _cut_off: asyncio.TimerHandle | None = None

    def __init__(self, *arguments: Any, write_seconds: float = WRITE_SECONDS, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._write_seconds = write_seconds

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_watching()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """More waits to be sent than should."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """Most of it was sent."""
        super().resume_writing()
        if self.transport is not None and not self.transport.is_closing():
            self._stop_watching()

    def on_response_complete(self) -> None:
        """Be done with an answer, of which not all need have been sent."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._watch()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection on which nothing comes; it stays open until all is sent."""
        super().timeout_keep_alive_handler()
        self._watch()

    def close(self) -> None:
        """Close the connection once all is sent, or nobody takes it."""
        self.transport.close()
        self._watch()

    def _watch(self) -> None:
        if self._cut_off is None and (size := self.transport.get_write_buffer_size()):
            self._unsent = size
            self._cut_off = self.loop.call_later(self._write_seconds, self._look)

    def _stop_watching(self) -> None:
        if self._cut_off is not None:
            self._cut_off.cancel()
            self._cut_off = None

    def _look(self) -> None:
        self._cut_off = None
        size = self.transport.get_write_buffer_size()
        if size and self._unsent - size < LEAST_BYTES:
            self.logger.info("An answer was not taken within %g seconds: cut off.", self._write_seconds)
            # Otherwise the system would keep what it holds of the answer, and try on for minutes.
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.transport.abort()
        else:
            self._watch()
