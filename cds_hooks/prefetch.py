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
entries; a frame that tells one thing twice (two ``total``, two ``entry``) tells nothing. It may hold
OperationOutcomes beside its matches; ``fhir_mappings.search_results`` knows which of them say no more than
"no results" (Epic sends that with ``total`` 0), which that results are lacking, and which that the search
broke off. Keys that were not asked for are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, TypeVar

import msgspec

from cds_hooks.errors import NotJsonError
from cds_hooks.json_objects import is_null, members
from fhir_mappings.search_results import how_many_new, names, searched_by, told_by

T = TypeVar("T")
PrefetchState = Literal["present", "empty", "missing", "failed"]

_RESOURCE_TYPE = re.compile(rb'\{\s*"resourceType"\s*:\s*"([A-Za-z]+)"')
_MOST_ENTRIES = 20_000
"""No chart has so many of one kind; a body of twenty megabytes can hold millions that are none."""
_MOST_LINKS = 100
_DOUBLED = "there are entries that have two members of one name"
_NO_RESOURCE = "there are entries without a resource that can be read"
_TOLD = {
    "cut": "the server says in an OperationOutcome that results may be lacking",
    "failed": "the server tells an error among the results",
}


class Prefetched(msgspec.Struct, frozen=True, kw_only=True):
    """What came for one key.

    Attributes:
        state: see the module.
        resources: undecoded, in the order sent, without OperationOutcomes.
        full_urls: the names by which the searchset calls them, in the same order; ``None`` where it has none.
        truncated: not all that matches is there: further pages, entries that are no resources or too many, a
            search that broke off or left results out, or a lone resource where a searchset was asked for.
        why: for ``failed``, and for what is ``flawed``, the reason; it repeats nothing of the resource.
        in_vain: for ``failed``, the client asked its server and was refused: asking again is of no use.
        next_url: of the next page, as the server wrote it, if there is one.
        lacking: how many more matches there are by the server's count than came, at least.
        flawed: what was sent has faults of its own, which further pages would not mend.
        searched_by: parameters of the search that was made, each with its modifier and its value, as far as
            the server tells it in the ``self`` link (FHIR R4, search, "server conformance").
    """

    state: PrefetchState
    resources: tuple[msgspec.Raw, ...] = ()
    full_urls: tuple[str | None, ...] = ()
    truncated: bool = False
    why: str | None = None
    in_vain: bool = False
    next_url: str | None = None
    lacking: float = 0
    flawed: bool = False
    searched_by: frozenset[tuple[str, str]] = frozenset()


class _Typed(msgspec.Struct, frozen=True):
    resource_type: str | None = msgspec.field(name="resourceType", default=None)


_ABSENT = msgspec.Raw()  # msgspec knows no union with Raw


class _Link(msgspec.Struct, frozen=True):
    relation: str | None = None
    url: msgspec.Raw = _ABSENT


class _Bundle(msgspec.Struct, frozen=True):
    entry: msgspec.Raw = _ABSENT
    link: msgspec.Raw = _ABSENT
    total: msgspec.Raw = _ABSENT


class _Entry(msgspec.Struct, frozen=True):
    resource: msgspec.Raw = _ABSENT
    full_url: msgspec.Raw = msgspec.field(name="fullUrl", default=_ABSENT)


_BUNDLES = msgspec.json.Decoder(_Bundle)
_ENTRIES = msgspec.json.Decoder(_Entry)
_LISTS = msgspec.json.Decoder(list[msgspec.Raw])
_LINKS = msgspec.json.Decoder(_Link)
_TEXTS = msgspec.json.Decoder(str)
_TOTALS = msgspec.json.Decoder(float, strict=False)
_TYPED = msgspec.json.Decoder(_Typed)


def reconcile(
    prefetch: Mapping[str, msgspec.Raw],
    expected: Mapping[str, str],
    names: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Prefetched]:
    """What came for each expected key; ``expected`` maps keys to the resource type that each asks for.

    ``names`` maps keys to the names that they have with this client, where it names them otherwise.
    Never raises: a value that is no FHIR resource is ``failed``, and says why.
    """
    found = {key: prefetch.get(names.get(key, key)) for key in expected}
    return {
        key: Prefetched(state="missing") if value is None else read_value(value, expected[key])
        for key, value in found.items()
    }


def read_value(value: msgspec.Raw | bytes, resource_type: str) -> Prefetched:
    """One prefetch value, where resources of ``resource_type`` were asked for."""
    if is_null(value):
        return Prefetched(state="empty")
    kind = type_of(value)
    if kind is None:
        return _failed("it is not a FHIR resource (there is no resourceType)")
    if kind == "OperationOutcome":
        return _failed("the client sent an OperationOutcome", in_vain=True)
    if kind == "Bundle":
        return _read_bundle(value, resource_type)
    if kind != resource_type:
        return _failed(f"it is a {kind[:64]}, not {resource_type}")
    # Patients are read by id; of anything else, one resource may be but the first of several.
    whole = resource_type == "Patient"
    return Prefetched(
        state="present",
        resources=(msgspec.Raw(bytes(value)),),
        full_urls=(None,),
        truncated=not whole,
        lacking=0 if whole else 1,
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
    try:
        members(bytes(value), "the Bundle")
    except NotJsonError as error:
        return _failed(error.message)
    resources: list[msgspec.Raw] = []
    full_urls: list[str | None] = []
    matches: list[msgspec.Raw] = []
    faults: list[str] = []
    for raw in entries[:_MOST_ENTRIES]:
        entry = _lenient(_ENTRIES, raw) or _Entry()
        kind = type_of(entry.resource)
        if kind is None:
            faults.append(_NO_RESOURCE)
        elif _is_doubled(raw):
            faults.append(_DOUBLED)
        elif kind == "OperationOutcome":
            told = told_by(entry.resource)
            if told != "nothing":
                faults.append(_TOLD[told])
        else:
            if kind == resource_type:
                matches.append(entry.resource)
            resources.append(entry.resource)
            full_urls.append(_lenient(_TEXTS, entry.full_url))
    if resources and not matches:
        return _failed(f"none of its entries is of type {resource_type}")
    if _TOLD["failed"] in faults and not resources:
        return _failed("the searchset holds only an OperationOutcome that tells an error", in_vain=True)
    if len(entries) > _MOST_ENTRIES:
        faults.append(f"it has more than {_MOST_ENTRIES} entries")
    has_next, next_url = _next(bundle.link)
    lacking = _lacking(_total(bundle.total), matches)
    truncated = bool(faults) or has_next or lacking > 0
    state: PrefetchState = "present" if resources or truncated else "empty"
    return Prefetched(
        state=state,
        resources=tuple(resources),
        full_urls=tuple(full_urls),
        truncated=truncated,
        why="; ".join(dict.fromkeys(faults)) or None,
        next_url=next_url,
        lacking=lacking,
        flawed=bool(faults),
        searched_by=_searched_by(bundle.link),
    )


def _is_doubled(entry: msgspec.Raw) -> bool:
    """Whether an entry has two members of one name; within resources whoever reads them looks."""
    try:
        members(bytes(entry))
    except NotJsonError:
        return True
    return False


def _lacking(total: float, matches: Sequence[msgspec.Raw]) -> float:
    """How many matches did not come, by the server's count; what is there twice came once."""
    return max(0.0, total - how_many_new(names(matches))) if total > 0 else 0.0


def _next(links: msgspec.Raw) -> tuple[bool, str | None]:
    """Whether there is a next page, and its URL, which may be left out all the same.

    Of more links than any server sends, one that is not looked at may be that of a next page.
    """
    each = _each(links) or ()
    found = (_lenient(_LINKS, raw) for raw in each[:_MOST_LINKS])
    following = [link.url for link in found if link is not None and link.relation == "next"]
    return bool(following) or len(each) > _MOST_LINKS, _lenient(_TEXTS, following[0]) if following else None


def _searched_by(links: msgspec.Raw) -> frozenset[tuple[str, str]]:
    found = (_lenient(_LINKS, raw) for raw in (_each(links) or ())[:_MOST_LINKS])
    url = next(
        (_lenient(_TEXTS, link.url) for link in found if link is not None and link.relation == "self"), None
    )
    return searched_by(url)


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


def _failed(why: str, *, in_vain: bool = False) -> Prefetched:
    return Prefetched(state="failed", why=why, in_vain=in_vain)
