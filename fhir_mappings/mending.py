"""Mending resources that depart from FHIR, in one pass from the outermost element to the innermost.

What can be read of an element as it stands is read so; only one that cannot is looked into. A single value
where a list is due becomes a list of one, a bare string a CodeableConcept, a number in an element of text the
text that it is. What has no such shape is left out, element by element, each with a word about it.

Every value is gone through at most twice on each level of nesting, and the departures are counted: the work
grows with the bytes and never with their product with the departures.
"""

from __future__ import annotations

import functools
import re
import types
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

import msgspec

from fhir_mappings.datatypes import (
    LARGEST_POWER,
    MOST_DIGITS,
    Annotation,
    CodeableConcept,
    CodingType,
    Dosage,
    OutOfRangeError,
    Reference,
    is_in_range,
)
from fhir_mappings.phrases import Phrase, phrase

T = TypeVar("T")

MOST_LEFT_OUT = 200
"""Elements of one resource that are left out; a resource with more is not read at all."""

MOST_DEPARTURES = 10_000
"""Elements of one resource that cannot be read as they stand, those that are mended and those around them
included."""

DEEPEST = 32
"""Elements within elements. The deepest that FHIR resources at hand have is a dozen."""

_NULL = b"null"
_LISTS = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXTS = msgspec.json.Decoder(str)
_NUMBER = b"-0123456789"
_EXPECTED = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_KINDS = frozenset({"array", "bool", "decimal", "float", "int", "null", "object", "str"})
"""Types as the decoder calls them."""
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError)
"""What decoding raises; arithmetic errors for numbers with exponents that no decimal can hold."""


class TooManyDeparturesError(Exception):
    """A resource departs from FHIR in so many places that it is not read."""


class _Lost:
    """Instead of a value: there is none that could be read."""


_LOST = _Lost()


class _Shape(NamedTuple):
    """What is expected in a place.

    Attributes:
        strict, lax: decoders; the lax one takes numbers and booleans in quotes.
        item: of a list, what is expected of each; else ``None``.
        struct: of an object, its type; else ``None``.
        fields: of an object, (attribute, type) by the name in JSON.
        is_text: a string is expected.
    """

    strict: msgspec.json.Decoder[Any]
    lax: msgspec.json.Decoder[Any]
    item: Any
    struct: type[msgspec.Struct] | None
    fields: Mapping[str, tuple[str, Any]]
    is_text: bool


@functools.cache
def _shape(kind: Any) -> _Shape:
    inner = _without_none(kind)
    bare = get_args(inner)[0] if get_origin(inner) is Annotated else inner
    struct = bare if isinstance(bare, type) and issubclass(bare, msgspec.Struct) else None
    fields = {}
    if struct is not None:
        fields = {field.encode_name: (field.name, field.type) for field in msgspec.structs.fields(struct)}
    return _Shape(
        strict=msgspec.json.Decoder(kind),
        lax=msgspec.json.Decoder(kind, strict=False),
        item=get_args(bare)[0] if get_origin(bare) is tuple else None,
        struct=struct,
        fields=fields,
        is_text=bare is str,
    )


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        (inner,) = (one for one in get_args(kind) if one is not type(None))
        return inner
    return kind


def mended(raw: bytes | msgspec.Raw, kind: type[T]) -> tuple[T | None, list[str]]:
    """What can be read of an object as ``kind``, and what had to be left out, each with its place.

    ``None`` where nothing can be read, or too much would have to be left out. What is told repeats no value.
    """
    mending = _Mending()
    try:
        found = mending.read(msgspec.Raw(raw), kind, "", 0)
    except TooManyDeparturesError:
        return None, [*mending.left_out, phrase("mending.too-many-departures")]
    except (*UNREADABLE, RecursionError) as error:
        return None, [phrase("mending.not-json", what=_what(error))]
    return (None if found is _LOST else found), mending.left_out


class _Mending:
    """One resource, with what was left out of it so far."""

    def __init__(self) -> None:
        self.left_out: list[str] = []
        self._departures = 0

    def read(self, raw: msgspec.Raw, kind: Any, place: str, depth: int) -> Any:
        """The value in this place, or that it is lost."""
        shape = _shape(kind)
        try:
            found = shape.strict.decode(raw)
        except UNREADABLE as error:
            what = _what(error)
        except RecursionError:
            return self._leave_out(place, phrase("mending.nested-too-deeply"))
        else:
            if isinstance(found, Decimal) and not is_in_range(found):
                return self._leave_out(place, _out_of_range())
            return found
        self._departures += 1
        if self._departures > MOST_DEPARTURES:
            raise TooManyDeparturesError
        if depth >= DEEPEST:
            return self._leave_out(place, phrase("mending.nested-too-deeply"))
        if shape.item is not None:
            return self._list(raw, shape.item, place, depth)
        if shape.struct is not None:
            return self._object(raw, shape, place, depth, what)
        return self._single(raw, shape, place, what)

    def _list(self, raw: msgspec.Raw, item: Any, place: str, depth: int) -> Any:
        if _begins(raw) != b"[":
            only = self.read(raw, item, place, depth + 1)
            return () if only is _LOST else (only,)
        found = (
            self.read(each, item, f"{place}[{number}]", depth + 1)
            for number, each in enumerate(_LISTS.decode(raw))
            if not _is_null(each)
        )
        return tuple(each for each in found if each is not _LOST)

    def _object(self, raw: msgspec.Raw, shape: _Shape, place: str, depth: int, what: str) -> Any:
        begins = _begins(raw)
        if begins == b"[" and len(alone := _LISTS.decode(raw)) == 1:
            return self.read(alone[0], shape.struct, place, depth + 1)
        if begins == b'"' and (meant := _meant(shape.struct, _TEXTS.decode(raw))) is not None:
            return meant
        if begins != b"{" or shape.struct is None:
            return self._leave_out(place, what)
        members = _OBJECTS.decode(raw)
        values = {}
        for name, (attribute, kind) in shape.fields.items():
            each = members.get(name)
            if each is None or _is_null(each):
                continue
            value = self.read(each, kind, f"{place}.{name}" if place else name, depth + 1)
            if value is not _LOST:
                values[attribute] = value
        try:
            return shape.struct(**values)
        except OutOfRangeError:
            return self._leave_out(place, _out_of_range())

    def _single(self, raw: msgspec.Raw, shape: _Shape, place: str, what: str) -> Any:
        begins = _begins(raw)
        if shape.is_text and begins in _NUMBER:
            return bytes(raw).decode()  # with the digits as sent
        if begins == b"[" and shape.is_text:
            alone = _LISTS.decode(raw)
            if len(alone) == 1 and _begins(alone[0]) == b'"':
                return _TEXTS.decode(alone[0])
        try:
            return shape.lax.decode(raw)
        except UNREADABLE:
            return self._leave_out(place, what)

    def _leave_out(self, place: str, why: str) -> _Lost:
        self.left_out.append(phrase("mending.left-out", place=place, why=why) if place else why)
        if len(self.left_out) > MOST_LEFT_OUT:
            raise TooManyDeparturesError
        return _LOST


def _meant(struct: type[msgspec.Struct] | None, text: str) -> msgspec.Struct | None:
    """What a bare string says where an object is due, if that is known.

    STU3 had a code where R4 has a CodeableConcept; a Reference is sometimes sent as its string.
    """
    if struct is CodeableConcept:
        return CodeableConcept(coding=(CodingType(code=text),), text=text)
    if struct is CodingType:
        return CodingType(code=text)
    if struct is Reference:
        return Reference(reference=text)
    return struct(text=text) if struct in (Annotation, Dosage) else None


def _begins(raw: msgspec.Raw) -> bytes:
    return bytes(memoryview(raw)[:1])


def _is_null(raw: msgspec.Raw) -> bool:
    return memoryview(raw) == _NULL


def _what(error: Exception) -> str:
    """The decoder's words without the place, which is told from the root of the resource."""
    if isinstance(error, ArithmeticError):
        return phrase("mending.out-of-range")
    words = str(error).partition(" - at `")[0]
    told = _EXPECTED.fullmatch(words)
    return words if told is None else phrase("mending.expected", due=_kind(told[1]), given=_kind(told[2]))


def _kind(named: str) -> str:
    """A type of the decoder's in words, without "or null"."""
    name = named.partition(" | ")[0]
    return phrase(f"mending.kind-{name}") if name in _KINDS else name


def _out_of_range() -> Phrase:
    return phrase("mending.beyond-all-bounds", power=LARGEST_POWER, digits=MOST_DIGITS)
