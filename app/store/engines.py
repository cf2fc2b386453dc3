"""Engines of SQLAlchemy, for SQLite and PostgreSQL.

SQLite wants its write lock taken at once (``BEGIN IMMEDIATE``), so that a writer waits for another instead of
failing half-way; its write-ahead log keeps readers and writers apart.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_PATIENCE = 5.0
"""Seconds to wait for a connection, a lock or a statement."""


def engine_of(url: str, *, writes: bool, hurried: bool) -> Engine:
    """An engine that writes in transactions, or one that reads, each query for itself.

    ``hurried``: PostgreSQL is to stop a statement after some seconds, as befits a service but not a purge.

    Raises:
        sqlalchemy.exc.ArgumentError: the URL cannot be read.
        OSError: the file of an SQLite database cannot be made.
    """
    from sqlalchemy import create_engine, event, make_url

    parsed = make_url(url)
    options: dict[str, Any] = {"pool_size": 1 if writes else 2, "max_overflow": 2}
    if not writes:
        options["isolation_level"] = "AUTOCOMMIT"
    if parsed.get_backend_name() == "postgresql":
        limit = f"-c statement_timeout={int(_PATIENCE * 1000)} -c lock_timeout={int(_PATIENCE * 1000)}"
        options["connect_args"] = {"connect_timeout": int(_PATIENCE), "options": limit if hurried else ""}
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
    """A new file, and a new folder for it, are their owner's alone.

    A file that is there is never opened: to close it again, by whatever handle, would drop the locks (POSIX,
    of the process and not of the handle) by which SQLite holds it in other connections of this process, and
    the next program to use the database would then take its write-ahead log away
    (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        # Through a link to a file that is not there yet, as SQLite itself would make it.
        os.close(os.open(path.resolve(), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
