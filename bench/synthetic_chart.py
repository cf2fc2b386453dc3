"""A synthetic chart of a woman with lupus nephritis, of any size, as valid FHIR R4; nobody's data.

What grows with the size is what grows in real charts: laboratory results, visit by visit. Resources carry the
weight that EHRs give them (meta, displays, reference ranges).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count, cycle, islice
from typing import Any

Resource = dict[str, Any]

PATIENT_ID = "synthetic-1"
_SUBJECT = {"reference": f"Patient/{PATIENT_ID}"}
_UCUM = "http://unitsofmeasure.org"
_LOINC = "http://loinc.org"
_SNOMED = "http://snomed.info/sct"
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"

# LOINC code, display, value, unit, low and high limit; values drift a little from visit to visit.
_LABS = (
    ("2890-2", "Protein/Creatinine [Mass Ratio] in Urine", 1640.0, "mg/g{creat}", 0.0, 200.0),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", 0.92, "mg/dL", 0.5, 1.1),
    ("6690-2", "Leukocytes [#/volume] in Blood by Automated count", 4.8, "10*9/L", 4.0, 10.0),
    ("751-8", "Neutrophils [#/volume] in Blood by Automated count", 3.1, "10*9/L", 1.8, 7.5),
    ("777-3", "Platelets [#/volume] in Blood by Automated count", 212.0, "10*9/L", 150.0, 400.0),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", 11.4, "g/dL", 11.5, 15.5),
    ("1742-6", "Alanine aminotransferase [Enzymatic activity/volume]", 22.0, "U/L", 0.0, 40.0),
    ("1920-8", "Aspartate aminotransferase [Enzymatic activity/volume]", 24.0, "U/L", 0.0, 40.0),
    ("1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma", 0.5, "mg/dL", 0.2, 1.2),
    ("4485-9", "Complement C3 [Mass/volume] in Serum or Plasma", 68.0, "mg/dL", 90.0, 180.0),
    ("4498-2", "Complement C4 [Mass/volume] in Serum or Plasma", 8.0, "mg/dL", 10.0, 40.0),
    ("1751-7", "Albumin [Mass/volume] in Serum or Plasma", 31.0, "g/L", 35.0, 52.0),
)
_PROBLEMS = (
    ("68815009", "Systemic lupus erythematosus glomerulonephritis syndrome", 1300),
    ("55464009", "Systemic lupus erythematosus", 1500),
    ("38341003", "Hypertensive disorder", 900),
    ("52042003", "Membranous lupus nephritis", 1200),
)
_DRUGS = (
    ("312615", "prednisone 10 MG Oral Tablet", "10 mg by mouth once daily", 10),
    ("200060", "mycophenolate mofetil 500 MG Oral Tablet", "500 mg by mouth twice daily", 500),
    ("979092", "hydroxychloroquine sulfate 200 MG Oral Tablet", "200 mg by mouth once daily", 200),
)


def chart(resources: int, today: date) -> list[Resource]:
    """``resources`` resources, the Patient first, as they stand on the day ``today``."""
    return list(islice(_resources(today), resources))


def hook_request(resources: list[Resource], keys: dict[str, str]) -> Resource:
    """A ``patient-view`` request with these resources; ``keys`` maps prefetch keys to resource types."""
    prefetch: Resource = {}
    for key, kind in keys.items():
        own = [resource for resource in resources if resource["resourceType"] == kind]
        prefetch[key] = own[0] if kind == "Patient" else _searchset(own)
    return {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/1", "patientId": PATIENT_ID},
        "prefetch": prefetch,
    }


def _searchset(own: list[Resource]) -> Resource:
    entries = [
        {
            "fullUrl": f"https://ehr.example/{resource['resourceType']}/{resource['id']}",
            "resource": resource,
        }
        for resource in own
    ]
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(own)}
    return {**bundle, "entry": entries} if entries else bundle


def _resources(today: date) -> Iterator[Resource]:
    numbers = count(1)
    yield _patient()
    for code, display, days in _PROBLEMS:
        yield _condition(next(numbers), code, display, today - timedelta(days=days))
    for code, display, text, amount in _DRUGS:
        yield _prescription(next(numbers), code, display, text, amount, today - timedelta(days=500))
    for visit in count():
        day = today - timedelta(days=3 + 28 * visit)
        yield _encounter(next(numbers), day)
        for (code, display, value, unit, low, high), drift in zip(
            _LABS, cycle((0.0, 0.04, -0.03)), strict=False
        ):
            number = next(numbers)
            yield _result(
                number, code, display, round(value * (1 + drift * visit % 5 / 5), 2), unit, low, high, day
            )


def _base(kind: str, number: int, day: date) -> Resource:
    return {
        "resourceType": kind,
        "id": f"{kind.lower()}-{number}",
        "meta": {"lastUpdated": f"{day.isoformat()}T10:15:00Z"},
    }


def _concept(system: str, code: str, display: str) -> Resource:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def _patient() -> Resource:
    return {
        "resourceType": "Patient",
        "id": PATIENT_ID,
        "identifier": [{"system": "urn:oid:1.2.3.4", "value": "S-0001"}],
        "active": True,
        "name": [{"use": "official", "family": "Synthetic", "given": ["Person"]}],
        "gender": "female",
        "birthDate": "1990-04-02",
    }


def _condition(number: int, code: str, display: str, since: date) -> Resource:
    clinical = _concept(f"{_TERMINOLOGY}/condition-clinical", "active", "Active")
    verified = _concept(f"{_TERMINOLOGY}/condition-ver-status", "confirmed", "Confirmed")
    listed = _concept(f"{_TERMINOLOGY}/condition-category", "problem-list-item", "Problem List Item")
    return _base("Condition", number, since) | {
        "clinicalStatus": clinical,
        "verificationStatus": verified,
        "category": [listed],
        "code": _concept(_SNOMED, code, display),
        "subject": _SUBJECT,
        "onsetDateTime": since.isoformat(),
        "recordedDate": since.isoformat(),
    }


def _prescription(number: int, code: str, display: str, text: str, amount: int, since: date) -> Resource:
    twice = 2 if "twice" in text else 1
    return _base("MedicationRequest", number, since) | {
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": _concept(_RXNORM, code, display),
        "subject": _SUBJECT,
        "authoredOn": since.isoformat(),
        "requester": {"reference": "Practitioner/1", "display": "Dr. Synthetic"},
        "dosageInstruction": [
            {
                "text": text,
                "timing": {"repeat": {"frequency": twice, "period": 1, "periodUnit": "d"}},
                "route": _concept(_SNOMED, "26643006", "Oral route"),
                "doseAndRate": [
                    {"doseQuantity": {"value": amount, "unit": "mg", "system": _UCUM, "code": "mg"}}
                ],
            }
        ],
    }


def _encounter(number: int, day: date) -> Resource:
    return _base("Encounter", number, day) | {
        "status": "finished",
        "class": {"system": f"{_TERMINOLOGY}/v3-ActCode", "code": "AMB", "display": "ambulatory"},
        "type": [_concept(_SNOMED, "185349003", "Encounter for check up")],
        "subject": _SUBJECT,
        "period": {"start": f"{day.isoformat()}T09:00:00Z", "end": f"{day.isoformat()}T09:30:00Z"},
        "serviceProvider": {"reference": "Organization/1", "display": "Department of Rheumatology"},
    }


def _result(
    number: int, code: str, display: str, value: float, unit: str, low: float, high: float, day: date
) -> Resource:
    laboratory = _concept(f"{_TERMINOLOGY}/observation-category", "laboratory", "Laboratory")
    return _base("Observation", number, day) | {
        "status": "final",
        "category": [laboratory],
        "code": _concept(_LOINC, code, display),
        "subject": _SUBJECT,
        "effectiveDateTime": f"{day.isoformat()}T08:10:00Z",
        "valueQuantity": {"value": value, "unit": unit, "system": _UCUM, "code": unit},
        "referenceRange": [{"low": {"value": low, "unit": unit}, "high": {"value": high, "unit": unit}}],
    }
