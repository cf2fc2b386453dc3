"""Commands that read say so where there is nothing to read, and make nothing: a folder that was mistyped is
not taken for that of a service that showed no card.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import main
from app.store.database import Database

PATIENT = ("--patient", "1", "--client", "open")
COMMANDS = [
    ("feedback",),
    ("audit",),
    ("audit", "--refused"),
    ("store", "purge", "--older-than", "30"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRIALCARDS_DATA_DIR", str(tmp_path / "mistyped"))
    for name in ("TRIALCARDS_DATABASE_URL", "TRIALCARDS_PSEUDONYM_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "mistyped"


@pytest.mark.parametrize("command", COMMANDS)
def test_where_there_is_no_database_none_is_made(
    folder: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    assert main(command) == 6
    out, errors = capsys.readouterr()
    assert out == ""
    assert errors.startswith(f"trialcards: there is no database of Trialcards at {folder}/trialcards.db: ")
    assert errors.count("\n") == 1
    assert not folder.exists()


@pytest.mark.parametrize("command", [("audit", *PATIENT), ("store", "purge", *PATIENT)])
def test_where_there_is_no_pseudonym_key_none_is_made(
    folder: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    """With a new one no patient would be found, and nothing be deleted."""
    assert main(command) == 6
    first = capsys.readouterr().err
    assert "TRIALCARDS_DATA_DIR" in first
    assert not folder.exists()
    assert main(("store", "migrate")) == 0
    capsys.readouterr()
    assert main(command) == 6
    assert "pseudonym.key cannot be read: No such file" in capsys.readouterr().err
    assert not (folder / "pseudonym.key").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_an_empty_database_is_none(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("TRIALCARDS_DATABASE_URL", url)
    monkeypatch.setenv("TRIALCARDS_PSEUDONYM_KEY", "a key of thirty-two signs or more")
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).touch()
    assert main(command) == 6
    assert "there is no database of Trialcards at" in capsys.readouterr().err
    database = Database(url.replace("postgresql:", "postgresql+psycopg:"))
    assert database.revision() is None
    database.close()
