"""Legal requests for each hook, about an invented patient, and which of their parts are required.

Contexts are those of HL7/cds-hooks-library. Prefetch is filled from the service's own templates.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import msgspec

Json = dict[str, Any]

PATIENT_ID = "conformance-patient"
_USER_ID = "conformance-practitioner"
_ENCOUNTER_ID = "conformance-encounter"
_ORDER_ID = "conformance-order"
_SUBJECT = {"reference": f"Patient/{PATIENT_ID}"}

MARK = "<img src=x onerror=alert(1)>"
"""Stands in a text of the chart; a service that copies it into a card's detail lets charts run scripts."""


class HookShape(msgspec.Struct, frozen=True):
    """A hook's published definition: the rule that tells it, its version, required members, and tokens."""

    rule: str
    version: str
    required: tuple[str, ...]
    tokens: tuple[str, ...]


_TOKENS = ("userId", "patientId", "encounterId")

SHAPES: Mapping[str, HookShape] = {
    "patient-view": HookShape("C35", "1.0", ("userId", "patientId"), _TOKENS),
    "order-select": HookShape("C36", "1.0", ("userId", "patientId", "selections", "draftOrders"), _TOKENS),
    "order-sign": HookShape("C37", "1.0", ("userId", "patientId", "draftOrders"), _TOKENS),
    "encounter-start": HookShape("C38", "1.0", _TOKENS, _TOKENS),
    "appointment-book": HookShape("C39", "1.0", ("userId", "patientId", "appointments"), _TOKENS),
    "order-dispatch": HookShape(
        "C40",
        "1.1",
        ("patientId", "dispatchedOrders", "performer"),
        ("patientId", "dispatchedOrders", "performer"),
    ),
}
"""The hooks that the suite has requests for."""

_AUTHORIZATION = {
    "access_token": "conformance-access-token-to-keep-secret",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "user/Patient.read user/Observation.read",
    "subject": "conformance",
}
SECRET = str(_AUTHORIZATION["access_token"])


def authorization(**changed: Any) -> Json:
    """An access token; ``None`` leaves an element out."""
    return {name: value for name, value in {**_AUTHORIZATION, **changed}.items() if value is not None}


def _concept(system: str, code: str, text: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}


_SNOMED = "http://snomed.info/sct"
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def _condition(number: int, code: str, text: str) -> Json:
    return {
        "resourceType": "Condition",
        "id": f"conformance-condition-{number}",
        "clinicalStatus": {"coding": [{"system": _CLINICAL, "code": "active"}]},
        "verificationStatus": {"coding": [{"system": _VERIFICATION, "code": "confirmed"}]},
        "code": _concept(_SNOMED, code, text),
        "subject": _SUBJECT,
        "onsetDateTime": "2019-03-01",
    }


_DRAFT: Json = {
    "resourceType": "MedicationRequest",
    "id": _ORDER_ID,
    "status": "draft",
    "intent": "order",
    "medicationCodeableConcept": _concept(
        "http://www.nlm.nih.gov/research/umls/rxnorm", "121191", "rituximab"
    ),
    "subject": _SUBJECT,
}

CHART: Mapping[str, tuple[Json, ...]] = {
    "Patient": (
        {
            "resourceType": "Patient",
            "id": PATIENT_ID,
            "name": [{"family": f"Invented {MARK}", "given": ["Ada"]}],
            "gender": "female",
            "birthDate": "1988-05-04",
        },
    ),
    "Practitioner": ({"resourceType": "Practitioner", "id": _USER_ID},),
    "Encounter": (
        {
            "resourceType": "Encounter",
            "id": _ENCOUNTER_ID,
            "status": "in-progress",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "subject": _SUBJECT,
        },
    ),
    "Condition": (
        _condition(1, "55464009", f"Systemic lupus erythematosus {MARK}"),
        _condition(2, "38341003", "Hypertensive disorder"),
        _condition(3, "44054006", "Diabetes mellitus type 2"),
    ),
    "Observation": (
        {
            "resourceType": "Observation",
            "id": "conformance-observation",
            "status": "final",
            "category": [
                {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                            "code": "laboratory",
                        }
                    ]
                }
            ],
            "code": _concept("http://loinc.org", "2160-0", "Creatinine [Mass/volume] in Serum or Plasma"),
            "subject": _SUBJECT,
            "effectiveDateTime": "2026-01-10",
            "valueQuantity": {
                "value": 0.9,
                "unit": "mg/dL",
                "system": "http://unitsofmeasure.org",
                "code": "mg/dL",
            },
        },
    ),
    "MedicationRequest": ({**_DRAFT, "id": "conformance-medication", "status": "completed"},),
}
"""The invented patient, by resource type; of other types there is nothing."""


def context_of(hook: str) -> Json:
    """A context with all that the hook requires."""
    bundle = {"resourceType": "Bundle", "type": "collection"}
    everything = {
        "userId": f"Practitioner/{_USER_ID}",
        "patientId": PATIENT_ID,
        "encounterId": _ENCOUNTER_ID,
        "selections": [f"MedicationRequest/{_ORDER_ID}"],
        "draftOrders": {
            **bundle,
            "entry": [{"fullUrl": "urn:uuid:6a1c5a70-2f6a-4b1e-9f57-2d0f6f0f7c11", "resource": _DRAFT}],
        },
        "appointments": {
            **bundle,
            "entry": [
                {
                    "fullUrl": "urn:uuid:6a1c5a70-2f6a-4b1e-9f57-2d0f6f0f7c12",
                    "resource": {
                        "resourceType": "Appointment",
                        "id": "conformance-appointment",
                        "status": "proposed",
                        "participant": [{"actor": _SUBJECT, "status": "needs-action"}],
                    },
                }
            ],
        },
        "dispatchedOrders": ["ServiceRequest/conformance-service-request"],
        "performer": "Organization/conformance-performer",
    }
    return {name: deepcopy(everything[name]) for name in SHAPES[hook].required}


def legal_request(hook: str, templates: Mapping[str, str], own: Json | None = None) -> Json:
    """A request that a service of the hook must be able to answer.

    ``own`` is the user's, whose hookInstance is made anew.
    """
    if own is not None:
        return {**deepcopy(own), "hookInstance": str(uuid.uuid4())}
    made: Json = {"hook": hook, "hookInstance": str(uuid.uuid4()), "context": context_of(hook)}
    filled = {key: prefetched(template) for key, template in templates.items()}
    return {**made, "prefetch": filled} if filled else made


_READ = re.compile(r"(?:([A-Z][A-Za-z]+)/)?\{\{[^}]+\}\}")


def prefetched(template: str) -> Any:
    """What the invented patient's server answers to a template: a resource, null, or a searchset."""
    read = _READ.fullmatch(template.strip())
    if read:
        kind = read[1] or ("Patient" if "atientId" in template else "Practitioner")
        return deepcopy(CHART[kind][0]) if kind in CHART else None
    kind = template.partition("?")[0]
    return searchset(*CHART.get(kind, ()))


def searchset(*resources: Json, **more: Any) -> Json:
    """A searchset Bundle."""
    found: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(resources), **more}
    entries = [
        {
            "fullUrl": f"https://ehr.invalid/fhir/{each['resourceType']}/{each['id']}",
            "resource": deepcopy(each),
            "search": {"mode": "match"},
        }
        for each in resources
    ]
    return {**found, "entry": entries} if entries else found


def without(request: Json, *path: str) -> Json:
    """The request without one element."""
    made = deepcopy(request)
    within = made
    for name in path[:-1]:
        within = within[name]
    within.pop(path[-1], None)
    return made


def with_context(request: Json, **changed: Any) -> Json:
    """The request with a changed context."""
    return {**deepcopy(request), "context": {**deepcopy(request["context"]), **changed}}


def with_prefetch(request: Json, **changed: Any) -> Json:
    """The request with changed prefetch."""
    return {**deepcopy(request), "prefetch": {**deepcopy(request.get("prefetch") or {}), **changed}}
