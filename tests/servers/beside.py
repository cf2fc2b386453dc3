"""The hooks beside real FHIR servers, and what the same patients get where an EHR prefetches everything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

import msgspec
from fastapi.testclient import TestClient

from app.clients.profile import ClientProfile
from app.clients.registry import Clients
from app.demo.requests import hook_request
from app.prefetch_table import RESOURCE_TYPES, TEMPLATES
from app.server import create_app
from app.settings import Settings
from sandbox.charts import charts
from tests.app.service import AS_OF, cards_of, findings_of, screening_of, screening_service

DOORS = ("fhir", "paged", "requests", "statements")
SECONDS = 60
"""To answer in, where many tests share two cores."""


class Beside:
    """The hooks, and the servers that they may call, by name."""

    def __init__(self, http: TestClient, servers: Mapping[str, str]) -> None:
        self.http = http
        self.servers = servers

    def cards(
        self,
        server: str,
        patient: str,
        prefetch: Mapping[str, Any] | None,
        hook: str = "patient-view",
        **context: Any,
    ) -> list[dict[str, Any]]:
        """The cards where this was prefetched, or, with ``None``, the request has no prefetch at all."""
        whole = everything_prefetched(patient)
        request = {
            **whole,
            "hook": hook,
            "context": {**whole["context"], **context},
            "fhirServer": self.servers[server],
            "prefetch": prefetch,
        }
        if prefetch is None:
            del request["prefetch"]
        return cards_of(request, self.http)


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


def half_prefetched(patient: str, half: int) -> dict[str, Any]:
    """Every second key of what an EHR would prefetch, from the first or the second on."""
    prefetched = everything_prefetched(patient)["prefetch"]
    return {key: prefetched[key] for key in list(prefetched)[half::2]}
