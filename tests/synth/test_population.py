"""A deck screened as a population comes out as it is labelled: statuses, verdicts, gates and findings."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from app.cli import main


def test_a_run_over_a_deck_agrees_with_its_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deck, run = tmp_path / "deck", tmp_path / "run"
    made = ["--patients", "60", "--as-of", "2026-06-15", "--background", "0.3", "--gzip", "--seed", "12"]
    assert main(["synth", str(deck), *made]) == 0
    assert main(["cohort", str(deck / "fhir"), "--out", str(run), "--as-of", "2026-06-15"]) == 0
    capsys.readouterr()
    lines = gzip.decompress((deck / "labels.ndjson.gz").read_bytes()).splitlines()
    labels = {label["patient"]: label["trials"] for label in map(json.loads, lines)}
    columns = "patient, protocol, status, verdict, gate"
    screened = duckdb.read_parquet(f"{run}/screenings/*.parquet").project(columns).fetchall()
    assert len(screened) == 120
    for patient, protocol, status, verdict, gate in screened:
        meant = labels[patient][protocol]
        assert (status, verdict) == (meant["status"], meant.get("verdict"))
        assert status != "screened" or gate == meant["gate"]
    columns = "patient, protocol, criterion, outcome, leaning, clears_on"
    found = duckdb.read_parquet(f"{run}/findings/*.parquet").project(columns).fetchall()
    for patient, protocol, criterion, outcome, leaning, clears_on in found:
        meant = labels[patient][protocol]["findings"][criterion]
        told = (outcome, leaning, clears_on and clears_on.isoformat())
        assert told == (meant["outcome"], meant.get("leaning"), meant.get("clearsOn"))
    wanted = sum(len(trial.get("findings", ())) for trials in labels.values() for trial in trials.values())
    assert len(found) == wanted
