"""The database: opened at first use, brought to the newest tables, written in batches and read by one query.

SQLite and PostgreSQL differ in three things here: SQLite wants its write lock taken at once
(``BEGIN IMMEDIATE``), so that a writer waits for another instead of failing half-way; it keeps readers and
writers apart by its write-ahead log; and while tables are made, PostgreSQL is locked by an advisory lock and
SQLite by that same write lock.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.store.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL

NEWEST_REVISION = "0001"
"""Of the migrations; where the database says the same, alembic need not be loaded."""

_LOCK = 7_517_536_524_720
"""Any number that no other program locks by."""
_PATIENCE = 5.0
"""Seconds to wait for a connection, a lock or a statement."""


class Database:
    """One database, named by its SQLAlchemy URL; opened by whichever thread needs it first."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._engines: tuple[Engine, Engine] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has been opened and not been closed."""
        return self._engines is not None

    def open(self) -> None:
        """Connect, and apply what migrations lack.

        Raises:
            StoreError: it cannot be reached, or its tables are newer than this version knows.
        """
        with self._lock:
            if self._engines is None:
                self._engines = self._opened()

    def close(self) -> None:
        """Let go of all connections; a later use opens them anew."""
        with self._lock:
            engines, self._engines = self._engines, None
        for engine in engines or ():
            engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for single queries, each a transaction of its own.

        Raises:
            StoreError: it cannot be reached, or a query failed.
        """
        self.open()
        assert self._engines is not None  # noqa: S101  # for the type checker: opened a line above
        with _told(self._url), self._engines[1].connect() as connection:
            yield connection

    @contextmanager
    def reading_on(self) -> Iterator[Connection]:
        """A connection for one long query, whose rows come as they are asked for and are of one instant.

        Raises:
            StoreError: it cannot be reached, or the query failed.
        """
        with self.reading() as connection:
            if connection.dialect.name == "postgresql":  # which keeps cursors within transactions only
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection.execution_options(yield_per=1000)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, committed at the end.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: as it came: the queue tells a lost connection from a bad record.
            StoreError: the database cannot be opened.
        """
        self.open()
        assert self._engines is not None  # noqa: S101  # for the type checker: opened a line above
        with self._engines[0].begin() as connection:
            yield connection

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """As ``writing``, for commands.

        Raises:
            StoreError: whatever went wrong.
        """
        with _told(self._url), self.writing() as connection:
            yield connection

    @property
    def place(self) -> str:
        """Where it is, for people: never a password.

        Raises:
            StoreError: the URL cannot be read.
        """
        from sqlalchemy import make_url

        with _told(self._url):
            return _place(make_url(self._url))

    def revision(self) -> str | None:
        """Revision of the tables as they are, without changing anything; ``None`` before the first migration.

        Raises:
            StoreError: it cannot be reached.
        """
        from sqlalchemy import make_url

        with _told(self._url):
            parsed = make_url(self._url)
            if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
                return None
            engine = _engine(self._url, writes=False)
            try:
                with engine.connect() as connection:
                    return _revision(connection)
            finally:
                engine.dispose()

    def _opened(self) -> tuple[Engine, Engine]:
        with _told(self._url):
            writer = _engine(self._url, writes=True)
            try:
                _migrate(writer)
            except BaseException:
                writer.dispose()
                raise
            return writer, _engine(self._url, writes=False)


def _engine(url: str, *, writes: bool) -> Engine:
    from sqlalchemy import create_engine, event, make_url

    parsed = make_url(url)
    options: dict[str, Any] = {"pool_size": 1 if writes else 2, "max_overflow": 2}
    if not writes:
        options["isolation_level"] = "AUTOCOMMIT"
    if parsed.get_backend_name() == "postgresql":
        limit = f"-c statement_timeout={int(_PATIENCE * 1000)} -c lock_timeout={int(_PATIENCE * 1000)}"
        options["connect_args"] = {"connect_timeout": int(_PATIENCE), "options": limit}
        return create_engine(parsed, pool_recycle=600, **options)
    if parsed.database:
        _made_private(Path(parsed.database))
    engine = create_engine(parsed, connect_args={"timeout": _PATIENCE}, **options)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        if writes:
            connection.isolation_level = None  # transactions are begun below, not by the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    if writes:

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _made_private(path: Path) -> None:
    """A new file, and a new folder for it, are their owner's alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _revision(connection: Connection) -> str | None:
    from sqlalchemy import inspect

    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return found


def _migrate(engine: Engine) -> None:
    """Apply what lacks; processes that start together do so one after another."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        if _revision(connection) == NEWEST_REVISION:
            return
        from alembic import command, util
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(resources.files("app.store").joinpath("migrations")))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except util.CommandError:
            raise StoreError(
                "the tables of the database were made by a newer version of Trialcards; "
                "run that, or name another database"
            ) from None


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Errors of the database in words that hold neither password nor statement."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

    try:
        yield
    except (ArgumentError, NoSuchModuleError):
        raise StoreError(
            "TRIALCARDS_DATABASE_URL is no address of an SQLite or PostgreSQL database"
        ) from None
    except (SQLAlchemyError, OSError) as error:
        place = _place(make_url(url))
        reason = error.strerror if isinstance(error, OSError) else _reason(error)
        raise StoreError(f"the database {place} cannot be used: {reason or type(error).__name__}") from None


def _place(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return f"{url.database or ''} at {url.host or 'the local socket'}"


def _reason(error: Exception) -> str:
    """The driver's first line, for errors of the connection alone: others may repeat what was written."""
    from sqlalchemy.exc import OperationalError

    if not isinstance(error, OperationalError) or error.orig is None:
        return type(error).__name__
    return str(error.orig).strip().partition("\n")[0][:200]
