"""What one firing of the hook costs: CPU time of the server process, next to two yardsticks.

    python bench/hook.py [--rounds N]

Three servers run one after another in each round, each a real uvicorn process with one worker, driven
over a connection that is kept alive:

hook    the whole service: both protocols, from prefetch to cards, which are stored
floor   the same server stack; the body is parsed with orjson, and the answer is ``{"cards": []}``
models  the same server stack; every resource is parsed with the models of fhir.resources (R4B)

Trust the ratios of one run; milliseconds depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from fastapi import FastAPI, Request, Response

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

HOOK = "/cds-services/lupus-trials"
SIZES = {"64 KB": (87, 64 * 1024), "370 KB": (500, 370 * 1024)}
SERVERS = {"hook": "app.server:create_app", "floor": "bench.hook:floor", "models": "bench.hook:models"}
REQUESTS = {"hook": 40, "floor": 400, "models": 6}
_TICKS = os.sysconf("SC_CLK_TCK")


def floor() -> FastAPI:
    """The stack of the service around ``orjson.loads`` and an empty answer."""
    import orjson

    return _stack(lambda body: orjson.loads(body))


def models() -> FastAPI:
    """The stack of the service around the models of ``fhir.resources``."""
    import orjson
    from fhir.resources.R4B import get_fhir_model_class

    def parse(body: bytes) -> None:
        for value in orjson.loads(body)["prefetch"].values():
            get_fhir_model_class(value["resourceType"]).model_validate(value)

    return _stack(parse)


def _stack(parse: Callable[[bytes], Any]) -> FastAPI:
    """Middleware, garbage collection and route as in ``app.server``, with another piece of work inside."""
    from app.logging import make_logger, silence_access_log
    from app.middleware import add_middleware
    from app.server import _spare_what_is_loaded
    from app.settings import Settings

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        _spare_what_is_loaded()
        yield

    application = FastAPI(lifespan=lifespan)
    silence_access_log()

    @application.post(HOOK)
    async def fire(request: Request) -> Response:
        parse(await request.body())
        return Response(b'{"cards":[]}', media_type="application/json")

    add_middleware(application, Settings(), make_logger("info"))
    return application


class Server(NamedTuple):
    """A running server: its process and its address."""

    process: subprocess.Popen[bytes]
    url: str

    def cpu_seconds(self) -> float:
        """User and system time that the process has used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def serving(application: str) -> Iterator[Server]:
    """A uvicorn process that serves the application on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        application,
        "--factory",
        "--port",
        str(port),
        "--log-level",
        "error",
    ]
    with tempfile.TemporaryDirectory() as folder:  # a store of its own: what is shown is written
        environment = {**os.environ, "TRIALCARDS_OPEN": "true", "TRIALCARDS_DATA_DIR": folder}
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _await(port, process)
            yield Server(process, f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait(10)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit("the server stopped while starting")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the server did not start within 30 seconds")


def body_of(resources: int, size: int) -> bytes:
    """A hook request with so many resources, filled up with narrative-like text to about so many bytes."""
    from bench.synthetic_chart import chart

    made = chart(resources, datetime.now(UTC).date())
    bare = len(_encoded(made))
    for resource in made:
        resource["meta"] = resource.get("meta", {}) | {
            "source": "urn:x:" + "0" * ((size - bare) // resources - 18)
        }
    return _encoded(made)


def _encoded(resources: list[dict[str, Any]]) -> bytes:
    from app.prefetch_table import RESOURCE_TYPES
    from bench.synthetic_chart import hook_request

    return json.dumps(hook_request(resources, dict(RESOURCE_TYPES)), separators=(",", ":")).encode()


def measure(server: Server, http: httpx.Client, body: bytes, requests: int) -> tuple[float, list[float]]:
    """CPU milliseconds of the server for each request, and the times that the client waited, in ms."""
    waited = []
    before = server.cpu_seconds()
    for _ in range(requests):
        started = time.perf_counter()
        answer = http.post(server.url + HOOK, content=body, headers={"content-type": "application/json"})
        waited.append((time.perf_counter() - started) * 1000)
        answer.raise_for_status()
    return (server.cpu_seconds() - before) / requests * 1000, waited


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds; medians are taken over them")
    rounds = parser.parse_args().rounds
    with (
        serving(SERVERS["hook"]) as hook,
        serving(SERVERS["floor"]) as bare,
        serving(SERVERS["models"]) as full,
    ):
        servers = {"hook": hook, "floor": bare, "models": full}
        with httpx.Client(timeout=60) as http:
            for name, (resources, size) in SIZES.items():
                body = body_of(resources, size)
                cards = http.post(hook.url + HOOK, content=body).json()["cards"]
                print(f"{name}: {len(body):,} bytes, {resources} resources, {len(cards)} cards")
                for card in cards:
                    print(f"    {card['summary']}")
                _compare(servers, http, body, rounds)


def _compare(servers: dict[str, Server], http: httpx.Client, body: bytes, rounds: int) -> None:
    for name, server in servers.items():
        measure(server, http, body, max(2, REQUESTS[name] // 10))  # warms up
    cpu: dict[str, list[float]] = {name: [] for name in servers}
    waits: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(rounds):
        for name, server in servers.items():
            used, waited = measure(server, http, body, REQUESTS[name])
            cpu[name].append(used)
            waits[name] += waited
    median = {name: statistics.median(values) for name, values in cpu.items()}
    for name in servers:
        p95 = statistics.quantiles(waits[name], n=20)[-1]
        print(f"    {name:7} {median[name]:8.2f} ms CPU a request   p95 {p95:8.2f} ms wall")
    print(f"    hook / floor   {median['hook'] / median['floor']:6.2f}")
    print(f"    models / hook  {median['models'] / median['hook']:6.2f}")


if __name__ == "__main__":
    main()
