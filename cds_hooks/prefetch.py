"""What a client sent for each prefetch key, told apart as the specification tells it.

===========  =====================================================  ==========================================
state        in the request                                         what it means
===========  =====================================================  ==========================================
``present``  a resource, or a searchset with resources              data; ``truncated`` if there are more
``empty``    ``null``, or a searchset without matches               known to be nothing: do not ask again
``missing``  no such key                                            not asked for, or not answered
``failed``   an OperationOutcome, or what is no FHIR resource       asked for in vain: do not ask again
===========  =====================================================  ==========================================

A searchset is read leniently: whatever of its frame cannot be understood is ignored, as long as it hides no
entries. It may hold OperationOutcomes beside its matches. A warning there says no more than "no results"
(Epic sends it with ``total`` 0), unless its code tells that results are lacking (``incomplete`` …); an error
says that the search broke off. Keys that were not asked for are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar

import msgspec

from cds_hooks.json_objects import is_null

T = TypeVar("T")
PrefetchState = Literal["present", "empty", "missing", "failed"]

_RESOURCE_TYPE = re.compile(rb'\{\s*"resourceType"\s*:\s*"([A-Za-z]+)"')
_BROKEN = frozenset({"error", "fatal"})
# Whatever the severity: not every source could be reached, or something was held back (FHIR issue-type).
_NOT_WHOLE = frozenset({"incomplete", "suppressed", "timeout", "too-costly", "throttled"})


class Prefetched(msgspec.Struct, frozen=True, kw_only=True):
    """What came for one key.

    Attributes:
        state: see the module.
        resources: undecoded, in the order sent, without OperationOutcomes.
        full_urls: the names by which the searchset calls them, in the same order; ``None`` where it has none.
        truncated: not all that matches is there: further pages, entries that are no resources, a search that
            broke off, or a lone resource where a searchset was asked for.
        why: for ``failed``, the reason; it repeats nothing of the resource.
    """

    state: PrefetchState
    resources: tuple[msgspec.Raw, ...] = ()
    full_urls: tuple[str | None, ...] = ()
    truncated: bool = False
    why: str | None = None


class _Typed(msgspec.Struct, frozen=True):
    resource_type: str | None = msgspec.field(name="resourceType", default=None)


class _Link(msgspec.Struct, frozen=True):
    relation: str | None = None


_ABSENT = msgspec.Raw()  # msgspec knows no union with Raw


class _Bundle(msgspec.Struct, frozen=True):
    entry: msgspec.Raw = _ABSENT
    link: msgspec.Raw = _ABSENT
    total: msgspec.Raw = _ABSENT


class _Entry(msgspec.Struct, frozen=True):
    resource: msgspec.Raw = _ABSENT
    full_url: msgspec.Raw = msgspec.field(name="fullUrl", default=_ABSENT)


class _Issue(msgspec.Struct, frozen=True):
    severity: str | None = None
    code: str | None = None


class _Outcome(msgspec.Struct, frozen=True):
    issue: tuple[_Issue, ...] = ()


_BUNDLES = msgspec.json.Decoder(_Bundle)
_ENTRIES = msgspec.json.Decoder(_Entry)
_LISTS = msgspec.json.Decoder(list[msgspec.Raw])
_LINKS = msgspec.json.Decoder(_Link)
_TEXTS = msgspec.json.Decoder(str)
_TOTALS = msgspec.json.Decoder(float, strict=False)
_TYPED = msgspec.json.Decoder(_Typed)
_OUTCOMES = msgspec.json.Decoder(_Outcome)


def reconcile(prefetch: Mapping[str, msgspec.Raw], expected: Mapping[str, str]) -> dict[str, Prefetched]:
    """What came for each expected key; ``expected`` maps keys to the resource type that each asks for.

    Never raises: a value that is no FHIR resource is ``failed``, and says why.
    """
    return {
        key: read_value(prefetch[key], resource_type) if key in prefetch else Prefetched(state="missing")
        for key, resource_type in expected.items()
    }


def read_value(value: msgspec.Raw | bytes, resource_type: str) -> Prefetched:
    """One prefetch value, where resources of ``resource_type`` were asked for."""
    if is_null(value):
        return Prefetched(state="empty")
    kind = type_of(value)
    if kind is None:
        return _failed("it is not a FHIR resource (there is no resourceType)")
    if kind == "OperationOutcome":
        return _failed("the client sent an OperationOutcome")
    if kind == "Bundle":
        return _read_bundle(value, resource_type)
    if kind != resource_type:
        return _failed(f"it is a {kind[:64]}, not {resource_type}")
    # Patients are read by id; of anything else, one resource may be but the first of several.
    alone = resource_type == "Patient"
    return Prefetched(
        state="present", resources=(msgspec.Raw(bytes(value)),), full_urls=(None,), truncated=not alone
    )


def type_of(resource: msgspec.Raw | bytes) -> str | None:
    """The ``resourceType``, or ``None`` if the value is not an object that has one."""
    # Nearly every server writes it first; then there is no need to go through the whole resource.
    if found := _RESOURCE_TYPE.match(memoryview(resource)):
        return found[1].decode()
    typed = _lenient(_TYPED, resource)
    return (typed.resource_type or None) if typed is not None else None


def _read_bundle(value: msgspec.Raw | bytes, resource_type: str) -> Prefetched:
    bundle = _lenient(_BUNDLES, value)
    entries = _each(bundle.entry) if bundle is not None else None
    if bundle is None or entries is None:
        return _failed("it is a Bundle whose entries cannot be read")
    resources: list[msgspec.Raw] = []
    full_urls: list[str | None] = []
    matches, unreadable, broken, lacking = 0, 0, False, False
    for raw in entries:
        entry = _lenient(_ENTRIES, raw) or _Entry()
        kind = type_of(entry.resource)
        if kind is None:
            unreadable += 1
        elif kind == "OperationOutcome":
            issues = _issues(entry.resource)
            broken = broken or any(issue.severity in _BROKEN for issue in issues)
            lacking = lacking or any(issue.code in _NOT_WHOLE for issue in issues)
        else:
            matches += kind == resource_type
            resources.append(entry.resource)
            full_urls.append(_lenient(_TEXTS, entry.full_url))
    if resources and not matches:
        return _failed(f"none of its entries is of type {resource_type}")
    if broken and not resources:
        return _failed("the searchset holds only an OperationOutcome that tells an error")
    truncated = (
        broken or lacking or unreadable > 0 or _has_next(bundle.link) or _total(bundle.total) > matches
    )
    state: PrefetchState = "present" if resources or truncated else "empty"
    return Prefetched(
        state=state, resources=tuple(resources), full_urls=tuple(full_urls), truncated=truncated
    )


def _has_next(links: msgspec.Raw) -> bool:
    found = (_lenient(_LINKS, raw) for raw in _each(links) or ())
    return any(link is not None and link.relation == "next" for link in found)


def _total(raw: msgspec.Raw) -> float:
    """The number of matches as the server tells it, in quotes or not; 0 where it tells none."""
    return _lenient(_TOTALS, raw) or 0


def _each(raw: msgspec.Raw) -> Sequence[msgspec.Raw] | None:
    """The items of a list, of which a lone object is the only one; ``None`` for what is neither."""
    if not len(memoryview(raw)) or is_null(raw):
        return ()
    if bytes(memoryview(raw)[:1]) == b"{":
        return (raw,)
    return _lenient(_LISTS, raw)


def _lenient(decoder: msgspec.json.Decoder[T], raw: msgspec.Raw | bytes) -> T | None:
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None


def _issues(outcome: msgspec.Raw) -> Sequence[_Issue]:
    """What an OperationOutcome tells; one that cannot be read tells an error."""
    read = _lenient(_OUTCOMES, outcome)
    return (_Issue(severity="error"),) if read is None else read.issue


def _failed(why: str) -> Prefetched:
    return Prefetched(state="failed", why=why)
