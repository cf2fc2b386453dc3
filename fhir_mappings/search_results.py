"""Whether a search result is whole, by its own word: prefetched, fetched, or read from a file.

Whatever is not known to be harmless leaves the search incomplete: what is not there may then still exist.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal

import msgspec

Told = Literal["nothing", "cut", "failed"]

_FAILED = frozenset({"error", "fatal"})
_REMARKS = frozenset({"warning", "information", "success"})
_HARMLESS = frozenset(
    {
        "informational",
        "success",
        # "Resource request returns no results" (4101) and the note that a record may be wider than what its
        # reader may see (4119), which come with whole searches: Epic, error codes of its FHIR interface.
        "processing",
        "not-found",
        # A parameter that was ignored: more is sent than was asked for, not less.
        "not-supported",
        "invalid",
        "structure",
        "value",
        "code-invalid",
    }
)


class _Issue(msgspec.Struct, frozen=True):
    severity: str | None = None
    code: str | None = None


class _Outcome(msgspec.Struct, frozen=True):
    issue: tuple[_Issue, ...] = ()


class _Identified(msgspec.Struct, frozen=True):
    id: str | None = None


_outcomes = msgspec.json.Decoder(_Outcome)
_identified = msgspec.json.Decoder(_Identified)


def told_by(outcome: msgspec.Raw | bytes) -> Told:
    """What an OperationOutcome among the results says of them.

    ``failed``: the search broke off. ``cut``: results may be lacking, as by the codes ``suppressed``
    (Epic's 59204: results of a sub-type "will not be returned"), ``incomplete`` or ``timeout``, whatever the
    severity. ``nothing``: a remark that takes nothing away. The codes are those of FHIR's issue-type
    (https://hl7.org/fhir/R4/valueset-issue-type.html); an unknown one, or none, is not harmless.
    """
    try:
        issues = _outcomes.decode(outcome).issue
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "failed"
    if any(issue.severity in _FAILED for issue in issues):
        return "failed"
    harmless = (issue.severity in _REMARKS and issue.code in _HARMLESS for issue in issues)
    return "nothing" if issues and all(harmless) else "cut"


def names(resources: Iterable[msgspec.Raw | bytes]) -> tuple[str | bytes, ...]:
    """What tells resources of one type apart, one for each: the id, or all of a resource that has none.

    A server that sends on a page what it sent on one before has not sent more by it, whatever it counts.
    """
    return tuple(_id_of(raw) or bytes(raw) for raw in resources)


def how_many_new(found: Iterable[str | bytes], known: Collection[str | bytes] = ()) -> int:
    """How many of the names on a page were on none before, each counted once.

    A server that sends one resource twice may have left another out: of three matches, ``a``, ``b`` and ``a``
    are two, and a third may exist.
    """
    return len(set(found).difference(known))


def _id_of(raw: msgspec.Raw | bytes) -> str | None:
    try:
        return _identified.decode(raw).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
