"""Databases as for the store, and a clock that stands still."""

from __future__ import annotations

from tests.app.people.conftest import clock
from tests.app.store.conftest import postgres, postgres_url, sqlite_url, url

__all__ = ["clock", "postgres", "postgres_url", "sqlite_url", "url"]
