"""What a FHIR server answered, in the shape of what a client prefetches, so that both are read alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from app.surrogates import without_lone_surrogates
from cds_hooks.prefetch import Prefetched, type_of
from fhir_mappings.client import Fetched
from fhir_mappings.decoding import peek
from fhir_mappings.references import bare
from fhir_mappings.search_results import how_many_new, names

_PATIENT = "Patient"


class _Whose(msgspec.Struct, frozen=True):
    subject: Any = None
    patient: Any = None
    individual: Any = None


_whose = msgspec.json.Decoder(_Whose)


def as_prefetched(found: Fetched) -> Prefetched:
    """An answer as if it had been prefetched."""
    if found.state in ("failed", "not-asked"):
        return Prefetched(state="failed", why=f"the FHIR server was asked: {found.why}")
    resources = tuple(msgspec.Raw(without_lone_surrogates(bytes(raw))) for raw in found.resources)
    truncated = found.state == "truncated"
    return Prefetched(
        state="present" if resources or truncated else "empty",
        resources=resources,
        full_urls=found.full_urls,
        truncated=truncated,
        why=found.why,
    )


def joined(before: Prefetched, after: Prefetched, resource_type: str) -> Prefetched:
    """What was prefetched for a key together with what was fetched because something lacked."""
    if before.state in ("missing", "failed"):
        return after
    if after.state == "failed":
        return msgspec.structs.replace(before, why=after.why)
    # Asked again as a whole, the server may send what was sent before once more; it counts once.
    resources = before.resources + after.resources
    truncated = after.truncated or before.flawed
    if before.next_url is not None:

        def matches(found: Prefetched) -> tuple[str | bytes, ...]:
            return names(raw for raw in found.resources if type_of(raw) == resource_type)

        truncated = truncated or how_many_new(matches(after), frozenset(matches(before))) < before.lacking
    return Prefetched(
        state="present" if resources or truncated else "empty",
        resources=resources,
        full_urls=before.full_urls + after.full_urls,
        truncated=truncated,
        why=after.why,
    )


def is_of_another(raw: msgspec.Raw, patient_id: str) -> bool:
    """Whether a resource is another Patient, or names one as the one it is about."""
    if type_of(raw) == _PATIENT:
        seen = peek(raw)
        return seen is None or seen.id != patient_id
    try:
        found = _whose.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return False  # whoever reads the whole resource will judge it
    return any(
        name.startswith(f"{_PATIENT}/") and name != f"{_PATIENT}/{patient_id}"
        for told in (found.subject, found.patient, found.individual)
        for name in map(bare, _references(told))
    )


def _references(told: Any) -> Iterator[str]:
    """What an element refers to, in whatever shape it came: a Reference, its string, or several of them."""
    for one in told if isinstance(told, list) else [told]:
        text = one.get("reference") if isinstance(one, dict) else one
        if isinstance(text, str):
            yield text
