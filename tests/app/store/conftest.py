"""Databases to store in: SQLite and a real PostgreSQL, each new and empty for each test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import psycopg
import pytest

from app.store import kept
from tests.app.store.postgres import Postgres, serving
from tests.app.store.serving import Clock

_NUMBERS = count(1)


@pytest.fixture(autouse=True)
def patient_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, the hook waits for its memory; one test shows how long at most."""
    monkeypatch.setattr(kept, "RECALL_SECONDS", 30)
    monkeypatch.setattr(kept, "FEEDBACK_SECONDS", 30)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with serving() as server:
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    name = f"test{next(_NUMBERS)}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return postgres.url.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Both, one after the other."""
    found: str = request.getfixturevalue(
        {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    )
    return found


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 6, 15, 9, 30, tzinfo=UTC), timedelta(seconds=1))
