"""``trialcards synth`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli import main


def test_a_deck_is_written_and_told_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deck"
    code = main(["synth", str(out), "--patients", "12", "--as-of", "2026-06-15", "--background", "0"])
    told = capsys.readouterr()
    about = json.loads((out / "deck.json").read_bytes())
    resources = sum(about["resources"].values())
    assert code == 0
    assert told.out == f"12 patients, {resources} resources, as of 2026-06-15: {out}\n"
    assert told.err == ""
    assert set(about["groups"]) <= {"lupus-nephritis", "lupus", "lupus-deceased"}


def test_bundles_can_be_screened_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deck"
    options = ["--patients", "3", "--as-of", "2026-06-15", "--background", "0", "--format", "bundles"]
    assert main(["synth", str(out), *options]) == 0
    capsys.readouterr()
    chart = min((out / "fhir").iterdir())
    assert main(["screen", str(chart), "--as-of", "2026-06-15", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    label = json.loads((out / "labels.ndjson").read_bytes().splitlines()[0])
    assert report["patient"] == label["patient"]
    verdicts = {each["protocol"]: each["verdict"] for each in report["screenings"]}
    for trial, told in label["trials"].items():
        if told["status"] == "screened":
            assert verdicts[trial] == told["verdict"]


def test_a_folder_that_is_not_empty_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert main(["synth", str(tmp_path), "--patients", "1"]) == 2
    assert capsys.readouterr().err == f"trialcards: {tmp_path}: the folder is not empty; name a new one\n"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "deck"
    place.write_text("mine")
    assert main(["synth", str(place), "--patients", "1"]) == 2
    assert capsys.readouterr().err.startswith(f"trialcards: {place}: ")


@pytest.mark.parametrize(
    ("option", "value"), [("--patients", "0"), ("--background", "2"), ("--dialect", "fr"), ("--workers", "0")]
)
def test_what_cannot_be_is_refused(tmp_path: Path, option: str, value: str) -> None:
    assert main(["synth", str(tmp_path / "deck"), option, value]) == 2
