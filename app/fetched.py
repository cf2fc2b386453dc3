"""What a FHIR server answered, in the shape of what a client prefetches, so that both are read alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Literal

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


Whose = Literal["the-patient", "another", "untold"]
"""Whose a resource is; ``untold``: it names a subject of which nobody knows who that is."""


def whose(raw: msgspec.Raw, patient_id: str, names: Collection[str] = ()) -> Whose:
    """Whose a fetched resource is, by what it says; the patient's, if it says nothing.

    Args:
        raw: the resource.
        patient_id: of the patient who was asked for.
        names: other names of resources at hand, such as ``urn:uuid:…``.
    """
    if type_of(raw) == _PATIENT:
        seen = peek(raw)
        return "the-patient" if seen is not None and seen.id == patient_id else "another"
    # What cannot be read tells nothing; whoever reads the whole resource will judge it.
    told = [name for name in map(bare, subjects(raw)) if name and name != f"{_PATIENT}/{patient_id}"]
    if any(name.startswith(f"{_PATIENT}/") for name in told):
        return "another"
    urns = (name for name in told if name.startswith("urn:"))
    return "untold" if any(n not in names and n != f"urn:uuid:{patient_id}" for n in urns) else "the-patient"


def subjects(raw: msgspec.Raw | bytes) -> tuple[str, ...]:
    """The references by which a resource tells whose it is; none where it cannot be read."""
    try:
        found = _whose.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    return tuple(
        text for one in (found.subject, found.patient, found.individual) for text in _references(one)
    )


def _references(told: Any) -> Iterator[str]:
    """What an element refers to, in whatever shape it came: a Reference, its string, or several of them."""
    for one in told if isinstance(told, list) else [told]:
        text = one.get("reference") if isinstance(one, dict) else one
        if isinstance(text, str):
            yield text
