"""Answers as a browser sends them from the evidence page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from tests.app.service import LUPUS, TRIAL_A, cards_of, request_of, screening_of

HERE = "http://127.0.0.1:8000"
OURS = {"Sec-Fetch-Site": "same-origin"}


def card_of(
    http: TestClient, patient: str = LUPUS, trial: str = TRIAL_A, **changed: Any
) -> Mapping[str, Any]:
    """The card of a patient on a trial; ``changed`` members of the request."""
    cards = cards_of({**request_of(patient), **changed}, http)
    return next(card for card in cards if screening_of(card)["protocol"] == trial)


def path_of(http: TestClient, patient: str = LUPUS, trial: str = TRIAL_A, **changed: Any) -> str:
    """Where the evidence behind that card lies."""
    found: str = card_of(http, patient, trial, **changed)["links"][0]["url"].removeprefix(HERE)
    return found


def answered(http: TestClient, path: str, question: str, value: str = "yes", **fields: str) -> Response:
    """Send the form of a question."""
    sent = {"name": "Dr Wu", "role": "clinician", "on": "2026-06-15", "why": "", **fields}
    return http.post(f"{path}/answers", data={**sent, "question": question, "value": value}, headers=OURS)


def taken_back(http: TestClient, path: str, answer: str) -> Response:
    """Press the button that takes an answer back."""
    return http.post(f"{path}/answers/{answer}/withdrawal", headers=OURS)


def asked_on(page: str) -> list[str]:
    """The questions that the page puts to whoever reads it."""
    return re.findall(r'class="answer screen-only" id="q-([^"]+)"', page)


def outcome_on(page: str, criterion: str) -> str:
    """The outcome that the page tells of a criterion."""
    found = re.search(rf'id="{re.escape(criterion)}".*?class="outcome (\w+)"', page, re.DOTALL)
    assert found is not None
    return found[1]


def verdict_on(page: str) -> str:
    found = re.search(r'<p class="verdict ([\w-]+)"', page)
    assert found is not None
    return found[1]
