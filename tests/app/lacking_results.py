"""Results that something names and that are not at hand, beside a chart whose HBsAg of May is negative."""

from __future__ import annotations

import json
from typing import Any

from app.screening import ScreeningService
from eligibility.findings import Finding
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from tests.app.service import AS_OF, POTENTIAL, bundle_of, screening_service

SUBJECT = {"subject": {"reference": f"Patient/{POTENTIAL}"}}
PANEL = {"coding": [{"system": "http://loinc.org", "code": "24362-6"}], "text": "Hepatitis panel"}
HBSAG = {"coding": [{"system": "http://loinc.org", "code": "5196-1"}]}
JUNE_14 = {"effectiveDateTime": "2026-06-14"}
LACKING = {"reference": "Observation/not-at-hand", "display": "HBsAg"}
POSITIVE = {
    "resourceType": "Observation",
    "id": "new-hbsag",
    "status": "final",
    **SUBJECT,
    **JUNE_14,
    "code": HBSAG,
    "valueString": "Positive",
}


def screened(*more: dict[str, Any]) -> tuple[Finding, list[str]]:
    """What is found of hepatitis B, and what is told of the chart as not read."""
    bundle = bundle_of(POTENTIAL)
    bundle["entry"] += [{"resource": resource} for resource in more]
    [facts] = read_patients(json.dumps(bundle).encode())
    service: ScreeningService = screening_service()
    told = service.screen_record(PatientRecord(facts), AS_OF)
    [trial] = [one for one in told.screenings if one.protocol == "nct05247203"]
    [found] = [part for one in trial.findings for part in one.parts if part.criterion == "E4.hbv"]
    return found, [str(one.why) for one in told.unread]
