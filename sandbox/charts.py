"""The charts that a sandbox is loaded with: the demonstration patients, also in other dialects of medication.

Servers differ in how they tell what a patient takes. Most of the demonstration charts use MedicationRequest;
here each is told again with MedicationStatements in their place (``lin-mei-statements``), and those that hold
MedicationStatements are told with MedicationRequests in theirs (``amara-diallo-requests``). In a third way
requests name their drug as a Medication of its own (``lin-mei-named``), as Epic does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from app.demo.patients import DemoPatient, Resource, demo_patients

_Tell = Callable[[Resource], list[Resource]]
_IN_COMMON = ("id", "status", "medicationCodeableConcept", "subject", "reasonCode", "note")


def charts() -> Mapping[str, DemoPatient]:
    """All charts of the sandbox by the id of their Patient."""
    bundled = demo_patients()
    retold = [
        _retold(patient, suffix, kind, tell)
        for patient in bundled.values()
        for suffix, kind, tell in _DIALECTS
        if any(resource["resourceType"] == kind for resource in patient.resources)
    ]
    return {**bundled, **{patient.id: patient for patient in retold}}


def bundled_id(patient_id: str) -> str:
    """The id of the demonstration patient whose chart is told again."""
    for suffix, _, _ in _DIALECTS:
        patient_id = patient_id.removesuffix(f"-{suffix}")
    return patient_id


def _retold(patient: DemoPatient, suffix: str, kind: str, tell: _Tell) -> DemoPatient:
    """The patient under another id, with resources of one kind told in another way."""
    places: dict[str, str] = {}
    told: list[Resource] = []
    for resource in patient.resources:
        # Evidence is ordered by id, among other things: a prefix keeps it as it is.
        is_patient = resource["resourceType"] == "Patient"
        new = f"{resource['id']}-{suffix}" if is_patient else f"{suffix}-{resource['id']}"
        first, *others = tell({**resource, "id": new}) if resource["resourceType"] == kind else [resource]
        told += [{**first, "id": new}, *others]
        places[f"{resource['resourceType']}/{resource['id']}"] = f"{first['resourceType']}/{new}"
    renamed = tuple(_pointing(resource, places) for resource in told)
    return msgspec.structs.replace(patient, id=f"{patient.id}-{suffix}", resources=renamed)


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


def _as_statement(request: Resource) -> list[Resource]:
    told = {key: request[key] for key in _IN_COMMON if key in request}
    dosages = request.get("dosageInstruction", [])
    bounds = [bound for dosage in dosages if (bound := _bounds(dosage))]
    period = bounds[0] if bounds else {"start": request["authoredOn"]}
    return [{**told, "resourceType": "MedicationStatement", "effectivePeriod": period, "dosage": dosages}]


def _as_request(statement: Resource) -> list[Resource]:
    told = {key: statement[key] for key in _IN_COMMON if key in statement}
    period = statement["effectivePeriod"]
    dosages = [
        dosage if _bounds(dosage) else {**dosage, "timing": {"repeat": {"boundsPeriod": period}}}
        for dosage in statement.get("dosage", [])
    ]
    request = {
        **told,
        "resourceType": "MedicationRequest",
        "intent": "order",
        "authoredOn": period["start"],
        "dosageInstruction": dosages,
    }
    return [request]


def _naming(request: Resource) -> list[Resource]:
    medication = {
        "resourceType": "Medication",
        "id": f"{request['id']}-drug",
        "code": request["medicationCodeableConcept"],
    }
    told = {key: value for key, value in request.items() if key != "medicationCodeableConcept"}
    return [{**told, "medicationReference": {"reference": f"Medication/{medication['id']}"}}, medication]


def _bounds(dosage: Resource) -> Resource | None:
    found: Resource | None = dosage.get("timing", {}).get("repeat", {}).get("boundsPeriod")
    return found


_DIALECTS: tuple[tuple[str, str, _Tell], ...] = (
    ("statements", "MedicationRequest", _as_statement),
    ("requests", "MedicationStatement", _as_request),
    ("named", "MedicationRequest", _naming),
)
"""Suffix of ids; the kind of resource that is told otherwise; how, with what comes beside it."""
