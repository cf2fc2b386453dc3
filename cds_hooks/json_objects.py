"""Reading JSON objects strictly at the envelope, and lazily below it.

Parsers differ in what they make of a key that is given twice, and a request must not mean one patient to
the EHR and another to us. So the objects that make up the envelope of a message are read by ``members``,
which refuses doubled keys; their values stay undecoded.
"""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from cds_hooks.errors import InvalidRequestError, MissingElementError, NotJsonError

T = TypeVar("T")

_MEMBER_START = re.compile(rb'[\s{,]*"((?:[^"\\]|\\.)*)"\s*:\s*')
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MOST_MEMBERS = 1_000
"""No message has a hundred; going through a million, key by key, takes seconds."""
_OBJECTS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def text_of(body: bytes) -> bytes:
    """The body without byte order mark, once it is known to be UTF-8.

    Raises:
        NotJsonError: it is empty, or not UTF-8.
    """
    if not body.strip():
        raise NotJsonError("the body is empty; a JSON object is expected")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJsonError(f"the body is not UTF-8 (byte {error.start})") from None
    return body.removeprefix(_BYTE_ORDER_MARK)


def members(text: bytes, where: str = "the body") -> dict[str, msgspec.Raw]:
    """The members of a JSON object, values undecoded. ``where`` names it in messages.

    Raises:
        NotJsonError: not a JSON object, a key is given twice, or there are more than a thousand members.
    """
    try:
        found = _OBJECTS.decode(text)
    except msgspec.ValidationError:
        raise NotJsonError(f"{where} is not a JSON object") from None
    except msgspec.DecodeError as error:
        raise NotJsonError(f"{where} is not JSON: {_plain(error)}") from None
    except RecursionError:
        raise NotJsonError(f"{where} is nested too deeply") from None
    if len(found) > _MOST_MEMBERS:
        raise NotJsonError(f"{where} has more than {_MOST_MEMBERS} members")
    _refuse_doubled_keys(text, found, where)
    return found


def _refuse_doubled_keys(text: bytes, found: dict[str, msgspec.Raw], where: str) -> None:
    """Walk from member to member; of a doubled key, ``found`` holds only the last value."""
    seen: set[str] = set()
    position = 0
    while start := _MEMBER_START.match(text, position):
        key = _key(start[1])
        value = bytes(found[key])
        if key in seen or text[start.end() : start.end() + len(value)] != value:
            raise NotJsonError(f"{where} has the key '{key[:64]}' twice")
        seen.add(key)
        position = start.end() + len(value)


def _key(raw: bytes) -> str:
    return msgspec.json.decode(b'"' + raw + b'"', type=str) if b"\\" in raw else raw.decode()


def required(found: dict[str, msgspec.Raw], key: str, kind: type[T], path: str) -> T:
    """The member ``key`` as ``kind``; ``path`` is how messages call it.

    Raises:
        MissingElementError: it lacks, is null, or is an empty string.
        InvalidRequestError: it is of another kind.
    """
    value = optional(found, key, kind, path)
    if value is None or value == "":
        raise MissingElementError(path)
    return value


def optional(found: dict[str, msgspec.Raw], key: str, kind: type[T], path: str) -> T | None:
    """The member ``key`` as ``kind``, or ``None`` if it lacks or is null.

    Raises:
        InvalidRequestError: it is of another kind.
    """
    raw = found.get(key)
    if raw is None or is_null(raw):
        return None
    return decoded(raw, kind, path)


def decoded(raw: bytes | msgspec.Raw, kind: type[T], path: str) -> T:
    """A value as ``kind``.

    Raises:
        InvalidRequestError: it is of another kind; the message names the place, never the value.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidRequestError(f"'{path}': {_plain(error)}", path) from None


def is_null(raw: bytes | msgspec.Raw) -> bool:
    """Whether a value is JSON's null."""
    return bytes(memoryview(raw)[:5]) == b"null"


def _plain(error: Exception) -> str:
    """The decoder's words, which tell place and type but repeat no value; NDJSON is named as such."""
    words = str(error).removeprefix("JSON is malformed: ")
    if "trailing characters" in words:
        return f"{words}; send one JSON object, not several lines of them"
    return words
