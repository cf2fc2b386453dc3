"""The screening list as FHIR R4: ResearchStudy and List for each trial, ResearchSubject for each entry."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.listing.entries import Entry, Status
from app.plain_text import plain
from eligibility.bound import BoundProtocol
from eligibility.protocol import Protocol

_SPACE = uuid.UUID("8f6d6a54-6a0f-5f0e-9d0e-5d2d5f9a3b11")
_REGISTRY = "https://clinicaltrials.gov"
_STUDY_STATUS: Mapping[str, str] = {
    "not-yet-recruiting": "approved",
    "recruiting": "active",
    "enrolling-by-invitation": "active",
    "active-not-recruiting": "closed-to-accrual",
    "suspended": "temporarily-closed-to-accrual",
    "terminated": "administratively-completed",
    "completed": "completed",
    "withdrawn": "withdrawn",
}
_SUBJECT_STATUS: Mapping[Status, str] = {
    Status.CONTACTED: "candidate",
    Status.DECLINED: "not-registered",
    Status.ENROLLED: "on-study",
}
"""R4 value set research-subject-status; of whom nobody has contacted yet, the verdict tells."""


def fhir_of(entries: Sequence[Entry], trials: Mapping[str, BoundProtocol], at: datetime) -> dict[str, Any]:
    """The entries as a Bundle of type collection. Entries of trials that are not known are left out."""
    named = [identifier for identifier in trials if any(entry.trial == identifier for entry in entries)]
    resources = [
        resource
        for identifier in named
        for resource in _of_trial(
            trials[identifier].protocol, [entry for entry in entries if entry.trial == identifier], at
        )
    ]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": at.isoformat(timespec="seconds"),
        "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources],
    }


def _of_trial(protocol: Protocol, entries: Iterable[Entry], at: datetime) -> Iterator[dict[str, Any]]:
    study = _study(protocol)
    subjects = [_subject(entry, study["id"]) for entry in entries]
    yield study
    yield from subjects
    yield {
        "resourceType": "List",
        "id": _id("list", protocol.id),
        "status": "current",
        "mode": "snapshot",
        "title": plain(f"Screening list: {protocol.short_title}"),
        "date": at.isoformat(timespec="seconds"),
        "entry": [{"item": {"reference": f"urn:uuid:{subject['id']}"}} for subject in subjects],
    }


def _study(protocol: Protocol) -> dict[str, Any]:
    return {
        "resourceType": "ResearchStudy",
        "id": _id("study", protocol.id),
        "identifier": [{"system": _REGISTRY, "value": protocol.id.upper()}],
        "title": plain(protocol.title),
        "status": _STUDY_STATUS[protocol.status],
        "condition": [{"text": plain(protocol.condition)}],
    }


def _subject(entry: Entry, study: str) -> dict[str, Any]:
    patient = entry.patient
    base = f"{patient.fhir_server.rstrip('/')}/" if patient.fhir_server else ""
    individual: dict[str, Any] = {"reference": f"{base}Patient/{patient.patient_id}"}
    if patient.name:
        individual["display"] = plain(patient.name)
    return {
        "resourceType": "ResearchSubject",
        "id": _id("subject", entry.trial, entry.key),
        "status": _SUBJECT_STATUS.get(entry.status) or _by_verdict(entry),
        "study": {"reference": f"urn:uuid:{study}"},
        "individual": individual,
    }


def _by_verdict(entry: Entry) -> str:
    out = entry.now.verdict in ("ineligible", "not-shown", "deceased")
    return "ineligible" if out else "potential-candidate"


def _id(*parts: str) -> str:
    """The same for the same thing in every export."""
    return str(uuid.uuid5(_SPACE, "/".join(parts)))
