"""A deck on disk: FHIR files and, beside them, the labels.

Written part by part, each of a fixed number of patients, so that memory stays bounded and the files are
the same however many processes write them.
"""

from __future__ import annotations

import gzip
import random
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import msgspec

from synth.labels import Label
from synth.patients import DeckPlan, Patients

Layout = Literal["bulk", "bundles"]
PATIENTS_PER_PART = 2_000
"""Few enough to be held in memory, under 300 MB a process; many enough to make few files."""
FILES_PER_PART = {"Observation": 4, "Condition": 2}
"""Into how many files the resources of a part go, by type, at random; of all other types into one."""
FHIR, LABELS, ABOUT = "fhir", "labels.ndjson", "deck.json"
LICENCE = "https://creativecommons.org/publicdomain/zero/1.0/"


class DeckExistsError(ValueError):
    """The folder that was named already holds something."""


class Layouts(msgspec.Struct, frozen=True, kw_only=True):
    """How a deck is written: ``layout``, and whether the files are compressed."""

    layout: Layout = "bulk"
    compressed: bool = False


class Tally(msgspec.Struct, kw_only=True):
    """What was written so far, counted.

    Attributes:
        resources: by type. groups, dialects: patients.
        verdicts: of each trial, patients by verdict, or by status where they have none.
    """

    patients: int = 0
    resources: Counter[str] = msgspec.field(default_factory=Counter)
    groups: Counter[str] = msgspec.field(default_factory=Counter)
    dialects: Counter[str] = msgspec.field(default_factory=Counter)
    recipes: Counter[str] = msgspec.field(default_factory=Counter)
    verdicts: dict[str, Counter[str]] = msgspec.field(default_factory=dict)

    def count(self, label: Label) -> None:
        """One patient more."""
        self.patients += 1
        self.groups[label.group] += 1
        self.dialects[label.dialect] += 1
        self.recipes.update(label.recipes)
        for trial, of_trial in label.trials.items():
            told = of_trial.verdict or of_trial.status
            self.verdicts.setdefault(trial, Counter())[told] += 1

    def add(self, other: Tally) -> None:
        """What another part counted."""
        self.patients += other.patients
        for name in ("resources", "groups", "dialects", "recipes"):
            getattr(self, name).update(getattr(other, name))
        for trial, counted in other.verdicts.items():
            self.verdicts.setdefault(trial, Counter()).update(counted)


class About(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """``deck.json``: what the deck was made of, and what is in it."""

    text: str
    licence: str
    generator: str
    as_of: date
    seed: int
    dialect: str
    background: float
    layout: Layout
    patients: int
    resources: dict[str, int]
    groups: dict[str, int]
    dialects: dict[str, int]
    recipes: dict[str, int]
    verdicts: dict[str, dict[str, int]]


def write_deck(
    out: Path,
    plan: DeckPlan,
    patients: int,
    layouts: Layouts = Layouts(),  # noqa: B008  # immutable
    *,
    workers: int = 1,
    generator: str = "synth",
) -> Iterator[Tally]:
    """Write a deck of so many patients into a new folder, and tell of each part what it holds.

    The deck is whole once the iteration ends.

    Raises:
        DeckExistsError: the folder is there and not empty.
        OSError: it cannot be written.
    """
    if out.exists() and any(out.iterdir()):
        raise DeckExistsError(f"{out}: the folder is not empty; name a new one")
    folder = out / FHIR
    folder.mkdir(parents=True, exist_ok=True)
    parts = [
        (number, range(first, min(first + PATIENTS_PER_PART, patients)))
        for number, first in enumerate(range(0, patients, PATIENTS_PER_PART))
    ]
    total = Tally()
    if layouts.layout == "bulk":
        shared = Tally()
        shared.resources["Medication"] = _write_medications(folder, plan, layouts)
        total.add(shared)
        yield shared
    with _labels_file(out, layouts) as labels:
        for told, lines in _written_parts(folder, plan, parts, layouts, workers):
            labels.write(lines)
            total.add(told)
            yield told
    about = About(
        text="Synthetic patients, made up by a program; no person's data. Labels are intended findings, "
        "not medical advice.",
        licence=LICENCE,
        generator=generator,
        as_of=plan.as_of,
        seed=plan.seed,
        dialect=plan.dialect,
        background=plan.background,
        layout=layouts.layout,
        patients=total.patients,
        resources=_sorted(total.resources),
        groups=_sorted(total.groups),
        dialects=_sorted(total.dialects),
        recipes=_sorted(total.recipes),
        verdicts={trial: _sorted(counted) for trial, counted in total.verdicts.items()},
    )
    (out / ABOUT).write_bytes(msgspec.json.format(msgspec.json.encode(about), indent=2) + b"\n")


def _sorted(counted: Counter[str]) -> dict[str, int]:
    return dict(sorted(counted.items()))


def _written_parts(
    folder: Path,
    plan: DeckPlan,
    parts: list[tuple[int, range]],
    layouts: Layouts,
    workers: int,
) -> Iterator[tuple[Tally, bytes]]:
    if workers == 1 or len(parts) == 1:
        for number, patients in parts:
            yield write_part(folder, plan, number, patients, layouts)
        return
    # Fresh processes: what the parent holds open is not theirs.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        # Not all at once: finished parts would pile up before they are taken.
        waiting = []
        for number, patients in parts:
            waiting.append(pool.submit(write_part, folder, plan, number, patients, layouts))
            if len(waiting) > workers:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


@cache
def _patients_of(plan: bytes) -> Patients:
    """What makes patients, once a process: compiling the recipes takes a moment."""
    return Patients(msgspec.json.decode(plan, type=DeckPlan))


def write_part(
    folder: Path, plan: DeckPlan, number: int, patients: range, layouts: Layouts
) -> tuple[Tally, bytes]:
    """Write the resources of one part; the labels are handed back, as lines."""
    made = _patients_of(msgspec.json.encode(plan))
    tally = Tally()
    labels: list[bytes] = []
    files: dict[str, list[str]] = {}
    for patient in patients:
        resources, label = made.made(patient)
        labels.append(msgspec.json.encode(label))
        tally.count(label)
        tally.resources.update([kind for kind, _ in resources])
        if layouts.layout == "bundles":
            _write_bundle(folder, made, patient, [line for _, line in resources], layouts)
            continue
        for place, (kind, line) in enumerate(resources):
            split = FILES_PER_PART.get(kind, 1)
            shard = zlib.crc32(b"%d.%d" % (patient, place)) % split if split > 1 else 0
            files.setdefault(f"{kind}-{number:05d}-{shard}", []).append(line)
    for name, lines in sorted(files.items()):
        # As in a real export, where nothing puts the resources of a patient together.
        random.Random(f"{plan.seed}:{name}").shuffle(lines)  # noqa: S311  # no secret hangs on it
        _write(folder / f"{name}.ndjson", ("\n".join(lines) + "\n").encode(), layouts)
    return tally, b"\n".join(labels) + b"\n"


def _write_bundle(folder: Path, made: Patients, patient: int, lines: list[str], layouts: Layouts) -> None:
    text = ",".join(f'{{"resource":{line}}}' for line in [*lines, *made.medications_named("".join(lines))])
    bundle = f'{{"resourceType":"Bundle","type":"collection","entry":[{text}]}}\n'
    _write(folder / f"{made.patient_id(patient)}.json", bundle.encode(), layouts)


def _write_medications(folder: Path, plan: DeckPlan, layouts: Layouts) -> int:
    lines = list(_patients_of(msgspec.json.encode(plan)).medications().values())
    if lines:
        _write(folder / "Medication-00000-0.ndjson", ("\n".join(lines) + "\n").encode(), layouts)
    return len(lines)


def _write(path: Path, content: bytes, layouts: Layouts) -> None:
    if layouts.compressed:
        # Without the time of day, so that the same deck is the same to the byte.
        path = path.with_name(f"{path.name}.gz")
        content = gzip.compress(content, compresslevel=6, mtime=0)
    path.write_bytes(content)


class _Labels:
    """The file of labels, which is written as they come."""

    def __init__(self, path: Path, *, compressed: bool) -> None:
        self._path = path.with_name(f"{path.name}.gz") if compressed else path
        self._compressed = compressed

    def __enter__(self) -> _Labels:
        self._file = self._path.open("wb")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, lines: bytes) -> None:
        """Append lines; a gzip file may hold several members, one after another."""
        self._file.write(gzip.compress(lines, compresslevel=6, mtime=0) if self._compressed else lines)


def _labels_file(out: Path, layouts: Layouts) -> _Labels:
    return _Labels(out / LABELS, compressed=layouts.compressed)
