"""The charts that a sandbox is loaded with: the demonstration patients, also in other dialects of medication.

Servers differ in how they tell what a patient takes. Most of the demonstration charts use MedicationRequest;
here each is told again with MedicationStatements in their place (``lin-mei-statements``), and those that hold
MedicationStatements are told with MedicationRequests in theirs (``amara-diallo-requests``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from app.demo.patients import DemoPatient, Resource, demo_patients

_IN_COMMON = ("id", "status", "medicationCodeableConcept", "subject", "reasonCode", "note")


def charts() -> Mapping[str, DemoPatient]:
    """All charts of the sandbox by the id of their Patient."""
    bundled = demo_patients()
    retold = [
        _retold(patient, suffix, kind, tell)
        for patient in bundled.values()
        for suffix, kind, tell in (
            ("statements", "MedicationRequest", _as_statement),
            ("requests", "MedicationStatement", _as_request),
        )
        if any(resource["resourceType"] == kind for resource in patient.resources)
    ]
    return {**bundled, **{patient.id: patient for patient in retold}}


def _retold(
    patient: DemoPatient, suffix: str, kind: str, tell: Callable[[Resource], Resource]
) -> DemoPatient:
    """The patient under another id, with resources of one kind told as another kind."""
    told = [
        tell(resource) if resource["resourceType"] == kind else resource for resource in patient.resources
    ]
    # Evidence is ordered by id, among other things: a prefix keeps it as it is.
    ids = [
        f"{resource['id']}-{suffix}"
        if resource["resourceType"] == "Patient"
        else f"{suffix}-{resource['id']}"
        for resource in told
    ]
    places = {
        f"{before['resourceType']}/{before['id']}": f"{after['resourceType']}/{new}"
        for before, after, new in zip(patient.resources, told, ids, strict=True)
    }
    renamed = [{**_pointing(resource, places), "id": new} for resource, new in zip(told, ids, strict=True)]
    return msgspec.structs.replace(patient, id=f"{patient.id}-{suffix}", resources=tuple(renamed))


def _pointing(value: Any, places: Mapping[str, str]) -> Any:
    """A copy in which every reference to a resource of the chart follows it to its new place."""
    if isinstance(value, dict):
        return {
            key: places.get(item, item)
            if key == "reference" and isinstance(item, str)
            else _pointing(item, places)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_pointing(item, places) for item in value]
    return value


def _as_statement(request: Resource) -> Resource:
    told = {key: request[key] for key in _IN_COMMON if key in request}
    dosages = request.get("dosageInstruction", [])
    bounds = [bound for dosage in dosages if (bound := _bounds(dosage))]
    period = bounds[0] if bounds else {"start": request["authoredOn"]}
    return {**told, "resourceType": "MedicationStatement", "effectivePeriod": period, "dosage": dosages}


def _as_request(statement: Resource) -> Resource:
    told = {key: statement[key] for key in _IN_COMMON if key in statement}
    period = statement["effectivePeriod"]
    dosages = [
        dosage if _bounds(dosage) else {**dosage, "timing": {"repeat": {"boundsPeriod": period}}}
        for dosage in statement.get("dosage", [])
    ]
    return {
        **told,
        "resourceType": "MedicationRequest",
        "intent": "order",
        "authoredOn": period["start"],
        "dosageInstruction": dosages,
    }


def _bounds(dosage: Resource) -> Resource | None:
    found: Resource | None = dosage.get("timing", {}).get("repeat", {}).get("boundsPeriod")
    return found
