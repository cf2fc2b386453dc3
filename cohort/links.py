"""Between both passes: what lines of patients refer to, and patients by other names than their own.

Shared resources, deletions and, where some line needs them, identifiers and merged records; in an SQLite file
that workers read, since all of it may be more than memory holds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from cohort.grouped import read_frame, read_index, write_grouped
from cohort.grouping import NOBODY, PEOPLE, SHARED, STRAY, Facts, Person, Shared, Stray, partition_of

DEEPEST = 3
"""A Medication may have ingredients that are Medications or Substances; further down nothing is read."""

_TABLES = """
CREATE TABLE shared (name TEXT, rank INTEGER, raw BLOB, wants TEXT);
CREATE TABLE deleted (name TEXT, rank INTEGER);
CREATE TABLE alias (old TEXT PRIMARY KEY, patient TEXT) WITHOUT ROWID;
CREATE TABLE identifier (value TEXT, system TEXT, patient TEXT);
CREATE TABLE person (name TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_INDEXES = """
CREATE INDEX shared_name ON shared (name);
CREATE INDEX deleted_name ON deleted (name);
CREATE INDEX identifier_value ON identifier (value);
"""
STRAYS_FILE = "strays"


class Linked(msgspec.Struct, frozen=True):
    """What linking found.

    Attributes:
        strays: lines that were brought to a patient by identifier.
        nobodys: lines of which no patient, or more than one, has the identifier.
        patients: how many Patients there are; a Patient told twice counts twice.
    """

    strays: int
    nobodys: int
    patients: int


def link(
    grouped: Sequence[Path], facts: Sequence[tuple[Facts, int]], target: Path, partitions: int
) -> Linked:
    """Write the links of grouped files to ``target``, and stray lines beside them.

    Args:
        grouped: the files of the first pass.
        facts: what was told of each, with the rank of its source.
        target: the SQLite file; it appears when all is written.
        partitions: as in the first pass.
    """
    unfinished = target.with_name(f"{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    has_strays = any(one.strays for one, _ in facts)
    people = 0
    with closing(sqlite3.connect(unfinished)) as base:
        base.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_TABLES}")
        for path in grouped:
            frames = read_index(path).frames
            if SHARED in frames:
                base.executemany("INSERT INTO shared VALUES (?, ?, ?, ?)", _shared(path))
            if PEOPLE in frames:
                own = list(read_frame(path, frames[PEOPLE], Person))
                people += len(own)
                _keep_people(base, own, with_identifiers=has_strays)
        deleted = ((name, rank) for one, rank in facts for name in one.deleted)
        base.executemany("INSERT INTO deleted VALUES (?, ?)", deleted)
        base.executescript(_INDEXES)
        base.commit()
        _drop_aliases_of_the_present(base, grouped)
        base.commit()
        strays, nobodys = _bring_home(base, grouped, target.with_name(STRAYS_FILE), partitions)
    unfinished.replace(target)
    return Linked(strays, nobodys, people)


def _shared(path: Path) -> Iterator[tuple[str, int, bytes, str]]:
    for one in read_frame(path, read_index(path).frames[SHARED], Shared):
        yield one.name, one.rank, one.raw, " ".join(one.wants)


def _keep_people(base: sqlite3.Connection, people: Sequence[Person], *, with_identifiers: bool) -> None:
    base.executemany(
        "INSERT OR REPLACE INTO alias VALUES (?, ?)",
        ((alias, person.name) for person in people for alias in person.aliases if alias != person.name),
    )
    if with_identifiers:
        base.executemany(
            "INSERT INTO identifier VALUES (?, ?, ?)",
            (
                (value, system, person.name)
                for person in people
                for system, _, value in (pair.partition("|") for pair in person.identifiers)
            ),
        )


def _drop_aliases_of_the_present(base: sqlite3.Connection, grouped: Sequence[Path]) -> None:
    """A merged record whose Patient is still there stands for itself."""
    if base.execute("SELECT 1 FROM alias LIMIT 1").fetchone() is None:
        return
    for path in grouped:
        frames = read_index(path).frames
        if PEOPLE in frames:
            people = [(person.name, person.rank) for person in read_frame(path, frames[PEOPLE], Person)]
            base.executemany(
                "DELETE FROM alias WHERE old = ?1 AND NOT EXISTS "
                "(SELECT 1 FROM deleted WHERE name = ?1 AND rank >= ?2)",
                people,
            )


def _bring_home(
    base: sqlite3.Connection, grouped: Sequence[Path], target: Path, partitions: int
) -> tuple[int, int]:
    """Give lines that name a patient by identifier to the only one who has it."""
    frames: dict[str, list[object]] = {}
    strays = nobodys = 0
    for path in grouped:
        index = read_index(path).frames
        for stray in read_frame(path, index[STRAY], Stray) if STRAY in index else ():
            system, _, value = stray.identifier.partition("|")
            rows = base.execute("SELECT DISTINCT system, patient FROM identifier WHERE value = ?", (value,))
            found = {patient for own, patient in rows if own == system or not own or not system}
            if len(found) == 1:
                (patient,) = found
                strays += 1
                record = msgspec.structs.replace(stray.record, key=patient)
                frames.setdefault(str(partition_of(patient, partitions)), []).append(record)
            else:
                nobodys += 1
                fault = nobodys_fault(several=bool(found))
                frames.setdefault(NOBODY, []).append(msgspec.structs.replace(stray.record, fault=fault))
    write_grouped(target, frames, Facts())
    return strays, nobodys


def nobodys_fault(*, several: bool) -> str:
    """Why a line that names its patient by identifier alone is of nobody."""
    who = "several patients have" if several else "no patient in the input has"
    return f"it names its patient by an identifier alone, which {who}"


def merged(found: Iterable[tuple[str, bytes]]) -> list[bytes]:
    """Shared resources by name, in an order of their own; what different files say of one stays together."""
    by_name: dict[str, set[bytes]] = {}
    for name, raw in found:
        by_name.setdefault(name, set()).add(raw)
    return [b"\n".join(sorted(raws)) for _, raws in sorted(by_name.items())]


class Links:
    """The links, read by a worker.

    Attributes:
        has_deleted: whether anything was deleted.
    """

    def __init__(self, path: Path) -> None:
        self._base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.has_deleted = self._base.execute("SELECT 1 FROM deleted LIMIT 1").fetchone() is not None

    def close(self) -> None:
        """Be done with the file."""
        self._base.close()

    def aliases(self) -> dict[str, str]:
        """The patient to whom each merged record belongs."""
        return dict(self._base.execute("SELECT old, patient FROM alias"))

    def shared(self, wanted: Iterable[str]) -> list[bytes]:
        """The shared resources of these names, and those that they refer to; of each the newest input's."""
        found: list[tuple[str, bytes]] = []
        asked, seen = set(wanted), set[str]()
        for _ in range(DEEPEST):
            following: set[str] = set()
            for name in asked - seen:
                rows = self._base.execute(
                    "SELECT raw, wants FROM shared WHERE name = ?1 AND rank = "
                    "(SELECT max(rank) FROM shared WHERE name = ?1) AND NOT EXISTS "
                    "(SELECT 1 FROM deleted WHERE name = ?1 AND deleted.rank >= shared.rank)",
                    (name,),
                ).fetchall()
                for raw, wants in rows:
                    found.append((name, raw))
                    following.update(wants.split())
            seen |= asked
            asked = following
            if not asked:
                break
        return merged(found)

    def is_deleted(self, name: str | None, rank: int) -> bool:
        """Whether this input, or a later one, says that a resource was deleted."""
        if name is None or not self.has_deleted:
            return False
        row = self._base.execute("SELECT 1 FROM deleted WHERE name = ? AND rank >= ?", (name, rank))
        return row.fetchone() is not None
