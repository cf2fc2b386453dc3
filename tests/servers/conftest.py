"""Real FHIR servers, started once for all tests of this directory, each with the charts of the sandbox.

Tests that use them bear the mark ``xdist_group("servers")``, so that one process of ``pytest -n … --dist
loadgroup`` runs them all and nothing is started twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from sandbox import hapi
from sandbox.charts import charts
from sandbox.loading import load
from tests.app.service import AS_OF
from tests.servers.another_server import PYTHON, another_server


@pytest.fixture(scope="session")
def java_side() -> None:
    """The sandbox, built. Where that is impossible its tests are skipped, except where all must run."""
    try:
        hapi.build()
    except hapi.UnavailableError as error:
        _cannot(str(error))


@pytest.fixture(scope="session")
def hapi_address(java_side: None) -> Iterator[str]:
    """The address of HAPI FHIR, to which its doors are to be appended (see ``SandboxServer.java``)."""
    with hapi.running() as address:
        load(f"{address}/fhir", charts().values(), AS_OF)
        yield address


@pytest.fixture(scope="session")
def another_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of the second server."""
    if not PYTHON.exists():
        _cannot("the second FHIR server is not installed; `make build/servers/.installed` does it")
    folder: Path = tmp_path_factory.mktemp("another-server")
    with another_server(folder) as base_url:
        load(base_url, charts().values(), AS_OF)
        yield base_url


def _cannot(why: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(why, pytrace=False)
    pytest.skip(why)
