"""What clients are asked to send along follows from the protocols (CDS Hooks 2.0.1, prefetch templates)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import app.prefetch_needs
from app.cli import main
from app.prefetch_needs import needed_types, queries_for, queries_for_types, unneeded_types
from app.prefetch_table import PREFETCH
from app.screening import ScreeningService
from cds_hooks.templates import problems
from eligibility.protocol import Protocol
from tests.app.ehr import NETWORK, Ehr, hook_beside, request_without
from tests.app.service import POTENTIAL, cards_of, screening_service

LONGEST_QUERY = 2_000
"""Characters of a URL that servers and proxies take without a setting of their own."""


def protocol(identifier: str) -> Protocol:
    return screening_service().protocols[identifier].protocol


def test_the_open_trials_need_every_type_of_the_table() -> None:
    bundled = [bound.protocol for bound in screening_service().protocols.values()]
    assert queries_for(bundled) == PREFETCH


@pytest.mark.parametrize(
    ("identifier", "spared"),
    [("nct05247203", {"Device"}), ("nct07517536", {"Immunization"})],
)
def test_a_type_that_no_criterion_asks_for_is_not_asked_of_clients(identifier: str, spared: set[str]) -> None:
    asked = {query.resource_type for query in queries_for([protocol(identifier)])}
    assert {query.resource_type for query in PREFETCH} - asked == spared


def test_a_protocol_that_needs_another_type_has_it_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    read_from: dict[Any, Any] = {**app.prefetch_needs.RESOURCE_TYPES, "device": ("FamilyMemberHistory",)}
    monkeypatch.setattr(app.prefetch_needs, "RESOURCE_TYPES", read_from)
    found = {query.resource_type: query for query in queries_for([protocol("nct07517536")])}
    assert "Device" not in found
    family = found["FamilyMemberHistory"]
    assert (family.key, family.template) == (
        "familyMemberHistories",
        "FamilyMemberHistory?patient={{context.patientId}}&_count=1000",
    )
    assert problems(family.template, "patient-view") == []


def test_what_no_protocol_at_hand_needs_is_neither_announced_nor_fetched() -> None:
    bound = screening_service().protocols["nct05247203"]
    assert unneeded_types([bound.protocol]) == {"Device"}
    ehr = Ehr(POTENTIAL)
    with NETWORK:
        http = hook_beside(ehr, service=ScreeningService({"nct05247203": bound}))
        cards = cards_of(request_without("devices", "immunizations", patient=POTENTIAL), http)
        assert len(cards) == 1
        assert ehr.asked_types == ["Immunization"]
        for service in http.get("/cds-services").json()["services"]:
            assert {"immunizations"} == {"devices", "immunizations"} & service["prefetch"].keys()


def test_without_any_protocol_the_patient_diagnoses_results_answers_and_orders_are_asked_for() -> None:
    assert needed_types([]) == {
        "Patient",
        "Condition",
        "Observation",
        "QuestionnaireResponse",
        "ServiceRequest",
    }


def test_every_query_fits_into_a_url() -> None:
    queries = queries_for_types(query.resource_type for query in PREFETCH)
    longest = max(len(query.template.replace("{{context.patientId}}", "x" * 64)) for query in queries)
    assert longest < LONGEST_QUERY


class TestTheCommand:
    @pytest.fixture
    def clients(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "clients.yaml"
        told = "clients:\n  - id: own\n    issuer: https://ehr.example\n    jwks_url: https://ehr.example/k\n"
        file.write_text(f"{told}    prefetch_keys: {{conditions: problemList}}\n", "utf-8")
        monkeypatch.setenv("TRIALCARDS_CLIENTS", str(file))

    @pytest.mark.usefixtures("clients")
    def test_the_keys_are_those_of_the_client(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["prefetch", "--for", "epic", "--client", "own"]) == 0
        keys = [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
        assert "problemList" in keys
        assert "conditions" not in keys

    @pytest.mark.usefixtures("clients")
    def test_a_client_that_is_not_there_is_told(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["prefetch", "--client", "other"]) == 2
        assert capsys.readouterr().err == "trialcards: there is no client 'other'; there are: own\n"

    def test_without_a_file_of_clients_it_is_said_what_lacks(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["prefetch", "--client", "own"]) == 2
        assert "TRIALCARDS_CLIENTS" in capsys.readouterr().err
