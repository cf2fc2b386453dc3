"""One answer of a server as FHIR: its resources, where the next page is, what is wrong with it."""

from __future__ import annotations

import msgspec

from fhir_mappings.bundles import read_document
from fhir_mappings.client.asking import Why
from fhir_mappings.client.bodies import AnswerError
from fhir_mappings.decoding import peek
from fhir_mappings.errors import UnreadableInputError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Answer(msgspec.Struct, frozen=True):
    """What one answer holds.

    Attributes:
        resources, full_urls: in the order sent, OperationOutcomes left out.
        matches: how many are of the type that was asked for.
        total: how many there are on all pages, if the server tells.
        next_url: of the next page, as the server wrote it.
        flaw: why the resources of this page are not all that it should hold.
    """

    resources: tuple[msgspec.Raw, ...]
    full_urls: tuple[str | None, ...]
    matches: int
    total: int = 0
    next_url: str | None = None
    flaw: Why | None = None


class _Totalled(msgspec.Struct, frozen=True):
    total: int = 0


_totals = msgspec.json.Decoder(_Totalled, strict=False)


def read_answer(body: bytes, resource_type: str, *, search: bool) -> Answer:
    """The answer to a read or a search for ``resource_type``.

    Raises:
        AnswerError: ``not-json``, ``wrong-type``, or ``outcome`` for an OperationOutcome instead of data.
    """
    body = body.removeprefix(_BYTE_ORDER_MARK)
    try:
        body.decode()
        document = read_document(body)
    except (UnicodeDecodeError, UnreadableInputError):
        raise AnswerError("not-json") from None
    if not document.bundle:
        seen = peek(body)
        if seen is not None and seen.resource_type == "OperationOutcome":
            raise AnswerError("outcome")
        if not document.sources or document.sources[0].kind != resource_type:
            raise AnswerError("wrong-type")
        # Where a search was asked for, a lone resource may be but one of several.
        flaw: Why | None = "incomplete" if search else None
        return Answer((msgspec.Raw(body),), (None,), 1, flaw=flaw)
    sources = document.sources
    matches = sum(source.kind == resource_type for source in sources)
    failed = any(page.failed for page in document.pages)
    if sources and not matches:
        raise AnswerError("wrong-type")
    if failed and not sources:
        raise AnswerError("outcome")
    next_url = next((page.next_url for page in document.pages if page.next_url is not None), None)
    flaw = "outcome" if failed else "incomplete" if document.unread else None
    return Answer(
        tuple(msgspec.Raw(source.raw) for source in sources),
        tuple(source.full_url for source in sources),
        matches,
        _total(body),
        next_url,
        flaw,
    )


def _total(body: bytes) -> int:
    try:
        return _totals.decode(body).total
    except (msgspec.DecodeError, RecursionError):
        return 0
