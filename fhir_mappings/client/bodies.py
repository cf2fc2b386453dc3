"""The body of an answer, read no further than it may be long.

Unpacking is bounded as well: a few kilobytes of gzip can stand for gigabytes, and are only ever unpacked up
to the limit.
"""

from __future__ import annotations

import zlib

import httpx

from fhir_mappings.client.asking import Why

ACCEPTED_ENCODING = "gzip"
_GZIP = 16 + zlib.MAX_WBITS


class AnswerError(Exception):
    """An answer that is of no use. ``why`` says what is wrong with it."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why: Why = why


class Allowance:
    """Bytes that may still be read, for all answers of a call together."""

    def __init__(self, size: int) -> None:
        self.left = size


async def read_body(response: httpx.Response, limit: int, allowance: Allowance) -> bytes:
    """The body, unpacked.

    Raises:
        AnswerError: it is longer than ``limit`` or than what is left of the allowance, packed in another way
            than gzip, or not packed as it says.
        httpx.TransportError: it broke off.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        raise AnswerError("encoding")
    unpacker = zlib.decompressobj(_GZIP) if "gzip" in encoding else None
    parts: list[bytes] = []
    size = 0
    async for chunk in response.aiter_raw():
        room = min(limit - size, allowance.left)
        part = chunk if unpacker is None else _unpacked(unpacker, chunk, room + 1)
        if len(part) > room:
            raise AnswerError("too-large")
        size += len(part)
        allowance.left -= len(part)
        parts.append(part)
    if unpacker is not None and parts and not unpacker.eof:
        raise AnswerError("connection-lost")
    return b"".join(parts)


def _unpacked(unpacker: zlib._Decompress, chunk: bytes, most: int) -> bytes:
    if unpacker.eof and chunk:
        raise AnswerError("encoding")  # something follows where the packed body has ended
    try:
        return unpacker.decompress(chunk, most)
    except zlib.error:
        raise AnswerError("encoding") from None
