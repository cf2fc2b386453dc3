"""One file of an export, from where an earlier attempt stopped if the server lets it be."""

from __future__ import annotations

import asyncio
import os
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import httpx
import msgspec

from fhir_mappings.client.addresses import Address
from fhir_mappings.client.bulk_door import PASSING, Door, PassingError
from fhir_mappings.client.bulk_request import BulkError
from fhir_mappings.client.bulk_state import owned
from fhir_mappings.client.requests import retry_after

_ACCEPT = "application/fhir+ndjson, application/ndjson;q=0.9, */*;q=0.1"
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = 16 + zlib.MAX_WBITS
_PIECE = 1_000_000
_COMPARED = 4096
"""Bytes of what is there that are fetched again, to see that the file is still the same."""
_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")
_SURELY_OTHERS = ("text/html", "application/xml", "text/xml", "application/xhtml")


class RefusedError(Exception):
    """The server does not give the file (any longer)."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Got(msgspec.Struct, frozen=True):
    """A file that is there; ``doubt``: why it may not be whole."""

    lines: int
    bytes: int
    doubt: str | None = None


class Download:
    """Brings one file into ``part``.

    Args:
        door: the way to the server.
        where: the file.
        part: where it is put; what is there already is taken for its beginning.
        token: whether the file takes the token.
        count: lines that it should have, where that is known.
        heard: told of each piece, by its bytes; of what has to be fetched anew by a negative number.
    """

    def __init__(
        self,
        door: Door,
        where: Address,
        part: Path,
        *,
        token: bool,
        count: int | None,
        heard: Callable[[int], None],
    ) -> None:
        self._door = door
        self._where = where
        self._part = part
        self._token = token
        self._count = count
        self._heard = heard
        self._in_ranges = True

    async def run(self) -> Got:
        """The file, fetched to its end and looked over.

        Raises:
            RefusedError: 401, 403, 404 or 410.
            BulkError: it does not come, however often it is tried.
            TokenError: there is no access token.
        """
        most, failures, doubts = self._size(), 0, 0
        while True:
            try:
                await self._once()
                got = await asyncio.to_thread(looked_over, self._part, self._count)
            except PassingError as error:
                size = self._size()
                failures = 1 if size > most else failures + 1
                most = max(most, size)
                if failures >= self._door.patience.attempts:
                    raise BulkError(
                        f"{error}, {failures} times in a row; run the same command again to go on from there"
                    ) from None
                await asyncio.sleep(self._door.wait(error.after, failures))
                continue
            if got.doubt is None or doubts:
                await asyncio.to_thread(_on_disk, self._part)
                return got
            # It came to its end, and yet is not what was announced: that may have been an accident.
            doubts, self._in_ranges = 1, False
            self._begin_anew()

    def _size(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _begin_anew(self) -> None:
        self._heard(-self._size())
        self._part.unlink(missing_ok=True)

    async def _once(self) -> None:
        """One request, into the file."""
        have = self._size()
        headers = {"accept": _ACCEPT, "accept-encoding": "gzip"}
        start = max(have - _COMPARED, 0)
        if have and self._in_ranges:
            # A range is one of the bytes as they are sent, so that they must be sent as they are.
            headers |= {"accept-encoding": "identity", "range": f"bytes={start}-"}
        async with self._door.opened("GET", self._where, headers, token=self._token) as (response, _):
            if response.status_code == 206 and self._goes_on(response, start):
                await self._append(response, start)
            elif response.status_code == 200:
                if have:
                    self._begin_anew()
                await self._whole(response)
            else:
                self._must_be_worth_another_attempt(response)

    def _goes_on(self, response: httpx.Response, start: int) -> bool:
        told = _RANGE.fullmatch(response.headers.get("content-range", "").strip())
        packed = response.headers.get("content-encoding", "identity") not in ("", "identity")
        return told is not None and int(told[1]) == start and not packed

    def _must_be_worth_another_attempt(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in (206, 416):
            # Another range than was asked for, or one that the file does not have.
            self._in_ranges = False
            self._begin_anew()
            raise PassingError("the server gives other parts of the file than asked for")
        if status in (401, 403, 404, 410):
            raise RefusedError(status)
        if status in PASSING or status == 500:
            raise PassingError(f"the server answered {status}", retry_after(response.headers))
        raise BulkError(f"the server answered {status}")

    async def _append(self, response: httpx.Response, start: int) -> None:
        """What follows on that which is there, if its end is the same there."""
        with owned(self._part, "r+b") as written:
            written.seek(start)
            known = written.read()
            async for piece in response.aiter_raw():
                again, piece = piece[: len(known)], piece[len(known) :]
                if not known.startswith(again):
                    break
                known = known[len(again) :]
                _write(written, piece)
                self._heard(len(piece))
            else:
                if not known:
                    return
        self._in_ranges = False
        self._begin_anew()
        raise PassingError("the file is another than it was")

    async def _whole(self, response: httpx.Response) -> None:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind.startswith(_SURELY_OTHERS):
            raise PassingError(f"the server sent {kind} in place of NDJSON")
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise BulkError("the file is packed in a way that was not asked for")
        unpacker = _Unpacker() if "gzip" in encoding else None
        at_start = True
        with owned(self._part, "wb") as written:
            async for piece in response.aiter_raw():
                if at_start and unpacker is None and piece.startswith(_GZIP_MAGIC):
                    # A packed file, and not merely one that was packed on the way.
                    unpacker, self._in_ranges = _Unpacker(), False
                for part in (piece,) if unpacker is None else unpacker.unpacked(piece):
                    begun = part.lstrip(b"\xef\xbb\xbf \t\r\n")
                    if at_start and begun and not begun.startswith(b"{"):
                        raise PassingError("the server sent something else than NDJSON")
                    at_start = at_start and not begun
                    _write(written, part)
                    self._heard(len(part))
        if unpacker is not None and not unpacker.ended:
            raise PassingError("the connection broke off")


def looked_over(path: Path, count: int | None) -> Got:
    """The lines of a file that was fetched to its end, and whether the last one is whole.

    Args:
        path: the file.
        count: lines that it should have, where that is known.
    """
    lines, size, last = 0, 0, b""
    with path.open("rb") as read:
        for line in read:
            size += len(line)
            if line.strip():
                lines, last = lines + 1, line
    doubt = None
    if last and not _is_json(last):
        doubt = "its last line is cut off"
    elif count is not None and lines < count:
        doubt = f"it has {lines} resources in place of {count}"
    return Got(lines, size, doubt)


def _on_disk(path: Path) -> None:
    with owned(path, "ab") as written:
        os.fsync(written.fileno())


class _Unpacker:
    """Unpacks gzip in pieces, of one member after another."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(_GZIP)
        self.ended = False

    def unpacked(self, packed: bytes) -> Iterator[bytes]:
        try:
            while packed:
                if self._inner.eof:
                    self._inner, self.ended = zlib.decompressobj(_GZIP), False
                yield self._inner.decompress(packed, _PIECE)
                packed = self._inner.unconsumed_tail or self._inner.unused_data
            while rest := self._inner.decompress(b"", _PIECE):
                yield rest
            self.ended = self._inner.eof
        except zlib.error:
            raise PassingError("the file is not packed as the server says") from None


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True


def _write(written: IO[bytes], piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[written.write(left) :]
