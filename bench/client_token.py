"""What it costs to tell a client by its token: CPU time, next to that of the hook itself.

    python bench/client_token.py [--rounds N]

refused   an unlisted issuer: what anybody can make the service do
ES384     a good token, from header to replay store
RS384     the same, with an RSA key of 2048 bits
hook      one firing with 64 KB of prefetch, from body to cards

All in this process, without a server. Trust the ratios of one run; microseconds depend on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from starlette.requests import Request

from app.charts import Charts
from app.clients.authenticator import Authenticator
from app.clients.profile import ClientProfile
from app.clients.registry import Clients
from app.errors import UnauthorizedError
from app.hook import TrialsHook
from app.screening import ScreeningService
from app.settings import Settings
from app.shown import ShownCards
from bench.hook import HOOK, body_of
from cds_hooks.published_keys import PublishedKeys
from cds_hooks.replay import EmbeddedReplayStore
from tests.cds_hooks.signing import EC, ISSUER, NOW, RSA, jwks, token

BASE = "https://cds.example"


def authenticator() -> Authenticator:
    """With one client, whose keys are pinned."""

    async def nothing(url: str) -> bytes:
        raise AssertionError(url)

    profile = ClientProfile(id="bench", issuer=ISSUER, jwks=jwks(EC, RSA))
    return Authenticator(
        Clients((profile,)), PublishedKeys(nothing), EmbeddedReplayStore(), base_url=BASE, now=lambda: NOW
    )


def request_with(bearer: str) -> Request:
    """A call of the hook with this token."""
    headers = [(b"authorization", f"Bearer {bearer}".encode())]
    return Request({"type": "http", "method": "POST", "path": HOOK, "headers": headers, "query_string": b""})


async def spent(calls: list[Callable[[], Coroutine[Any, Any, object]]]) -> float:
    """CPU microseconds of a call, on average."""
    began = time.process_time()
    for call in calls:
        await call()
    return (time.process_time() - began) / len(calls) * 1e6


async def main(rounds: int) -> None:
    """Run and print."""
    tells = authenticator()
    settings = Settings()
    hook = TrialsHook(
        ScreeningService.bundled(),
        settings,
        Charts(settings),
        lambda: datetime.now(UTC).date(),
        ShownCards(),
    )
    body = body_of(87, 64 * 1024)
    profile = ClientProfile(id="bench")

    async def refused(request: Request) -> None:
        try:
            await tells.authenticate(request)
        except UnauthorizedError:
            return
        raise AssertionError("it was let in")

    found: dict[str, list[float]] = {"refused": [], "ES384": [], "RS384": [], "hook": []}
    for number in range(rounds):
        good = {
            name: [
                request_with(token(key, aud=BASE + HOOK, jti=f"{name}-{number}-{each}"))
                for each in range(100)
            ]
            for name, key in (("ES384", EC), ("RS384", RSA))
        }
        evil = request_with(token(EC, iss="https://evil.example"))
        found["refused"].append(await spent([partial(refused, evil)] * 500))
        for name, requests in good.items():
            found[name].append(await spent([partial(tells.authenticate, request) for request in requests]))
        found["hook"].append(await spent([partial(hook.answer, body, profile, {})] * 10))
    median = {name: statistics.median(values) for name, values in found.items()}
    for name, value in median.items():
        print(f"{name:8} {value:9.0f} µs   {value / median['hook']:6.1%} of the hook")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    asyncio.run(main(parser.parse_args().rounds))
