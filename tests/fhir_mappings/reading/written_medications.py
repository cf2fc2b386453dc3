"""Medication resources as a test writes them, of prednisone by default, and the exposures they give."""

from __future__ import annotations

from datetime import date
from typing import Any

from fhir_mappings.facts import Exposure
from fhir_mappings.intervals import day
from tests.fhir_mappings.reading.written import RXNORM, concept, quantity, read, resource

PREDNISONE = concept("312615", RXNORM, "prednisone 20 MG Oral Tablet")
DAILY = {
    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
    "doseAndRate": [{"doseQuantity": quantity(20, "mg")}],
}
FIRST = day(date(2026, 3, 2))


def order(own_id: str = "m1", /, **elements: Any) -> dict[str, Any]:
    written = {
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": PREDNISONE,
        "authoredOn": "2026-03-02",
        "dosageInstruction": [DAILY],
    }
    return resource("MedicationRequest", own_id, **{**written, **elements})


def statement(own_id: str = "m1", /, **elements: Any) -> dict[str, Any]:
    written = {"status": "active", "medicationCodeableConcept": PREDNISONE, "dosage": [DAILY]}
    return resource("MedicationStatement", own_id, **{**written, **elements})


def given(own_id: str = "m1", /, **elements: Any) -> dict[str, Any]:
    written = {
        "status": "completed",
        "medicationCodeableConcept": PREDNISONE,
        "effectiveDateTime": "2026-03-02T10:00:00Z",
        "dosage": {"dose": quantity(20, "mg")},
    }
    return resource("MedicationAdministration", own_id, **{**written, **elements})


def dispense(own_id: str = "m1", /, **elements: Any) -> dict[str, Any]:
    written = {
        "status": "completed",
        "medicationCodeableConcept": PREDNISONE,
        "whenHandedOver": "2026-03-02",
        "dosageInstruction": [DAILY],
    }
    return resource("MedicationDispense", own_id, **{**written, **elements})


def exposures(*resources: dict[str, Any]) -> list[Exposure]:
    return [event for event in read(*resources).events if isinstance(event, Exposure)]


def exposure(*resources: dict[str, Any]) -> Exposure:
    (found,) = exposures(*resources)
    return found
