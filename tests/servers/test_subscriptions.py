"""Subscriptions on HAPI FHIR: what is stored there of a patient changes how the patient is listed."""

from __future__ import annotations

import asyncio
import io
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.cli import main
from app.listing.desk import ListDesk
from app.listing.entries import Entry, changes
from app.server import create_app
from app.settings import Settings
from app.store.configured import store_of
from app.store.kept import Operation
from sandbox.charts import charts
from sandbox.loading import transaction
from tests.app.service import AS_OF, TRIAL_A, TRIAL_B, screening_service
from tests.listening import listening

pytestmark = pytest.mark.xdist_group("servers")

NAME = "hapi"
SECRET = "a-secret-of-the-sandbox-of-40-characters"
PATIENT = "listed-lin-mei"
FHIR = {"content-type": "application/fhir+json"}
LACKING = ("upcr", "upcr-2", "urine-protein-24h")
CONTENTS = ("full-resource", "id-only", "empty")
"""Of notifications; here also the names of subscriptions by topic."""
PATIENCE = 60


class Failing:
    """Whoever watches the store here wants it to work."""

    def store_failed(self, operation: Operation, error: BaseException | None, records: int = 1) -> None:
        raise AssertionError(operation) from error


def _now() -> datetime:
    return datetime.now(UTC)


class Subscribed:
    """The service beside HAPI, which knows its endpoint."""

    def __init__(self, fhir: str, address: str, settings: Settings) -> None:
        self.fhir, self.address, self.settings = fhir, address, settings

    def subscribe(self, *more: str) -> list[list[str]]:
        with redirect_stdout(io.StringIO()) as out:
            assert main(["subscribe", "--name", NAME, "--endpoint", self.address, *more]) == 0
        return [line.split("\t") for line in out.getvalue().splitlines()]

    def store(self, resource: dict[str, Any]) -> None:
        answer = httpx.put(
            f"{self.fhir}/{resource['resourceType']}/{resource['id']}",
            json=resource,
            headers=FHIR,
            timeout=60,
        )
        assert answer.status_code in (200, 201), answer.text

    def figures(self, name: str) -> dict[str, float]:
        """The figures of the subscription, by their names and labels as they stand."""
        lines = httpx.get(f"{self.address}/metrics").text.splitlines()
        told = (line.rpartition(" ") for line in lines if f'subscription="{name}"' in line)
        return {figure: float(value) for figure, _, value in told}

    def entries(self) -> dict[str, Entry]:
        """The entries of the patient by trial."""

        async def read() -> list[Entry]:
            async with AsyncExitStack() as closing:
                store = store_of(self.settings, _now, Failing(), closing)
                assert store is not None
                return await ListDesk(store, _now).entries()

        return {entry.trial: entry for entry in asyncio.run(read()) if entry.patient.patient_id == PATIENT}

    def until(self, so: Callable[[dict[str, Entry]], bool]) -> dict[str, Entry]:
        """The entries, once they are so."""
        ends = time.monotonic() + PATIENCE
        while not so(found := self.entries()):
            assert time.monotonic() < ends, {trial: entry.now for trial, entry in found.items()}
            time.sleep(0.3)
        return found


@pytest.fixture
def subscribed(hapi_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Subscribed]:
    fhir = f"{hapi_address}/fhir"
    (tmp_path / "secret").write_text(SECRET, "utf-8")
    told = {
        "fhir_base": fhir,
        "secret_file": str(tmp_path / "secret"),
        "allow_private_addresses": True,
    }
    file = tmp_path / "subscriptions.yaml"
    named = [{"name": name, **told} for name in (NAME, *CONTENTS)]
    file.write_text(json.dumps({"subscriptions": named}), "utf-8")
    settings = Settings(
        store=True,
        subscriptions=file,
        data_dir=tmp_path,
        screening_list=True,
        subscription_settle_seconds=0.5,
        tune_garbage_collection=False,
    )
    monkeypatch.setenv("TRIALCARDS_SUBSCRIPTIONS", str(file))
    application = create_app(settings, service=screening_service(), today=lambda: AS_OF)
    with listening(application) as port:
        here = Subscribed(fhir, f"http://127.0.0.1:{port}", settings)
        yield here
        here.subscribe("--remove")


def chart() -> list[dict[str, Any]]:
    """Lin Mei's chart as another patient's, without proteinuria."""
    told = re.sub(r'(?<=["/])lin-', "listed-lin-", json.dumps(charts()["lin-mei"].chart(AS_OF)))
    resources: list[dict[str, Any]] = json.loads(told)
    lacking = [f"listed-lin-{name}" for name in LACKING]
    return [resource for resource in resources if resource["id"] not in lacking]


def observation(name: str, loinc: str, **value: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"listed-{name}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "subject": {"reference": f"Patient/{PATIENT}"},
        "effectiveDateTime": f"{AS_OF}T07:00:00Z",
        **value,
    }


UPCR = observation(
    "upcr",
    "2890-2",
    valueQuantity={"value": 2100, "unit": "mg/g", "system": "http://unitsofmeasure.org", "code": "mg/g"},
)
HBV_DNA = observation("hbv-dna", "29610-3", valueString="Not detected")


def missing(entry: Entry) -> list[str]:
    return [lack.input for lack in entry.now.missing]


def test_what_arrives_on_the_server_changes_the_list_and_nothing_else_need_be_done(
    subscribed: Subscribed,
) -> None:
    made = subscribed.subscribe()
    assert {done for done, *_ in made} == {"created"}
    assert {"Observation?", "Condition?", "Patient?", "MedicationRequest?"} <= {
        what for _, _, what, _ in made
    }
    ends = time.monotonic() + PATIENCE
    while {status for *_, status in subscribed.subscribe("--list")} != {"active"}:
        assert time.monotonic() < ends
        time.sleep(0.3)

    loaded = httpx.post(subscribed.fhir, json=transaction(chart()), headers=FHIR, timeout=60)
    assert loaded.status_code == 200, loaded.text
    listed = subscribed.until(lambda found: set(found) == {TRIAL_A, TRIAL_B})
    assert {entry.now.verdict for entry in listed.values()} == {"undetermined"}
    assert "upcr" in missing(listed[TRIAL_A])

    subscribed.store(UPCR)
    listed = subscribed.until(lambda found: "upcr" not in missing(found[TRIAL_A]))
    assert "hbv_dna" in missing(listed[TRIAL_A])

    subscribed.store(HBV_DNA)
    listed = subscribed.until(lambda found: found[TRIAL_A].now.verdict != "undetermined")
    assert listed[TRIAL_A].now.verdict == "potentially-eligible"
    told = {change.kind: change.names for change in changes(listed[TRIAL_A])}
    assert told["verdict"] == ("undetermined", "potentially-eligible")
    assert told["no-longer-missing"] == ("hbv_dna",)


def test_subscribing_again_changes_nothing_and_removing_leaves_none(subscribed: Subscribed) -> None:
    made = subscribed.subscribe()
    again = subscribed.subscribe()
    assert {done for done, *_ in again} == {"unchanged"}
    assert [name for _, name, *_ in again] == [name for _, name, *_ in made]
    removed = subscribed.subscribe("--remove")
    assert [done for done, *_ in removed] == ["removed"] * len(made)
    assert subscribed.subscribe("--list") == []


R5 = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic."
R4B = "http://hl7.org/fhir/4.3/StructureDefinition/extension-SubscriptionTopic."
BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
TOPIC = "http://ehr.example/topics/results"


def topic() -> dict[str, Any]:
    """What is new among Observations, as HAPI has SubscriptionTopics in R4: a Basic."""
    trigger = [
        {"url": "resource", "valueUri": "Observation"},
        {"url": "supportedInteraction", "valueString": "create"},
        {"url": "supportedInteraction", "valueString": "update"},
    ]
    return {
        "resourceType": "Basic",
        "id": "topic-of-results",
        "code": {"coding": [{"system": "http://hl7.org/fhir/fhir-types", "code": "SubscriptionTopic"}]},
        "modifierExtension": [{"url": f"{R5}status", "valueString": "active"}],
        "extension": [
            {"url": f"{R5}url", "valueUri": TOPIC},
            {"url": f"{R5}title", "valueString": "Results"},
            {"url": f"{R4B}resourceTrigger", "extension": trigger},
        ],
    }


def by_topic(here: Subscribed, content: str) -> dict[str, Any]:
    narrowed = {
        "url": f"{BACKPORT}backport-filter-criteria",
        "valueString": f"Observation?subject=Patient/{PATIENT}",
    }
    content_told = {"url": f"{BACKPORT}backport-payload-content", "valueCode": content}
    return {
        "resourceType": "Subscription",
        "id": f"by-topic-{content}",
        "meta": {"profile": [f"{BACKPORT}backport-subscription"]},
        "status": "requested",
        "reason": "to screen again",
        "criteria": TOPIC,
        "_criteria": {"extension": [narrowed]},
        "channel": {
            "type": "rest-hook",
            "endpoint": f"{here.address}/subscriptions/{content}",
            "payload": "application/fhir+json",
            "_payload": {"extension": [content_told]},
            "header": [f"Authorization: Bearer {SECRET}"],
        },
    }


def test_notifications_of_a_topic_are_taken_once_whatever_their_content(subscribed: Subscribed) -> None:
    """Subscriptions R5 Backport: HAPI posts a Bundle, and repeats one that is not answered by another."""
    httpx.post(subscribed.fhir, json=transaction(chart()), headers=FHIR, timeout=60)
    subscribed.store(topic())
    for content in CONTENTS:
        subscribed.store(by_topic(subscribed, content))
    try:
        ends = time.monotonic() + 2 * PATIENCE
        done = 'trialcards_rescreenings_total{outcome="done",subscription="%s"}'
        while not all(subscribed.figures(content).get(done % content) for content in CONTENTS):
            assert time.monotonic() < ends, [subscribed.figures(content) for content in CONTENTS]
            subscribed.store(UPCR | {"note": [{"text": f"stored at {time.time()}"}]})
            time.sleep(3)
        time.sleep(4)
        told = 'trialcards_notifications_total{kind="event-notification",subscription="%s"}'
        counted = [subscribed.figures(content)[told % content] for content in CONTENTS]
        time.sleep(4)
        assert [subscribed.figures(content)[told % content] for content in CONTENTS] == counted
        for content in CONTENTS:
            figures = subscribed.figures(content)
            assert figures[f'trialcards_events_missed_total{{subscription="{content}"}}'] == 0
            assert figures[f'trialcards_notifications_untold_total{{subscription="{content}"}}'] == 0
        assert "upcr" not in missing(subscribed.entries()[TRIAL_A])
    finally:
        for name in (*(f"Subscription/by-topic-{content}" for content in CONTENTS), "Basic/topic-of-results"):
            httpx.delete(f"{subscribed.fhir}/{name}", timeout=60)
