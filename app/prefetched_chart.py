"""From what came for each prefetch key to one patient's record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from app.prefetch_table import RESOURCE_TYPES
from cds_hooks.errors import InsufficientDataError, WrongPatientError
from cds_hooks.prefetch import Prefetched
from fhir_mappings.decoding import peek
from fhir_mappings.errors import NoPatientError, PatientMismatchError, SeveralPatientsError
from fhir_mappings.facts import Retrieval
from fhir_mappings.patient import read_patient
from fhir_mappings.record import PatientRecord

PATIENT_KEY = next(key for key, kind in RESOURCE_TYPES.items() if kind == "Patient")


_ENCODER = msgspec.json.Encoder()


class Chart(NamedTuple):
    """A record, and where it comes from.

    Attributes:
        record: the facts.
        received: what was prefetched for each key.
        at_hand: the same, with what was fetched.
        reasons: why keys are not complete, in words that repeat nothing of the chart, as far as is known.
        resources: what the record was read from.
        retrieval: how far each resource type was retrieved.
    """

    record: PatientRecord
    received: Mapping[str, Prefetched]
    at_hand: Mapping[str, Prefetched]
    reasons: Mapping[str, str] = MappingProxyType({})
    resources: Sequence[msgspec.Raw | bytes] = ()
    retrieval: Mapping[str, Retrieval] = MappingProxyType({})


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
    reasons = _reasons(received, no_way)
    _must_hold_the_patient(received[PATIENT_KEY], patient_id, reasons.get(PATIENT_KEY))
    resources: list[msgspec.Raw | bytes] = [
        named(raw, full_url)
        for prefetched in received.values()
        for raw, full_url in zip(prefetched.resources, prefetched.full_urls, strict=True)
    ]
    resources += beside
    retrieval = retrieval_states(received, not_offered)
    try:
        facts = read_patient(
            resources,
            patient_id=patient_id,
            retrieval=retrieval,
            default_retrieval="not-asked",
        )
    except NoPatientError:
        place = f"prefetch.{PATIENT_KEY}"
        raise InsufficientDataError(
            f"the patient is needed: the Patient of '{PATIENT_KEY}' cannot be read", place
        ) from None
    except (PatientMismatchError, SeveralPatientsError):
        raise WrongPatientError(
            "the prefetch holds resources of another patient than the one in context", "prefetch"
        ) from None
    return Chart(PatientRecord(facts), received, received, reasons, resources, retrieval)


def _reasons(received: Mapping[str, Prefetched], no_way: str | None) -> dict[str, str]:
    told = {key: prefetched.why or no_way for key, prefetched in received.items() if _is_open(prefetched)}
    return {key: why for key, why in told.items() if why is not None}


def _is_open(prefetched: Prefetched) -> bool:
    return prefetched.truncated or prefetched.state in ("missing", "failed")


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


def _must_hold_the_patient(prefetched: Prefetched, patient_id: str, why: str | None) -> None:
    place = f"prefetch.{PATIENT_KEY}"
    if not prefetched.resources:
        told = _WORDS[prefetched.state] + (f" ({why})" if why else "")
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
