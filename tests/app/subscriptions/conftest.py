"""Databases as for the store, and a running service beside the EHR of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.store.conftest import postgres, postgres_url, sqlite_url, url
from tests.app.subscriptions.notified import Notified, notified

__all__ = ["postgres", "postgres_url", "sqlite_url", "url"]


@pytest.fixture
def here(sqlite_url: str, tmp_path: Path) -> Iterator[Notified]:
    with notified(sqlite_url, tmp_path) as running:
        yield running
