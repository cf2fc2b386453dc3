"""The grade of evidence on every surface, and charts that only look like lupus: they get no card."""

from __future__ import annotations

import io
from typing import Any

import msgspec
import pytest
from rich.console import Console

from app.rendering.page import html_page
from app.rendering.table import print_report
from eligibility.findings import ScreeningReport
from tests.app.service import AS_OF, as_body, bundle_of, cards_of, default_client, request_of, screening_of

Resource = dict[str, Any]
KIDNEY, SLE_TRIAL = "nct07517536", "nct05247203"

PATIENT = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1980-05-05"}
SLE = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M32.9"}]}
DIABETES = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "E11.21"}]}
ARTHRITIS = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M05.79"}]}
FAMILY = {
    "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Z82.69"}],
    "text": "Family history of SLE",
}


def condition(code: Resource, verification: str = "confirmed") -> Resource:
    return {
        "resourceType": "Condition",
        "id": "condition",
        "subject": {"reference": "Patient/p"},
        "code": code,
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": verification}]},
        "onsetDateTime": "2020-01-01",
    }


def protein(grams: float) -> Resource:
    return {
        "resourceType": "Observation",
        "id": "upcr",
        "status": "final",
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "2890-2"}]},
        "effectiveDateTime": "2026-06-01",
        "valueQuantity": {
            "value": grams,
            "unit": "g/g",
            "code": "g/g",
            "system": "http://unitsofmeasure.org",
        },
    }


def drug(name: str) -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "id": f"m-{name}",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p"},
        "medicationCodeableConcept": {"text": name},
        "authoredOn": "2026-01-01",
    }


def biopsy(words: str) -> Resource:
    return {
        "resourceType": "DiagnosticReport",
        "id": "biopsy",
        "status": "final",
        "subject": {"reference": "Patient/p"},
        "code": {"text": "Kidney biopsy"},
        "effectiveDateTime": "2025-04-01",
        "conclusion": words,
    }


def gates(*resources: Resource) -> dict[str, Resource]:
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": resource} for resource in (PATIENT, *resources)],
    }
    answer = default_client().post("/screenings", content=as_body(bundle), headers=JSON)
    assert answer.status_code == 200, answer.text
    return {screening["protocol"]: screening["gate"] for screening in answer.json()["screenings"]}


JSON = {"Content-Type": "application/fhir+json"}


@pytest.mark.parametrize(
    "resources",
    [
        (condition(DIABETES), protein(2)),
        (condition(DIABETES), biopsy("Diabetic nephropathy, class III")),
        (
            condition(ARTHRITIS),
            drug("Hydroxychloroquine 200 MG Oral Tablet"),
            drug("Methotrexate 2.5 MG"),
            protein(2),
        ),
        (condition(SLE, "refuted"), protein(2)),
        (condition(SLE, "entered-in-error"), protein(2)),
        (condition(SLE, "provisional"), protein(2)),
        (condition(SLE, "differential"), protein(2)),
        (condition(SLE, "unconfirmed"), protein(2)),
        (condition(FAMILY), protein(2)),
        (drug("Hydroxychloroquine 200 MG Oral Tablet"), drug("Mycophenolate mofetil 500 MG"), protein(2)),
    ],
    ids=[
        "diabetes with proteinuria",
        "diabetic nephropathy of class III by biopsy",
        "rheumatoid arthritis under hydroxychloroquine",
        "refuted SLE",
        "SLE entered in error",
        "provisional SLE",
        "SLE as a differential diagnosis",
        "unconfirmed SLE",
        "SLE in the family",
        "drugs that merely suggest lupus nephritis",
    ],
)
def test_a_chart_that_only_looks_like_lupus_opens_neither_gate(resources: tuple[Resource, ...]) -> None:
    assert [gate["opens"] for gate in gates(*resources).values()] == [False, False]


def test_the_report_says_on_which_grade_the_disease_stands() -> None:
    found = gates(condition(SLE), protein(0.5))
    assert (found[KIDNEY]["grade"], found[KIDNEY]["opens"]) == ("sle-with-urine", True)
    assert found[SLE_TRIAL]["grade"] == "coded"
    assert [e["reference"] for e in found[KIDNEY]["evidence"]] == [
        "Condition/condition",
        "Observation/upcr",
    ]


def test_drugs_that_suggest_lupus_nephritis_are_told_without_a_card() -> None:
    found = gates(
        drug("Hydroxychloroquine 200 MG Oral Tablet"), drug("Mycophenolate mofetil 500 MG"), protein(2)
    )
    assert {name: gate["grade"] for name, gate in found.items()} == {KIDNEY: "drugs", SLE_TRIAL: "drugs"}


def test_a_biopsy_of_another_disease_is_told_as_evidence_against() -> None:
    nephritis = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M32.14"}]}
    found = gates(condition(nephritis), biopsy("Diabetic nephropathy, class III"))[KIDNEY]
    assert (found["grade"], found["opens"]) == ("coded", True)
    assert "against it: diagnosis by kidney biopsy is other disease (2025-04-01)" in found["reason"]
    assert "DiagnosticReport/biopsy" in [e["reference"] for e in found["evidence"]]


def test_a_card_says_in_its_lead_what_the_disease_is_shown_by() -> None:
    for card in cards_of(request_of()):
        gate = screening_of(card)["gate"]
        assert f"Disease shown by {gate['label']}." in card["detail"].partition("\n")[0]


def test_page_and_table_say_on_what_the_disease_stands_and_why_there_is_no_card() -> None:
    for body, words in (
        (bundle_of(), "Disease shown by"),
        (bundle_of("peter-novak"), "Disease: not shown by the record; no card."),
    ):
        answer = default_client().post(f"/screenings?asOf={AS_OF}", content=as_body(body), headers=JSON)
        report = msgspec.json.decode(answer.content, type=ScreeningReport)
        console = Console(file=io.StringIO(), width=400)
        print_report(report, console)
        assert isinstance(console.file, io.StringIO)
        assert words in console.file.getvalue()
        assert words in html_page([report])
