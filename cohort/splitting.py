"""Lines that hold more than one resource: Bundles, and documents that follow each other."""

from __future__ import annotations

import re

import msgspec

from cohort.routing import SHARED, Routed
from fhir_mappings.bundles import Page, read_document
from fhir_mappings.datatypes import Element
from fhir_mappings.decoding import first_value
from fhir_mappings.errors import UnreadableInputError
from fhir_mappings.references import bare

_URN = re.compile(rb'"(urn:(?:uuid|oid):[^"\\]+)"')
_HAS_ID = re.compile(rb'"id"\s*:')
_LAST = re.compile(r"([A-Za-z0-9.-]{1,64})/?$")


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """What a Bundle holds.

    Attributes:
        resources: each as a line; they refer to each other by ``Type/id``.
        owner: the only patient in it, to whom also belongs what names nobody.
        held: its resources that belong to nobody, by name.
        deleted: what it says was deleted, by name.
        pages: what it says of searches.
        unread: what in it is no resource, or cannot be read.
    """

    resources: list[bytes]
    owner: str | None
    held: frozenset[str]
    deleted: list[str]
    pages: list[Page]
    unread: list[str]


def split_bundle(raw: bytes) -> Split:
    """The resources of a Bundle.

    Raises:
        UnreadableInputError: it is none.
    """
    document = read_document(raw)
    names: dict[bytes, bytes] = {}
    bodies: list[bytes] = []
    patients: set[str] = set()
    held: set[str] = set()
    for source in document.sources:
        body, own = bytes(source.raw), source.id
        last = _LAST.search(source.full_url or "")
        if own is None and last is not None and _HAS_ID.search(body) is None:
            own = last[1]
            body = b'{"id":"%s",%s' % (own.encode(), body.lstrip()[1:])
        bodies.append(body)
        if own is None:
            continue
        name = f"{source.kind}/{own}"
        if source.full_url is not None and source.full_url.startswith("urn:"):
            names[source.full_url.encode()] = name.encode()
        if source.kind == "Patient":
            patients.add(name)
        elif source.kind in SHARED:
            held.add(name)
    deleted, unreadable = _deleted(raw)
    return Split(
        resources=[_renamed(body, names) for body in bodies],
        owner=next(iter(patients)) if len(patients) == 1 else None,
        held=frozenset(held),
        deleted=deleted,
        pages=document.pages,
        unread=[str(one.why) for one in document.unread] + unreadable,
    )


def of_owner(routed: Routed, split: Split) -> Routed:
    """Where a resource of a Bundle belongs: in that of one patient, to this patient where it names nobody."""
    owner = split.owner
    if owner is None:
        return routed
    wants = tuple(name for name in routed.wants if name not in split.held)
    if routed.shared or routed.is_nobodys:
        return msgspec.structs.replace(
            routed, patient=owner, shared=False, used=True, fault=None, identifiers=(), wants=wants
        )
    return msgspec.structs.replace(routed, wants=wants)


def values_of(raw: bytes) -> list[bytes]:
    """The JSON values of a line that follow each other; the last may be none."""
    found: list[bytes] = []
    rest = raw
    while rest.strip():
        try:
            value, following = first_value(rest)
        except UnreadableInputError:
            return [*found, rest]
        found.append(value)
        rest = following.lstrip()
    return found


def on_one_line(raw: bytes) -> bytes | None:
    """A JSON document over many lines on one; ``None`` where it is no single document."""
    try:
        msgspec.json.decode(raw, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return raw.replace(b"\n", b" ").replace(b"\r", b" ")


def _renamed(body: bytes, names: dict[bytes, bytes]) -> bytes:
    if not names or b'"urn:' not in body:
        return body
    return _URN.sub(lambda found: b'"%s"' % names.get(found[1], found[1]), body)


class _Request(Element, frozen=True):
    method: str | None = None
    url: str | None = None


class _Entry(Element, frozen=True):
    request: _Request | None = None


class _Entries(Element, frozen=True):
    entry: tuple[msgspec.Raw, ...] = ()


class _Issue(Element, frozen=True):
    severity: str | None = None


class _Outcome(Element, frozen=True):
    issue: tuple[_Issue, ...] = ()


_entries = msgspec.json.Decoder(_Entries)
_entry = msgspec.json.Decoder(_Entry)
_outcome = msgspec.json.Decoder(_Outcome)


def _deleted(raw: bytes) -> tuple[list[str], list[str]]:
    """What a Bundle says was deleted, as in a bulk export, and what of that cannot be read."""
    if b'"DELETE"' not in raw:
        return [], []
    try:
        entries = _entries.decode(raw).entry
    except msgspec.MsgspecError:
        return [], ["what it says was deleted cannot be read"]
    found: list[str] = []
    unreadable: list[str] = []
    for one in entries:
        try:
            request = _entry.decode(one).request
        except msgspec.MsgspecError:
            unreadable.append("an entry that says what was deleted cannot be read")
            continue
        if request is not None and request.method == "DELETE" and request.url:
            found.append(bare(request.url))
    return found, unreadable


def tells_error(raw: bytes) -> bool:
    """Whether an OperationOutcome says that something went wrong, or does not say what it is."""
    try:
        issues = _outcome.decode(raw).issue
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return True
    return any(issue.severity not in ("warning", "information") for issue in issues)
