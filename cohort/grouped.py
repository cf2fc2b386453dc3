"""A file of lines, sorted into partitions of patients, of which each partition can be read by itself.

Frames of MessagePack, compressed one by one, and behind them an index. A file is there wholly or not at all.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pyarrow as pa

T = TypeVar("T")

_LENGTH = struct.Struct("<Q")
_CODEC = pa.Codec("zstd", compression_level=1)


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A line and where it belongs.

    Attributes:
        key: whose it is.
        file, piece, line: where it stands; the first line of a piece is 0.
        raw: its bytes.
        fault: why it cannot be read.
        wants: the shared resources that it refers to.
    """

    key: str
    file: int
    piece: int
    line: int
    raw: bytes
    fault: str | None = None
    wants: tuple[str, ...] = ()


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """Where a frame lies: its offset, its length, and its length when unpacked, in bytes; its entries."""

    offset: int
    length: int
    size: int
    entries: int


class Index(msgspec.Struct, frozen=True):
    """What a file holds: its frames by name, and facts about all of it."""

    frames: dict[str, Frame]
    facts: msgspec.Raw = msgspec.Raw(b"\xc0")


def write_grouped(path: Path, frames: Mapping[str, Sequence[Any]], facts: object = None) -> None:
    """Write entries by frame; the file appears when all of it is written."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    index: dict[str, Frame] = {}
    with unfinished.open("wb") as file:
        for name, entries in frames.items():
            packed = msgspec.msgpack.encode(entries)
            data = _CODEC.compress(packed, asbytes=True)
            index[name] = Frame(file.tell(), len(data), len(packed), len(entries))
            file.write(data)
        told = msgspec.msgpack.encode(Index(index, msgspec.Raw(msgspec.msgpack.encode(facts))))
        file.write(told)
        file.write(_LENGTH.pack(len(told)))
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def read_index(path: Path) -> Index:
    """The index of a file."""
    with path.open("rb") as file:
        file.seek(-_LENGTH.size, os.SEEK_END)
        (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
        file.seek(-_LENGTH.size - length, os.SEEK_END)
        return msgspec.msgpack.decode(file.read(length), type=Index)


def read_frame(path: Path, frame: Frame, kind: type[T]) -> Iterator[T]:
    """The entries of a frame."""
    with path.open("rb") as file:
        file.seek(frame.offset)
        data = _CODEC.decompress(file.read(frame.length), decompressed_size=frame.size, asbytes=True)
    yield from msgspec.msgpack.decode(data, type=list[kind])  # type: ignore[valid-type]
