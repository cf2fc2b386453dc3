"""A call of this application's own routes: through all that calls from outside pass, but over no network."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message


class Answer(NamedTuple):
    """What came back, as it would over the network."""

    status: int
    headers: Headers
    body: bytes


async def post(application: ASGIApp, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Post a body to a path of the application."""
    told = {"host": "localhost", "content-length": str(len(body)), **headers}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in told.items()],
        "client": ("127.0.0.1", 0),
        "server": ("localhost", 80),
    }
    given: Iterator[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])
    answered = asyncio.Event()
    heads: list[Message] = []
    parts: list[bytes] = []

    async def receive() -> Message:
        for message in given:
            return message
        await answered.wait()  # as a client that waits for its answer
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            heads.append(message)
        else:
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                answered.set()

    await application(scope, receive, send)
    (head,) = heads
    return Answer(head["status"], Headers(raw=head["headers"]), b"".join(parts))
