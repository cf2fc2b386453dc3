"""Charts of a patient with lupus that hold the answers of persons, and the findings that rest on them."""

from __future__ import annotations

from datetime import date
from typing import Any

from eligibility.course import Anchors
from eligibility.findings import Finding, Screening
from eligibility.judging import flattened
from fhir_mappings.patient import READERS, read_patients
from fhir_mappings.record import PatientRecord
from tests.app.service import AS_OF, screening_service
from tests.fhir_mappings.reading.written import (
    body,
    bundle,
    concept,
    observation,
    patient,
    quantity,
    resource,
    snomed,
)

Json = dict[str, Any]
A = "nct07517536"


def screening(
    *resources: Json, as_of: date = AS_OF, not_retrieved: tuple[str, ...] = (), protocol: str = A, **who: Any
) -> Screening:
    """Screening of a patient with lupus, whose whole record but ``not_retrieved`` is these resources."""
    lupus = resource(
        "Condition", "sle", code=snomed("68815009"), onsetDateTime="2020-01-01", recordedDate="2020-01-01"
    )
    retrieved = set(READERS) - set(not_retrieved)
    (facts,) = read_patients(body(bundle(patient(**who), lupus, *resources)), retrieved=retrieved)
    return screening_service().screen_record(PatientRecord(facts), as_of, Anchors(), [protocol]).screenings[0]


def finding(criterion: str, *resources: Json, **more: Any) -> Finding:
    findings = flattened(screening(*resources, **more).findings)
    (found,) = (f for f in findings if f.criterion == criterion)
    return found


def answer(question: str, yes: bool, on: str, version: str | None = None, **more: Any) -> Json:
    url = f"https://trialcards.org/fhir/Questionnaire/{A}"
    written: Json = {
        "status": "completed",
        "questionnaire": url if version is None else f"{url}|{version}",
        "authored": on,
        "author": {"reference": "Practitioner/d1"},
        "item": [{"linkId": f"{A}/{question}", "answer": [{"valueBoolean": yes}]}],
    }
    return resource("QuestionnaireResponse", f"q{on}{yes}", **{**written, **more})


def lab(code: str, number: float, unit: str, on: str, **more: Any) -> Json:
    return observation(
        code, f"{code}-{on}", effectiveDateTime=on, valueQuantity=quantity(number, unit), **more
    )


def allergy(**more: Any) -> Json:
    """A mild allergy; whether it makes an allergic constitution, a person has to judge (NCT07517536 E1)."""
    written = {
        "code": {"text": "Penicillin"},
        "reaction": [{"severity": "mild", "manifestation": [{"text": "rash"}]}],
        "clinicalStatus": concept(
            "active", "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
        ),
    }
    return {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": {"reference": "Patient/p1"},
        **written,
        **more,
    }
