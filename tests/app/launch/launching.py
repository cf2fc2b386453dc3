"""An EHR with SMART, and the service that it launches, each at an address of its own on this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import yaml
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.clients.profile import ClientProfile
from app.clients.registry import Clients
from app.evidence.desk import EvidenceDesk
from app.evidence.opened import OpenedChart
from app.request_heads import BoundedHeads
from app.server import create_app
from app.settings import Settings
from sandbox.authorization import LaunchContext, RegisteredApp
from sandbox.smart_ehr import SmartEhr
from tests.app.ehr import Ehr
from tests.app.service import AS_OF, LUPUS, screening_service
from tests.app.store.serving import KEY, Clock
from tests.listening import listening

CLIENT_ID = "trialcards"
PAGES = "https://cds.example.org"
CALLBACK = f"{PAGES}/launch/callback"
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def fhir_server(ehr: Ehr) -> Starlette:
    """The FHIR server of an EHR, over HTTP; it is below ``/fhir``."""

    async def answer(request: Request) -> Response:
        found = ehr.answer(httpx.Request("GET", str(request.url)))
        return Response(found.content, found.status_code, media_type="application/fhir+json")

    return Starlette(routes=[Route("/fhir/{path:path}", answer)])


@contextmanager
def smart_ehr_before(
    behind: str, *apps: RegisteredApp, pages: str = PAGES, patients: tuple[str, ...] = (LUPUS,)
) -> Iterator[SmartEhr]:
    """An EHR with SMART before a FHIR server, served at a free port."""
    with socket.socket() as at:
        at.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{at.getsockname()[1]}"
        known = apps or (RegisteredApp(CLIENT_ID, [f"{pages}/launch/callback"]),)
        ehr = SmartEhr(address, behind, f"{pages}/cds-services/lupus-trials", patients, known)
        with listening(ehr.application(), at):
            yield ehr


@contextmanager
def smart_ehr(
    *apps: RegisteredApp, patient: str = LUPUS, behind: Ehr | None = None, pages: str = PAGES
) -> Iterator[SmartEhr]:
    """The same before a FHIR server with this one patient."""
    with (
        listening(fhir_server(behind or Ehr(patient))) as port,
        smart_ehr_before(f"http://127.0.0.1:{port}/fhir", *apps, pages=pages, patients=(patient,)) as ehr,
    ):
        yield ehr


def client_profile(issuer: str, **smart: Any) -> ClientProfile:
    """A client whose users launch the pages from this EHR."""
    return ClientProfile(
        id="clinic",
        fhir_servers=(f"{issuer}/fhir",),
        allow_private_addresses=issuer.startswith("http:"),
        smart={"client_id": CLIENT_ID, **smart},
    )


def settings_of(folder: Path, **settings: Any) -> Settings:
    """Settings with a store in this folder."""
    return Settings(
        **{
            "tune_garbage_collection": False,
            "store": True,
            "database_url": f"sqlite:///{folder / 'store.db'}",
            "pseudonym_key": KEY,
            "pages_url": PAGES,
            **settings,
        }
    )


def launched_application(
    folder: Path, *profiles: ClientProfile, now: Callable[[], datetime] | None = None, **settings: Any
) -> FastAPI:
    """The service, which EHRs may launch."""
    chosen = settings_of(folder, **settings)
    return create_app(
        chosen,
        service=screening_service(),
        clients=Clients(tuple(profiles)),
        today=lambda: AS_OF,
        now=now or Clock(NOON, timedelta(milliseconds=1)),
    )


@contextmanager
def browser_of(application: FastAPI) -> Iterator[TestClient]:
    """What a browser is to the service: it keeps cookies, and follows nothing by itself."""
    with TestClient(
        application, base_url=PAGES, follow_redirects=False, raise_server_exceptions=False
    ) as http:
        yield http


def ehr_file(folder: Path, ehr: SmartEhr, pages: str) -> Path:
    """The operator's file, with the EHR as a client that signs its calls and launches the pages."""
    issuer = ehr.authorization.issuer
    profile = {
        "id": "clinic",
        "issuer": issuer,
        "jwks_url": f"{issuer}/jwks",
        "audiences": [f"{pages}/cds-services/lupus-trials"],
        "fhir_servers": [f"{issuer}/fhir"],
        "allow_private_addresses": True,
        "smart": {"client_id": CLIENT_ID},
    }
    file = folder / "clients.yaml"
    file.write_text(yaml.safe_dump({"clients": [profile]}), "utf-8")
    return file


@contextmanager
def service_beside(behind: str, folder: Path, patients: tuple[str, ...]) -> Iterator[tuple[SmartEhr, str]]:
    """An EHR before a FHIR server, and the address of the service that it calls and launches."""
    with socket.socket() as at:
        at.bind(("127.0.0.1", 0))
        pages = f"http://127.0.0.1:{at.getsockname()[1]}"
        with smart_ehr_before(behind, pages=pages, patients=patients) as ehr:
            settings = settings_of(
                folder,
                pages_url=pages,
                clients=ehr_file(folder, ehr, pages),
                log_level="error",
                fetch_deadline_seconds=60,
                launch_seconds=60,
                request_seconds=120,
            )
            application = create_app(settings, service=screening_service(), today=lambda: AS_OF)
            with listening(application, at, http=BoundedHeads, ws="none", server_header=False):
                yield ehr, pages


def keeping(monkeypatch: pytest.MonkeyPatch) -> list[OpenedChart]:
    """The charts that are kept for pages from now on."""
    found: list[OpenedChart] = []
    keep = EvidenceDesk.keep

    def noted(self: EvidenceDesk, opened: OpenedChart) -> str | None:
        found.append(opened)
        return keep(self, opened)

    monkeypatch.setattr(EvidenceDesk, "keep", noted)
    return found


def launched(ehr: SmartEhr, context: LaunchContext | None = None, **changed: str) -> str:
    """The address at which the EHR launches the service."""
    url = ehr.launch_url(f"{PAGES}/launch", context or LaunchContext(LUPUS))
    return str(httpx.URL(url).copy_merge_params(changed))


def sent_to(answer: httpx.Response) -> str:
    """Where an answer sends the browser."""
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def authorized(begun: httpx.Response) -> str:
    """The address to which the authorization server sends the browser back."""
    return sent_to(httpx.get(sent_to(begun)))


def walked(ehr: SmartEhr, http: TestClient, context: LaunchContext | None = None) -> str:
    """A whole launch: the address of the page that it ends with."""
    return sent_to(http.get(authorized(http.get(launched(ehr, context)))))


def asked_of(url: str) -> dict[str, str]:
    """The parameters of an address, each of which is given once."""
    found = parse_qs(urlsplit(url).query, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}
