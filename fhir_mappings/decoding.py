"""From JSON to typed resources: fast for what is right, patient with what is not.

A resource is decoded straight into its typed subset. When that fails, known departures are mended (a single
value where a list is due, a bare string where a CodeableConcept is) and what cannot be mended is left out,
element by element, each with a word about it. Only a resource that is no JSON object is lost as a whole, and
that is reported too.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from fhir_mappings.errors import UnreadableInputError

T = TypeVar("T")

_WHERE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_EXPECTED = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
_MOST_REPAIRS = 200


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


class _Contains(msgspec.Struct, gc=False):
    contained: tuple[msgspec.Raw, ...] = ()


class _Type(msgspec.Struct, rename="camel", gc=False):
    resource_type: str | None = None


_peek = msgspec.json.Decoder(Peek)
_type = msgspec.json.Decoder(_Type)
_contains = msgspec.json.Decoder(_Contains)
_plain = msgspec.json.Decoder(float_hook=Decimal)  # a number keeps its digits while its neighbours are mended
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
    except msgspec.ValidationError:
        pass
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return None, [f"not JSON: {error}"]
    document = _plain.decode(raw)
    contained = document.pop("contained", None) if isinstance(document, dict) else None
    found, left_out = convert(document, kind)
    if found is not None and contained is not None and hasattr(found, "contained"):
        found = msgspec.structs.replace(found, contained=_contained(raw))  # type: ignore[type-var]
    return found, left_out


def _contained(raw: bytes | msgspec.Raw) -> tuple[msgspec.Raw, ...]:
    try:
        return _contains.decode(raw).contained
    except msgspec.DecodeError:
        return ()


def convert(document: Any, kind: type[T]) -> tuple[T | None, list[str]]:
    """Plain JSON as a typed subset, mended where it departs from FHIR."""
    left_out: list[str] = []
    for _ in range(_MOST_REPAIRS):
        try:
            return msgspec.convert(document, kind, strict=False), left_out
        except (msgspec.ValidationError, RecursionError) as error:
            told = _mend(document, str(error))
            if told is None:
                return None, [*left_out, str(error)]
            if told:
                left_out.append(told)
    return None, [*left_out, "too many departures from FHIR"]


def _mend(document: Any, error: str) -> str | None:
    """Mend or remove what the error names; the words about a removal, or ``None`` if it cannot be found."""
    match = _WHERE.match(error)
    if match is None or match["path"] is None:
        return None
    steps: list[str | int | None] = []
    for name, index in _STEP.findall(match["path"]):
        steps.append(name or (None if index == "..." else int(index)))
    if not steps:
        return None
    holder = document
    for step in steps[:-1]:
        holder = _child(holder, step)
        if holder is None:
            return None
    last = steps[-1]
    value = _child(holder, last)
    if value is None:
        return "" if _remove(holder, last) else None  # null: absent
    mended = _mended(value, match["what"])
    if mended is not None:
        return "" if _put(holder, last, mended) else None
    place = match["path"].removeprefix("$.")
    return f"{place}: {match['what']}" if _remove(holder, last) else None


def _child(holder: Any, step: str | int | None) -> Any:
    if isinstance(holder, dict):
        return holder.get(step)
    if isinstance(holder, list):
        if isinstance(step, int) and step < len(holder):
            return holder[step]
        if step is None and holder:
            return holder[0]
    return None


def _put(holder: Any, step: str | int | None, value: Any) -> bool:
    if isinstance(holder, (dict, list)) and step is not None:
        holder[step] = value  # type: ignore[index]  # the step fits its holder
        return True
    return False


def _remove(holder: Any, step: str | int | None) -> bool:
    if isinstance(holder, dict) and isinstance(step, str) and step in holder:
        del holder[step]
        return True
    if isinstance(holder, list) and isinstance(step, int) and step < len(holder):
        del holder[step]
        return True
    return False


def _mended(value: Any, what: str) -> Any:
    """The value in the shape that was expected, or ``None`` if it has no such shape."""
    match = _EXPECTED.search(what)
    if match is None or value is None:
        return None
    expected, got = match[1], match[2]
    if "array" in expected and got in ("object", "str", "int", "float", "bool"):
        return [value]
    if "object" in expected and got == "array" and len(value) == 1:
        return value[0]
    if "object" in expected and got == "str":
        # STU3 had a code where R4 has a CodeableConcept; a Reference is sometimes sent as its string.
        if "/" in value or value.startswith("urn:"):
            return {"reference": value}
        return {"coding": [{"code": value}], "text": value}
    if "str" in expected and got in ("int", "float"):
        return str(value)
    if "str" in expected and got == "array" and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    return None
