"""Bringing the tables to the newest version.

Processes that start together do so one after another: PostgreSQL is locked by an advisory lock, SQLite by its
write lock, which the transaction holds.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from app.store.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

NEWEST_REVISION = "0009"
"""Of the migrations; where the database says the same, alembic need not be loaded."""

_LOCK = 7_517_536_524_720
"""Any number that no other program locks by."""


def revision_of(connection: Connection) -> str | None:
    """Revision of the tables; ``None`` where there are none."""
    from sqlalchemy import inspect

    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return found


def migrate(engine: Engine) -> None:
    """Apply what lacks.

    Raises:
        StoreError: the tables are newer than this version knows.
        sqlalchemy.exc.SQLAlchemyError: the database refused.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        if revision_of(connection) == NEWEST_REVISION:
            return
        from alembic import command, util
        from alembic.config import Config

        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
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
