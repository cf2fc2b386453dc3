"""A rehearsal: a call for a day of its own that leaves no trace, where the operator lets anybody call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.rehearsal import EXTENSION
from tests.app.service import HOOK, cards_of, client, fire, outcome_of, request_of, screening_of, verdicts_of


def rehearsed(patient: str = "lin-mei", **told: Any) -> dict[str, Any]:
    return {**request_of(patient), "extension": {EXTENSION: {"asOf": "2026-06-15", **told}}}


@pytest.fixture(scope="module")
def http() -> TestClient:
    return client(store=False)


def test_the_chart_is_judged_as_of_the_day_that_it_names(http: TestClient) -> None:
    today = cards_of(request_of("sofia-reyes"), http)
    later = cards_of(rehearsed("sofia-reyes", asOf="2026-12-01"), http)
    assert cards_of(rehearsed("sofia-reyes"), http)[0]["summary"] == today[0]["summary"]
    assert {screening_of(card)["anchors"]["day0"] for card in later} == {"2026-12-01"}
    assert verdicts_of(later) != verdicts_of(today)


@pytest.mark.parametrize(
    "told",
    [
        {"asOf": "2026-02-30"},
        {"asOf": "tomorrow"},
        {"asOf": 3},
        {"asOf": "1500-01-01"},
        {"as_of": "2026-06-15"},
    ],
)
def test_one_that_cannot_be_read_is_refused_and_not_taken_for_today(
    http: TestClient, told: dict[str, Any]
) -> None:
    issue = outcome_of(fire(rehearsed(**told), http), 400)
    assert EXTENSION in issue["diagnostics"]


@pytest.mark.parametrize("value", [[], "2026-06-15", 3])
def test_one_that_is_no_object_is_refused(http: TestClient, value: Any) -> None:
    outcome_of(fire({**request_of(), "extension": {EXTENSION: value}}, http), 400)


def test_it_is_refused_where_no_playground_is_served() -> None:
    issue = outcome_of(fire(rehearsed(), client(store=False, demo=False)), 400)
    assert "leave it out" in issue["diagnostics"]


def test_its_cards_link_to_evidence_only_where_it_says_so(tmp_path: Path) -> None:
    with client(store=True, data_dir=tmp_path, pages_url="http://127.0.0.1:8000") as keeping:
        for keep in (False, True):
            (card, *_) = keeping.post(HOOK, json=rehearsed(keepEvidence=keep)).json()["cards"]
            assert any("/evidence/" in link["url"] for link in card["links"]) is keep
