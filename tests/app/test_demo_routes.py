"""The demonstration patients as data: charts of any day, and the request that an EHR would send."""

from __future__ import annotations

from datetime import date

import pytest
from fastapi.testclient import TestClient

from app.demo.patients import demo_patients
from app.language import LANGUAGES
from app.prefetch_table import TEMPLATES
from tests.app.service import client, default_client, outcome_of


@pytest.fixture
def http() -> TestClient:
    return default_client()


def test_the_request_of_a_patient_is_a_hook_request_for_that_patient(http: TestClient) -> None:
    request = http.get("/demo/requests/lin-mei").json()
    assert request["hook"] == "patient-view"
    assert request["context"]["patientId"] == "lin-mei"
    assert set(request["prefetch"]) == set(TEMPLATES)
    assert request["prefetch"]["patient"]["birthDate"] == "1992-01-26"
    assert "extension" not in request


def test_a_chart_can_be_had_as_of_any_day(http: TestClient) -> None:
    answer = http.get("/demo/patients/lin-mei", params={"asOf": "2026-06-15"})
    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert answer.json() == demo_patients()["lin-mei"].bundle(date(2026, 6, 15))


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30"])
def test_a_day_outside_of_the_calendar_is_refused(day: str) -> None:
    outcome_of(client(demo=True).get("/demo/patients/lin-mei", params={"asOf": day}), 400)


@pytest.mark.parametrize("path", ["/demo/requests/nobody", "/demo/patients/nobody"])
def test_an_unknown_patient_is_not_found_and_the_known_ones_are_named(http: TestClient, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 404
    assert "lin-mei" in answer.text


@pytest.mark.parametrize("patient", demo_patients())
def test_what_there_is_to_say_of_a_patient_is_said_in_each_language(patient: str) -> None:
    told = [demo_patients()[patient].told(language) for language in LANGUAGES]
    assert len({one.shows for one in told}) == len({one.setting for one in told}) == len(LANGUAGES)
