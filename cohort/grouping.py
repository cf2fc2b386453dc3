"""The first pass: pieces of the input, read line by line and sorted into partitions of patients."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec

from cohort.grouped import Record, write_grouped
from cohort.page_lines import doubt_lines, page_lines
from cohort.routing import Routed, route
from cohort.sources import PIECE_BYTES, Piece, SourceFile, lines_of
from cohort.splitting import of_owner, on_one_line, split_bundle, tells_error, values_of
from fhir_mappings.bundles import ANY_TYPE, Page
from fhir_mappings.resources import RESOURCES

_BREAK = re.compile(rb"[\r\n]+")
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
    rank: int


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
        pages: what is told of searches, and what was lost of anybody.
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
    pages: list[Page] = []
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
        sorter.close()
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
        facts = self.facts
        reason = (
            error.strerror if isinstance(error, OSError) and error.strerror else "the gzip data are damaged"
        )
        facts.broken_off = f"what follows could not be read: {reason}"
        facts.lines += 1
        self._set_aside(number, b"", facts.broken_off)
        # What follows is of the same type where all so far is.
        facts.pages.append(Page(frozenset(facts.kinds if len(facts.kinds) == 1 else {ANY_TYPE}), cut=True))

    def close(self) -> None:
        """Be done: where no line could be read at all, anything of anybody may be lost."""
        facts = self.facts
        if facts.faults and not facts.kinds and facts.faults == facts.lines - facts.blank:
            facts.pages.append(Page(frozenset({ANY_TYPE}), cut=True))

    def sort(self, number: int, line: bytes) -> None:
        """Sort a line; the first of a piece is number 0."""
        self.facts.lines += 1
        raw = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 0 else line.strip()
        if not raw:
            self.facts.blank += 1
        elif _BREAK.search(raw) is None:
            self._sort(number, raw)
        elif (document := on_one_line(raw)) is not None:
            self._sort(number, document)
        else:
            # Taken for one document, or with line ends of another kind.
            parts = _BREAK.split(raw)
            self.facts.lines += len(parts) - 1
            for at, part in enumerate(parts):
                self._sort(number + at, part)

    def _sort(self, number: int, raw: bytes) -> None:
        routed = route(raw)
        if routed.fault is not None and len(values := values_of(raw)) > 1:
            for value in values:
                self._place_value(number, value, route(value))
        else:
            self._place_value(number, raw, routed)

    def _place_value(self, number: int, raw: bytes, routed: Routed) -> None:
        if routed.kind == "Bundle" and routed.fault is None:
            self._split(number, raw)
        elif routed.kind == "OperationOutcome" and tells_error(raw):
            self.facts.pages.append(Page(frozenset({ANY_TYPE}), failed=True))
            self._set_aside(number, raw, "it tells that something went wrong with the export")
        else:
            self._place(number, raw, routed)

    def _split(self, number: int, raw: bytes) -> None:
        facts = self.facts
        facts.split += 1
        split = split_bundle(raw)
        facts.deleted.extend(split.deleted)
        for resource in split.resources:
            self._place(number, resource, of_owner(route(resource), split))
        if split.owner is None:
            facts.pages.extend(split.pages)
            for why in split.unread:
                self._set_aside(number, b"", why)
        else:
            for line in page_lines(split.pages):
                self._keep(split.owner, number, line)
            for why in split.unread:
                self._keep(split.owner, number, b"", why)

    def _place(self, number: int, raw: bytes, routed: Routed) -> None:
        facts = self.facts
        if routed.kind is not None:
            facts.kinds[routed.kind] = facts.kinds.get(routed.kind, 0) + 1
        if not routed.used:
            facts.unused += 1
        elif routed.patient is not None:
            self._keep(routed.patient, number, raw, routed.fault, routed.wants)
            if routed.kind == "Patient" and routed.fault is None:
                person = Person(routed.patient, routed.identifiers, routed.aliases, self._rank)
                self.frames[PEOPLE].append(person)
            for other in routed.others:
                # It may be of any of those whom it names.
                for line in doubt_lines([routed.kind] if routed.kind in RESOURCES else RESOURCES):
                    self._keep(other, number, line)
        elif routed.fault is not None or (routed.shared and routed.name is None):
            self._set_aside(number, raw, routed.fault or "it has no id: nothing can refer to it")
        elif routed.shared and routed.name is not None:
            facts.shared += 1
            self.frames[SHARED].append(Shared(routed.name, raw, routed.wants, self._rank))
        else:
            facts.strays += 1
            record = self._record("", number, raw, None, routed.wants)
            self.frames[STRAY].append(Stray(routed.identifiers[0], record))

    def _keep(
        self, patient: str, number: int, raw: bytes, fault: str | None = None, wants: tuple[str, ...] = ()
    ) -> None:
        self.facts.of_patients += 1
        record = self._record(patient, number, raw, fault, wants)
        self.frames[str(partition_of(patient, self._partitions))].append(record)

    def _set_aside(self, number: int, raw: bytes, why: str) -> None:
        self.facts.faults += 1
        self.frames[NOBODY].append(self._record("", number, raw, why))

    def _record(
        self, key: str, number: int, raw: bytes, fault: str | None, wants: tuple[str, ...] = ()
    ) -> Record:
        return Record(key, self._piece.file, self._piece.number, number, raw, fault, wants)
