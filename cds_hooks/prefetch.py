"""What a client sent for each prefetch key, told apart as the specification tells it.

===========  =====================================================  ==========================================
state        in the request                                         what it means
===========  =====================================================  ==========================================
``present``  a resource, or a searchset with resources              data; ``truncated`` if there are more
``empty``    ``null``, or a searchset without matches               known to be nothing: do not ask again
``missing``  no such key                                            not asked for, or not answered
``failed``   an OperationOutcome, or what is no FHIR resource       asked for in vain: do not ask again
===========  =====================================================  ==========================================

A searchset may hold OperationOutcomes beside its matches. A warning there says no more than "no results"
(Epic sends it with ``total`` 0); an error says that the search broke off. Keys that were not asked for
are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from cds_hooks.json_objects import is_null

PrefetchState = Literal["present", "empty", "missing", "failed"]

_RESOURCE_TYPE = re.compile(rb'\{\s*"resourceType"\s*:\s*"([A-Za-z]+)"')
_BROKEN = frozenset({"error", "fatal"})


class Prefetched(msgspec.Struct, frozen=True, kw_only=True):
    """What came for one key.

    Attributes:
        state: see the module.
        resources: undecoded, in the order sent, without OperationOutcomes.
        truncated: not all that matches is there: further pages, entries that are no resources, a search that
            broke off, or a lone resource where a searchset was asked for.
        why: for ``failed``, the reason; it repeats nothing of the resource.
    """

    state: PrefetchState
    resources: tuple[msgspec.Raw, ...] = ()
    truncated: bool = False
    why: str | None = None


class _Typed(msgspec.Struct, frozen=True):
    resource_type: str | None = msgspec.field(name="resourceType", default=None)


class _Link(msgspec.Struct, frozen=True):
    relation: str | None = None


class _Bundle(msgspec.Struct, frozen=True):
    entry: tuple[msgspec.Raw, ...] | None = None
    link: tuple[_Link, ...] | None = None
    total: int | None = None


class _Search(msgspec.Struct, frozen=True):
    mode: str | None = None


class _Entry(msgspec.Struct, frozen=True):
    resource: msgspec.Raw = msgspec.Raw()  # msgspec knows no union with Raw
    search: _Search | None = None


class _Issue(msgspec.Struct, frozen=True):
    severity: str | None = None


class _Outcome(msgspec.Struct, frozen=True):
    issue: tuple[_Issue, ...] = ()


_BUNDLES = msgspec.json.Decoder(_Bundle)
_ENTRIES = msgspec.json.Decoder(_Entry)
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
    return Prefetched(state="present", resources=(msgspec.Raw(bytes(value)),), truncated=not alone)


def type_of(resource: msgspec.Raw | bytes) -> str | None:
    """The ``resourceType``, or ``None`` if the value is not an object that has one."""
    # Nearly every server writes it first; then there is no need to go through the whole resource.
    if found := _RESOURCE_TYPE.match(memoryview(resource)):
        return found[1].decode()
    try:
        return _TYPED.decode(resource).resource_type or None
    except (msgspec.DecodeError, RecursionError):
        return None


def _read_bundle(value: msgspec.Raw | bytes, resource_type: str) -> Prefetched:
    try:
        bundle = _BUNDLES.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return _failed("it is a Bundle whose entries cannot be read")
    resources: list[msgspec.Raw] = []
    matches, unreadable, broken = 0, 0, False
    for raw in bundle.entry or ():
        resource = _resource_of(raw)
        kind = type_of(resource) if resource is not None else None
        if resource is None or kind is None:
            unreadable += 1
        elif kind == "OperationOutcome":
            broken = broken or _tells_failure(resource)
        else:
            matches += kind == resource_type
            resources.append(resource)
    if resources and not matches:
        return _failed(f"none of its entries is of type {resource_type}")
    if broken and not resources:
        return _failed("the searchset holds only an OperationOutcome that tells an error")
    more = any(link.relation == "next" for link in bundle.link or ())
    truncated = broken or more or unreadable > 0 or (bundle.total or 0) > matches
    state: PrefetchState = "present" if resources or truncated else "empty"
    return Prefetched(state=state, resources=tuple(resources), truncated=truncated)


def _resource_of(raw: msgspec.Raw) -> msgspec.Raw | None:
    try:
        resource = _ENTRIES.decode(raw).resource
    except (msgspec.DecodeError, RecursionError):
        return None
    return resource if len(memoryview(resource)) else None


def _tells_failure(outcome: msgspec.Raw) -> bool:
    try:
        issues: Iterable[_Issue] = _OUTCOMES.decode(outcome).issue
    except (msgspec.DecodeError, RecursionError):
        return True
    return any(issue.severity in _BROKEN for issue in issues)


def _failed(why: str) -> Prefetched:
    return Prefetched(state="failed", why=why)
