"""An EHR with SMART before a FHIR server: a page with cards, launches, and tokens for what is behind.

::

    /                 a page: pick a patient, see the cards, follow a link of type "smart"
    /launch           the EHR launches the app of such a link
    /authorize, /token, /jwks, /fhir/.well-known/smart-configuration
    /fhir/…           the FHIR server, for whoever has a token; one patient, and types within its scopes
"""

from __future__ import annotations

import base64
import binascii
import html
import ssl
import time
import uuid
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.authorization import (
    USER,
    Access,
    AuthorizationServer,
    LaunchContext,
    OAuthError,
    RegisteredApp,
)

_FHIR = "application/fhir+json"
_OPEN_TO_ALL = "metadata"
_READ = ("launch", "patient/*.rs")
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sandbox EHR</title>
<link rel="icon" href="data:,"></head>
<body><h1>Sandbox EHR</h1><nav><ul>{patients}</ul></nav><main>{cards}</main></body></html>"""


class SmartEhr:
    """The EHR.

    Args:
        address: its own, without a path.
        behind: base URL of the FHIR server.
        hook: URL of the hook that it calls when a chart is opened.
        patients: ids of the patients of its page.
        apps: those that it may launch.

    Attributes:
        authorization: its authorization server.
        asked: paths that were asked for with a good token.
        hands_on: whether ``appContext`` reaches the app.
    """

    def __init__(
        self,
        address: str,
        behind: str,
        hook: str,
        patients: Collection[str],
        apps: Collection[RegisteredApp],
    ) -> None:
        self.authorization = AuthorizationServer(address, apps)
        self.asked: list[str] = []
        self.hands_on = True
        self._behind = behind
        self._hook = hook
        self._patients = tuple(patients)

    def application(self) -> Starlette:
        """The EHR as an ASGI application."""
        return Starlette(
            lifespan=self._serving,
            routes=[
                Route("/", self._page),
                Route("/launch", self._launch),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/jwks", self._jwks),
                Route("/fhir/.well-known/smart-configuration", self._configuration),
                Route("/fhir", self._fhir),  # further pages of a search, as HAPI names them
                Route("/fhir/{path:path}", self._fhir),
            ],
        )

    @asynccontextmanager
    async def _serving(self, _: Starlette) -> AsyncIterator[None]:
        # Servers of this machine, without TLS: the usual authorities need not be read.
        unread = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        async with httpx.AsyncClient(timeout=60, verify=unread) as self._http:
            yield

    def launch_url(self, app_url: str, context: LaunchContext) -> str:
        """The address at which an app is launched."""
        asked = {"iss": self.authorization.fhir, "launch": self.authorization.launch(context)}
        return f"{app_url}?{urlencode(asked)}"

    async def _page(self, request: Request) -> Response:
        patient = request.query_params.get("patient")
        listed = "".join(f'<li><a href="/?patient={name}">{name}</a></li>' for name in self._patients)
        cards = await self._cards(patient) if patient in self._patients else []
        drawn = "".join(_drawn(card, patient or "") for card in cards)
        return HTMLResponse(_PAGE.format(patients=listed, cards=drawn))

    async def _cards(self, patient: str | None) -> list[dict[str, Any]]:
        """What the hook answers; the EHR says who it is by a signed token, as CDS Hooks 2.0 has it."""
        now = int(time.time())
        claims = {"aud": self._hook, "iat": now, "exp": now + 300, "jti": str(uuid.uuid4())}
        token = self.authorization.access(patient or "", _READ)
        body = {
            "hook": "patient-view",
            "hookInstance": str(uuid.uuid4()),
            "fhirServer": self.authorization.fhir,
            "fhirAuthorization": {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": 300,
                "scope": " ".join(_READ),
                "subject": "trialcards",
            },
            "context": {"userId": USER, "patientId": patient},
        }
        shown = {"Authorization": f"Bearer {self.authorization.signed(claims, 'RS384')}"}
        answer = await self._http.post(self._hook, json=body, headers=shown)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["cards"]
        return found

    async def _launch(self, request: Request) -> Response:
        asked = request.query_params
        registered = {
            urlsplit(uri)[:2] for app in self.authorization.apps.values() for uri in app.redirect_uris
        }
        if urlsplit(asked["url"])[:2] not in registered:
            return HTMLResponse("This app is not registered.", 403)
        handed_on = asked.get("appContext") if self.hands_on else None
        context = LaunchContext(asked["patient"], handed_on)
        return RedirectResponse(self.launch_url(asked["url"], context), 303)

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        try:
            self.authorization.must_know(asked)
        except OAuthError as error:
            return HTMLResponse(f"No app that is known: {error}", 400)
        try:
            told = {"code": self.authorization.code(asked)}
        except OAuthError as error:
            told = {"error": str(error)}
        if "state" in asked:
            told["state"] = asked["state"]
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(told)}", 303)

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        headers = {"cache-control": "no-store", "pragma": "no-cache"}
        try:
            told = self.authorization.token(form, _basic(request.headers.get("authorization", "")))
            return JSONResponse(told, headers=headers)
        except OAuthError as error:
            status = 401 if str(error) == "invalid_client" else 400
            return JSONResponse({"error": str(error)}, status, headers)

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse(self.authorization.keys())

    async def _configuration(self, _: Request) -> Response:
        return JSONResponse(self.authorization.configuration())

    async def _fhir(self, request: Request) -> Response:
        path: str = request.path_params.get("path", "")
        if path != _OPEN_TO_ALL:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            access = self.authorization.accessed(token)
            if access is None:
                return _outcome(401, "login")
            if not _within(path, request.query_params, access):
                return _outcome(403, "forbidden")
            self.asked.append(path)
        query = f"?{request.url.query}" if request.url.query else ""
        url = f"{self._behind}/{path}{query}".replace("/?", "?")
        answer = await self._http.get(url, headers={"Accept": _FHIR})
        # Pages of a search are to be asked for here.
        body = answer.content.replace(self._behind.encode(), self.authorization.fhir.encode())
        return Response(body, answer.status_code, media_type=_FHIR)


def smart_ehr(
    address: str, behind: str, pages: str, patients: Collection[str], client_id: str = "trialcards"
) -> SmartEhr:
    """The EHR at ``address`` before the FHIR server ``behind``, with Trialcards at ``pages`` as an app."""
    app = RegisteredApp(client_id, [f"{pages}/launch/callback"])
    return SmartEhr(address, behind, f"{pages}/cds-services/lupus-trials", patients, [app])


def _within(path: str, query: Mapping[str, str], access: Access) -> bool:
    """Whether what is asked for is of the patient in context, and of a type that may be seen.

    Medications belong to nobody, and further pages name the patient no more.
    """
    if not path:
        return "_getpages" in query
    kind, _, name = path.partition("/")
    if not access.may(kind):
        return False
    if kind == "Patient":
        return name == access.patient
    return kind == "Medication" or query.get("patient") == access.patient


def _drawn(card: Mapping[str, Any], patient: str) -> str:
    links = "".join(_link(link, patient) for link in card.get("links", []))
    return f"<article><h2>{html.escape(card['summary'])}</h2><ul>{links}</ul></article>"


def _link(link: Mapping[str, str], patient: str) -> str:
    url = link["url"]
    if link["type"] == "smart":
        asked = {"url": url, "patient": patient, "appContext": link.get("appContext", "")}
        url = f"/launch?{urlencode(asked)}"
    return f'<li><a href="{html.escape(url)}">{html.escape(link["label"])}</a></li>'


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, told = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(told).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise OAuthError("invalid_client") from None
    return unquote_plus(user), unquote_plus(password)


def _outcome(status: int, code: str) -> Response:
    issue = {"severity": "error", "code": code}
    return JSONResponse({"resourceType": "OperationOutcome", "issue": [issue]}, status, media_type=_FHIR)
