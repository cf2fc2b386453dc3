"""One answer of a server as FHIR: its resources, where the next page is, what is wrong with it."""

from __future__ import annotations

import msgspec

from fhir_mappings.bundles import read_document
from fhir_mappings.client.asking import Why
from fhir_mappings.client.bodies import AnswerError
from fhir_mappings.decoding import doubled_objects, peek
from fhir_mappings.errors import UnreadableInputError
from fhir_mappings.search_results import names, searched_by

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MOST_LINKS = 100


class Answer(msgspec.Struct, frozen=True):
    """What one answer holds.

    Attributes:
        resources, full_urls: in the order sent, OperationOutcomes left out.
        matches: those of the type that was asked for (:func:`fhir_mappings.search_results.names`).
        total: how many there are on all pages, if the server tells.
        next_url: of the next page, as the server wrote it.
        searched_by: the search that was made (:func:`fhir_mappings.search_results.searched_by`).
        flaw: why the resources of this page are not all that it should hold.
    """

    resources: tuple[msgspec.Raw, ...]
    full_urls: tuple[str | None, ...]
    matches: tuple[str | bytes, ...]
    total: int = 0
    next_url: str | None = None
    flaw: Why | None = None
    searched_by: frozenset[tuple[str, str]] = frozenset()


_ABSENT = msgspec.Raw(b"null")


class _Frame(msgspec.Struct, frozen=True):
    type: msgspec.Raw = _ABSENT
    total: msgspec.Raw = _ABSENT
    entry: msgspec.Raw = _ABSENT
    link: msgspec.Raw = _ABSENT


class _Typed(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: str | None = None


class _Entry(msgspec.Struct, frozen=True):
    resource: _Typed | None = None


_frames = msgspec.json.Decoder(_Frame)
_lists = msgspec.json.Decoder(list[msgspec.Raw])
_entries = msgspec.json.Decoder(_Entry)
_totals = msgspec.json.Decoder(int, strict=False)


def read_answer(body: bytes, resource_type: str, *, search: bool, most: int = 10_000) -> Answer:
    """The answer to a read or a search for ``resource_type``, of which ``most`` entries are looked at.

    Raises:
        AnswerError: ``not-json``, ``doubled-keys``, ``wrong-type``, or ``outcome`` for an OperationOutcome
            instead of data.
    """
    body = body.removeprefix(_BYTE_ORDER_MARK)
    try:
        body.decode()
        frame = _frames.decode(body)
        bounded = _bounded(frame, most)
        document = read_document(bounded or body)
        doubled = document.doubled or (bounded is not None and doubled_objects(body))
    except (UnicodeDecodeError, UnreadableInputError, msgspec.DecodeError, RecursionError):
        raise AnswerError("not-json") from None
    if doubled:
        raise AnswerError("doubled-keys")
    if not document.bundle:
        seen = peek(body)
        if seen is not None and seen.resource_type == "OperationOutcome":
            raise AnswerError("outcome")
        if not document.sources or document.sources[0].kind != resource_type:
            raise AnswerError("wrong-type")
        # Where a search was asked for, a lone resource may be but one of several.
        flaw: Why | None = "incomplete" if search else None
        lone = msgspec.Raw(body)
        return Answer((lone,), (None,), names([lone]), flaw=flaw)
    if search and not _is_searchset(frame):
        raise AnswerError("wrong-type")
    sources = document.sources
    matches = names(source.raw for source in sources if source.kind == resource_type)
    failed = any(page.failed for page in document.pages)
    if sources and not matches:
        raise AnswerError("wrong-type")
    if failed and not sources:
        raise AnswerError("outcome")
    next_url = next((page.next_url for page in document.pages if page.next_url is not None), None)
    # A further page whose address is not told is one that cannot be read.
    flaw = "outcome" if failed else "incomplete" if document.unread or next_url == "" else None
    if bounded is not None:
        flaw = "too-many-resources"
    return Answer(
        tuple(msgspec.Raw(source.raw) for source in sources),
        tuple(source.full_url for source in sources),
        matches,
        _total(frame),
        next_url or None,
        flaw,
        searched_by(next((page.own_url for page in document.pages if page.own_url is not None), None)),
    )


def _bounded(frame: _Frame, most: int) -> bytes | None:
    """The Bundle with its first entries only, if it has more than so many.

    Each entry costs time, whatever is in it, and ten megabytes can hold millions of empty ones. Bundles
    within the Bundle would hide more of them, and are no answer to a search.

    Raises:
        AnswerError: there are such.
    """
    links = _listed(frame.link)
    if len(links) > _MOST_LINKS:
        raise AnswerError("not-json")
    entries = _listed(frame.entry)
    few = entries[:most]
    for raw in few:
        try:
            found = _entries.decode(raw).resource
        except (msgspec.DecodeError, RecursionError):
            continue  # no Bundle either; whoever reads the entry says what it is
        if found is not None and found.resource_type == "Bundle":
            raise AnswerError("wrong-type")
    if len(entries) <= most:
        return None
    return msgspec.json.encode({"resourceType": "Bundle", "type": "searchset", "entry": few})


def _listed(raw: msgspec.Raw) -> list[msgspec.Raw]:
    try:
        return _lists.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return []


def _is_searchset(frame: _Frame) -> bool:
    """Whether a Bundle is the answer to a search; one that does not say what it is may be."""
    return bytes(frame.type) in (b"null", b'"searchset"')


def _total(frame: _Frame) -> int:
    try:
        return _totals.decode(frame.total)
    except (msgspec.DecodeError, RecursionError):
        return 0
