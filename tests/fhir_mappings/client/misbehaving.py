"""Servers of this machine that speak HTTP as badly as a test wants them to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress

Behaviour = Callable[[str, asyncio.StreamWriter], Awaitable[None]]
"""What a server does with a request line (``GET /fhir/… HTTP/1.1``) and the connection."""


class Server:
    """A running server: its base URL, and the heads of the requests that it got."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}/fhir"
        self.port = port
        self.heads: list[str] = []


@contextmanager
def serving(behave: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server in a thread of its own, on a free port."""
    with ThreadPoolExecutor(1) as thread:
        started: Future[tuple[Server, Callable[[], object]]] = Future()
        ended = thread.submit(asyncio.run, _serve(behave, started, tls))
        server, stop = started.result(10)
        try:
            yield server
        finally:
            stop()
            ended.result(10)


async def _serve(
    behave: Behaviour, started: Future[tuple[Server, Callable[[], object]]], tls: ssl.SSLContext | None
) -> None:
    stop = asyncio.Event()
    handling: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handling.add(asyncio.current_task())  # type: ignore[arg-type]
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                server.heads.append(head)
                await behave(head.partition("\r\n")[0], writer)
                await writer.drain()
        writer.transport.abort()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    server = Server(listening.sockets[0].getsockname()[1])
    loop = asyncio.get_running_loop()
    started.set_result((server, lambda: loop.call_soon_threadsafe(stop.set)))
    await stop.wait()
    listening.close()
    for task in handling:
        task.cancel()
    await asyncio.gather(*handling)
    await asyncio.sleep(0.01)  # until the connections are closed


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """An answer on the wire; ``length`` is what it claims to have."""
    lines = [f"HTTP/1.1 {status}", "content-type: application/fhir+json", *headers]
    lines.append(f"content-length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: application/fhir+json\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


def always(reply: bytes, *, close: bool = False) -> Behaviour:
    """Send this to everyone."""

    async def behave(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        await writer.drain()
        if close:
            writer.close()

    return behave


def resetting(reply: bytes = b"") -> Behaviour:
    """Send this, and reset the connection."""

    async def behave(_: str, writer: asyncio.StreamWriter) -> None:
        if reply:
            writer.write(reply)
            await writer.drain()
            await asyncio.sleep(0.05)
        writer.transport.abort()

    return behave


def silent() -> Behaviour:
    """Take the request and say nothing."""

    async def behave(_: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    return behave


def dripping(head: bytes, drop: bytes, pause: float) -> Behaviour:
    """Send a head, and then drop by drop without end."""

    async def behave(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(pause)

    return behave
