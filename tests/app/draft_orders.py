"""Draft orders for tests, as EHRs send them, and the requests that carry them."""

from __future__ import annotations

import uuid
from typing import Any

from tests.app.medication_records import INTRAVENOUS, ORAL, dose, drug
from tests.app.service import cards_of, request_of

Json = dict[str, Any]
OPEN_TO_BOTH = "daniel-okafor"
"""The demonstration patient to whom both trials are open; he takes prednisone 10 mg a day."""

SNOMED, CVX = "http://snomed.info/sct", "http://hl7.org/fhir/sid/cvx"


def draft(what: Json | str, dosage: Json | None = None, **more: Any) -> Json:
    """A draft MedicationRequest; a string names the drug in words."""
    named = {"text": what} if isinstance(what, str) else what
    return {
        "resourceType": "MedicationRequest",
        "id": f"draft-{uuid.uuid4()}",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": named,
        **({"dosageInstruction": [dosage]} if dosage else {}),
        **more,
    }


def service_draft(code: Json, **more: Any) -> Json:
    """A draft ServiceRequest."""
    return {
        "resourceType": "ServiceRequest",
        "id": f"draft-{uuid.uuid4()}",
        "status": "draft",
        "intent": "order",
        "code": code,
        **more,
    }


def coded(system: str, code: str, display: str | None = None) -> Json:
    return {"coding": [{"system": system, "code": code, **({"display": display} if display else {})}]}


def prednisone(mg: float, days: int | None = None, **more: Any) -> Json:
    """A draft of prednisone by mouth every day, with or without a duration."""
    daily = dose(mg, route=ORAL)
    if days is not None:
        length = {"value": days, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}
        daily["timing"] = {"repeat": {**daily["timing"]["repeat"], "boundsDuration": length}}
    return draft(drug("8640", "prednisone"), daily, **more)


def intravenous(what: str) -> Json:
    route = {"coding": [{"system": SNOMED, "code": INTRAVENOUS}]}
    return draft(what, {"route": route})


def order_request(
    drafts: list[Json], patient: str = OPEN_TO_BOTH, *, selected: list[str] | None = None, **bundle: Any
) -> Json:
    """``order-sign`` with all drafts, or, with ``selected`` ids, ``order-select``."""
    request = request_of(patient)
    entries = [{"resource": resource} for resource in drafts]
    request["context"]["draftOrders"] = {"resourceType": "Bundle", "entry": entries, **bundle}
    request["hook"] = "order-sign"
    if selected is not None:
        request["hook"] = "order-select"
        request["context"]["selections"] = selected
    return request


def summaries(drafts: list[Json], patient: str = OPEN_TO_BOTH, **given: Any) -> list[str]:
    """The summaries of the cards on these drafts."""
    return [card["summary"] for card in cards_of(order_request(drafts, patient, **given))]
