"""An EHR for the tests: a FHIR server with a demonstration patient, and the hook beside it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import respx
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.clients.profile import ClientProfile
from app.clients.registry import Clients
from app.prefetch_table import RESOURCE_TYPES
from app.screening import ScreeningService
from app.server import create_app
from app.settings import Settings
from tests.app.service import AS_OF, LUPUS, request_of, screening_service, searchset

BASE = "https://ehr.example/fhir"
TOKEN = "token-of-this-call"
AUTHORIZATION = {
    "access_token": TOKEN,
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.read",
    "subject": "trialcards",
}
KEYS = {kind: key for key, kind in RESOURCE_TYPES.items()}
EVERY = tuple(RESOURCE_TYPES)
"""All keys of the prefetch."""
NETWORK = respx.mock(assert_all_called=False)
"""What is called while a test runs within it."""
Change = Callable[[httpx.Request], httpx.Response | None]


class Ehr:
    """A FHIR R4 server that holds one patient's chart.

    Args:
        patient: name of a demonstration patient.
        types: the resource types that it offers; all by default.
        page: how many entries its searches have on a page.
        instead: what it answers otherwise than a good server would; ``None`` for as a good one.
        metadata: whether it tells what it offers.
    """

    def __init__(
        self,
        patient: str = LUPUS,
        *,
        types: Iterable[str] = RESOURCE_TYPES.values(),
        page: int = 1000,
        instead: Change = lambda _: None,
        metadata: bool = True,
    ) -> None:
        self.resources: dict[str, list[Any]] = {}
        self.asked: list[httpx.Request] = []
        self._page = page
        self._instead = instead
        self._metadata = metadata
        for key, value in request_of(patient)["prefetch"].items():
            if RESOURCE_TYPES[key] in types:
                entries = (
                    [value] if key == "patient" else [e["resource"] for e in (value or {}).get("entry", [])]
                )
                self.resources[RESOURCE_TYPES[key]] = [e for e in entries if "issue" not in e]

    @property
    def asked_types(self) -> list[str]:
        """The resource types that were asked for, one for each request; without ``metadata``."""
        paths = [request.url.path.removeprefix("/fhir/").split("/")[0] for request in self.asked]
        return sorted(path for path in paths if path != "metadata")

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What the server answers."""
        self.asked.append(request)
        changed = self._instead(request)
        if changed is not None:
            return changed
        kind, _, name = request.url.path.removeprefix("/fhir/").partition("/")
        if kind == "metadata" and self._metadata:
            return httpx.Response(200, json=self._statement())
        found = self.resources.get(kind)
        if found is None:
            return httpx.Response(404, json={"resourceType": "OperationOutcome", "issue": []})
        if name:
            one = [resource for resource in found if resource["id"] == name]
            return httpx.Response(200, json=one[0]) if one else httpx.Response(404)
        if ids := request.url.params.get("_id"):
            found = [resource for resource in found if resource["id"] in ids.split(",")]
        start = int(request.url.params.get("page", "0"))
        more = start + self._page < len(found)
        url = request.url.copy_set_param("page", start + self._page)
        links = [{"relation": "next", "url": str(url)}] if more else []
        bundle = searchset(*found[start : start + self._page], link=links)
        return httpx.Response(200, json={**bundle, "total": len(found)})

    def _statement(self) -> dict[str, Any]:
        return {
            "resourceType": "CapabilityStatement",
            "fhirVersion": "4.0.1",
            "rest": [{"mode": "server", "resource": [{"type": kind} for kind in self.resources]}],
        }


def hook_beside(
    ehr: Ehr | None = None, *, settings: Any = None, service: ScreeningService | None = None, **profile: Any
) -> TestClient:
    """The hook for a client whose FHIR server may be called; that server is ``ehr``, if one is given."""
    told = ClientProfile(**{"id": "ehr", "fhir_servers": (BASE,), **profile})
    application = create_app(
        Settings(tune_garbage_collection=False, **(settings or {})),
        service=service or screening_service(),
        clients=Clients(open_mode=told),
        today=lambda: AS_OF,
    )
    if ehr is not None:
        NETWORK.route(host="ehr.example").mock(side_effect=ehr.answer)
    return TestClient(application, raise_server_exceptions=False)


@asynccontextmanager
async def calling(hook: TestClient) -> AsyncIterator[httpx.AsyncClient]:
    """Calls the hook from within an event loop, at whose end the hook's own connections are closed."""
    application = cast(FastAPI, hook.app)
    transport = httpx.ASGITransport(app=application)
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(transport=transport, base_url="http://here") as http,
    ):
        yield http


def request_without(*keys: str, patient: str = LUPUS, **more: Any) -> dict[str, Any]:
    """A request with server and token, of whose prefetch these keys are left out."""
    request = request_of(patient)
    kept = {key: value for key, value in request["prefetch"].items() if key not in keys}
    return {**request, "prefetch": kept, "fhirServer": BASE, "fhirAuthorization": AUTHORIZATION, **more}


def told(cards: list[dict[str, Any]]) -> list[str]:
    """Cards without what differs from call to call."""
    return [json.dumps([c["summary"], c["detail"], c.get("extension")], sort_keys=True) for c in cards]
