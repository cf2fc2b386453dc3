"""Files and Bundles: finding the resources in whatever carries them.

A Bundle of any type (nested ones too), a single resource, or NDJSON with one of these on each line. Nothing
is decoded here beyond the frame: each resource stays raw until something wants to read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from fhir_mappings.datatypes import Element
from fhir_mappings.decoding import parse_json, peek
from fhir_mappings.errors import UnreadableInputError
from fhir_mappings.facts import Unread

_SEARCHED_TYPE = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)(?:\?|/_search|$)")
_FAILED = frozenset({"error", "fatal"})


class Source(msgspec.Struct, frozen=True, gc=False):
    """One resource where it was found: still raw, with the names by which others may refer to it."""

    raw: msgspec.Raw | bytes
    kind: str
    id: str | None
    full_url: str | None
    reference: str


class Document(msgspec.Struct):
    """The resources of one JSON document.

    Attributes:
        sources: its resources, those of nested Bundles included.
        unread: what in it is no resource.
        truncated: resource types of which a further page exists that was not followed.
        failed: resource types of which the server said that the search failed.
        bundle: whether it is a Bundle.
    """

    sources: list[Source] = []
    unread: list[Unread] = []
    truncated: set[str] = set()
    failed: set[str] = set()
    bundle: bool = False


class _Search(Element, frozen=True):
    mode: str | None = None


class _Link(Element, frozen=True):
    relation: str | None = None
    url: str | None = None


class _Entry(Element, frozen=True):
    full_url: str | None = None
    resource: msgspec.Raw | None = None
    search: _Search | None = None


class _Bundle(Element, frozen=True):
    type: str | None = None
    link: tuple[_Link, ...] = ()
    entry: tuple[_Entry, ...] = ()


class _Issue(Element, frozen=True):
    severity: str | None = None


class _Outcome(Element, frozen=True):
    issue: tuple[_Issue, ...] = ()


_bundle = msgspec.json.Decoder(_Bundle)
_outcome = msgspec.json.Decoder(_Outcome)


def split_documents(body: bytes) -> list[Document]:
    """The documents of a file: one for a Bundle or resource, one for each line of NDJSON.

    Raises:
        UnreadableInputError: empty, not JSON, or not FHIR.
    """
    if not body.strip():
        raise UnreadableInputError("the input is empty; a FHIR Bundle, resource or NDJSON is needed")
    whole = peek(body)
    if whole is not None:
        return [read_document(body)]
    lines = [(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
    readable = [peek(line) is not None for _, line in lines[:5]]
    if len(lines) < 2 or not any(readable):
        _refuse(body)
    return [_line(number, line) for number, line in lines]


def _line(number: int, line: bytes) -> Document:
    try:
        return read_document(line, place=f"line {number}")
    except UnreadableInputError as error:
        return Document(unread=[Unread(f"line {number}", str(error))])


def _refuse(body: bytes) -> None:
    """Say why a whole input is unreadable."""
    value = parse_json(body)
    if isinstance(value, list):
        raise UnreadableInputError(
            "a JSON array is no FHIR; send a Bundle, or NDJSON with a resource on each line"
        )
    raise UnreadableInputError("not FHIR: a resource is a JSON object with a resourceType")


def read_document(body: bytes, place: str = "") -> Document:
    """The resources of one JSON document.

    Raises:
        UnreadableInputError: not JSON, or no FHIR resource.
    """
    seen = peek(body)
    if seen is None:
        _refuse(body)
    elif not seen.resource_type:
        raise UnreadableInputError("not FHIR: the JSON object has no resourceType")
    elif seen.resource_type == "Bundle":
        document = Document(bundle=True)
        _read_bundle(body, document)
        return document
    document = Document()
    _add(document, msgspec.Raw(body), None, place or "1", None)
    return document


def read_resource(raw: msgspec.Raw | bytes, document: Document, full_url: str | None = None) -> None:
    """Add one resource, or all those of a Bundle, to a document."""
    _add(document, raw, full_url, str(len(document.sources) + 1), None)


def _read_bundle(raw: msgspec.Raw | bytes, document: Document) -> None:
    try:
        bundle = _bundle.decode(raw)
        entries: Sequence[tuple[str | None, msgspec.Raw | None, str | None]] = [
            (entry.full_url, entry.resource, entry.search.mode if entry.search else None)
            for entry in bundle.entry
        ]
        links = [(link.relation, link.url) for link in bundle.link]
    except (msgspec.ValidationError, RecursionError):
        entries, links = _loose_bundle(raw, document)
    before = len(document.sources)
    for position, (full_url, resource, mode) in enumerate(entries, 1):
        if resource is not None and bytes(resource) != b"null":
            _add(document, resource, full_url, str(position), mode)
    kinds = {source.kind for source in document.sources[before:]}
    searched = {
        match[1]
        for relation, url in links
        if relation == "self" and url and (match := _SEARCHED_TYPE.search(url))
    }
    if any(relation == "next" for relation, _ in links):
        document.truncated |= kinds | searched
    if "OperationOutcome" in document.failed:
        document.failed |= kinds | searched


def _loose_bundle(
    raw: msgspec.Raw | bytes, document: Document
) -> tuple[list[tuple[str | None, msgspec.Raw | None, str | None]], list[tuple[str | None, str | None]]]:
    """A Bundle whose frame departs from FHIR: what can be found in it."""
    value = parse_json(bytes(raw))
    listed = value.get("entry")
    found: list[tuple[str | None, msgspec.Raw | None, str | None]] = []
    for position, entry in enumerate(_as_list(listed), 1):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            document.unread.append(Unread(f"Bundle.entry[{position - 1}]", "the entry holds no resource"))
            continue
        full_url = entry.get("fullUrl")
        search = entry.get("search")
        mode = search.get("mode") if isinstance(search, dict) else None
        found.append(
            (
                full_url if isinstance(full_url, str) else None,
                msgspec.Raw(msgspec.json.encode(resource)),
                mode if isinstance(mode, str) else None,
            )
        )
    links = [
        (link.get("relation"), link.get("url"))
        for link in _as_list(value.get("link"))
        if isinstance(link, dict)
    ]
    return found, links


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _add(
    document: Document, raw: msgspec.Raw | bytes, full_url: str | None, place: str, mode: str | None
) -> None:
    seen = peek(raw)
    if seen is None or not seen.resource_type:
        document.unread.append(
            Unread(f"#{place}", "no FHIR resource: a JSON object with a resourceType is needed")
        )
        return
    kind = seen.resource_type
    if kind == "Bundle":
        _read_bundle(raw, document)
        return
    if kind == "OperationOutcome" or mode == "outcome":
        _note_outcome(document, raw)
        return
    name = f"{kind}/{seen.id}" if seen.id else (full_url or f"{kind}/#{place}")
    document.sources.append(Source(raw, kind, seen.id, full_url, name))


def _note_outcome(document: Document, raw: msgspec.Raw | bytes) -> None:
    """A server's remark among the results: an error means that the results are not whole."""
    try:
        issues = _outcome.decode(raw).issue
    except (msgspec.DecodeError, RecursionError):
        issues = ()
    if any(issue.severity in _FAILED for issue in issues):
        document.failed.add("OperationOutcome")
        document.unread.append(Unread("OperationOutcome", "the server reported an error among the results"))


class References:
    """Resolves references among the resources at hand: relative, absolute, versioned, ``urn:uuid:``."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._found: dict[str, Source] = {}
        for source in sources:
            for name in names_of(source):
                self._found.setdefault(name, source)

    def find(self, reference: str | None) -> Source | None:
        """The resource that a reference names, if it is at hand."""
        if not reference:
            return None
        return self._found.get(reference) or self._found.get(bare(reference))


def names_of(source: Source) -> Iterator[str]:
    """The names by which a resource may be referred to."""
    if source.id:
        yield f"{source.kind}/{source.id}"
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
