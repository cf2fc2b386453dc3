"""Resources as they were found, and the names by which they refer to each other."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

import msgspec

_UUID_LENGTH = 36


class Source(msgspec.Struct, frozen=True, gc=False):
    """One resource where it was found: still raw, with the names by which others may refer to it.

    ``version`` orders copies of one resource: ``meta.lastUpdated``, else ``meta.versionId``.
    """

    raw: msgspec.Raw | bytes
    kind: str
    id: str | None
    full_url: str | None
    reference: str
    version: str | None = None


class References:
    """Resolves references among the resources at hand: relative, absolute, versioned, ``urn:uuid:``.

    ``beside`` are resources that are looked for after these.
    """

    def __init__(self, sources: Iterable[Source], beside: References | None = None) -> None:
        self._sources = sources
        self._beside = beside

    @functools.cached_property
    def _found(self) -> dict[str, Source]:
        # Most charts never need it: their references to the patient are told without.
        found: dict[str, Source] = {}
        for source in self._sources:
            for name in names_of(source):
                found.setdefault(name, source)
        return found

    def find(self, reference: str | None) -> Source | None:
        """The resource that a reference names, if it is at hand."""
        if not reference:
            return None
        found = self._found.get(reference) or self._found.get(bare(reference))
        return self._beside.find(reference) if found is None and self._beside is not None else found


def in_order(sources: Iterable[Source]) -> list[Source]:
    """The resources in an order of their own, so that nothing depends on that in which they were sent."""
    ordered = sorted(sources, key=_name)
    names = [source.reference for source in ordered]
    if len(set(names)) == len(names):
        return ordered
    return sorted(ordered, key=lambda source: (*_name(source), bytes(source.raw)))


def _name(source: Source) -> tuple[str, str]:
    return source.reference, source.full_url or ""


def names_of(source: Source) -> Iterator[str]:
    """The names by which a resource may be referred to."""
    if source.id:
        yield f"{source.kind}/{source.id}"
        if len(source.id) == _UUID_LENGTH:
            # Some systems loaded transactions without rewriting the references in them.
            yield f"urn:uuid:{source.id}"
    if source.full_url:
        yield source.full_url
        yield bare(source.full_url)


def bare(reference: str) -> str:
    """``Type/id`` of a reference: without server, version or fragment; others as they are."""
    if reference.startswith(("urn:", "#")):
        return reference
    path = reference.split("/_history/")[0].rstrip("/")
    parts = path.split("/")
    return "/".join(parts[-2:]) if len(parts) > 2 else path
