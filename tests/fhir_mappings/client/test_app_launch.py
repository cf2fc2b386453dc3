"""A code is asked for and exchanged: RFC 6749, 4.1; RFC 7636; SMART App Launch 2.2."""

from __future__ import annotations

import asyncio
import base64
import re
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
import respx

from fhir_mappings.client import (
    Granted,
    LaunchOfferError,
    Network,
    Registration,
    SigningKey,
    SmartConfiguration,
    TokenError,
    authorization_url,
    exchanged,
    must_offer_launch,
    new_verifier,
)
from fhir_mappings.client.app_launch import challenge_of
from tests.cds_hooks.signing import EC, private_key

TOKEN_URL = "https://ehr.example/token"
HERE = {("https", "ehr.example", 443)}


def configuration(**changed: Any) -> SmartConfiguration:
    told: dict[str, Any] = {
        "token_endpoint": TOKEN_URL,
        "authorization_endpoint": "https://ehr.example/authorize",
        "challenge_methods": ("S256",),
    }
    return SmartConfiguration(**{**told, **changed})


def exchange(
    registration: Registration, answer: httpx.Response, **more: Any
) -> tuple[httpx.Request, Granted | str]:
    """What was sent to the token endpoint, and what came of it."""

    async def call() -> Granted:
        network = Network()
        try:
            return await exchanged(
                network,
                configuration(**more),
                registration,
                code="the code",
                redirect_uri="https://cds.example/launch/callback",
                verifier="v" * 43,
                seconds=5,
                private_allowed=False,
            )
        finally:
            await network.aclose()

    with respx.mock as router:
        route = router.post(TOKEN_URL).mock(return_value=answer)
        try:
            found: Granted | str = asyncio.run(call())
        except TokenError as error:
            found = error.error
        return route.calls.last.request, found


GOOD = httpx.Response(200, json={"access_token": "t", "token_type": "Bearer"})


def form_of(request: httpx.Request) -> dict[str, str]:
    return dict(parse_qsl(request.content.decode(), strict_parsing=True))


def test_the_challenge_is_that_of_the_example_in_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_verifier_has_256_bits_and_is_new_each_time() -> None:
    made = {new_verifier() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", verifier) for verifier in made)


def test_what_is_asked_for_is_encoded_so_that_nothing_can_be_slipped_in() -> None:
    url = authorization_url(
        configuration(),
        Registration("id&scope=x"),
        redirect_uri="https://cds.example/launch/callback",
        scope="launch patient/Patient.rs",
        state="s",
        verifier="v" * 43,
        issuer="https://ehr.example/fhir",
        launch="a&client_id=evil#fragment",
    )
    asked = parse_qs(urlsplit(url).query, strict_parsing=True)
    assert asked["client_id"] == ["id&scope=x"]
    assert asked["launch"] == ["a&client_id=evil#fragment"]
    assert asked["scope"] == ["launch patient/Patient.rs"]
    assert "v" * 43 not in url


def test_a_public_app_sends_its_id_and_the_verifier() -> None:
    request, _ = exchange(Registration("app"), GOOD)
    assert form_of(request) == {
        "grant_type": "authorization_code",
        "code": "the code",
        "redirect_uri": "https://cds.example/launch/callback",
        "code_verifier": "v" * 43,
        "client_id": "app",
    }
    assert "authorization" not in request.headers


def test_a_secret_is_shown_in_the_header_alone_and_encoded_first() -> None:
    """RFC 6749, 2.3.1."""
    request, _ = exchange(Registration("an app", secret="s:e+c%t"), GOOD)
    shown = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
    assert shown == "an+app:s%3Ae%2Bc%25t"
    assert {"client_id", "client_secret"}.isdisjoint(form_of(request))


def test_an_assertion_is_for_the_token_endpoint() -> None:
    request, _ = exchange(Registration("app", key=SigningKey(private_key(EC), EC)), GOOD)
    form = form_of(request)
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert form["client_assertion"].count(".") == 2
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ({"error": "invalid_grant", "error_description": "of the server"}, "invalid_grant"),
        ({"error": "<of the server>"}, "status-400"),
        ({}, "status-400"),
    ],
)
def test_of_a_refusal_only_the_words_of_the_standard_are_repeated(told: dict[str, str], word: str) -> None:
    _, found = exchange(Registration("app"), httpx.Response(400, json=told))
    assert found == word


def test_what_comes_with_the_token_is_read_and_the_token_does_not_show() -> None:
    told = {
        "access_token": "the token",
        "token_type": "bearer",
        "expires_in": "300",
        "scope": "launch  patient/*.rs",
        "patient": "p1",
        "encounter": 7,
        "appContext": {"protocol": "x"},
    }
    _, bad = exchange(Registration("app"), httpx.Response(200, json=told))
    assert bad == "unusable"  # a blank cannot be part of a token
    _, found = exchange(Registration("app"), httpx.Response(200, json={**told, "access_token": "secret"}))
    assert isinstance(found, Granted)
    assert (found.patient, found.encounter, found.expires_in) == ("p1", None, 300)
    assert found.scopes == ("launch", "patient/*.rs")
    assert found.app_context == {"protocol": "x"}
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, None),
        ({"grant_types": ("authorization_code", "client_credentials")}, None),
        ({"grant_types": ("client_credentials",)}, "authorization codes"),
        ({"challenge_methods": ("plain",)}, "S256"),
        ({"challenge_methods": None}, "S256"),
        ({"authorization_endpoint": None}, "authorization_endpoint"),
        ({"authorization_endpoint": "https://ehr.example:8443/authorize"}, "authorization_endpoint"),
        ({"authorization_endpoint": "https://ehr.example\\@evil.example/"}, "authorization_endpoint"),
        ({"token_endpoint": "https://evil.example/token"}, "token_endpoint"),
        ({"token_endpoint": "http://ehr.example/token"}, "token_endpoint"),
    ],
)
def test_what_a_server_must_offer(changed: dict[str, Any], why: str | None) -> None:
    if why is None:
        must_offer_launch(configuration(**changed), HERE)
        return
    with pytest.raises(LaunchOfferError, match=why) as refused:
        must_offer_launch(configuration(**changed), HERE)
    assert "evil" not in str(refused.value)
