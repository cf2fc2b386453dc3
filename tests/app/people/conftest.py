"""Databases as for the store, and a clock that stands still."""

from __future__ import annotations

import pytest

from tests.app.people.coming_in import StandingClock
from tests.app.store.conftest import postgres, postgres_url, sqlite_url, url

__all__ = ["clock", "postgres", "postgres_url", "sqlite_url", "url"]


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()
