"""A trial of another disease than lupus works by its file alone: on the hook, in a report, and closed.

NCT03036150 (DAPA-CKD) is completed. For the hook a copy of its file is opened for recruitment.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.prefetch_table import RESOURCE_TYPES, TEMPLATES
from app.screening import ScreeningService
from app.server import create_app
from app.settings import Settings
from eligibility.loading import bind_text, bundled_files
from fhir_mappings.vocabulary import vocabulary
from tests.app.kidney_patient import kidney_patient
from tests.app.service import (
    AS_OF,
    cards_of,
    client,
    default_client,
    findings_of,
    request_of,
    screening_of,
    searchset,
)

TRIAL = "nct03036150"
SGLT2 = {
    "resourceType": "MedicationRequest",
    "id": "dapagliflozin",
    "status": "active",
    "intent": "order",
    "subject": {"reference": "Patient/rosa-marin"},
    "authoredOn": "2026-01-10",
    "medicationCodeableConcept": {
        "coding": [{"system": "http://www.whocc.no/atc", "code": "A10BK01", "display": "dapagliflozin"}]
    },
}


def opened() -> TestClient:
    """The service with the trial of kidney disease as if it were recruiting, beside the bundled ones."""
    (path,) = [path for path in bundled_files() if path.stem == TRIAL]
    text = path.read_text("utf-8").replace("status: completed", "status: recruiting", 1)
    protocols = dict(ScreeningService.bundled().protocols)
    protocols[TRIAL] = bind_text(text, path, vocabulary())
    settings = Settings(open=True, tune_garbage_collection=False)
    return TestClient(create_app(settings, service=ScreeningService(protocols), today=lambda: AS_OF))


def opened_chart(*resources: dict[str, Any]) -> dict[str, Any]:
    """The hook request for the kidney patient, with these resources besides her own."""
    request = request_of("peter-novak")
    held = [*kidney_patient(), *resources]
    request["context"]["patientId"] = "rosa-marin"
    request["prefetch"] = {
        key: held[0]
        if kind == "Patient"
        else searchset(*[resource for resource in held if resource["resourceType"] == kind])
        for key, kind in RESOURCE_TYPES.items()
    }
    return request


def test_an_open_trial_of_another_disease_gets_a_card_for_the_patient_who_has_it() -> None:
    (card,) = cards_of(opened_chart(), opened())
    assert screening_of(card)["protocol"] == TRIAL
    assert card["summary"] == "Dapagliflozin in CKD (DAPA-CKD): potentially eligible – 8 points to confirm"
    assert card["source"]["url"] == "https://clinicaltrials.gov/study/NCT03036150"
    found = {name: finding["outcome"] for name, finding in findings_of(card).items()}
    assert found["I3"] == found["I4.before"] == found["I4.now"] == "pass"
    assert found["E5"] == "pass"
    assert found["I5"] == "review"
    assert found["E1"] == found["E3"] == found["E4"] == "presumed"
    assert screening_of(card)["verdict"] == "potentially-eligible"


def test_nothing_on_that_card_speaks_of_lupus_but_the_exclusion_that_names_it() -> None:
    (card,) = cards_of(opened_chart(), opened())
    assert "lupus" not in card["summary"].lower()
    told = [name for name, finding in findings_of(card).items() if "lupus" in json.dumps(finding).lower()]
    assert told == ["E1"]


def test_a_drug_that_shuts_the_patient_out_does_so_on_the_hook() -> None:
    assert cards_of(opened_chart(SGLT2), opened()) == []


def test_the_service_says_for_whom_it_is_from_the_open_protocols() -> None:
    told = [service["description"] for service in services_of(default_client())]
    assert all("Systemic lupus erythematosus" in description for description in told)
    assert not any("Chronic kidney disease" in description for description in told)
    told = [service["description"] for service in services_of(opened())]
    assert all("Chronic kidney disease" in description for description in told)


def services_of(http: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.get("/cds-services").json()["services"]
    assert found
    return found


def test_a_lupus_patient_gets_no_card_of_the_kidney_trial_and_the_kidney_patient_none_of_a_lupus_trial() -> (
    None
):
    both = opened()
    assert {screening_of(card)["protocol"] for card in cards_of(request_of("lin-mei"), both)} == {
        "nct05247203",
        "nct07517536",
    }
    assert {screening_of(card)["protocol"] for card in cards_of(opened_chart(), both)} == {TRIAL}


@pytest.mark.parametrize("patient", ["lin-mei", "daniel-okafor"])
def test_a_completed_trial_never_makes_a_card(patient: str) -> None:
    shown = cards_of(request_of(patient), client(show_ineligible=True))
    assert shown
    assert {screening_of(card)["protocol"] for card in shown} <= {"nct05247203", "nct07517536"}
    assert cards_of(opened_chart(), default_client()) == []


def test_what_the_ehr_is_asked_for_does_not_depend_on_the_protocols() -> None:
    for http in (opened(), default_client()):
        for service in services_of(http):
            assert service["prefetch"] == dict(TEMPLATES)
            assert service["id"] == "lupus-trials"


def test_the_engine_and_the_product_decide_nothing_by_a_word_of_lupus() -> None:
    # Titles and help texts name what is shipped; no module compares anything with such a word.
    root = Path(__file__).parents[2]
    words = ("cond_sle", "lupus_nephritis", "sledai", "bilag", "upcr")
    told = [
        f"{path.relative_to(root)}: {word}"
        for room in ("eligibility", "cds_hooks", "app")
        for path in (root / room).rglob("*.py")
        for word in words
        if f'"{word}' in path.read_text("utf-8")
    ]
    assert told == []
