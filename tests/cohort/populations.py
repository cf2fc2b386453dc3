"""Populations for tests: the demonstration patients, as often as needed, each copy under names of its own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from app.cohort_plan import plan_for
from app.demo.patients import demo_patients
from cohort.plan import Plan
from cohort.schema import TABLES
from eligibility.course import Anchors

AS_OF = date(2026, 6, 15)
Resource = dict[str, Any]


def plan(as_of: date = AS_OF, protocols: Sequence[str] | None = None, **more: Any) -> Plan:
    """The open trials, or those named, as of a day."""
    return plan_for(protocols, as_of, Anchors(), **more)[0]


@cache
def _texts() -> dict[str, str]:
    return {
        name: json.dumps(demo.bundle(AS_OF), ensure_ascii=False) for name, demo in demo_patients().items()
    }


def resources(name: str, copy: int = 0) -> list[Resource]:
    """The resources of a demonstration patient; of a copy, all ids carry its number."""
    bundle = json.loads(_texts()[name])
    found = [entry["resource"] for entry in bundle["entry"]]
    if not copy:
        return found
    ids = {f"{one['resourceType']}/{one['id']}" for one in found}
    text = json.dumps(found, ensure_ascii=False)
    for one in sorted(ids, key=len, reverse=True):
        text = text.replace(f'"{one}"', f'"{one}-{copy}"')
    renamed: list[Resource] = json.loads(text)
    for resource in renamed:
        resource["id"] = f"{resource['id']}-{copy}"
    return renamed


def population(patients: int) -> Iterator[Resource]:
    """The resources of so many patients."""
    names = sorted(_texts())
    for number in range(patients):
        yield from resources(names[number % len(names)], number // len(names))


def write_bulk_data(
    directory: Path,
    given: Iterable[Resource],
    files_of: Mapping[str, int] | None = None,
    packed: bool = False,
) -> Path:
    """NDJSON by resource type; a type may be scattered over several files."""
    directory.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[str]] = {}
    for resource in given:
        lines.setdefault(resource["resourceType"], []).append(json.dumps(resource, ensure_ascii=False))
    for kind, own in lines.items():
        count = (files_of or {}).get(kind, 1)
        for part in range(count):
            text = "".join(f"{line}\n" for line in own[part::count])
            write_lines(directory / f"{kind}.{part}.ndjson{'.gz' if packed else ''}", text)
    return directory


def write_lines(path: Path, text: str) -> None:
    """A file of lines, packed if its name says so."""
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def table(out: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a table in an order of their own."""
    directory = out / name
    if not directory.exists():
        return []
    rows: list[dict[str, Any]] = pq.read_table(directory, schema=TABLES[name]).to_pylist()
    return sorted(rows, key=lambda row: json.dumps(row, default=str))


def everything(out: Path) -> dict[str, Any]:
    """All that a run found, for comparing runs."""
    tables = {name: table(out, name) for name in TABLES if name != "rejected"}
    return {**tables, "rejected": rejected(out)}


def rejected(out: Path) -> list[dict[str, Any]]:
    """The lines that a run set aside."""
    return [json.loads(line) for line in (out / "rejected.ndjson").read_text(encoding="utf-8").splitlines()]


def verdicts(out: Path, patient: str) -> dict[str, str | None]:
    """The verdict of a patient by protocol, or the status where there is none."""
    own = (row for row in table(out, "screenings") if row["patient"] == f"Patient/{patient}")
    return {row["protocol"]: row["verdict"] or row["status"] for row in own}
