"""Real FHIR servers, each with the charts of the sandbox, started once for all processes of a test run."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from sandbox import hapi
from sandbox.charts import charts
from sandbox.loading import load
from tests.app.service import AS_OF
from tests.lacking import lacking
from tests.servers import another_server
from tests.servers.beside import DOORS, Beside, application


class Once:
    """What one process of a test run does for all of them."""

    def __init__(self, folder: Path, run: int) -> None:
        self.folder = folder
        self.run = run
        """Id of the process that lives as long as the run does."""

    def __call__(self, name: str, work: Callable[[], str]) -> str:
        """What ``work`` tells; whoever comes first does it, and the others wait."""
        told = self.folder / name
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not told.exists():
                told.write_text(work(), "utf-8")
        return told.read_text("utf-8")


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    own = tmp_path_factory.getbasetemp()
    several = "PYTEST_XDIST_WORKER" in os.environ
    return Once(own.parent, os.getppid()) if several else Once(own, os.getpid())


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip in one place, so that it is told in one line."""
    if "java_side" in getattr(item, "fixturenames", ()) and (why := _no_java_side()) is not None:
        lacking(why)


@cache
def _no_java_side() -> str | None:
    try:
        hapi.build()
    except hapi.UnavailableError as error:
        return str(error)
    return None


@pytest.fixture(scope="session")
def java_side() -> None:
    """The sandbox, built. Where that is impossible its tests are skipped, except where all must run."""


@pytest.fixture(scope="session")
def hapi_address(java_side: None, once: Once) -> str:
    """The address of HAPI FHIR, to which its doors are to be appended (see ``SandboxServer.java``)."""

    def start() -> str:
        address = hapi.start(until=once.run)
        load(f"{address}/fhir", charts().values(), AS_OF)
        return address

    return once("hapi", start)


@pytest.fixture(scope="session")
def another_address(once: Once) -> str:
    """The base URL of the second server."""
    if not another_server.PYTHON.exists():
        lacking("the second FHIR server is not installed; `make build/servers/.installed` does it")

    def start() -> str:
        base_url = another_server.start(once.folder / "another-server", once.run)
        load(base_url, charts().values(), AS_OF)
        return base_url

    return once("another", start)


@pytest.fixture(scope="module")
def beside(hapi_address: str, another_address: str) -> Iterator[Beside]:
    """The hooks, and both servers."""
    servers = {door: f"{hapi_address}/{door}" for door in DOORS} | {"another": another_address}
    listed = tuple(servers.values())
    with application(preset="sandbox", fhir_servers=listed, allow_private_addresses=True) as http:
        yield Beside(http, servers)
