"""Whether a search result is whole, by its own word: prefetched, fetched, or read from a file.

Whatever is not known to be harmless leaves the search incomplete: what is not there may then still exist.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec

_WHOSE = frozenset({"patient", "subject", "individual"})
"""Name the patient: what is asked for of every type."""

_SHAPING = frozenset(
    {"_count", "_sort", "_format", "_pretty", "_include", "_revinclude", "_total", "_score", "_containedType"}
)
"""Say how much comes on a page, in which order and form, and what comes beside it (FHIR R4, search,
"managing returned resources"). ``_elements`` is none of them: nobody knows what it left out."""

_SHAPING_VALUES = frozenset({("_summary", "false"), ("_contained", "false"), ("_contained", "both")})
"""Values that ask for no less than nothing said would; others of these two leave out."""

_NO_PAGE = ("_count", "0")
"""Asks for the number of matches alone (FHIR R4, search, "page count")."""

_PAGING = re.compile(
    r"page|paging|offset|cursor|token|session|skip|snapshot|continuation|bundletype|^ct$", re.IGNORECASE
)
"""Names of parameters by which servers find their own pages again: ``_getpages``, ``_getpagesoffset``
and ``_bundletype`` (HAPI), ``sessionID`` (Epic), ``-pageContext`` (Oracle Health), ``ct`` (Microsoft),
``_page_token`` (Google), ``__token`` and ``__page-id`` (Blaze), ``_skip``, ``_offset``, ``cursor``. No search
parameter of R4 has such a name."""

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
    """Whether a search may have left out more than the one ``asked`` for.

    By another parameter, or by fewer values of one that was asked for.
    Every parameter does that is not known not to: what names the patient, what shapes the answer, and what
    looks like a server's own way to find its pages. So do a modifier or a chain behind what names the patient
    (``subject:Patient.birthdate``), and two different patients.
    Values of one parameter are alternatives (``category=a,b``); a parameter told twice must hold twice
    (FHIR R4, search, "composite search parameters"). A system before a code is not compared.

    Args:
        told: the parameters of the search that was made.
        asked: the search that should have been, a path with its query; a read finds the one that there is.
        by_value: look at values as well as at names.
    """
    _, is_search, query = asked.partition("?")
    if not is_search:
        return False
    known = {name: _values(value) for name, value in parse_qsl(query)}
    whose = {value.rpartition("/")[2] for name, value in told if _names_the_patient(name)}
    return len(whose) > 1 or any(
        name not in known or (by_value and not known[name] <= _values(value))
        for name, value in told
        if not _is_harmless(name, value)
    )


def _names_the_patient(name: str) -> bool:
    return name.removesuffix(":Patient") in _WHOSE


def _is_harmless(name: str, value: str) -> bool:
    return (name, value) != _NO_PAGE and (
        _names_the_patient(name)
        or name.partition(":")[0] in _SHAPING
        or (name, value) in _SHAPING_VALUES
        or _PAGING.search(name) is not None
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
