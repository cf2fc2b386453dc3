"""Metrics count requests, cards, feedback and failures under few labels, none of which comes from a chart."""

from __future__ import annotations

import re
import socket
import time
import urllib.request
from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from app.metrics import Metrics
from app.store.records import CardFeedback, GivenReason
from tests.app.draft_orders import coded, draft, order_request
from tests.app.service import client, fire, request_of
from tests.app.serving import serving
from tests.app.store.serving import Clock, overridden, service


def value(text: str, name: str, **labels: str) -> float:
    """The sum over all series of a metric that bear these labels."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def test_requests_cards_and_feedback_are_counted(sqlite_url: str, clock: Clock) -> None:
    with service(sqlite_url, clock) as running:
        card = running.cards()["nct07517536"]
        running.tell(overridden(card, clock.now))
        running.cards()
        fire({"hook": "patient-view"}, running.http)
        text = running.http.get("/metrics").text
    requests = {"route": "/cds-services/{service_id}", "hook": "patient-view", "status": "200"}
    assert value(text, "trialcards_request_seconds_count", **requests) == 2
    assert value(text, "trialcards_request_seconds_count", status="400") == 1
    shown = {"hook": "patient-view", "trial": "nct07517536", "verdict": "undetermined"}
    assert value(text, "trialcards_cards_shown_total", **shown) == 1
    assert value(text, "trialcards_cards_silent_total", trial="nct07517536", reason="declined") == 1
    assert value(text, "trialcards_feedback_total", outcome="overridden", reason="none") == 1
    assert value(text, "trialcards_store_up") == 1


def test_cards_of_which_nothing_was_heard_for_a_day_are_ignored_ones(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        running.tell(overridden(running.cards()["nct07517536"], clock.now))
        clock.now += timedelta(days=2)
        running.cards()
        text = running.http.get("/metrics").text
    assert value(text, "trialcards_cards_ignored", trial="nct05247203") == 1
    assert value(text, "trialcards_cards_ignored", trial="nct07517536") == 0


def test_reasons_that_are_not_our_own_are_counted_as_other(clock: Clock) -> None:
    metrics = Metrics(["nct1"], reasons=["not-suitable"])
    for code in ("not-suitable", "Lin Mei, born 1990-01-26"):
        metrics.feedback(
            [
                CardFeedback(
                    client="open",
                    card="1",
                    outcome="overridden",
                    at=clock(),
                    received=clock(),
                    reasons=(GivenReason(code),),
                )
            ]
        )
    text = metrics.exposition([], None).decode()
    assert value(text, "trialcards_feedback_total", reason="not-suitable") == 1
    assert value(text, "trialcards_feedback_total", reason="other") == 1
    assert "Lin" not in text


def test_what_clients_send_makes_no_series_of_its_own() -> None:
    http = client()
    for path in ("/Patient/lin-mei", "/cds-services/lin-mei", "/protocols/lin-mei?name=lin-mei"):
        http.get(path)
        http.request("LIN-MEI", path)
    fire({**request_of(), "hook": "lin-mei"}, http)
    assert "lin-mei" not in http.get("/metrics").text.lower()


def test_fetches_are_counted_by_what_came_of_them() -> None:
    metrics = Metrics([])
    counts = {"hook": "patient-view", "fetch_complete": 9, "fetch_failed": 2, "fetch_truncated": 0}
    metrics.request("POST", "/cds-services/{service_id}", counts, 200, 0.1)
    text = metrics.exposition([], None).decode()
    assert value(text, "trialcards_fetches_total", outcome="failed") == 2
    assert value(text, "trialcards_fetches_total") == 11


def test_drafts_of_which_nothing_tells_the_drug_are_counted_without_what_they_are() -> None:
    http = client()
    ndc = coded("http://hl7.org/fhir/sid/ndc", "50242-0051-21")
    assert fire(order_request([draft(ndc), draft("Zzzquil"), draft("rituximab")]), http).status_code == 200
    text = http.get("/metrics").text
    assert value(text, "trialcards_drafts_unrecognised_total", hook="order-sign") == 2
    assert "50242" not in text
    assert "zzzquil" not in text.lower()


def test_they_can_be_switched_off() -> None:
    assert client(metrics=False).get("/metrics").status_code == 404


def test_two_workers_tell_the_sum_of_both(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"TRIALCARDS_STORE": "true", "TRIALCARDS_DATA_DIR": str(tmp_path)}
    arguments = ("--open", "--port", str(port), "--workers", "2")
    with serving(tmp_path, *arguments, ready="-d @-", settings=settings) as (said, _):
        assert "-d @-" in said, (tmp_path / "log").read_text()
        base = f"http://127.0.0.1:{port}"
        for _ in range(40):
            with urllib.request.urlopen(f"{base}/healthz") as answer:
                assert answer.status == 200
        time.sleep(0.2)
        seen = set()
        for _ in range(10):
            with urllib.request.urlopen(f"{base}/metrics") as answer:
                text = answer.read().decode()
            seen.add(value(text, "trialcards_request_seconds_count", route="/healthz"))
    assert seen == {40.0}
    assert not re.search("store failed", (tmp_path / "log").read_text())
