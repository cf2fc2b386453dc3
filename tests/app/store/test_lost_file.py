"""An SQLite file that is deleted or replaced under the running service is noticed: nothing is told to be kept
that nobody will find.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from app.store import kept
from app.store.database import Database
from app.store.errors import StoreError
from tests.app.service import fire, request_of
from tests.app.store.serving import Clock, Service, overridden, rows, service

TRIAL = "nct07517536"


def ready(running: Service) -> str:
    answer = running.http.get("/readyz")
    assert answer.status_code == 200
    return str(answer.json()["store"])


def delete(path: Path, *, logs: bool = True) -> None:
    path.unlink()
    for name in ("-wal", "-shm") if logs else ():
        Path(f"{path}{name}").unlink(missing_ok=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "store.db"


@pytest.fixture
def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.mark.parametrize("logs", [True, False])
def test_feedback_after_the_file_was_deleted_is_in_a_new_one(
    path: Path, url_of: str, clock: Clock, logs: bool
) -> None:
    with service(url_of, clock) as running:
        card = running.cards()[TRIAL]
        delete(path, logs=logs)
        assert running.tell(overridden(card, clock.now)).status_code == 200
    assert [row["card"] for row in rows(url_of, "feedback")] == [card["uuid"]]
    assert path.stat().st_mode & 0o077 == 0


def test_readiness_and_metrics_tell_until_the_database_is_used_again(
    path: Path, url_of: str, clock: Clock
) -> None:
    with service(url_of, clock) as running:
        running.cards()
        assert ready(running) == "ok"
        delete(path)
        assert ready(running) == "failing"
        assert running.tell(overridden("1", clock.now)).status_code == 200
        assert ready(running) == "ok"
        assert 'trialcards_store_failures_total{operation="write"} 1.0' in running.http.get("/metrics").text


def test_the_hook_answers_while_the_file_is_gone_and_remembers_again_afterwards(
    path: Path, url_of: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_REST_SECONDS", 0.0)
    with service(url_of, clock) as running:
        card = running.cards()[TRIAL]
        running.tell(overridden(card, clock.now))
        assert TRIAL not in running.cards()
        delete(path)
        (shown,) = (each for name, each in running.cards().items() if name == TRIAL)
        running.tell(overridden(shown, clock.now))
        assert TRIAL not in running.cards()


def test_where_no_new_file_can_be_made_feedback_gets_503_and_the_hook_answers(
    path: Path, url_of: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "FEEDBACK_SECONDS", 0.5)
    monkeypatch.setattr(kept, "CLOSING_SECONDS", 0.2)
    with service(url_of, clock) as running:
        card = running.cards()[TRIAL]
        shutil.rmtree(path.parent)
        path.parent.write_text("a file where the folder was")
        assert running.tell(overridden(card, clock.now)).status_code == 503
        assert len(fire(request_of(), running.http).json()["cards"]) == 2
        assert ready(running) == "failing"


def test_a_file_that_was_put_in_its_place_is_used_without_the_log_of_the_lost_one(
    path: Path, url_of: str, clock: Clock, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    with service(f"sqlite:///{other}", clock) as running:
        running.tell(overridden("of the other", clock.now))
    with service(url_of, clock) as running:
        running.tell(overridden("of the lost one", clock.now))
        assert Path(f"{path}-wal").stat().st_size > 0
        os.replace(other, path)
        assert ready(running) == "failing"
        assert running.tell(overridden("of now", clock.now)).status_code == 200
    assert {row["card"] for row in rows(url_of, "feedback")} == {"of the other", "of now"}
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_file_that_goes_while_a_batch_is_written_makes_the_batch_fail(path: Path, url_of: str) -> None:
    database = Database(url_of)
    database.open()

    def write_while_it_goes() -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE anything (x)")
            delete(path)

    with pytest.raises(StoreError, match="was deleted or replaced"):
        write_while_it_goes()
    assert not database.is_in_place, "until what is there now is opened"
    with database.writing() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars().all()
    assert "feedback" in names
    assert "anything" not in names
    database.close()
