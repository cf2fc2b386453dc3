"""An EHR on another machine, of which each answer is made up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import respx
from fastapi.testclient import TestClient

from tests.app.ehr import BASE
from tests.app.launch.launching import CALLBACK, asked_of, sent_to
from tests.app.service import LUPUS

ISSUER = "https://ehr.example"
WELL_KNOWN = f"{BASE}/.well-known/smart-configuration"
TOKEN_URL = f"{ISSUER}/oauth2/token"
CONFIGURATION: Mapping[str, Any] = {
    "issuer": ISSUER,
    "jwks_uri": f"{ISSUER}/keys",
    "authorization_endpoint": f"{ISSUER}/oauth2/authorize?tenant=1",
    "token_endpoint": TOKEN_URL,
    "grant_types_supported": ["authorization_code"],
    "code_challenge_methods_supported": ["S256"],
    "capabilities": ["launch-ehr", "permission-v2"],
}
GRANTED: Mapping[str, Any] = {
    "access_token": "token-of-this-launch",
    "token_type": "bearer",
    "scope": "launch patient/*.rs",
    "patient": LUPUS,
}


def publishing(network: respx.MockRouter, **changed: Any) -> respx.Route:
    """The EHR's SMART configuration."""
    told = {name: value for name, value in {**CONFIGURATION, **changed}.items() if value is not None}
    return network.get(WELL_KNOWN).mock(return_value=httpx.Response(200, json=told))


def begun(http: TestClient, issuer: str = BASE, launch: str = "xyz") -> httpx.Response:
    return http.get("/launch", params={"iss": issuer, "launch": launch})


def returned(http: TestClient) -> str:
    """Where the browser is sent when it is back with a code."""
    state = asked_of(sent_to(begun(http)))["state"]
    return sent_to(http.get(CALLBACK, params={"state": state, "code": "c"}))
