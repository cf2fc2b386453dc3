"""The hook beside real FHIR servers: what it fetches decides as what is prefetched does.

Each case is held against the request of an EHR that prefetches everything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

import httpx
import msgspec
import pytest
from fastapi.testclient import TestClient

from app.clients.profile import ClientProfile
from app.clients.registry import Clients
from app.demo.requests import hook_request
from app.prefetch_table import RESOURCE_TYPES, TEMPLATES
from app.server import create_app
from app.settings import Settings
from sandbox.charts import bundled_id, charts
from tests.app.service import AS_OF, cards_of, findings_of, screening_of, screening_service

DOORS = ["fhir", "paged", "requests", "statements"]
BUNDLED = [name for name in charts() if name == bundled_id(name)]
SECONDS = 60
"""To answer in, where many tests share two cores."""


class Beside:
    """The hook, and the servers that it may call, by name."""

    def __init__(self, http: TestClient, servers: Mapping[str, str]) -> None:
        self.http = http
        self.servers = servers

    def cards(self, server: str, patient: str, prefetch: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        request = {
            **everything_prefetched(patient),
            "fhirServer": self.servers[server],
            "prefetch": prefetch,
        }
        if prefetch is None:
            del request["prefetch"]
        return cards_of(request, self.http)


@pytest.fixture(scope="module")
def beside(hapi_address: str, another_address: str) -> Iterator[Beside]:
    servers = {door: f"{hapi_address}/{door}" for door in DOORS} | {"another": another_address}
    listed = tuple(servers.values())
    with application(preset="sandbox", fhir_servers=listed, allow_private_addresses=True) as http:
        yield Beside(http, servers)


@pytest.mark.parametrize("patient", charts())
def test_with_nothing_prefetched_and_pages_of_20_the_cards_are_those_of_a_full_prefetch(
    patient: str, beside: Beside
) -> None:
    # No template asks for Medications: in full it is the same chart with its drugs told in place.
    whole = patient.removesuffix("-named")
    assert judgements(beside.cards("paged", patient, None)) == judgements_of_full_prefetch(whole)


@pytest.mark.parametrize("patient", [*BUNDLED, "lin-mei-statements", "amara-diallo-requests"])
def test_the_second_server_leads_to_the_same_cards(patient: str, beside: Beside) -> None:
    assert judgements(beside.cards("another", patient, None)) == judgements_of_full_prefetch(patient)


@pytest.mark.parametrize("patient", ["lin-mei-named", "wang-jianguo-named"])
def test_drugs_that_are_only_named_are_fetched_from_the_second_server_too(
    patient: str, beside: Beside
) -> None:
    whole = judgements_of_full_prefetch(bundled_id(patient))
    assert judgements(beside.cards("another", patient, None)) == whole


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("patient", ["sofia-reyes", "amara-diallo-statements"])
@pytest.mark.parametrize("server", ["fhir", "another"])
def test_of_a_half_prefetched_chart_the_other_half_is_fetched(
    server: str, patient: str, half: int, beside: Beside
) -> None:
    prefetched = everything_prefetched(patient)["prefetch"]
    kept = {key: prefetched[key] for key in list(prefetched)[half::2]}
    assert judgements(beside.cards(server, patient, kept)) == judgements_of_full_prefetch(patient)


def test_without_a_server_what_was_not_prefetched_is_not_retrieved() -> None:
    request = without(everything_prefetched("sofia-reyes"), {"MedicationRequest", "Observation"})
    with application() as http:
        cards = cards_of(request, http)
    assert judgements(cards) != judgements_of_full_prefetch("sofia-reyes")


@pytest.mark.parametrize("patient", ["lin-mei", "daniel-okafor"])
@pytest.mark.parametrize("server", ["paged", "another"])
def test_where_a_server_prefetched_first_pages_only_the_others_are_fetched(
    server: str, patient: str, beside: Beside
) -> None:
    prefetched = {
        key: httpx.get(
            f"{beside.servers[server]}/{template}".replace("{{context.patientId}}", patient)
        ).json()
        for key, template in TEMPLATES.items()
    }
    assert any(link["relation"] == "next" for link in prefetched["observations"]["link"])
    assert judgements(beside.cards(server, patient, prefetched)) == judgements_of_full_prefetch(patient)


@pytest.mark.parametrize(
    ("server", "patient", "absent"),
    [
        ("requests", "lin-mei", "MedicationStatement"),
        ("requests", "amara-diallo-requests", "MedicationStatement"),
        ("statements", "lin-mei-statements", "MedicationRequest"),
        ("statements", "wang-jianguo-statements", "MedicationRequest"),
    ],
)
def test_a_server_that_knows_one_dialect_of_medication_is_not_asked_for_the_other(
    server: str, patient: str, absent: str, beside: Beside
) -> None:
    with application(not_offered=(absent,)) as http:
        expected = judgements(cards_of(without(everything_prefetched(patient), {absent}), http))
    assert judgements(beside.cards(server, patient, None)) == expected


@pytest.mark.parametrize("patient", BUNDLED)
def test_a_chart_told_in_statements_is_judged_as_one_told_in_requests(patient: str) -> None:
    assert judgements_of_full_prefetch(f"{patient}-statements") == judgements_of_full_prefetch(patient)


def application(**profile: Any) -> TestClient:
    """The service for one client that needs no token."""
    return TestClient(
        create_app(
            Settings(tune_garbage_collection=False, fetch_deadline_seconds=SECONDS),
            service=screening_service(),
            clients=Clients(open_mode=ClientProfile(id="ehr", **profile)),
            today=lambda: AS_OF,
        )
    )


def everything_prefetched(patient: str) -> dict[str, Any]:
    """The request of an EHR that withholds nothing."""
    return hook_request(msgspec.structs.replace(charts()[patient], withheld=()), AS_OF, TEMPLATES)


def without(request: dict[str, Any], types: Collection[str]) -> dict[str, Any]:
    kept = {key: value for key, value in request["prefetch"].items() if RESOURCE_TYPES[key] not in types}
    return {**request, "prefetch": kept}


@cache
def judgements_of_full_prefetch(patient: str) -> dict[str, Any]:
    with application() as http:
        return judgements(cards_of(everything_prefetched(patient), http))


def judgements(cards: list[dict[str, Any]]) -> dict[str, Any]:
    """Of each card's trial: the verdict, and the outcome of each criterion with its reason."""
    return {
        screening_of(card)["protocol"]: (
            screening_of(card)["verdict"],
            {name: (found["outcome"], found.get("reason")) for name, found in findings_of(card).items()},
        )
        for card in cards
    }
