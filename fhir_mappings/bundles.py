"""Files and Bundles: finding the resources in whatever carries them.

A Bundle of any type (nested ones too), a single resource, or NDJSON with one of these on each line. Nothing
is decoded here beyond the frame: each resource stays raw until something wants to read it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Literal

import msgspec

from fhir_mappings.bundle_frames import MOST_UNREADABLE, Entry, read_frame
from fhir_mappings.decoding import doubled_objects, first_value, parse_json, peek
from fhir_mappings.errors import UnreadableInputError
from fhir_mappings.facts import Unread
from fhir_mappings.references import Source, bare
from fhir_mappings.resources import RESOURCES
from fhir_mappings.search_results import names, told_by

ANY_TYPE = "*"
"""Among truncated or failed types: all of which nothing came, where it is not told which were asked for."""

_SEARCHED_TYPE = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)(?:\?|/_search|$)")
_TYPE_IN_TEXT = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]+)"')
_PATIENT_IN_TEXT = re.compile(rb'"reference"\s*:\s*"(?:[^"]*/)?Patient/([A-Za-z0-9.-]+)"')
_EVERY = frozenset(RESOURCES)
Outcome = Literal["read", "nothing", "unreadable", "cut", "failed"]
_REMARKS = {
    "cut": "the server says that results may be lacking",
    "failed": "the server reported an error among the results",
}
_DOUBLED = "two of its elements have the same name, of which each reader takes another; it was not read"
_DOUBLED_FRAME = "two elements of it, or of an entry, have the same name, of which each reader takes another"
_NOT_OK = re.compile(r"[45]\d\d")
_DEEPEST = 16
_MOST_EMPTY = 100_000
"""Entries without a resource, after which no further entry of a document is read."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"


class Page(msgspec.Struct, frozen=True):
    """One searchset, or a part of the input that something is missing from.

    Attributes:
        types: of which more may exist; ``ANY_TYPE`` among them for all that are not here.
        own_url, next_url: of the searchset; the next one is empty where there is a further page of which no
            address is told.
        cut: not all is here.
        failed: the server reported an error.
        of: the patient whom it concerns, where it is known; ``None`` for any.
    """

    types: frozenset[str]
    own_url: str | None = None
    next_url: str | None = None
    cut: bool = False
    failed: bool = False
    of: str | None = None

    def is_cut(self, here: Collection[str]) -> bool:
        """Whether more exists, the pages with these URLs being here."""
        return self.cut or (self.next_url is not None and (not self.next_url or self.next_url not in here))


class Document(msgspec.Struct):
    """The resources of one JSON document, or of several that belong together.

    Attributes:
        sources: its resources, those of nested Bundles included.
        unread: what in it is no resource.
        pages: the searches that it holds.
        bundle: whether it is a Bundle.
        place: what its resources without ids are named by (``2.`` on the second line of a file).
        entries: how many entries were seen.
        unreadable, empty: how many of them are no resource, and how many have none.
        left_out: how many were not read any more, for too many of those.
        doubled: how many objects in it have two members of one name; resources with such are not read.
    """

    sources: list[Source] = []
    unread: list[Unread] = []
    pages: list[Page] = []
    bundle: bool = False
    place: str = ""
    entries: int = 0
    unreadable: int = 0
    empty: int = 0
    left_out: int = 0
    doubled: int = 0
    _told_at: int = 0
    _doubled_in_resources: int = 0

    @property
    def truncated(self) -> set[str]:
        """Resource types of which a further page exists that is not here."""
        here = {page.own_url for page in self.pages if page.own_url is not None}
        return {kind for page in self.pages if page.is_cut(here) for kind in page.types}

    @property
    def failed(self) -> set[str]:
        """Resource types of which the server said that the search failed."""
        return {kind for page in self.pages if page.failed for kind in page.types}

    @property
    def is_exhausted(self) -> bool:
        """Whether too many entries were of no use for any more to be read."""
        return self.unreadable >= MOST_UNREADABLE or self.empty >= _MOST_EMPTY

    def leave_out(self, entries: int) -> None:
        """Tell in one line of ``unread`` that so many more entries are not read."""
        if not self.left_out:
            self._told_at = len(self.unread)
            self.unread.append(Unread("Bundle", ""))
        self.left_out += entries
        reason = f"{self.left_out} more entries were not read: too many before them are no resources"
        self.unread[self._told_at] = Unread("Bundle", reason)

    def look_for_doubled(self, raw: msgspec.Raw | bytes) -> None:
        """Count what is named twice in what is read next."""
        self.doubled = doubled_objects(raw)
        self._doubled_in_resources = 0

    def refuse_doubled(self, raw: msgspec.Raw, kind: str, name: str) -> bool:
        """Whether a resource names something twice. It is then told, and its type is a part."""
        found = doubled_objects(raw) if self.doubled else 0
        if found:
            self._doubled_in_resources += found
            self.unread.append(Unread(name, _DOUBLED))
            types = {kind, *(name.decode() for name in _TYPE_IN_TEXT.findall(bytes(raw)))}
            self.pages.append(Page(frozenset(types), cut=True))
        return found > 0

    def tell_doubled_frame(self) -> None:
        """Where something is named twice outside the resources, anything may have been left out."""
        if self.doubled > self._doubled_in_resources:
            self.unread.append(Unread("Bundle", _DOUBLED_FRAME))
            self.pages.append(Page(_EVERY, cut=True))

    def add(self, other: Document) -> None:
        """Take in another document that belongs to this one."""
        self.sources += other.sources
        self.unread += other.unread
        self.pages += other.pages


def split_documents(body: bytes) -> list[Document]:
    """The documents of a file: one for a Bundle or resource, one for each line of NDJSON.

    What trails behind the last document is told in its ``unread``.

    Raises:
        UnreadableInputError: empty, not JSON, or not FHIR.
    """
    body = body.removeprefix(_BYTE_ORDER_MARK)
    if not body.strip():
        raise UnreadableInputError("the input is empty; a FHIR Bundle, resource or NDJSON is needed")
    if peek(body) is not None:
        return [read_document(body)]
    lines = [(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
    if len(lines) > 1 and any((seen := peek(line)) and seen.resource_type for _, line in lines[:1000]):
        return [_line(number, line) for number, line in lines]
    return _one_after_another(body)


def _line(number: int, line: bytes) -> Document:
    try:
        value, rest = first_value(line)
        document = read_document(value, place=str(number))
    except UnreadableInputError as error:
        return Document(unread=[Unread(f"line {number}", str(error))], pages=[_broken(line)])
    _tell_rest(rest, document, f"line {number}")
    return document


def _broken(line: bytes) -> Page:
    """What a line that is no JSON may have held: its beginning often tells the type and the patient."""
    kind, patient = _TYPE_IN_TEXT.search(line), _PATIENT_IN_TEXT.search(line)
    types = _EVERY if kind is None or kind[1] == b"Bundle" else frozenset({kind[1].decode()})
    return Page(types, cut=True, of=f"Patient/{patient[1].decode()}" if patient is not None else None)


def _one_after_another(body: bytes) -> list[Document]:
    """Documents that follow each other over many lines; the first must be readable."""
    value, rest = first_value(body)
    if peek(value) is None:
        _refuse(value)
    found = [read_document(value)]
    while rest.lstrip(_BLANK).startswith(b"{"):
        try:
            value, following = first_value(rest)
            found.append(read_document(value, place=str(len(found) + 1)))
        except UnreadableInputError:
            break
        rest = following
    _tell_rest(rest, found[-1], "file")
    return found


def _tell_rest(rest: bytes, document: Document, place: str) -> None:
    if rest.strip():
        document.unread.append(Unread(place, "what follows the JSON is no JSON; it was not read"))
        document.pages.append(_broken(rest))


def _refuse(body: bytes) -> None:
    """Say why a whole input is unreadable."""
    if isinstance(parse_json(body), list):
        raise UnreadableInputError(
            "a JSON array is no FHIR; send a Bundle, or NDJSON with a resource on each line"
        )
    raise UnreadableInputError("not FHIR: a resource is a JSON object with a resourceType")


def read_document(body: bytes, place: str = "") -> Document:
    """The resources of one JSON document; ``place`` is its position in a file of several.

    Raises:
        UnreadableInputError: not JSON, or no FHIR resource.
    """
    seen = peek(body)
    if seen is None:
        _refuse(body)
    elif not seen.resource_type:
        raise UnreadableInputError("not FHIR: the JSON object has no resourceType")
    elif seen.resource_type == "Bundle":
        document = Document(bundle=True, place=f"{place}." if place else "")
        document.look_for_doubled(body)
        _read_bundle(body, document, 1)
        document.tell_doubled_frame()
        return document
    document = Document(entries=int(place or 1) - 1)
    read_resource(msgspec.Raw(body), document)
    return document


def read_resource(raw: msgspec.Raw | bytes, document: Document) -> None:
    """Add one resource, or all those of a Bundle, to a document."""
    document.look_for_doubled(raw)
    outcome, _ = _add(Entry(resource=msgspec.Raw(raw)), document, 0)
    document.tell_doubled_frame()
    if outcome in ("unreadable", "cut", "failed"):
        failed = outcome == "failed"
        document.pages.append(Page(frozenset({ANY_TYPE}) if failed else _EVERY, cut=True, failed=failed))


def _read_bundle(raw: msgspec.Raw | bytes, document: Document, depth: int) -> None:
    if depth > _DEEPEST:
        document.unread.append(Unread("Bundle", "Bundles are nested too deeply; the innermost were not read"))
        document.pages.append(Page(_EVERY, cut=True))
        return
    frame = read_frame(raw)
    bundle = frame.bundle
    if frame.entries_left_out:
        document.leave_out(frame.entries_left_out)
    if frame.links_left_out:
        document.unread.append(Unread("Bundle", f"{frame.links_left_out} of its links were not read"))
        document.pages.append(Page(_EVERY, cut=True))  # one of them may lead to a further page
    seen: set[str] = set()
    kinds: set[str] = set()
    outcomes: set[str] = set()
    matches: list[tuple[str, msgspec.Raw]] = []
    for number, entry in enumerate(bundle.entry):
        if document.is_exhausted:
            document.leave_out(len(bundle.entry) - number)
            outcomes.add("unreadable")
            break
        if bundle.type == "history" and _superseded(entry, seen):
            document.empty += 1
            continue
        outcome, kind = _add(entry, document, depth)
        document.unreadable += outcome in ("unreadable", "cut", "failed")
        document.empty += kind is None
        outcomes.add(outcome)
        if kind is not None and not (entry.search is not None and entry.search.mode == "include"):
            kinds.add(kind)
            matches.append((kind, entry.resource))
    searchset = bundle.type == "searchset"
    urls = {link.relation: link.url for link in bundle.link}
    searched = _searched_type(urls.get("self"))
    if not outcomes.isdisjoint({"unreadable", "cut"}):
        document.pages.append(Page(frozenset({searched}) if searched else _EVERY, cut=True))
    alone = not urls.keys() & {"next", "previous", "prev"}
    page = Page(
        types=_types(kinds, searched, searchset or "next" in urls, "self" in urls),
        own_url=urls.get("self"),
        next_url=(urls["next"] or "") if "next" in urls else None,
        cut=searchset and alone and _lacks(bundle.total or 0, matches),
        failed="failed" in outcomes,
    )
    if page.cut or page.failed or page.next_url is not None or page.own_url:
        document.pages.append(page)


def _lacks(total: int, matches: Sequence[tuple[str, msgspec.Raw]]) -> bool:
    """Whether there are more matches, by the server's count, than came; what is there twice came once."""
    if total < 1 or total > len(matches):
        return total > 0
    told_apart = zip((kind for kind, _ in matches), names(raw for _, raw in matches), strict=True)
    return total > len(set(told_apart))


def _searched_type(own: str | None) -> str | None:
    """The resource type that a search was for, by the URL of its result."""
    named = _SEARCHED_TYPE.search(own) if own else None
    return named[1] if named is not None else None


def _types(kinds: set[str], searched: str | None, search: bool, told: bool) -> frozenset[str]:
    """The types of which more may exist: those of the search; where it is not told which, any."""
    if searched is not None:
        return frozenset(kinds | {searched})
    if search and not told and len(kinds) == 1:
        return frozenset(kinds)
    return frozenset(kinds | {ANY_TYPE}) if search else frozenset({ANY_TYPE})


def _superseded(entry: Entry, seen: set[str]) -> bool:
    """Whether an entry of a history, which runs from new to old, is an older version of one seen."""
    request = entry.request
    peeked = peek(entry.resource)
    name = f"{peeked.resource_type}/{peeked.id}" if peeked is not None and peeked.id else None
    if name is None:
        name = bare(entry.full_url or (request.url if request is not None else None) or "")
    if name in seen:
        return True
    if name:
        seen.add(name)
    return request is not None and request.method == "DELETE"


def _add(entry: Entry, document: Document, depth: int) -> tuple[Outcome, str | None]:
    """Add what an entry holds: what came of it, and the resource type."""
    raw = entry.resource
    absent = bytes(raw) == b"null"
    seen = None if absent else peek(raw)
    if seen is not None and seen.resource_type == "Bundle":
        _read_bundle(raw, document, depth + 1)
        return "read", None
    document.entries += 1
    place = f"#{document.place}{document.entries}"
    if absent:
        return _add_without_resource(entry, document, place), None
    if seen is None or not seen.resource_type:
        reason = "no FHIR resource: a JSON object with a resourceType is needed"
        document.unread.append(Unread(place, reason))
        return "unreadable", None
    kind = seen.resource_type
    name = f"{kind}/{seen.id}" if seen.id else (entry.full_url or f"{kind}/{place}")
    if document.refuse_doubled(raw, kind, name):
        return "cut" if kind == "OperationOutcome" else "nothing", kind
    if kind == "OperationOutcome" or (entry.search is not None and entry.search.mode == "outcome"):
        return _told_by(raw, document), None
    document.sources.append(Source(raw, kind, seen.id, entry.full_url, name, seen.version))
    return "read", kind


def _add_without_resource(entry: Entry, document: Document, place: str) -> Outcome:
    """Of what was asked to be done, and of its outcome, there need be no resource; of all else there must."""
    status = entry.response.status if entry.response is not None else None
    if status is not None and _NOT_OK.match(status):
        document.unread.append(Unread(place, f"the server answered a part of the request with {status[:3]}"))
        return "failed"
    if entry.search is None and (status is not None or entry.request is not None):
        return "nothing"
    document.unread.append(Unread(place, "an entry without a resource; what it stands for was not read"))
    return "unreadable"


def _told_by(raw: msgspec.Raw, document: Document) -> Outcome:
    """What a server's remark among the results says of them: failed, cut short, or nothing that matters."""
    told = told_by(raw)
    if told != "nothing":
        document.unread.append(Unread("OperationOutcome", _REMARKS[told]))
    return told
