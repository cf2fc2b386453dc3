"""Filled forms in few words, and what is read from them."""

from __future__ import annotations

from typing import Any

from tests.fhir_mappings.reading.written import resource


def response(*items: dict[str, Any], **elements: Any) -> dict[str, Any]:
    written = {
        "status": "completed",
        "questionnaire": "https://trialcards.example.org/Questionnaire/nct07517536",
        "authored": "2026-06-01T10:00:00+08:00",
        "author": {"reference": "Practitioner/d1"},
        "item": list(items),
    }
    return resource("QuestionnaireResponse", "q1", **{**written, **elements})


def item(link: str, **answer: Any) -> dict[str, Any]:
    return {"linkId": link, "answer": [answer]}


PATIENT = {"author": {"reference": "Patient/p1"}}
