"""Names of machines, as a test wants them to be."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest


class Names:
    """What names stand for, one list of addresses for each time that somebody asks; the last one stays."""

    def __init__(self) -> None:
        self.answers: list[list[str]] = []
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked.append(host)
        if not self.answers:
            raise socket.gaierror("no such name")
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]


def invented(monkeypatch: pytest.MonkeyPatch) -> Names:
    """From now on, names stand for what the test says."""
    found = Names()

    async def resolve(_: object, host: str, port: int, **more: Any) -> list[Any]:
        if host.replace(".", "").isdigit():  # connecting to an address asks for that address
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        return await found.resolve(host, port, **more)

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
    return found
