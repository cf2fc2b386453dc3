"""The first pass: pieces of the input, read line by line and sorted into partitions of patients."""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec

from cohort.grouped import Record, write_grouped
from cohort.routing import Routed, resources_of, route
from cohort.sources import PIECE_BYTES, Piece, SourceFile, lines_of

PARTITION_BYTES = 24 << 20
MOST_PARTITIONS = 4096
SHARED, STRAY, NOBODY, PEOPLE = "shared", "stray", "nobody", "people"


class Shared(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A resource of nobody, with those that it refers to itself."""

    name: str
    raw: bytes
    wants: tuple[str, ...]
    rank: int


class Stray(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A line that names its patient by identifier alone."""

    identifier: str
    record: Record


class Person(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A Patient as others may refer to it."""

    name: str
    identifiers: tuple[str, ...]
    aliases: tuple[str, ...]


class Facts(msgspec.Struct, kw_only=True):
    """What is told of a piece.

    Attributes:
        lines: all of them, blank ones too.
        blank: those without anything on them.
        shared, unused, split, faults: lines that are shared resources, of types that nothing is read from,
            Bundles of several patients, and those that cannot be read and name nobody.
        of_patients: entries that name a patient.
        kinds: resources by type, used or not.
        deleted: names of what was deleted.
        broken_off: why the file could not be read any further.
    """

    lines: int = 0
    blank: int = 0
    shared: int = 0
    unused: int = 0
    split: int = 0
    faults: int = 0
    strays: int = 0
    of_patients: int = 0
    kinds: dict[str, int] = {}
    deleted: list[str] = []
    broken_off: str | None = None


def partitions_for(size: int) -> int:
    """In how many partitions an input of so many bytes is sorted: it depends on nothing else."""
    return max(1, min(MOST_PARTITIONS, -(-size // PARTITION_BYTES)))


def partition_of(key: str, partitions: int) -> int:
    """The partition of a patient, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "little") % partitions


def group_piece(file: SourceFile, piece: Piece, partitions: int, directory: Path) -> list[Facts]:
    """Sort the lines of a piece into files of ``directory``; those that are there already stay.

    A packed file is one piece and gives several files.
    """
    told: list[Facts] = []
    lines = _numbered(file, piece)
    part = 0
    more = True
    while more:
        sorter = Sorter(file.rank, piece, partitions)
        more = sorter.take(lines, PIECE_BYTES if file.packed else None)
        path = directory / f"{piece.file:05}-{piece.number:05}-{part:05}{'' if more else '-last'}"
        if not path.exists():
            write_grouped(path, sorter.frames, sorter.facts)
        told.append(sorter.facts)
        part += 1
    return told


def _numbered(file: SourceFile, piece: Piece) -> Iterator[tuple[int, bytes | Exception]]:
    number = -1
    try:
        for number, line in enumerate(lines_of(file, piece)):  # counted on below
            yield number, line
    except (OSError, EOFError, zlib.error) as error:
        yield number + 1, error


class Sorter:
    """Sorts lines of a piece of the input by whose they are.

    Attributes:
        frames: what came of them: records by number of partition, and under the names ``NOBODY``, ``SHARED``,
            ``STRAY`` and ``PEOPLE``.
        facts: what is told of them.
    """

    def __init__(self, rank: int, piece: Piece, partitions: int) -> None:
        self._rank = rank
        self._piece = piece
        self._partitions = partitions
        self.frames: defaultdict[str, list[object]] = defaultdict(list)
        self.facts = Facts()

    def take(self, lines: Iterator[tuple[int, bytes | Exception]], most: int | None) -> bool:
        """Sort lines until there are enough for one file, in bytes; whether there may be more."""
        size = 0
        for number, line in lines:
            if isinstance(line, Exception):
                self.break_off(number, line)
                break
            size += len(line)
            self.sort(number, line)
            if most is not None and size >= most:
                return True
        return False

    def break_off(self, number: int, error: Exception) -> None:
        """Write down that the piece cannot be read from a line on, which is numbered from 0."""
        reason = (
            error.strerror if isinstance(error, OSError) and error.strerror else "the gzip data are damaged"
        )
        self.facts.broken_off = f"what follows could not be read: {reason}"
        self.facts.faults += 1
        self.facts.lines += 1
        self.frames[NOBODY].append(self._record("", number, b"", self.facts.broken_off))

    def sort(self, number: int, line: bytes) -> None:
        """Sort a line; the first of a piece is number 0."""
        facts = self.facts
        facts.lines += 1
        raw = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 0 else line.strip()
        if not raw:
            facts.blank += 1
            return
        routed = route(raw)
        if routed.kind == "Bundle" and routed.patient is None and routed.fault is None:
            facts.split += 1
            facts.deleted.extend(routed.deleted)
            for resource in resources_of(raw):
                self._place(number, resource, route(resource))
            return
        self._place(number, raw, routed)

    def _place(self, number: int, raw: bytes, routed: Routed) -> None:
        facts = self.facts
        if routed.kind is not None:
            self.facts.kinds[routed.kind] = self.facts.kinds.get(routed.kind, 0) + 1
        if not routed.used:
            facts.unused += 1
        elif routed.patient is not None:
            facts.of_patients += 1
            record = self._record(routed.patient, number, raw, routed.fault, routed.wants)
            self.frames[str(partition_of(routed.patient, self._partitions))].append(record)
            if routed.kind in ("Patient", "Bundle") and routed.fault is None:
                self.frames[PEOPLE].append(Person(routed.patient, routed.identifiers, routed.aliases))
        elif routed.fault is not None or (routed.shared and routed.name is None):
            facts.faults += 1
            reason = routed.fault or "it has no id: nothing can refer to it"
            self.frames[NOBODY].append(self._record("", number, raw, reason))
        elif routed.shared and routed.name is not None:
            facts.shared += 1
            self.frames[SHARED].append(Shared(routed.name, raw, routed.wants, self._rank))
        else:
            facts.strays += 1
            record = self._record("", number, raw, None, routed.wants)
            self.frames[STRAY].append(Stray(routed.identifiers[0], record))

    def _record(
        self, key: str, number: int, raw: bytes, fault: str | None, wants: tuple[str, ...] = ()
    ) -> Record:
        return Record(key, self._piece.file, self._piece.number, number, raw, fault, wants)
