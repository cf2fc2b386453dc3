"""``trialcards screen`` reads compressed files, as bulk exports are kept."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from app.cli import main

PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1990-04-02"}


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_a_gzipped_file_is_read_as_what_is_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "patients.ndjson.gz"
    file.write_bytes(gzip.compress(json.dumps(PATIENT).encode()))
    assert run("screen", file, "--as-of", "2026-06-15", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["patient"] == "Patient/p1"


def test_a_damaged_gzip_file_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cut.ndjson.gz"
    file.write_bytes(gzip.compress(json.dumps(PATIENT).encode())[:-10])
    assert run("screen", file) == 3
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "gzip" in line
