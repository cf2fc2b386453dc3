"""Lines in workers of Spark: each with its number, sorted by whose it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec
import pyarrow as pa

from cohort.grouped import Record
from cohort.grouping import NOBODY, PEOPLE, SHARED, STRAY, Facts, Person, Shared, Sorter, Stray
from cohort.routing import route
from cohort.sources import Piece
from fhir_mappings.decoding import peek

LINES, DELETED, FACTS = "lines", "deleted", "facts"
"""Sections besides those of ``grouping``."""

ROUTED: Final = pa.schema(
    [
        ("section", pa.string()),
        ("key", pa.string()),
        ("system", pa.string()),
        ("file", pa.int32()),
        ("block", pa.int64()),
        ("line", pa.int64()),
        ("entry", pa.int64()),
        ("rank", pa.int32()),
        ("raw", pa.binary()),
        ("fault", pa.string()),
        ("wants", pa.list_(pa.string())),
        ("identifiers", pa.list_(pa.string())),
    ]
)
"""What comes of the input.

``section``: what it is: ``lines`` of patients (``key``: whose), ``shared`` resources (by name), ``stray``
lines (``key`` and ``system`` of the identifier of their patient), ``people`` (``wants``: records merged into
this one), lines of ``nobody``, names of what was ``deleted``, and ``facts`` of a block, as JSON in ``raw``.
``file``: its position among those of the input; ``block``: the offset at which Spark began to read; ``line``:
number in the block, from 0; ``entry``: position among all that comes of the block.
"""

NAMED: Final = ROUTED.append(pa.field("name", pa.string()))
"""Lines of patients with the name of the resource on them (``Type/id``), where it can be read."""

Batches = Iterator[pa.RecordBatch]
Block = tuple[int, int]
_AT_ONCE = 16 << 20
"""So many bytes of lines are in a batch, about."""
_FIRST_LINE = 1 << 16

Row = tuple[object, ...]


class Told(msgspec.Struct, frozen=True):
    """What is told of a block: what its lines were, and CPU seconds spent on them."""

    facts: Facts
    seconds: float


def sorting(
    positions: Mapping[str, tuple[int, int]], *, whole: bool = False, broken: bool = False
) -> Callable[[Batches], Batches]:
    """For ``mapInArrow``: from ``raw``, ``path`` and ``block`` to rows of ``ROUTED``.

    Args:
        positions: of each file, by its address, its position and rank; others are passed over.
        whole: a row is a file, not a line.
        broken: the files are damaged, and what is there is what comes before the damage.
    """

    def sort(batches: Batches) -> Batches:
        yield from _Sorting(positions, whole=whole, broken=broken).batches(batches)

    return sort


class _Sorting:
    def __init__(self, positions: Mapping[str, tuple[int, int]], *, whole: bool, broken: bool) -> None:
        self._positions = positions
        self._whole = whole
        self._broken = broken
        self._rows: list[Row] = []
        self._size = 0

    def batches(self, batches: Batches) -> Batches:
        at: tuple[str, int] | None = None
        block: _Block | None = None
        for batch in batches:
            raws, paths, starts = (batch.column(name).to_pylist() for name in ("raw", "path", "block"))
            for raw, path, start in zip(raws, paths, starts, strict=True):
                if (path, start) != at:
                    self._end(block)
                    at = (path, start)
                    block = self._begin(path, start)
                if block is None:
                    continue
                for row in block.rows(raw or b"", whole=self._whole):
                    self._rows.append(row)
                    self._size += len(raw or b"")
                if self._size >= _AT_ONCE:
                    yield self._taken()
        self._end(block)
        yield self._taken()

    def _begin(self, path: str, start: int) -> _Block | None:
        found = self._positions.get(path)
        return _Block(found[0], start, found[1]) if found is not None else None

    def _end(self, block: _Block | None) -> None:
        if block is not None:
            self._rows.extend(block.end(broken=self._broken))

    def _taken(self) -> pa.RecordBatch:
        rows, self._rows, self._size = self._rows, [], 0
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(ROUTED)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, ROUTED, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=ROUTED)


class _Block:
    """What Spark reads of a file at once, its lines in their order."""

    def __init__(self, file: int, start: int, rank: int) -> None:
        self._place = (file, start)
        self._rank = rank
        self._sorter = Sorter(rank, Piece(file, start, 0, 0), 1)
        self._number = 0
        self._entry = 0
        self._began = time.process_time()

    def rows(self, raw: bytes, *, whole: bool) -> Iterator[Row]:
        if not whole or self._is_document(raw):
            yield from self._sorted(raw)
        else:
            for line in raw.removesuffix(b"\n").split(b"\n"):
                yield from self._sorted(line)

    @staticmethod
    def _is_document(raw: bytes) -> bool:
        first = raw[:_FIRST_LINE].split(b"\n", 1)[0]
        return len(first) < _FIRST_LINE and peek(first) is None

    def _sorted(self, raw: bytes) -> Iterator[Row]:
        self._sorter.sort(self._number, raw)
        yield from self._drained(self._number)
        self._number += 1

    def end(self, *, broken: bool) -> Iterator[Row]:
        if broken:
            self._sorter.break_off(self._number, EOFError())
            yield from self._drained(self._number)
        self._sorter.close()
        told = Told(self._sorter.facts, time.process_time() - self._began)
        yield self._row(FACTS, "", 0, msgspec.json.encode(told))

    def _drained(self, number: int) -> Iterator[Row]:
        sorter = self._sorter
        for name, frame in sorter.frames.items():
            for one in frame:
                yield self._of(name, number, one)
        sorter.frames.clear()
        for name in sorter.facts.deleted:
            yield self._row(DELETED, name, number)
        sorter.facts.deleted.clear()

    def _of(self, name: str, number: int, one: object) -> Row:
        match one:
            case Record():
                section = NOBODY if name == NOBODY else LINES
                return self._row(section, one.key, number, one.raw, one.fault, one.wants)
            case Stray():
                system, _, value = one.identifier.partition("|")
                return self._row(STRAY, value, number, one.record.raw, None, one.record.wants, system)
            case Shared():
                return self._row(SHARED, one.name, number, one.raw, None, one.wants)
            case Person():
                return self._row(PEOPLE, one.name, number, wants=one.aliases, identifiers=one.identifiers)
            case _:
                raise TypeError(type(one))

    def _row(
        self,
        section: str,
        key: str,
        line: int,
        raw: bytes | None = None,
        fault: str | None = None,
        wants: tuple[str, ...] = (),
        system: str | None = None,
        identifiers: tuple[str, ...] = (),
    ) -> Row:
        self._entry += 1
        file, block = self._place
        return (
            section, key, system, file, block, line, self._entry, self._rank, raw, fault, wants, identifiers,
        )  # fmt: skip


def naming(batches: Batches) -> Batches:
    """For ``mapInArrow``: from rows of ``ROUTED`` to those of ``NAMED``."""
    for batch in batches:
        raws, faults = batch.column("raw").to_pylist(), batch.column("fault").to_pylist()
        names = [route(raw).name if fault is None else None for raw, fault in zip(raws, faults, strict=True)]
        columns = [batch.column(field.name) for field in ROUTED]
        yield pa.RecordBatch.from_arrays([*columns, pa.array(names, pa.string())], schema=NAMED)
