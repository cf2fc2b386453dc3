"""From what came for each prefetch key to one patient's record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from app.prefetch_table import RESOURCE_TYPES
from cds_hooks.errors import InsufficientDataError, WrongPatientError
from cds_hooks.prefetch import Prefetched
from fhir_mappings.decoding import peek
from fhir_mappings.errors import PatientMismatchError, SeveralPatientsError
from fhir_mappings.facts import Retrieval
from fhir_mappings.patient import read_patient
from fhir_mappings.record import PatientRecord

PATIENT_KEY = next(key for key, kind in RESOURCE_TYPES.items() if kind == "Patient")


_ENCODER = msgspec.json.Encoder()


class Chart(NamedTuple):
    """A record, what came for each prefetch key, and counts of what was fetched beside, for the log.

    ``no_way`` says in words why nothing could be fetched, if that was so.
    """

    record: PatientRecord
    received: Mapping[str, Prefetched]
    counts: Mapping[str, int | str] = MappingProxyType({})
    no_way: str | None = None


def read_chart(
    patient_id: str,
    received: Mapping[str, Prefetched],
    not_offered: Collection[str],
    *,
    beside: Iterable[msgspec.Raw] = (),
    no_way: str | None = None,
) -> Chart:
    """The record of the patient in context.

    A resource type whose key did not come counts as not retrieved, except those ``not_offered`` by the
    client's server at all.

    Args:
        patient_id: id of the patient in context.
        received: what came for each prefetch key.
        not_offered: resource types.
        beside: resources that no key stands for, Medications above all.
        no_way: why nothing could be fetched, in words.

    Raises:
        InsufficientDataError: no Patient.
        WrongPatientError: resources of another patient than the one in context.
    """
    _must_hold_the_patient(received[PATIENT_KEY], patient_id, no_way)
    resources: list[msgspec.Raw | bytes] = [
        named(raw, full_url)
        for prefetched in received.values()
        for raw, full_url in zip(prefetched.resources, prefetched.full_urls, strict=True)
    ]
    try:
        facts = read_patient(
            [*resources, *beside],
            patient_id=patient_id,
            retrieval=retrieval_states(received, not_offered),
            default_retrieval="not-asked",
        )
    except (PatientMismatchError, SeveralPatientsError):
        raise WrongPatientError(
            "the prefetch holds resources of another patient than the one in context", "prefetch"
        ) from None
    return Chart(PatientRecord(facts), received, no_way=no_way)


def named(raw: msgspec.Raw, full_url: str | None) -> msgspec.Raw | bytes:
    """A resource, in a Bundle of its own where references to it use a name that is not its id."""
    if full_url is None or not full_url.startswith("urn:"):
        return raw
    return _ENCODER.encode(
        {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"fullUrl": full_url, "resource": raw}],
        }
    )


def retrieval_states(
    received: Mapping[str, Prefetched], not_offered: Collection[str]
) -> dict[str, Retrieval]:
    """How far each resource type was retrieved."""
    return {
        RESOURCE_TYPES[key]: _retrieval(prefetched, RESOURCE_TYPES[key] in not_offered)
        for key, prefetched in received.items()
    }


def _retrieval(prefetched: Prefetched, not_offered: bool) -> Retrieval:
    if prefetched.truncated:
        return "truncated"
    if prefetched.state in ("present", "empty") or not_offered:
        return "complete"
    return "failed" if prefetched.state == "failed" else "not-asked"


def _must_hold_the_patient(prefetched: Prefetched, patient_id: str, no_way: str | None) -> None:
    place = f"prefetch.{PATIENT_KEY}"
    if not prefetched.resources:
        words = [_WORDS[prefetched.state], prefetched.why, no_way]
        told = "; ".join(word for word in words if word)
        raise InsufficientDataError(f"the patient is needed: prefetch '{PATIENT_KEY}' {told}", place)
    ids = {_id_of(raw) for raw in prefetched.resources}
    if ids != {patient_id}:
        raise WrongPatientError("the Patient in prefetch is not the patient in context", place)


_WORDS = {
    "missing": "is missing",
    "empty": "is null",
    "failed": "gave no Patient resource",
    "present": "is without a Patient",
}


def _id_of(raw: msgspec.Raw) -> str | None:
    seen = peek(raw)
    return seen.id if seen is not None else None
