"""The server's list of what it exported, page by page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator

import msgspec

from fhir_mappings.client.addresses import Address, AddressError
from fhir_mappings.client.bulk_door import Answer
from fhir_mappings.client.bulk_request import BulkError
from fhir_mappings.client.bulk_state import File, Kind

_MOST_PAGES = 1_000


class _Entry(msgspec.Struct, frozen=True):
    url: str
    type: str = ""
    count: int | None = None


class _Link(msgspec.Struct, frozen=True):
    relation: str = ""
    url: str = ""


class _Page(msgspec.Struct, frozen=True, rename="camel"):
    output: tuple[_Entry, ...]
    transaction_time: str = ""
    requires_access_token: bool = True
    deleted: tuple[_Entry, ...] | None = None
    error: tuple[_Entry, ...] | None = None
    link: tuple[_Link, ...] | None = None


_pages = msgspec.json.Decoder(_Page, strict=False)


class Manifest(msgspec.Struct, frozen=True):
    """What there is.

    Attributes:
        transaction_time: the instant of which the data are.
        token_for_files: whether the files take the token.
        files: those that are wanted, in the order told, each with the name that it is kept under.
        not_wanted: how many there are besides, of resource types that nobody asked for.
    """

    transaction_time: str
    token_for_files: bool
    files: tuple[File, ...]
    not_wanted: int


async def read_manifest(
    first: Answer, wanted: Collection[str], another: Callable[[Address], Awaitable[Answer]]
) -> Manifest:
    """The manifest that begins with this answer; ``another`` fetches further pages.

    Raises:
        BulkError: it is none.
    """
    answer, page = first, _read(first)
    seen = {first.at}
    found = list(_entries(page, first.at))
    while (onward := _next(page, answer.at)) is not None:
        if onward in seen or len(seen) >= _MOST_PAGES:
            raise BulkError("the manifest's pages lead nowhere; ask the server's operator")
        seen.add(onward)
        answer = await another(onward)
        if answer.status != 200:
            raise BulkError(
                f"a page of the manifest was answered with {answer.status}; run the command again"
            )
        page = _read(answer)
        found += _entries(page, answer.at)
    first_page = _read(first)
    kept = [(kind, entry, url) for kind, entry, url in found if kind != "output" or entry.type in wanted]
    return Manifest(
        first_page.transaction_time,
        first_page.requires_access_token,
        tuple(_named(kept)),
        len(found) - len(kept),
    )


def _read(answer: Answer) -> _Page:
    try:
        return _pages.decode(answer.body)
    except (msgspec.DecodeError, RecursionError):
        raise BulkError(
            "the server says that the export is done, with an answer that is no manifest of FHIR Bulk Data; "
            "is the URL that of a FHIR server?"
        ) from None


def _next(page: _Page, at: Address) -> Address | None:
    for link in page.link or ():
        if link.relation == "next":
            return _followed(at, link.url)
    return None


def _entries(page: _Page, at: Address) -> Iterator[tuple[Kind, _Entry, str]]:
    for entry in page.output:
        yield "output", entry, _followed(at, entry.url).url
    for entry in page.deleted or ():
        yield "deleted", entry, _followed(at, entry.url).url
    for entry in page.error or ():
        yield "error", entry, _followed(at, entry.url).url


def _followed(at: Address, link: str) -> Address:
    try:
        return at.followed(link)
    except AddressError as error:
        raise BulkError(f"the manifest has an address that cannot be used: {error}") from None


def _named(entries: Collection[tuple[Kind, _Entry, str]]) -> Iterator[File]:
    numbers: dict[str, int] = {}
    for kind, entry, url in entries:
        stem = {"output": entry.type, "deleted": "deleted/Bundle", "error": "errors/OperationOutcome"}[kind]
        numbers[stem] = numbers.get(stem, 0) + 1
        name = f"{stem}-{numbers[stem]:04}.ndjson"
        yield File(kind=kind, type=entry.type, url=url, name=name, count=entry.count)
