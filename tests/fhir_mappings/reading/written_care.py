"""Resources of care, with defaults: procedures, vaccines, encounters, allergies, reports, plans."""

from __future__ import annotations

from typing import Any

from tests.fhir_mappings.reading.written import CVX, RXNORM, SNOMED, concept, loinc, resource, snomed

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
HAEMODIALYSIS = "302497006"


def procedure(**elements: Any) -> dict[str, Any]:
    written = {
        "status": "completed",
        "code": snomed(HAEMODIALYSIS),
        "performedDateTime": "2026-06-01T23:00:00-05:00",
    }
    return resource("Procedure", "x1", **{**written, **elements})


def vaccine(**elements: Any) -> dict[str, Any]:
    written = {
        "status": "completed",
        "vaccineCode": concept("03", CVX, "MMR"),
        "occurrenceDateTime": "2026-06-01",
    }
    return resource("Immunization", "i1", **{**written, **elements})


def encounter(code: str | None = "IMP", **elements: Any) -> dict[str, Any]:
    written = {
        "status": "finished",
        "class": None if code is None else {"system": ACT, "code": code},
        "period": {"start": "2026-06-01T10:00:00Z", "end": "2026-06-05T10:00:00Z"},
        "reasonCode": [concept("233604007", SNOMED, "Pneumonia")],
    }
    return resource("Encounter", "e1", **{**written, **elements})


def allergy(**elements: Any) -> dict[str, Any]:
    written = {
        "code": concept("7980", RXNORM, "Penicillin G"),
        "type": "allergy",
        "category": ["medication"],
        "criticality": "high",
        "clinicalStatus": "active",
        "reaction": [
            {"manifestation": [snomed("39579001")], "severity": "moderate"},
            {"manifestation": [concept(text="rash")], "severity": "mild"},
        ],
    }
    return resource("AllergyIntolerance", "a1", **{**written, **elements})


def report(**elements: Any) -> dict[str, Any]:
    written = {
        "status": "final",
        "code": loinc("24627-2"),
        "effectiveDateTime": "2026-06-01",
        "conclusion": "No active tuberculosis.",
    }
    return resource("DiagnosticReport", "d1", **{**written, **elements})
