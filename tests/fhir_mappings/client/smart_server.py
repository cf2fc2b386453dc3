"""A FHIR server with SMART Backend Services, over HTTP: it checks assertions, and lets no other token in.

What a client must prove is checked here by the words of the specification (SMART App Launch 2.2, "Backend
Services", 4.1.2), so that the tests do not hold the client against itself.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.listening import listening

CLIENT_ID = "trialcards-backend"
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Behind = Callable[[str], Awaitable[tuple[int, bytes]]]
"""What is behind the gate: status and body for a path with its query, below the base URL."""


class SmartServer:
    """The server; attributes may be changed while it runs.

    Attributes:
        base: its base URL.
        keys: public keys of the client, by id.
        lifetime: seconds that a token is good for.
        ahead: seconds by which its clock is ahead.
        configuration: adds to its SMART configuration.
        scopes: what was asked for, once for each token that was given.
        refused: why assertions were refused.
        asked: paths that were asked for with a good token.
        turned_away: how many requests came without one.
    """

    def __init__(self, keys: Mapping[str, Any], behind: Behind) -> None:
        self.base = ""
        self.keys = keys
        self.lifetime = 300
        self.ahead = 0.0
        self.configuration: dict[str, Any] = {}
        self.scopes: list[str] = []
        self.refused: list[str] = []
        self.asked: list[str] = []
        self.turned_away = 0
        self._behind = behind
        self._good: set[str] = set()
        self._used: set[str] = set()

    @property
    def token_url(self) -> str:
        return self.base.removesuffix("/fhir") + "/oauth2/token/"

    def forget_tokens(self) -> None:
        """No token that was given so far is good any longer."""
        self._good.clear()

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/fhir/.well-known/smart-configuration", self._configuration),
                Route("/oauth2/token/", self._token, methods=["POST"]),
                Route("/fhir", self._fhir),
                Route("/fhir/{path:path}", self._fhir),
            ]
        )

    async def _configuration(self, _: Request) -> Response:
        told = {
            "token_endpoint": self.token_url,
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
            "capabilities": ["client-confidential-asymmetric", "permission-v2"],
        }
        return JSONResponse({**told, **self.configuration})

    async def _token(self, request: Request) -> Response:
        headers = {"date": formatdate(time.time() + self.ahead, usegmt=True), "cache-control": "no-store"}
        told = dict(parse_qsl((await request.body()).decode()))
        try:
            self._must_be_good(told)
        except (jwt.PyJWTError, ValueError, KeyError) as error:
            self.refused.append(f"{type(error).__name__}: {error}")
            return JSONResponse({"error": "invalid_client"}, 400, headers)
        token = secrets.token_urlsafe()
        self._good.add(token)
        self.scopes.append(told["scope"])
        granted = {"access_token": token, "token_type": "bearer", "expires_in": self.lifetime}
        return JSONResponse({**granted, "scope": told["scope"]}, headers=headers)

    def _must_be_good(self, told: Mapping[str, str]) -> None:
        if told["grant_type"] != "client_credentials" or told["client_assertion_type"] != _ASSERTION_TYPE:
            raise ValueError("no request of a backend service")
        assertion = told["client_assertion"]
        header = jwt.get_unverified_header(assertion)
        if header["typ"] != "JWT" or header["alg"] not in ("RS384", "ES384"):
            raise ValueError("another header than SMART asks for")
        claims = jwt.decode(
            assertion,
            self.keys[header["kid"]],
            algorithms=[header["alg"]],
            audience=self.token_url,
            issuer=CLIENT_ID,
            options={"require": ["iss", "sub", "aud", "exp", "jti"], "verify_exp": False},
        )
        lasting = claims["exp"] - (time.time() + self.ahead)
        if not 0 < lasting <= 300:
            raise ValueError("it is over, or lives for more than five minutes")
        if claims["sub"] != CLIENT_ID or claims["jti"] in self._used:
            raise ValueError("of another client, or used before")
        self._used.add(claims["jti"])

    async def _fhir(self, request: Request) -> Response:
        path = request.url.path.removeprefix("/fhir").removeprefix("/") + (
            "?" + request.url.query if request.url.query else ""
        )
        shown = request.headers.get("authorization", "")
        # What a server offers is for all to see.
        if path != "metadata":
            if shown.removeprefix("Bearer ") not in self._good:
                self.turned_away += 1
                return JSONResponse({"resourceType": "OperationOutcome", "issue": []}, 401)
            self.asked.append(path)
        status, body = await self._behind(path)
        return Response(body, status, media_type="application/fhir+json")


@contextmanager
def smart_server(keys: Mapping[str, Any], behind: Behind) -> Iterator[SmartServer]:
    """The server, on a free port of this machine."""
    smart = SmartServer(keys, behind)
    with listening(smart.application(), date_header=False) as port:
        smart.base = f"http://127.0.0.1:{port}/fhir"
        yield smart
