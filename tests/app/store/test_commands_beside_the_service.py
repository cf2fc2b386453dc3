"""Commands used beside a running service with SQLite take nothing from it.

SQLite keeps others away from a file by POSIX locks, which a process loses when it closes *any* handle of the
file (https://sqlite.org/howtocorrupt.html, 2.2); without them a command that ends takes the write-ahead log
with it, and what the service then writes is lost.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.store.database import Database
from tests.app.service import LUPUS
from tests.app.serving import ROOT, START, serving

COMMANDS = (
    ("store", "status"),
    ("store", "migrate"),
    ("audit",),
    ("feedback",),
    ("store", "purge", "--older-than", "700"),
    ("store", "purge", "--patient", "somebody-else", "--client", "open"),
)


class Running:
    """A service in a process of its own."""

    def __init__(self, port: int, process: subprocess.Popen[str]) -> None:
        self._at = f"http://127.0.0.1:{port}"
        self.process = process

    def cards(self) -> dict[str, str]:
        """The ids of a patient's cards by trial."""
        request = self._asked(f"/demo/requests/{LUPUS}")
        told = self._asked("/cds-services/lupus-trials", {**request, "hookInstance": str(uuid.uuid4())})
        return {card["source"]["topic"]["code"]: card["uuid"] for card in told["cards"]}

    def decline(self, card: str) -> None:
        item = {"card": card, "outcome": "overridden", "outcomeTimestamp": datetime.now(UTC).isoformat()}
        self._asked("/cds-services/lupus-trials/feedback", {"feedback": [item]})

    def deleted_files(self) -> list[str]:
        """Files that it holds open though they are gone."""
        handles = Path(f"/proc/{self.process.pid}/fd")
        found = [os.readlink(handle) for handle in handles.iterdir() if handle.is_symlink()]
        return [name for name in found if "trialcards.db" in name and "(deleted)" in name]

    def _asked(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._at + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"{}")  # type: ignore[no-any-return]


@contextmanager
def started(folder: Path) -> Iterator[Running]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    settings = {"TRIALCARDS_DATA_DIR": str(folder), "TRIALCARDS_STORE": "true"}
    with serving(folder, "--open", "--port", str(port), ready="-d @-", settings=settings) as (_, process):
        try:
            yield Running(port, process)
        except BaseException:
            process.kill()  # else it would be waited for without end
            raise


def command(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", START, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TRIALCARDS_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# Only Linux tells which files a process holds open, and where they were deleted; CI runs on it.
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="tells open files by /proc")
def test_feedback_that_was_answered_outlives_commands_and_the_death_of_the_service(tmp_path: Path) -> None:
    log = tmp_path / "trialcards.db-wal"
    with started(tmp_path) as running:
        trial, card = next(iter(running.cards().items()))
        for arguments in COMMANDS:
            command(tmp_path, *arguments)
            assert log.exists(), arguments
            assert running.deleted_files() == [], arguments
        running.decline(card)
        command(tmp_path, "store", "status")
        running.process.send_signal(signal.SIGKILL)
        running.process.wait(timeout=20)
    with sqlite3.connect(tmp_path / "trialcards.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    with started(tmp_path) as running:
        assert trial not in running.cards()


def test_opening_a_database_again_leaves_the_locks_of_the_first_connection(tmp_path: Path) -> None:
    """As seen by another process, which could not write while the first connection does."""
    path = tmp_path / "store.db"
    database = Database(f"sqlite:///{path}")
    database.open()
    with database.writing():
        again = Database(f"sqlite:///{path}")
        assert again.revision() is not None
        again.close()
        held = subprocess.run(
            [sys.executable, "-c", TAKE_ALL, str(path)], capture_output=True, text=True, check=False
        )
    database.close()
    assert held.stdout.strip() == "database is locked"


TAKE_ALL = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0)
connection.execute("PRAGMA locking_mode=EXCLUSIVE")
try:
    connection.execute("PRAGMA journal_mode=DELETE")
    print("nobody held it")
except sqlite3.OperationalError as error:
    print(error)
"""


def test_a_new_file_is_its_owners_alone_also_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "real.db")
    database = Database(f"sqlite:///{tmp_path / 'link.db'}")
    database.open()
    database.close()
    assert (tmp_path / "real.db").stat().st_mode & 0o077 == 0
