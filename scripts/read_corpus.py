"""Read every chart under a directory into facts, and tell what became of them.

    python scripts/read_corpus.py DIR [--json FILE] [--reasons N]

Each folder that holds ``.ndjson``, ``.ndjson.gz``, ``.json`` or ``.json.gz`` files is one source, read as
one file would be: its patients, with their resources wherever they lie. Printed for each source are patients,
resources, facts by kind, results that may not be used, and what could not be read, by reason. Reasons are
shown without the numbers in them, so that alike ones are counted together; nothing of a patient is printed.
"""

from __future__ import annotations

import argparse
import gzip
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from fhir_mappings.bundles import split_documents
from fhir_mappings.errors import InputError
from fhir_mappings.patient import read_patients
from fhir_mappings.patient_facts import PatientFacts

SUFFIXES = (".ndjson", ".ndjson.gz", ".json", ".json.gz")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class SourceCount(msgspec.Struct, kw_only=True):
    """What was read from one folder.

    ``facts`` by kind of event, ``measurement``, ``assessment`` or ``answer``; ``measured`` by criterion input
    and canonical unit; ``unusable`` by criterion input and why; ``unread`` by resource type and reason.
    """

    source: str
    patients: int = 0
    resources: dict[str, int] = {}
    facts: dict[str, int] = {}
    measured: dict[str, int] = {}
    unusable: dict[str, int] = {}
    unread: dict[str, int] = {}
    seconds: float = 0.0
    error: str | None = None


def main() -> None:
    """Read the arguments and print the counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts to this file as well")
    parser.add_argument("--reasons", type=int, default=12, metavar="N", help="show the N commonest reasons")
    chosen = parser.parse_args()
    counts = [count_source(folder, chosen.directory) for folder in sources(chosen.directory)]
    for counted in counts:
        show(counted, chosen.reasons)
    if chosen.json is not None:
        counts = [
            msgspec.structs.replace(counted, seconds=0.0) for counted in counts
        ]  # so that equal counts are equal files
        chosen.json.write_bytes(msgspec.json.format(msgspec.json.encode(counts, order="sorted"), indent=1))


def sources(directory: Path) -> Iterator[Path]:
    """The folders that hold charts, the directory itself among them."""
    for folder in sorted({directory, *(path for path in directory.rglob("*") if path.is_dir())}):
        if files_of(folder):
            yield folder


def files_of(folder: Path) -> list[Path]:
    """The charts that lie in a folder."""
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name.endswith(SUFFIXES))


def body_of(folder: Path) -> bytes:
    """All charts of a folder as one NDJSON."""
    parts = []
    for path in files_of(folder):
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        if ".ndjson" not in path.suffixes:
            content = msgspec.json.format(content, indent=-1)
        parts.append(content)
    return b"\n".join(parts)


def count_source(folder: Path, root: Path) -> SourceCount:
    """Read one folder and count."""
    body = body_of(folder)
    counted = SourceCount(source=str(folder.relative_to(root)) if folder != root else folder.name)
    started = time.process_time()
    try:
        patients = read_patients(body)
    except InputError as error:
        counted.error = str(error)
        return counted
    counted.seconds = time.process_time() - started
    counted.patients = len(patients)
    kinds = (source.kind for document in split_documents(body) for source in document.sources)
    counted.resources = ordered(Counter(kinds))
    count_facts(counted, patients)
    return counted


def count_facts(counted: SourceCount, patients: list[PatientFacts]) -> None:
    """Count what all patients of a source have."""
    facts: Counter[str] = Counter()
    measured: Counter[str] = Counter()
    unusable: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    seen = set()
    for patient in patients:
        facts.update(str(event.__struct_config__.tag) for event in patient.events)
        facts["assessment"] += len(patient.assessments)
        facts["answer"] += len(patient.answers)
        for name, results in patient.measurements.items():
            facts["measurement"] += len(results)
            measured.update(f"{name} [{result.unit}]" for result in results)
        for name, kept in patient.unusable.items():
            unusable.update(f"{name}: {alike(value.detail)}" for value in kept)
        for left in patient.unread:
            # What belongs to no patient is told to each of them, and counted once.
            if (left.reference, left.why) not in seen:
                seen.add((left.reference, left.why))
                unread[f"{left.reference.partition('/')[0]}: {alike(left.why)}"] += 1
    counted.facts, counted.measured = ordered(+facts), ordered(measured)
    counted.unusable, counted.unread = ordered(unusable), ordered(unread)


def alike(reason: str) -> str:
    """A reason without its numbers."""
    return _NUMBER.sub("#", reason)


def ordered(counter: Counter[str]) -> dict[str, int]:
    """Commonest first."""
    return dict(counter.most_common())


def show(counted: SourceCount, reasons: int) -> None:
    """Print the counts of one source."""
    total = sum(counted.resources.values())
    print(f"\n{counted.source}: {counted.patients} patients, {total} resources, {counted.seconds:.2f} s CPU")
    if counted.error is not None:
        print(f"  refused: {counted.error}")
    for name in ("resources", "facts", "measured", "unusable", "unread"):
        counts: dict[str, int] = getattr(counted, name)
        shown = list(counts.items())[:reasons]
        rest = len(counts) - len(shown)
        print(f"  {name} ({sum(counts.values())})")
        for what, count in shown:
            print(f"    {count:7d}  {what}")
        if rest:
            print(f"             … and {rest} more")


if __name__ == "__main__":
    main()
