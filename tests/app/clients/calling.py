"""The service with clients: calls with tokens, at a time that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
from fastapi.testclient import TestClient

from app.clients.authenticator import Authenticator
from app.clients.key_fetcher import KeyFetcher
from app.clients.profile import ClientProfile
from app.clients.registry import Clients
from app.server import create_app
from app.settings import Settings
from cds_hooks.published_keys import PublishedKeys
from cds_hooks.replay import EmbeddedReplayStore, ReplayStore
from fhir_mappings.client import Address, Network
from tests.app.service import AS_OF, request_of, screening_service
from tests.cds_hooks.signing import EC, ISSUER, NOW, RSA, jwks

BASE = "https://cds.example"
HOOK = "/cds-services/lupus-trials"
JWKS_URL = "https://ehr.example/jwks.json"


def pinned(**more: Any) -> ClientProfile:
    return ClientProfile.model_validate({"id": "pinned", "issuer": ISSUER, "jwks": jwks(EC, RSA), **more})


def published(**more: Any) -> ClientProfile:
    return ClientProfile.model_validate({"id": "published", "issuer": ISSUER, "jwks_url": JWKS_URL, **more})


class Outside(Network):
    """Everything outside of this process; remembers which URLs were asked for."""

    def __init__(self, answers: Mapping[str, httpx.Response] | None = None) -> None:
        self.answers = answers or {JWKS_URL: httpx.Response(200, json=jwks(EC, RSA))}
        self.asked: list[str] = []

    def client(self, address: Address, *, private_allowed: bool) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    async def aclose(self) -> None:
        pass

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if str(request.url) not in self.answers:
            raise httpx.ConnectError("nothing there")
        found = self.answers[str(request.url)]

        async def body() -> AsyncIterator[bytes]:
            yield found.content

        return httpx.Response(found.status_code, headers=found.headers, content=body())


def service(
    *profiles: ClientProfile,
    network: Outside | None = None,
    replays: ReplayStore | None = None,
    open_mode: ClientProfile | None = None,
    **settings: Any,
) -> TestClient:
    """The application for these clients, reached at ``BASE``."""
    clients = Clients(profiles, open_mode)
    fetcher = KeyFetcher(network or Outside())
    authenticator = Authenticator(
        clients,
        PublishedKeys(fetcher),
        replays or EmbeddedReplayStore(),
        base_url=BASE,
        now=lambda: NOW,
    )
    application = create_app(
        Settings(tune_garbage_collection=False, **settings),
        service=screening_service(),
        clients=clients,
        authenticator=authenticator,
        today=lambda: AS_OF,
    )
    return TestClient(application, base_url="http://behind-the-proxy", raise_server_exceptions=False)


FEEDBACK = {
    "feedback": [
        {
            "card": "4e0a3a1e-3e71-46e7-b4d7-574bfd3d3cb1",
            "outcome": "overridden",
            "outcomeTimestamp": "2026-06-15T10:00:00Z",
        }
    ]
}


def call(http: TestClient, token: str | None, path: str = HOOK, **headers: str) -> httpx.Response:
    """Discovery for a GET path, else a POST of a hook request, or of feedback."""
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    if path == "/cds-services":
        return http.get(path, headers=headers)
    body = FEEDBACK if path.endswith("/feedback") else request_of()
    return http.post(path, json=body, headers=headers)
