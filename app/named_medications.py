"""Medications that orders, statements, administrations, dispenses and other Medications name.

Of a ``medicationReference`` to a Medication that is not at hand, only the display tells the drug, if there is
one. So the Medication is asked for, by its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

import msgspec

from app.fetch_plan import is_id
from cds_hooks.prefetch import type_of
from fhir_mappings.client import Address, AddressError, FetchLimits, Offer, Query
from fhir_mappings.client.addresses import address
from fhir_mappings.decoding import peek

MEDICATION = "Medication"
_IN_ONE_SEARCH = 40
_MOST = 200
_MOST_READS = 40

LIMITS = FetchLimits(pages=5, resources=_MOST)
"""A server that heeds no ``_id`` sends all that it knows."""


class _Reference(msgspec.Struct, frozen=True):
    reference: str | None = None


class _Ingredient(msgspec.Struct, frozen=True, rename="camel"):
    item_reference: _Reference | None = None


class _Contained(msgspec.Struct, frozen=True):
    ingredient: tuple[_Ingredient, ...] = ()


class _Product(_Contained, frozen=True):
    contained: tuple[_Contained, ...] = ()


class _Medicated(msgspec.Struct, frozen=True, rename="camel"):
    medication_reference: _Reference | None = None


_medicated = msgspec.json.Decoder(_Medicated)
_product = msgspec.json.Decoder(_Product)


def wanted(resources: Iterable[msgspec.Raw], base: Address) -> tuple[str, ...]:
    """The ids of Medications on this server that are named among the resources, and are not there."""
    named: dict[str, None] = {}
    here: set[str | None] = set()
    for raw in resources:
        named |= dict.fromkeys(named_in(raw, base))
        if type_of(raw) == MEDICATION:
            seen = peek(raw)
            here.add(seen.id if seen is not None else None)
    return tuple(identifier for identifier in named if identifier not in here)[:_MOST]


def named_in(raw: msgspec.Raw, base: Address) -> Iterator[str]:
    """The ids of Medications on this server that a resource refers to."""
    for reference in _references_in(raw):
        identifier = _id_of(reference, base) if reference else None
        if identifier is not None:
            yield identifier


def _references_in(raw: msgspec.Raw) -> Iterator[str | None]:
    """The references to Medications, those of ingredients among them; to other resources too."""
    written = bytes(raw)
    with suppress(msgspec.DecodeError, RecursionError):
        if b'"medicationReference"' in written:
            found = _medicated.decode(raw).medication_reference
            yield found.reference if found is not None else None
    with suppress(msgspec.DecodeError, RecursionError):
        if b'"itemReference"' in written:
            product = _product.decode(raw)
            for ingredient in (i for one in (product, *product.contained) for i in one.ingredient):
                item = ingredient.item_reference
                yield item.reference if item is not None else None


def _id_of(reference: str, base: Address) -> str | None:
    """The id of a Medication on this server that is referred to; ``None`` for a contained one or another."""
    relative = reference.split("/_history/")[0]
    if "://" in relative:
        try:
            found = address(relative)
        except AddressError:
            return None
        if not found.within(base):
            return None
        relative = "/".join(found.segments[len(base.segments) :])
    kind, _, identifier = relative.partition("/")
    return identifier if kind == MEDICATION and is_id(identifier) else None


def searches(ids: Sequence[str], offer: Offer) -> dict[str, Query]:
    """Searches by id for these; none if the server knows no such search."""
    if not (offer.searches(MEDICATION) and offer.takes(MEDICATION, "_id")):
        return {}
    parts = [ids[start : start + _IN_ONE_SEARCH] for start in range(0, len(ids), _IN_ONE_SEARCH)]
    return {
        f"medications-{number}": Query(MEDICATION, f"{MEDICATION}?_id={','.join(part)}&_count={len(part)}")
        for number, part in enumerate(parts)
    }


def reads(ids: Sequence[str]) -> dict[str, Query]:
    """Reads of these, one by one, as far as that can be borne."""
    return {f"medication-{name}": Query(MEDICATION, f"{MEDICATION}/{name}") for name in ids[:_MOST_READS]}


def chosen(resources: Iterable[msgspec.Raw], ids: Iterable[str]) -> dict[str, msgspec.Raw]:
    """The Medications that were asked for, of all that came, by id."""
    asked = frozenset(ids)
    found = {}
    for raw in resources:
        seen = peek(raw)
        if seen is not None and seen.resource_type == MEDICATION and seen.id in asked:
            found[seen.id] = raw
    return found
