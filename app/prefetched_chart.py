"""From what a client prefetched to one patient's record."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import msgspec

from app.prefetch_table import RESOURCE_TYPES
from cds_hooks.errors import InsufficientDataError, WrongPatientError
from cds_hooks.prefetch import Prefetched, reconcile
from cds_hooks.requests import HookRequest
from fhir_mappings.decoding import peek
from fhir_mappings.errors import PatientMismatchError, SeveralPatientsError
from fhir_mappings.facts import Retrieval
from fhir_mappings.patient import read_patient
from fhir_mappings.record import PatientRecord

PATIENT_KEY = next(key for key, kind in RESOURCE_TYPES.items() if kind == "Patient")


_ENCODER = msgspec.json.Encoder()


class Chart(NamedTuple):
    """A record, and what came for each prefetch key."""

    record: PatientRecord
    received: Mapping[str, Prefetched]


def read_chart(request: HookRequest, not_offered: Collection[str]) -> Chart:
    """The record of the patient in context.

    A resource type whose key did not come counts as not retrieved, except those ``not_offered`` by the
    client's server at all.

    Raises:
        InsufficientDataError: no Patient.
        WrongPatientError: resources of another patient than the one in context.
    """
    received = reconcile(request.prefetch, RESOURCE_TYPES)
    _must_hold_the_patient(received[PATIENT_KEY], request.context.patient_id)
    resources = [
        named(raw, full_url)
        for prefetched in received.values()
        for raw, full_url in zip(prefetched.resources, prefetched.full_urls, strict=True)
    ]
    try:
        facts = read_patient(
            resources,
            patient_id=request.context.patient_id,
            retrieval=retrieval_states(received, not_offered),
            default_retrieval="not-asked",
        )
    except (PatientMismatchError, SeveralPatientsError):
        raise WrongPatientError(
            "the prefetch holds resources of another patient than the one in context", "prefetch"
        ) from None
    return Chart(PatientRecord(facts), received)


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


def _must_hold_the_patient(prefetched: Prefetched, patient_id: str) -> None:
    place = f"prefetch.{PATIENT_KEY}"
    if not prefetched.resources:
        raise InsufficientDataError(
            f"the patient is needed: prefetch '{PATIENT_KEY}' is {_WORDS[prefetched.state]}", place
        )
    ids = {_id_of(raw) for raw in prefetched.resources}
    if ids != {patient_id}:
        raise WrongPatientError("the Patient in prefetch is not the patient in context", place)


_WORDS = {
    "missing": "missing",
    "empty": "null",
    "failed": "no Patient resource",
    "present": "without a Patient",
}


def _id_of(raw: msgspec.Raw) -> str | None:
    seen = peek(raw)
    return seen.id if seen is not None else None
