"""The demonstration page: it fires the real hook, draws cards safely, and needs nothing from elsewhere."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.demo.patients import demo_patients
from app.rendering.cards import cards_fragment
from app.routes.demo import demo_routes
from tests.app.service import client, outcome_of

TEMPLATES = {"patient": "Patient/{{context.patientId}}"}


@pytest.fixture
def page() -> TestClient:
    application = FastAPI()
    application.include_router(demo_routes(TEMPLATES, lambda: date(2026, 6, 15)))
    return TestClient(application)


def response(**card: object) -> bytes:
    given = {"summary": "Lupus trials", "indicator": "info", "source": {"label": "Trialcards"}, **card}
    return json.dumps({"cards": [given]}).encode()


def test_the_page_offers_every_patient_and_says_what_each_shows(page: TestClient) -> None:
    body = page.get("/").text
    for patient in demo_patients().values():
        assert f'data-patient="{patient.id}"' in body
    assert "/cds-services/lupus-trials" in body


def test_the_page_runs_under_a_policy_that_forbids_inline_script_and_other_hosts(page: TestClient) -> None:
    answer = page.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", answer.text, re.DOTALL)
    assert scripts == [""]
    assert not re.search(r"\son\w+=|<style|style=", answer.text)
    assert set(re.findall(r'(?:src|href)="([^"]+)"', answer.text)) == {
        "/demo/static/cards.css",
        "/demo/static/demo.css",
        "/demo/static/demo.js",
        "/cds-services",
        "/protocols",
        "/openapi.json",
    }


@pytest.mark.parametrize("name", ["demo.js", "demo.css", "cards.css"])
def test_what_the_page_loads_is_there(page: TestClient, name: str) -> None:
    answer = page.get(f"/demo/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/")


@pytest.mark.parametrize("name", ["other.js", "..%2fpatients.py", "%2e%2e/patients.py"])
def test_nothing_else_is_served_from_the_static_folder(page: TestClient, name: str) -> None:
    assert page.get(f"/demo/static/{name}").status_code == 404


def test_the_request_of_a_patient_is_a_hook_request_for_that_patient(page: TestClient) -> None:
    request = page.get("/demo/requests/lin-mei").json()
    assert request["hook"] == "patient-view"
    assert request["context"]["patientId"] == "lin-mei"
    assert set(request["prefetch"]) == set(TEMPLATES)
    assert request["prefetch"]["patient"]["birthDate"] == "1992-01-26"


def test_a_chart_can_be_had_as_of_any_day(page: TestClient) -> None:
    answer = page.get("/demo/patients/lin-mei", params={"asOf": "2026-06-15"})
    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert answer.json() == demo_patients()["lin-mei"].bundle(date(2026, 6, 15))


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30"])
def test_a_day_outside_of_the_calendar_is_refused(day: str) -> None:
    outcome_of(client(demo=True).get("/demo/patients/lin-mei", params={"asOf": day}), 400)


@pytest.mark.parametrize("path", ["/demo/requests/nobody", "/demo/patients/nobody"])
def test_an_unknown_patient_is_not_found_and_the_known_ones_are_named(page: TestClient, path: str) -> None:
    answer = page.get(path)
    assert answer.status_code == 404
    assert "lin-mei" in answer.text


def test_cards_show_summary_detail_suggestions_links_and_source() -> None:
    drawn = cards_fragment(
        response(
            uuid="u1",
            detail="**bold** and\n\n| a | b |\n|---|---|\n| 1 | 2 |",
            suggestions=[{"label": "Order HBV DNA", "uuid": "s1"}],
            links=[{"label": "Evidence", "url": "https://trials.example/e", "type": "absolute"}],
            overrideReasons=[{"code": "later", "system": "urn:x", "display": "Not now"}],
        )
    )
    assert "<strong>bold</strong>" in drawn
    assert "<table>" in drawn
    assert 'data-card="u1"' in drawn
    assert 'data-suggestion="s1">Order HBV DNA' in drawn
    assert 'href="https://trials.example/e"' in drawn
    assert "Not now" in drawn


def test_a_card_that_gives_no_reasons_can_still_be_dismissed() -> None:
    assert "data-dismiss" in cards_fragment(response(uuid="u1"))
    assert "data-dismiss" not in cards_fragment(response())


def test_no_card_is_said_in_words() -> None:
    assert "nothing to say" in cards_fragment(b'{"cards": []}')


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>"])
def test_markup_in_a_card_is_shown_and_not_run(text: str) -> None:
    drawn = cards_fragment(response(summary=text, detail=text, suggestions=[{"label": text}]))
    assert "<script" not in drawn
    assert "<img" not in drawn


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "JavaScript:x"])
def test_only_web_addresses_become_links(url: str) -> None:
    drawn = cards_fragment(
        response(detail=f"[x]({url})", links=[{"label": "L", "url": url}], source={"label": "S", "url": url})
    )
    assert "<a " not in drawn


@pytest.mark.parametrize("body", [b"", b"[]", b'{"cards": [{}]}', b'{"cards": [{"summary": 1}]}'])
def test_what_is_no_hook_response_is_refused(page: TestClient, body: bytes) -> None:
    assert page.post("/demo/cards", content=body).status_code == 400
