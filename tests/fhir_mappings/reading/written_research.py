"""Trials, taking part in them, and consents, with defaults."""

from __future__ import annotations

from typing import Any

from tests.fhir_mappings.reading.written import concept, loinc, resource


def subject(status: str = "on-study", **elements: Any) -> dict[str, Any]:
    written = {
        "status": status,
        "study": {"reference": "ResearchStudy/s"},
        "period": {"start": "2026-01", "end": "2026-06-01"},
    }
    return resource("ResearchSubject", "r1", **{**written, **elements})


def study(**elements: Any) -> dict[str, Any]:
    written = {
        "title": "A study of anifrolumab",
        "identifier": [{"system": "https://clinicaltrials.gov", "value": "nct01234567"}],
        "phase": concept("phase-3", "http://terminology.hl7.org/CodeSystem/research-study-phase"),
    }
    return {"resourceType": "ResearchStudy", "id": "s", "status": "active", **written, **elements}


def consent(**elements: Any) -> dict[str, Any]:
    written = {
        "status": "active",
        "scope": concept("research", "http://terminology.hl7.org/CodeSystem/consentscope"),
        "category": [loinc("59284-0")],
        "dateTime": "2026-06-01",
        "sourceReference": {"display": "Informed consent NCT07517536"},
    }
    return resource("Consent", "k1", **{**written, **elements})
