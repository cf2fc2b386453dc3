"""Whether a search result is whole, by its own word: prefetched, fetched, or read from a file.

Whatever is not known to be harmless leaves the search incomplete: what is not there may then still exist.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec

NARROWING = frozenset(
    [
        "_content",
        "_filter",
        "_has",
        "_id",
        "_lastUpdated",
        "_list",
        "_profile",
        "_security",
        "_source",
        "_tag",
        "_text",
        "asserted-date",
        "authoredon",
        "category",
        "class",
        "clinical-status",
        "code",
        "code-value-concept",
        "code-value-quantity",
        "combo-code",
        "combo-code-value-concept",
        "combo-code-value-quantity",
        "context",
        "criticality",
        "date",
        "effective",
        "effective-time",
        "encounter",
        "intent",
        "issued",
        "location",
        "medication",
        "onset",
        "onset-date",
        "performer",
        "period",
        "recorded-date",
        "recorder",
        "requester",
        "severity",
        "status",
        "type",
        "vaccine-code",
        "value-concept",
        "value-quantity",
        "verification-status",
        "whenhandedover",
        "whenprepared",
    ]
)
"""Search parameters of R4 that leave resources of the patient out. Names that only one server knows, by which
it finds its pages, are none of them."""

_MOST_PARAMETERS = 100

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


def searched_by(url: str | None) -> frozenset[tuple[str, str]]:
    """Parameters of the search that was made, with modifiers and values, by the ``self`` link of a searchset.

    FHIR R4, search, "server conformance": it tells which parameters the server used. None that can be read
    tell nothing.
    """
    try:
        told = parse_qsl(urlsplit(url or "").query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return frozenset()
    return frozenset(told)


def narrows(told: Collection[tuple[str, str]], asked: str, *, by_value: bool = True) -> bool:
    """Whether a search left out more than the one ``asked`` for: by another parameter, or by fewer values.

    Values of one parameter are alternatives (``category=a,b``); a parameter told twice must hold twice
    (FHIR R4, search, "composite search parameters"). A system before a code is not compared.

    Args:
        told: the parameters of the search that was made.
        asked: the search that should have been, a path with its query.
        by_value: look at values as well as at names.
    """
    known = {name: _values(value) for name, value in parse_qsl(asked.partition("?")[2])}
    return any(
        name not in known or (by_value and not known[name] <= _values(value))
        for name, value in told
        if name.partition(":")[0] in NARROWING
    )


def _values(text: str) -> frozenset[str]:
    return frozenset(value.rpartition("|")[2] for value in text.split(","))


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
