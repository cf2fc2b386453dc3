"""From settings to the store: which database, which secret."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from platformdirs import user_data_path

from app.cards.override_reasons import reasons
from app.settings import Settings
from app.store.database import Database
from app.store.kept import Store, Watcher
from app.store.memory import Declining
from app.store.pseudonyms import Pseudonyms, kept_secret
from app.store.retention import Retention

DATABASE_FILE = "trialcards.db"


def data_folder(settings: Settings) -> Path:
    """Where the service keeps its files: as set, or ``~/.local/share/trialcards`` and its like."""
    return settings.data_dir or user_data_path("trialcards", appauthor=False)


def database_of(settings: Settings, *, hurried: bool = True) -> Database:
    """The database that the settings name; it is not opened here. ``hurried``: no statement may take long."""
    if settings.database_url is None:
        return Database(f"sqlite:///{data_folder(settings).absolute() / DATABASE_FILE}", hurried=hurried)
    scheme, _, rest = settings.database_url.get_secret_value().partition("://")
    address = f"{'sqlite' if scheme == 'sqlite' else 'postgresql+psycopg'}://{rest}"
    return Database(address, hurried=hurried)


def pseudonyms_of(settings: Settings, *, make: bool = True) -> Pseudonyms:
    """With the secret as set, or the one in the data folder; ``make``: made where there is none.

    Raises:
        OSError: that file cannot be read or written.
    """
    key = settings.pseudonym_key
    secret = kept_secret(data_folder(settings), make=make) if key is None else key.get_secret_value()
    return Pseudonyms(secret, settings.audit_users)


def _sparing() -> frozenset[str]:
    return frozenset(code for code, reason in reasons().items() if not reason.silences)


def store_of(
    settings: Settings, now: Callable[[], datetime], watcher: Watcher, closing: AsyncExitStack
) -> Store | None:
    """The store, not yet opened, to be stopped by ``closing``; ``None`` where the operator wants none."""
    if not settings.store:
        return None
    store = Store(
        database_of(settings),
        lambda: pseudonyms_of(settings),
        Declining(timedelta(days=settings.declined_days), _sparing()),
        now,
        watcher,
    )
    closing.push_async_callback(store.stop)
    return store


def retention_of(
    settings: Settings,
    store: Store | None,
    now: Callable[[], datetime],
    logger: structlog.typing.FilteringBoundLogger,
    closing: AsyncExitStack,
) -> Retention | None:
    """What purges the store, not yet started, to be stopped by ``closing``; ``None`` without a store."""
    if store is None:
        return None
    lasts = None if settings.retention_days is None else timedelta(days=settings.retention_days)
    retention = Retention(store, lasts, now, logger)
    closing.push_async_callback(retention.stop)
    return retention
