"""The files of bulk data: which there are, and how they are read line by line.

NDJSON, plain or gzip, whatever it is called; also documents over many lines (a Bundle in a ``.json`` file).
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any

import msgspec

from cohort.errors import NoInputError
from fhir_mappings.decoding import peek

ENDINGS = (".ndjson", ".jsonl", ".json")
PIECE_BYTES = 48 << 20
"""About so much of a plain file is read at once; packed ones are read from beginning to end."""

_GZIP = b"\x1f\x8b"
_TOLD = frozenset({"errors.ndjson", "export.json", "labels.ndjson", "log.ndjson", "manifest.json"})
_GZIP_FORMAT = 31
"""For ``zlib``: gzip with its header."""
_PACKED = 8
"""So many times larger is bulk data unpacked, about."""


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the input.

    Attributes:
        path: where it is.
        name: as it is told: relative to its directory, which is named before it where there are several.
        rank: position of its directory among those given; a later one replaces what an earlier one says.
        size: in bytes.
        changed: when it was last changed, in nanoseconds.
        packed: whether it is gzip.
        whole: whether it is one document over many lines.
    """

    path: str
    name: str
    rank: int
    size: int
    changed: int
    packed: bool
    whole: bool

    @property
    def unpacked_size(self) -> int:
        """In bytes; of a packed one about."""
        return self.size * _PACKED if self.packed else self.size


class Piece(msgspec.Struct, frozen=True):
    """A part of a file that one worker reads: from the first line that begins at ``start`` or later, to the
    one that begins before ``end``."""

    file: int
    number: int
    start: int
    end: int


def find_files(directories: Sequence[Path]) -> tuple[list[SourceFile], list[str]]:
    """The files of bulk data in directories, in the order of their names, and the names of all others.

    Raises:
        NoInputError: there is no such directory, or nothing of the kind in it.
    """
    found: list[SourceFile] = []
    others: list[str] = []
    for rank, directory in enumerate(directories):
        if not directory.is_dir():
            raise NoInputError(f"{directory}: no directory; name one with FHIR bulk data (NDJSON)")
        own = len(found)
        for path in sorted(_files(directory)):
            name = path.relative_to(directory).as_posix()
            told = name if len(directories) == 1 else f"{directory.name}/{name}"
            if is_bulk_data(path):
                found.append(_source(path, told, rank))
            else:
                others.append(told)
        if len(found) == own:
            kinds = ", ".join(f"{ending}[.gz]" for ending in ENDINGS)
            raise NoInputError(
                f"{directory}: no FHIR bulk data in it; files are looked for that end in {kinds}"
            )
    return found, others


def _refuse(error: OSError) -> None:
    raise NoInputError(f"{error.filename}: cannot be read: {error.strerror}")


def _files(directory: Path) -> Iterator[Path]:
    seen: set[str] = set()
    for root, folders, names in os.walk(directory, onerror=_refuse, followlinks=True):
        if os.path.realpath(root) in seen:
            folders.clear()
            continue
        seen.add(os.path.realpath(root))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root, name) for name in names if not name.startswith("."))


def is_bulk_data(path: PurePath) -> bool:
    """Whether a file is read, by its name."""
    name = path.name.lower().removesuffix(".gz")
    # What tells of an export lies beside it.
    return name.endswith(ENDINGS) and name not in _TOLD


def _source(path: Path, name: str, rank: int) -> SourceFile:
    try:
        seen = path.stat()
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
        whole = path.name.lower().removesuffix(".gz").endswith(".json") and _is_whole(path, packed)
    except OSError as error:
        raise NoInputError(f"{path}: cannot be read: {error.strerror}") from None
    return SourceFile(
        path=str(path.resolve()),
        name=os.fsencode(name).decode("utf-8", "replace"),
        rank=rank,
        size=seen.st_size,
        changed=seen.st_mtime_ns,
        packed=packed,
        whole=whole,
    )


def _is_whole(path: Path, packed: bool) -> bool:
    """Whether the first line is no document by itself."""
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            first = file.readline(1 << 16)
    except (OSError, EOFError, zlib.error):
        return False
    return peek(first) is None and len(first) < 1 << 16


def pieces_of(files: Sequence[SourceFile]) -> list[Piece]:
    """The parts in which files are read; a packed or whole one is one of them."""
    found: list[Piece] = []
    for position, file in enumerate(files):
        cut = not file.packed and not file.whole
        starts = range(0, max(file.size, 1), PIECE_BYTES) if cut else (0,)
        for number, start in enumerate(starts):
            end = min(start + PIECE_BYTES, file.size) if cut else file.size
            found.append(Piece(position, number, start, end))
    return found


def lines_of(file: SourceFile, piece: Piece) -> Iterator[bytes]:
    """The lines of a piece as they are, blank ones too.

    Raises:
        OSError, EOFError, zlib.error: the file cannot be read, or unpacked, any further.
    """
    if file.packed:
        unpacked = _unpacked(file.path)
        yield from [b"".join(unpacked)] if file.whole else _cut(unpacked)
        return
    with open(file.path, "rb", 1 << 20) as source:
        if file.whole:
            yield source.read()
            return
        at = piece.start
        if piece.start:
            source.seek(piece.start - 1)
            at += len(source.readline()) - 1
        while at < piece.end and (line := source.readline()):
            at += len(line)
            yield line.rstrip(b"\r\n")


def _unpacked(path: str) -> Iterator[bytes]:
    """What can be unpacked of a file, up to where it is damaged or cut off.

    Raises:
        EOFError, zlib.error: it is.
    """
    member: Any = None
    with open(path, "rb") as file:
        while chunk := file.read(1 << 16):
            while chunk:
                if member is None:
                    member = zlib.decompressobj(_GZIP_FORMAT)
                yield member.decompress(chunk)
                chunk = b""
                if member.eof:
                    chunk = member.unused_data.lstrip(b"\0")  # members may be padded
                    member = None
    if member is not None:
        raise EOFError


def _cut(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    try:
        for chunk in chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line.rstrip(b"\r") for line in lines)
    except (EOFError, zlib.error):
        if rest:
            yield rest
        raise
    if rest:
        yield rest


def counted_size(files: Iterable[SourceFile]) -> int:
    """What files hold unpacked, in bytes, about."""
    return sum(file.unpacked_size for file in files)
