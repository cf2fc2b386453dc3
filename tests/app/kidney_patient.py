"""An invented patient with type 2 diabetes and chronic kidney disease, who has never heard of lupus."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.app.service import AS_OF

LOINC = "http://loinc.org"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
NAME = "Patient/rosa-marin"
SUBJECT = {"reference": NAME}


def _on(days_ago: int, today: date) -> str:
    return (today - timedelta(days=days_ago)).isoformat()


def _coded(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def kidney_patient(today: date = AS_OF) -> list[dict[str, Any]]:
    """Her resources: stage 3 disease, UACR 900 mg/g for four months, losartan for a year, no gliflozin."""

    def problem(name: str, code: str, display: str, since: str) -> dict[str, Any]:
        status = "http://terminology.hl7.org/CodeSystem/condition-clinical"
        return {
            "resourceType": "Condition",
            "id": name,
            "clinicalStatus": {"coding": [{"system": status, "code": "active"}]},
            "code": _coded(ICD, code, display),
            "subject": SUBJECT,
            "onsetDateTime": since,
        }

    def result(name: str, code: str, display: str, value: float, unit: str, ago: int) -> dict[str, Any]:
        category = "http://terminology.hl7.org/CodeSystem/observation-category"
        return {
            "resourceType": "Observation",
            "id": name,
            "status": "final",
            "category": [{"coding": [{"system": category, "code": "laboratory"}]}],
            "code": _coded(LOINC, code, display),
            "subject": SUBJECT,
            "effectiveDateTime": _on(ago, today),
            "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
        }

    egfr = (
        "Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] by Creatinine-based (CKD-EPI 2021)"
    )
    uacr = "Albumin/Creatinine [Mass Ratio] in Urine"
    return [
        {"resourceType": "Patient", "id": "rosa-marin", "gender": "female", "birthDate": "1961-04-02"},
        problem("ckd", "N18.31", "Chronic kidney disease, stage 3a", "2022-02-01"),
        problem(
            "t2d", "E11.22", "Type 2 diabetes mellitus with diabetic chronic kidney disease", "2010-05-01"
        ),
        result("egfr", "98979-8", egfr, 48, "mL/min/{1.73_m2}", 10),
        result("uacr-then", "9318-7", uacr, 640, "mg/g{creat}", 130),
        result("uacr-now", "9318-7", uacr, 900, "mg/g{creat}", 10),
        result("potassium", "2823-3", "Potassium [Moles/volume] in Serum or Plasma", 4.4, "mmol/L", 10),
        {
            "resourceType": "MedicationRequest",
            "id": "losartan",
            "status": "active",
            "intent": "order",
            "subject": SUBJECT,
            "authoredOn": _on(400, today),
            "medicationCodeableConcept": _coded(RXNORM, "979480", "losartan potassium 100 MG Oral Tablet"),
            "dosageInstruction": [
                {
                    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                    "route": _coded(SNOMED, "26643006", "Oral route"),
                    "doseAndRate": [
                        {"doseQuantity": {"value": 100, "unit": "mg", "system": UCUM, "code": "mg"}}
                    ],
                }
            ],
        },
    ]
