"""The tables of a run, opened for questions in SQL: read from Parquet, out of core, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb

from cohort.errors import UnreadableTablesError
from cohort.record import WORK
from cohort.schema import TABLES

MEMORY: Final = "512MB"
"""What a question may hold in memory; what is more goes to files."""

_READ: Final = TABLES.keys() - {"rejected"}

Answer = list[tuple[Any, ...]]
"""Rows of an answer."""


class Tables:
    """The tables of a run, by their names; those ``aside`` are empty where nothing is compared."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def run(self, sql: str, values: Sequence[object] = ()) -> None:
        """Run a statement; ``values`` fill its ``?``."""
        self._connection.execute(sql, list(values))

    def ask(self, sql: str, values: Sequence[object] = ()) -> Answer:
        """All rows of an answer that is known to be small."""
        return self._connection.execute(sql, list(values)).fetchall()

    def stream(self, sql: str, values: Sequence[object] = (), at_once: int = 5_000) -> Iterator[Any]:
        """The rows of an answer of any length, one by one. Nothing else may be asked until its end."""
        answer = self._connection.execute(sql, list(values))
        while rows := answer.fetchmany(at_once):
            yield from rows


@contextmanager
def opened(directory: Path, *, memory: str = MEMORY, threads: int = 2) -> Iterator[Tables]:
    """The tables in the folder of a run. A table without files is empty.

    What does not fit into ``memory`` is written to a folder in ``directory`` that is gone at the end; while a
    run goes on, to its own, which goes with it.

    Raises:
        UnreadableTablesError: a file is no Parquet file, or lacks a column; or there is no room for the work.
    """
    work = directory / WORK
    with TemporaryDirectory(prefix=".summary-", dir=work if work.is_dir() else directory) as scratch:
        connection = duckdb.connect(
            f"{scratch}/tables.duckdb",
            config={
                "memory_limit": memory,
                "temp_directory": f"{scratch}/spilled",
                "threads": threads,
                "preserve_insertion_order": False,
                # Parquet is built in; nothing is to be fetched from anywhere.
                "autoinstall_known_extensions": False,
            },
        )
        try:
            for name in _READ:
                files = sorted(str(file) for file in (directory / name).glob("*.parquet"))
                if files:
                    connection.read_parquet(files).create_view(name)
                else:
                    connection.register(name, TABLES[name].empty_table())
            yield Tables(connection)
        except duckdb.Error as error:
            # What DuckDB says may hold values of patients.
            kind = type(error).__name__
            raise UnreadableTablesError(f"{directory}: its tables cannot be read: {kind}") from None
        finally:
            connection.close()
