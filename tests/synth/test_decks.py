"""A deck on disk: the same by seed, whatever its size, its form and the number of processes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from synth import deck
from synth.deck import DeckExistsError, Layouts, write_deck
from synth.patients import DeckPlan, Patients

from .judged import AS_OF

PLAN = DeckPlan(as_of=AS_OF, seed=5)


def _written(out: Path, patients: int, layouts: Layouts = Layouts(), **options: Any) -> Path:  # noqa: B008
    for _ in write_deck(out, PLAN, patients, layouts, **options):
        pass
    return out


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}


def _resources(folder: Path) -> Iterable[dict[str, Any]]:
    for path in sorted((folder / "fhir").iterdir()):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        yield from map(json.loads, content.splitlines())


def _patient_of(resource: dict[str, Any]) -> str | None:
    for name in ("subject", "patient", "individual"):
        if name in resource:
            return str(resource[name]["reference"])
    return f"Patient/{resource['id']}" if resource["resourceType"] == "Patient" else None


def test_the_same_seed_gives_the_same_deck_to_the_byte(tmp_path: Path) -> None:
    first, second = _written(tmp_path / "a", 40), _written(tmp_path / "b", 40)
    assert _files(first) == _files(second)


def test_another_seed_gives_another_deck() -> None:
    ours, others = Patients(PLAN), Patients(DeckPlan(as_of=AS_OF, seed=6))
    assert ours.made(3)[0] != others.made(3)[0]


def test_a_patient_is_the_same_in_a_deck_of_any_size(tmp_path: Path) -> None:
    few, many = _written(tmp_path / "few", 10), _written(tmp_path / "many", 60)
    labels = (many / "labels.ndjson").read_text("utf-8").splitlines()
    assert (few / "labels.ndjson").read_text("utf-8").splitlines() == labels[:10]
    known = {f"{each['resourceType']}/{each['id']}": each for each in _resources(many)}
    for resource in _resources(few):
        assert known[f"{resource['resourceType']}/{resource['id']}"] == resource


def test_several_processes_write_the_same_deck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deck, "PATIENTS_PER_PART", 20)
    alone, together = _written(tmp_path / "alone", 50), _written(tmp_path / "together", 50, workers=2)
    assert _files(alone) == _files(together)


def test_resources_are_kept_by_type_and_those_of_a_patient_lie_in_several_files(tmp_path: Path) -> None:
    out = _written(tmp_path / "deck", 40)
    places: dict[str, set[str]] = {}
    for path in (out / "fhir").iterdir():
        lines = [json.loads(line) for line in path.read_bytes().splitlines()]
        assert {each["resourceType"] for each in lines} == {path.name.split("-")[0]}
        for each in lines:
            places.setdefault(str(_patient_of(each)), set()).add(path.name)
    observations = {
        sum(name.startswith("Observation") for name in names)
        for patient, names in places.items()
        if patient != "None"
    }
    assert max(observations) == 4
    # Nor does a file keep what belongs to one patient together.
    path = next((out / "fhir").glob("Observation-*-0.ndjson"))
    order = [_patient_of(json.loads(line)) for line in path.read_bytes().splitlines()]
    assert sum(a == b for a, b in pairwise(order)) < len(order) / 4


def test_compressed_files_hold_the_same(tmp_path: Path) -> None:
    plain, packed = (
        _written(tmp_path / "plain", 25),
        _written(tmp_path / "packed", 25, Layouts(compressed=True)),
    )
    assert {path.suffix for path in (packed / "fhir").iterdir()} == {".gz"}
    assert sorted(map(str, _resources(plain))) == sorted(map(str, _resources(packed)))
    labels = gzip.decompress((packed / "labels.ndjson.gz").read_bytes())
    assert labels == (plain / "labels.ndjson").read_bytes()


def test_a_bundle_holds_one_patient_and_the_medications_that_it_refers_to(tmp_path: Path) -> None:
    out = _written(tmp_path / "deck", 30, Layouts(layout="bundles"))
    bundles = [json.loads(path.read_bytes()) for path in sorted((out / "fhir").iterdir())]
    assert len(bundles) == 30
    referred = 0
    for bundle in bundles:
        resources = [entry["resource"] for entry in bundle["entry"]]
        names = {f"{each['resourceType']}/{each['id']}" for each in resources}
        assert sum(name.startswith("Patient/") for name in names) == 1
        wanted = {
            each["medicationReference"]["reference"] for each in resources if "medicationReference" in each
        }
        assert wanted <= names
        referred += len(wanted)
    assert referred > 0


def test_the_deck_says_what_is_in_it(tmp_path: Path) -> None:
    out = _written(tmp_path / "deck", 40, generator="a test")
    about = json.loads((out / "deck.json").read_bytes())
    resources = list(_resources(out))
    labels = [json.loads(line) for line in (out / "labels.ndjson").read_bytes().splitlines()]
    assert about["patients"] == len(labels) == about["resources"]["Patient"] == 40
    assert sum(about["resources"].values()) == len(resources)
    assert sum(about["groups"].values()) == 40
    assert about["licence"].startswith("https://creativecommons.org/publicdomain/zero/")
    assert about["generator"] == "a test"
    for trial, verdicts in about["verdicts"].items():
        told = [label["trials"][trial] for label in labels]
        potential = sum(each.get("verdict") == "potentially-eligible" for each in told)
        assert potential == verdicts.get("potentially-eligible", 0)


def test_everything_hangs_on_the_day_on_which_the_deck_is_judged() -> None:
    early, late = (
        Patients(DeckPlan(as_of=AS_OF.replace(year=year), seed=5, background=0)) for year in (2025, 2026)
    )
    for number in range(20):
        assert early.made(number)[1].recipes == late.made(number)[1].recipes
        assert early.made(number)[0] != late.made(number)[0]
        assert not any(f'"{AS_OF.isoformat()[:4]}-1' in line for _, line in late.made(number)[0])


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DeckExistsError, match="not empty"):
        _written(tmp_path, 5)
    assert _files(tmp_path) == {"notes.txt": b"mine"}
