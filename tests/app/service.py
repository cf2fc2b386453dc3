"""The service under test, with the demonstration patients as its charts and a clock that stands still."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from copy import deepcopy
from datetime import date
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from fhir.resources.R4B.operationoutcome import OperationOutcome
from httpx import Response

from app.demo.patients import demo_patients
from app.demo.requests import hook_request
from app.prefetch_table import TEMPLATES
from app.screening import ScreeningService
from app.server import create_app
from app.settings import Settings

AS_OF = date(2026, 6, 15)
HOOK = "/cds-services/lupus-trials"
LUPUS, NO_LUPUS, POTENTIAL = "lin-mei", "peter-novak", "daniel-okafor"
TRIAL_A, TRIAL_B = "nct07517536", "nct05247203"


@cache
def screening_service() -> ScreeningService:
    return ScreeningService.bundled()


@cache
def default_client() -> TestClient:
    return client()


def application(**settings: Any) -> FastAPI:
    """The application with these settings, open to anybody by default; ``AS_OF`` is today."""
    chosen = Settings(**{"open": True, "tune_garbage_collection": False, **settings})
    return create_app(chosen, service=screening_service(), today=lambda: AS_OF)


def client(**settings: Any) -> TestClient:
    """That application, called in this process."""
    return TestClient(application(**settings), raise_server_exceptions=False)


def request_of(patient: str = LUPUS) -> dict[str, Any]:
    """What the EHR sends when this patient's chart is opened."""
    return deepcopy(_request_of(patient))


@cache
def _request_of(patient: str) -> dict[str, Any]:
    return hook_request(demo_patients()[patient], AS_OF, TEMPLATES)


def fire(request: Any, http: TestClient | None = None) -> Response:
    """Post a request to the hook."""
    return (http or default_client()).post(HOOK, json=request)


def cards_of(request: Any, http: TestClient | None = None) -> list[dict[str, Any]]:
    """The cards of a request that must succeed."""
    answer = fire(request, http)
    assert answer.status_code == 200, answer.text
    cards: list[dict[str, Any]] = answer.json()["cards"]
    return cards


def screening_of(card: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = card["extension"]["org.trialcards.screening"]
    return found


def verdicts_of(cards: Iterable[dict[str, Any]]) -> dict[str, str]:
    """The verdict of each trial that there is a card on."""
    return {screening_of(card)["protocol"]: screening_of(card)["verdict"] for card in cards}


def findings_of(card: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """All findings of a card's screening by id, parts included."""

    def walk(findings: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for finding in findings:
            found[finding["criterion"]] = finding
            found.update(walk(finding.get("parts", [])))
        return found

    return walk(screening_of(card)["findings"])


def outcome_of(answer: Response, status: int) -> dict[str, Any]:
    """The one issue of an error body, which must be a valid R4 OperationOutcome."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome"
    OperationOutcome.model_validate(body)
    (issue,) = body["issue"]
    assert issue["severity"] == "error"
    assert issue["diagnostics"]
    found: dict[str, Any] = issue
    return found


def searchset(*resources: Any, **more: Any) -> dict[str, Any]:
    """A searchset Bundle."""
    entries = [{"resource": resource, "search": {"mode": "match"}} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries, **more}


def bundle_of(patient: str = LUPUS) -> dict[str, Any]:
    """This patient's chart as a collection Bundle."""
    return deepcopy(demo_patients()[patient].bundle(AS_OF))


def as_body(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def but_for_ids(answer: str) -> str:
    """An answer without what is new with each call: the ids of cards, and the tokens of links."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=/evidence/)[^/\"]+", "…", answer)
