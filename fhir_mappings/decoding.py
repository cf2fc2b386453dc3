"""From JSON to typed resources: fast for what is right, patient with what is not.

A resource is decoded straight into its typed subset. When that fails, known departures are mended and what
cannot be mended is left out, element by element (``mending.py``). Only a resource that is no JSON object, or
departs from FHIR throughout, is lost as a whole, and that is reported too.
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

import msgspec

from fhir_mappings.errors import UnreadableInputError
from fhir_mappings.mending import mended
from fhir_mappings.phrases import phrase

T = TypeVar("T")

_TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")


class _Meta(msgspec.Struct, rename="camel", gc=False):
    version_id: str | None = None
    last_updated: str | None = None


class Peek(msgspec.Struct, rename="camel", gc=False):
    """The type and id of any resource."""

    resource_type: str | None = None
    id: str | None = None
    meta: _Meta | None = None

    @property
    def version(self) -> str | None:
        """What orders copies of one resource: when it was last changed, else its version."""
        return None if self.meta is None else self.meta.last_updated or self.meta.version_id


class _Type(msgspec.Struct, rename="camel", gc=False):
    resource_type: str | None = None


_peek = msgspec.json.Decoder(Peek)
_type = msgspec.json.Decoder(_Type)
_decoders: dict[type[Any], msgspec.json.Decoder[Any]] = {}


def peek(raw: bytes | msgspec.Raw) -> Peek | None:
    """Type and id of a resource, or ``None`` if it is no JSON object with such elements."""
    try:
        return _peek.decode(raw)
    except msgspec.ValidationError:
        pass  # an id that is a number, a meta that is none
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    try:
        return Peek(_type.decode(raw).resource_type)
    except (msgspec.DecodeError, RecursionError):
        return None


def parse_json(body: bytes) -> Any:
    """Plain JSON.

    Raises:
        UnreadableInputError: not JSON, or nested too deeply.
    """
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise UnreadableInputError("the JSON is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableInputError(f"not JSON: {error}") from None


def doubled_objects(body: bytes | msgspec.Raw) -> int:
    """How many objects in valid JSON have two members of one name; one, if it is nested too deeply to tell.

    Readers differ in which of them they take (RFC 8259, 4), so that what such an object says is not known.
    None in what is no JSON: whoever reads it will say so.
    """
    found = 0

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal found
        found += len(dict(pairs)) < len(pairs)

    try:
        # Python's own reader alone shows all members. The numbers may be of any length; they are not used.
        json.loads(bytes(body), object_pairs_hook=look, parse_int=float, strict=False)
    except RecursionError:
        return 1
    except ValueError:
        return 0
    return found


def first_value(body: bytes) -> tuple[bytes, bytes]:
    """The JSON value at the beginning, and what follows it.

    Raises:
        UnreadableInputError: it does not begin with JSON.
    """
    try:
        _type.decode(body)
    except msgspec.ValidationError:
        return body, b""  # JSON of another shape: for the caller to refuse
    except RecursionError:
        raise UnreadableInputError("the JSON is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        trailing = _TRAILING.search(str(error))
        if trailing is None:
            raise UnreadableInputError(f"not JSON: {error}") from None
        end = int(trailing[1]) - 1  # it counts from one
        return body[:end], body[end:]
    return body, b""


def decode(raw: bytes | msgspec.Raw, kind: type[T]) -> tuple[T | None, list[str]]:
    """A resource as its typed subset, and what had to be left out of it.

    ``None`` with the reason if nothing of it can be read.
    """
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        return decoder.decode(raw), []
    except (msgspec.ValidationError, ArithmeticError):
        pass
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return None, [phrase("mending.not-json", what=error)]
    return mended(raw, kind)
