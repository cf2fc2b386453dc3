"""The evidence page: every criterion once, with its outcome, the reason and the evidence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.demo.patients import demo_patients
from app.evidence.view import evidence_view
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from tests.app.service import AS_OF, cards_of, request_of, screening_of, screening_service
from tests.app.store.serving import Clock, Service, service

HERE = "http://127.0.0.1:8000"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Service]:
    clock = Clock(datetime(2026, 6, 15, 9, tzinfo=UTC), timedelta(milliseconds=1))
    with service(f"sqlite:///{tmp_path / 'store.db'}", clock, pages_url=HERE) as started:
        yield started


@pytest.mark.parametrize("patient", list(demo_patients()))
def test_it_shows_every_criterion_of_the_card_once_with_its_outcome(running: Service, patient: str) -> None:
    for card in cards_of(request_of(patient), running.http):
        screening = screening_of(card)
        page = running.http.get(card["links"][0]["url"].removeprefix(HERE)).text
        shown = re.findall(r'<details class="criterion" id="([^"]+)"', page)
        assert sorted(shown) == sorted(finding["criterion"] for finding in screening["findings"])


def test_each_group_holds_what_it_says(running: Service) -> None:
    (card, *_) = cards_of(request_of(), running.http)
    outcomes = {f["criterion"]: f["outcome"] for f in screening_of(card)["findings"]}
    page = running.http.get(card["links"][0]["url"].removeprefix(HERE)).text
    _, missing = page.split('<section class="group of-missing"', 1)
    shown = re.findall(r'class="criterion" id="([^"]+)"', missing.split("</section>", 1)[0])
    assert shown == [criterion for criterion, outcome in outcomes.items() if outcome == "missing"]


def test_evidence_is_linked_to_on_the_server_it_came_from(running: Service) -> None:
    request = {**request_of(), "fhirServer": "https://ehr.example/fhir"}
    (card, *_) = cards_of(request, running.http)
    page = running.http.get(card["links"][0]["url"].removeprefix(HERE)).text
    assert re.search(r'href="https://ehr\.example/fhir/Observation/[^"/]+"', page)


@pytest.mark.parametrize(
    "server", ["javascript:alert(1)//x", "https://ehr.example/fhir?x=1", "//elsewhere.example", ""]
)
def test_no_link_is_made_of_an_address_that_is_no_base_url(server: str) -> None:
    service = screening_service()
    (bound, *_) = service.chosen(None)
    facts = read_patients(json.dumps(demo_patients()["lin-mei"].bundle(AS_OF)).encode())[0]
    report = service.screen_record(PatientRecord(facts), AS_OF, protocol_ids=[bound.protocol.id])
    view = evidence_view(report, bound.protocol, server)
    assert view.source("Observation/1") is None


def test_a_trial_that_is_not_known_is_told(running: Service) -> None:
    (card, *_) = cards_of(request_of(), running.http)
    path = card["links"][0]["url"].removeprefix(HERE).rpartition("/")[0]
    answer = running.http.get(f"{path}/nct00000000")
    assert answer.status_code == 404
    assert "no such trial" in answer.text


def test_markup_in_a_chart_is_shown_as_text(running: Service) -> None:
    request = request_of()
    for entry in request["prefetch"]["conditions"]["entry"]:
        entry["resource"].setdefault("code", {})["text"] = "<img src=x onerror=alert(1)> **bold** \u202eevil"
    for card in cards_of(request, running.http):
        page = running.http.get(card["links"][0]["url"].removeprefix(HERE)).text
        assert "<img" not in page
        assert "\u202e" not in page
