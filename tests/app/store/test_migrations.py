"""The tables are made by migrations, alike on both databases, once, whoever comes first."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from importlib import resources
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from app.store.configured import database_of
from app.store.database import Database
from app.store.errors import StoreError
from app.store.migrating import NEWEST_REVISION
from app.store.reading import calls
from app.store.tables import metadata
from app.store.trail import refusals
from app.store.writing import write
from tests.app.store.calls import CALL, REFUSED
from tests.app.store.serving import KEY, settings_of

ROOT = Path(__file__).parents[3]


@pytest.fixture
def database(url: str) -> Database:
    return database_of(settings_of(url))


def test_the_newest_revision_is_the_one_that_the_service_asks_for() -> None:
    scripts = ScriptDirectory(str(resources.files("app.store").joinpath("migrations")))
    assert scripts.get_current_head() == NEWEST_REVISION


def test_the_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()


def test_nothing_is_made_until_the_database_is_opened(database: Database) -> None:
    assert database.revision() is None
    database.open()
    assert database.revision() == NEWEST_REVISION
    database.close()


def test_processes_that_start_together_make_them_once(url: str) -> None:
    code = "import sys; from app.cli import main; sys.exit(main(['store', 'migrate']))"
    environment = {**os.environ, "TRIALCARDS_DATABASE_URL": url, "TRIALCARDS_PSEUDONYM_KEY": KEY}
    with ExitStack() as ends:  # waits for each, also where one has failed
        processes = [
            ends.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", code],
                    cwd=ROOT,
                    env=environment,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                )
            )
            for _ in range(3)
        ]
        for process in processes:
            _, errors = process.communicate(timeout=60)
            assert process.returncode == 0, errors.decode()
    assert database_of(settings_of(url)).revision() == NEWEST_REVISION


def test_a_store_of_the_first_version_keeps_what_it_holds(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.files("app.store").joinpath("migrations")))
    database.open()
    with database.writing() as connection:
        write(connection, [CALL])
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    database.close()
    assert database.revision() == "0001"
    database.open()
    assert database.revision() == NEWEST_REVISION
    with database.reading() as connection:
        kept = list(calls(connection, None, None))
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert kept == [CALL]
    database.close()


def test_refused_calls_come_back_as_they_were_written(database: Database) -> None:
    with database.writing() as connection:
        write(connection, [*REFUSED, *REFUSED])
    with database.reading_on() as connection:
        assert sorted(refusals(connection, None, None), key=lambda refused: refused.id) == list(REFUSED)
    database.close()


def test_tables_of_a_newer_version_are_left_alone_and_told(database: Database) -> None:
    database.open()
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StoreError, match="newer version"):
        database.open()
    assert database.revision() == "9999"


@pytest.mark.parametrize("address", ["postgresql://u:secret-word@127.0.0.1:1/x", "sqlite:////proc/none/x.db"])
def test_a_database_that_cannot_be_reached_is_told_without_its_password(address: str) -> None:
    with pytest.raises(StoreError, match="cannot be used") as raised:
        database_of(settings_of(address)).open()
    assert "secret-word" not in str(raised.value)


def test_the_files_of_sqlite_are_their_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "made" / "store.db"
    database = database_of(settings_of(f"sqlite:///{path}"))
    database.open()
    database.close()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
