"""Profiles of the property tests: one for every run, and one that searches for longer.

``suite`` is the default: the same cases in every run, so that a failure is a fault of the change at hand.
``thorough`` looks at forty times as many cases, other ones in each run (``CONTRIBUTING.md``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Nothing that a test does comes into the data folder of whoever runs it; tests of the store name their own.
os.environ["TRIALCARDS_STORE"] = "false"

_PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

settings.register_profile("suite", derandomize=True, deadline=None, database=None, max_examples=100)
settings.register_profile(
    "thorough", deadline=None, max_examples=4000, suppress_health_check=_PATIENT, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


def pytest_addoption(parser: pytest.Parser) -> None:
    words = "put the documents' pictures, taken in a browser, in this folder (tests/browser)"
    parser.addoption("--pictures", metavar="FOLDER", type=Path, help=words)


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """What a command writes into the environment for its workers ends with the test that runs it."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run in asyncio, as the service does."""
    return "asyncio"
