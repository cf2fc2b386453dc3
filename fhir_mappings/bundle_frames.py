"""The frame of a Bundle: its entries and links, undecoded; read leniently where it departs from FHIR.

Reading leniently costs some microseconds for each entry, and a body of twenty megabytes can hold ten million
entries that are none: after some no more are looked at, and it is told how many.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import msgspec

from fhir_mappings.datatypes import Element

T = TypeVar("T")

MOST_UNREADABLE = 1_000
"""Entries that are no resources, after which no further entry is read: no server makes so many."""
_MOST_LINKS = 100
_NOTHING = msgspec.Raw(b"null")


class _Search(Element, frozen=True):
    mode: str | None = None


class _Request(Element, frozen=True):
    method: str | None = None
    url: str | None = None


class _Response(Element, frozen=True):
    status: str | None = None


class _Link(Element, frozen=True):
    relation: str | None = None
    url: str | None = None


class Entry(Element, frozen=True):
    full_url: str | None = None
    resource: msgspec.Raw = _NOTHING  # there is no union with Raw: an entry without one has JSON null
    search: _Search | None = None
    request: _Request | None = None
    response: _Response | None = None


class Bundle(Element, frozen=True):
    type: str | None = None
    total: int | None = None
    link: tuple[_Link, ...] = ()
    entry: tuple[Entry, ...] = ()


class _LooseEntry(Element, frozen=True):
    full_url: msgspec.Raw = _NOTHING
    resource: msgspec.Raw = _NOTHING
    search: msgspec.Raw = _NOTHING
    request: msgspec.Raw = _NOTHING
    response: msgspec.Raw = _NOTHING


class _LooseLink(Element, frozen=True):
    relation: msgspec.Raw = _NOTHING
    url: msgspec.Raw = _NOTHING


class _LooseBundle(Element, frozen=True):
    type: msgspec.Raw = _NOTHING
    total: msgspec.Raw = _NOTHING
    link: msgspec.Raw = _NOTHING
    entry: msgspec.Raw = _NOTHING


class Frame(NamedTuple):
    """A Bundle, and how many of its entries and links were not looked at."""

    bundle: Bundle
    entries_left_out: int = 0
    links_left_out: int = 0


_bundle = msgspec.json.Decoder(Bundle)
_counts = msgspec.json.Decoder(int, strict=False)


def read_frame(raw: msgspec.Raw | bytes) -> Frame:
    """The frame of a Bundle."""
    try:
        return Frame(_bundle.decode(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _loose(raw)


def _loose(raw: msgspec.Raw | bytes) -> Frame:
    """A Bundle whose frame departs from FHIR: what can be found in it."""
    loose = _as(raw, _LooseBundle) or _LooseBundle()
    entries: list[Entry] = []
    strangers = 0
    listed = _each(loose.entry)
    for entry in listed:
        if strangers > MOST_UNREADABLE:
            break
        found = _as(entry, Entry)
        if found is None and (parts := _as(entry, _LooseEntry)) is not None:
            found = Entry(
                full_url=_as(parts.full_url, str),
                resource=parts.resource,
                search=_as(parts.search, _Search),
                request=_as(parts.request, _Request),
                response=_as(parts.response, _Response),
            )
        # What is no entry at all is told as one without a resource.
        strangers += found is None
        entries.append(found or Entry(resource=msgspec.Raw(b'""')))
    linked = _each(loose.link)
    links = tuple(link for one in linked[:_MOST_LINKS] if (link := _loose_link(one)) is not None)
    return Frame(
        Bundle(_as(loose.type, str), _count(loose.total), links, tuple(entries)),
        entries_left_out=len(listed) - len(entries),
        links_left_out=max(0, len(linked) - _MOST_LINKS),
    )


def _loose_link(raw: msgspec.Raw) -> _Link | None:
    """A link; one whose address is no text leads somewhere all the same."""
    found = _as(raw, _LooseLink)
    if found is None:
        return None
    # A relation in a list is that relation.
    relation = _as(found.relation, str) or next(iter(_as(found.relation, list[str]) or ()), None)
    return _Link(relation, _as(found.url, str))


def _count(raw: msgspec.Raw) -> int | None:
    """A count, in quotes or not."""
    try:
        return _counts.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _each(raw: msgspec.Raw) -> Sequence[msgspec.Raw]:
    listed = _as(raw, list[msgspec.Raw])
    if listed is not None:
        return listed
    return () if bytes(raw) == b"null" else (raw,)


def _as(raw: msgspec.Raw | bytes, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
