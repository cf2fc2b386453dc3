"""The chart behind a card's link: kept sealed, for as long as the link is good, and for its bearer alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.store import retention
from tests.app.service import LUPUS, NO_LUPUS, request_of
from tests.app.store.serving import Clock, Service, rows, service
from tests.app.store.test_failing import until

HERE = "http://127.0.0.1:8000"


def link_of(running: Service, patient: str = LUPUS) -> str:
    """The link to the evidence on the first card, as a path."""
    card = next(iter(running.cards(patient).values()))
    url: str = card["links"][0]["url"]
    assert url.startswith(f"{HERE}/evidence/")
    return url.removeprefix(HERE)


def test_a_card_links_to_its_evidence_by_an_absolute_address(url: str, clock: Clock) -> None:
    with service(url, clock, pages_url=HERE) as running:
        for trial, card in running.cards().items():
            first = card["links"][0]
            assert first["type"] == "absolute"
            assert first["url"].endswith(f"/{trial}")
            assert running.http.get(first["url"].removeprefix(HERE)).status_code == 200


def test_without_a_known_address_of_the_pages_no_chart_is_kept(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        card = next(iter(running.cards().values()))
        assert all("/evidence/" not in link["url"] for link in card["links"])
    assert rows(url, "kept_charts") == []


def test_no_chart_is_kept_of_a_patient_without_a_card(url: str, clock: Clock) -> None:
    with service(url, clock, pages_url=HERE) as running:
        assert running.cards(NO_LUPUS) == {}
    assert rows(url, "kept_charts") == []


def test_what_is_kept_can_be_read_by_nobody_without_the_link(url: str, clock: Clock) -> None:
    with service(url, clock, pages_url=HERE) as running:
        link = link_of(running)
    (row,) = rows(url, "kept_charts")
    assert row["name"] not in link
    for value in (request_of()["context"]["patientId"], "resourceType", "Observation"):
        assert value.encode() not in bytes(row["content"])


def test_a_link_runs_out_and_its_chart_is_forgotten(url: str, clock: Clock) -> None:
    with service(url, clock, pages_url=HERE, evidence_minutes=5) as running:
        link = link_of(running)
        assert running.http.get(link).status_code == 200
        clock.now += timedelta(minutes=6)
        answer = running.http.get(link)
        assert answer.status_code == 410
        assert "run out" in answer.text
        link_of(running)
        assert len(rows(url, "kept_charts")) == 1


def test_a_chart_whose_link_has_run_out_is_deleted_though_no_other_is_kept(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the service that kept it, after some minutes; and by the next one, when it starts."""
    with service(url, clock, pages_url=HERE, evidence_minutes=5) as running:
        link_of(running)
        clock.now += timedelta(minutes=6)
    assert len(rows(url, "kept_charts")) == 1
    monkeypatch.setattr(retention, "_LOOK_SECONDS", 0.1)
    with service(url, clock, pages_url=HERE, evidence_minutes=5) as running:
        until(lambda: rows(url, "kept_charts") == [])
        link_of(running)
        assert len(rows(url, "kept_charts")) == 1
        clock.now += timedelta(minutes=6)
        until(lambda: rows(url, "kept_charts") == [])


@pytest.mark.parametrize(
    "change", [lambda s: "x" + s, lambda s: s[:-1], lambda s: s + "x", lambda s: "a.b.c"]
)
def test_a_link_that_was_changed_opens_nothing(url: str, clock: Clock, change: object) -> None:
    assert callable(change)
    with service(url, clock, pages_url=HERE) as running:
        _, _, token, trial = link_of(running).split("/")
        answer = running.http.get(f"/evidence/{change(token)}/{trial}")
        assert answer.status_code == 404
        assert "no link of this service" in answer.text


def test_two_links_open_each_its_own_chart(url: str, clock: Clock) -> None:
    with service(url, clock, pages_url=HERE) as running:
        one, other = link_of(running), link_of(running, "daniel-okafor")
        assert running.http.get(one).text != running.http.get(other).text
        assert len(rows(url, "kept_charts")) == 2
