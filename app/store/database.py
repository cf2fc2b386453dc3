"""The database: opened at first use, brought to the newest tables, written to and read.

An SQLite file that was deleted or replaced is noticed before and after each use: what was then to be read or
written fails once, and the next use opens what is there, or makes it anew.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.store.engines import engine_of
from app.store.errors import StoreError
from app.store.migrating import migrate, revision_of
from app.store.sqlite_file import SqliteFile

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL


class Database:
    """One database, named by its SQLAlchemy URL; opened by whichever thread needs it first.

    ``hurried``: no statement may take long.
    """

    def __init__(self, url: str, *, hurried: bool = True) -> None:
        self._url = url
        self._hurried = hurried
        self._lock = threading.Lock()
        self._engines: tuple[Engine, Engine] | None = None
        self._file: SqliteFile | None = None

    @property
    def is_in_place(self) -> bool:
        """Whether what was opened is still there, as far as that can be told without asking the database."""
        file = self._file
        return file is None or file.is_in_place()

    @property
    def is_open(self) -> bool:
        """Whether it has been opened and not been closed."""
        return self._engines is not None

    def open(self) -> None:
        """Connect, and apply what migrations lack.

        Raises:
            StoreError: it cannot be reached, its tables are newer than this version knows, or its file is no
                longer the one that was opened.
        """
        self._must_be_in_place()
        with self._lock:
            if self._engines is None:
                self._engines, self._file = self._opened()

    def close(self) -> None:
        """Let go of all connections; a later use opens them anew."""
        with self._lock:
            self._let_go()
            self._file = None

    def _let_go(self) -> None:
        engines, self._engines = self._engines, None
        for engine in engines or ():
            engine.dispose()

    def _must_be_in_place(self) -> None:
        """Let go of a file that is gone; it counts as gone until what is there now is opened.

        Raises:
            StoreError: it is gone.
        """
        if self._engines is None or self.is_in_place:
            return
        with self._lock, _told(self._url):
            if self._engines is not None and self._file is not None and not self._file.is_in_place():
                # While its connections are open: they keep its inode from being given to another file.
                self._file.clear_remains()
                self._let_go()
        raise StoreError(
            f"the file of the database {self.place} was deleted or replaced; what it held is lost to the "
            "service, which opens what is there now"
        )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for single queries, each a transaction of its own.

        Raises:
            StoreError: it cannot be reached, or a query failed.
        """
        reader = self._ready()[1]
        with _told(self._url), reader.connect() as connection:
            yield connection
        self._must_be_in_place()

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
            StoreError: the database cannot be opened, or its file was gone when all was committed.
        """
        writer = self._ready()[0]
        with writer.begin() as connection:
            yield connection
        self._must_be_in_place()

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
            engine = engine_of(self._url, writes=False, hurried=self._hurried)
            try:
                with engine.connect() as connection:
                    return revision_of(connection)
            finally:
                engine.dispose()

    def _ready(self) -> tuple[Engine, Engine]:
        while True:
            self.open()
            engines = self._engines  # another thread may let go of them between the two
            if engines is not None:
                return engines

    def _opened(self) -> tuple[tuple[Engine, Engine], SqliteFile | None]:
        with _told(self._url):
            writer = engine_of(self._url, writes=True, hurried=self._hurried)
            try:
                migrate(writer)
            except BaseException:
                writer.dispose()
                raise
            reader = engine_of(self._url, writes=False, hurried=self._hurried)
            path = writer.url.database if writer.dialect.name == "sqlite" else None
            return (writer, reader), SqliteFile(Path(path)) if path else None


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
