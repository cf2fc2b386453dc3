"""What is asked of a server, and what came of it."""

from __future__ import annotations

from typing import Literal

import msgspec

FetchState = Literal["complete", "truncated", "failed", "not-asked"]

Why = Literal[
    # The server's word
    "unauthorized",  # 401
    "forbidden",  # 403
    "not-found",  # 404
    "gone",  # 410
    "too-many-requests",  # 429, and it did not let up in time
    "rejected",  # any other 4xx
    "server-error",  # 5xx, and tried again in vain
    "redirect",  # elsewhere, or too often
    "outcome",  # an OperationOutcome that tells an error
    "no-token",  # the token endpoint gave none
    # On the way
    "unreachable",  # no such name, no connection, no trusted certificate
    "address-refused",  # the name stands for an address that must not be called
    "connection-lost",  # reset, or cut off before the end
    "deadline",  # time ran out
    "queued",  # time ran out before it was asked: as many requests to the server as may be were under way
    "unexpected",  # a fault of this client
    # What came
    "not-json",  # HTML, nothing, broken JSON
    "doubled-keys",  # an object has two members of one name, of which each reader takes another
    "encoding",  # compressed in a way that was not asked for, or broken
    "wrong-type",  # FHIR, but not what was asked for
    "narrowed",  # it takes none but a narrower search, which may miss some
    "incomplete",  # entries that cannot be read, fewer than the server counted, or some left out by its word
    # How much
    "too-large",
    "too-many-pages",
    "too-many-resources",
    "loop",  # the next page is one that was read before, or repeats what was read
    "foreign-link",  # the next page is on a server that may not be called
]
"""Why an answer is not complete. The words repeat nothing of what the server sent."""


class Query(msgspec.Struct, frozen=True):
    """A read or a search.

    Attributes:
        resource_type: what is asked for.
        path: below the server's base (``Patient/1``, ``Condition?patient=1``), or the absolute URL of a page
            from which to go on.
        at_hand: the matches on the pages before that (:func:`fhir_mappings.search_results.names`), so that
            a server's count can be checked, and a page that repeats them is noticed.
        urgent: the call cannot be answered without it; asked before what is not (``turns.py``).
        narrower: the search that is made where the server refuses this one; what it finds is a part.
    """

    resource_type: str
    path: str
    at_hand: tuple[str | bytes, ...] = ()
    urgent: bool = False
    narrower: str | None = None


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a query.

    Attributes:
        state: ``complete``: all that there is. ``truncated``: a part of it. ``failed``: nothing of use.
            ``not-asked``: no request was made.
        resources: undecoded, in the order sent, OperationOutcomes left out; includes among them.
        full_urls: the names by which the searchset calls them, in the same order.
        why: for all states but ``complete``.
        pages: how many were read.
    """

    state: FetchState
    resources: tuple[msgspec.Raw, ...] = ()
    full_urls: tuple[str | None, ...] = ()
    why: Why | None = None
    pages: int = 0


READ_A_SECOND = 10_000_000.0
"""Bytes of a chart, from JSON to cards: measured with charts of 1 to 8 MB, of which results are the most."""


class FetchLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much is taken from a server.

    Attributes:
        pages: of one search.
        resources: of one search.
        answer_bytes: of one answer, once it is unpacked.
        call_bytes: of all answers of one call.
        concurrency: requests under way at a time.
        attempts: of one request, the first included.
        redirects: followed for one request.
        first_wait: seconds before the second attempt, where the server names none; doubled each time.
        read_a_second: bytes of what came that are read and judged in a second (:func:`kept_for_reading`).
    """

    pages: int = 20
    resources: int = 5_000
    answer_bytes: int = 10_000_000
    call_bytes: int = 20_000_000
    concurrency: int = 8
    attempts: int = 3
    redirects: int = 3
    first_wait: float = 0.1
    read_a_second: float = READ_A_SECOND


def kept_for_reading(size: float, seconds: float, read_a_second: float = READ_A_SECOND) -> float:
    """Of ``seconds`` until an answer is due, those in which what came is read, and nothing more fetched.

    In proportion to its ``size`` in bytes; half of the time at most, so that something can be fetched at all.
    """
    return max(0.0, min(size / read_a_second, seconds / 2))
