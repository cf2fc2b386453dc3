"""The sandbox's authorization server keeps to SMART and OAuth, so that launches are held against something.

Sources: SMART App Launch 2.2; RFC 6749, 4.1 and 10.5; RFC 7636, 4.4 to 4.6.
"""

from __future__ import annotations

import pytest

from sandbox.authorization import AuthorizationServer, LaunchContext, OAuthError, RegisteredApp, challenge_of

BACK = "https://cds.example/launch/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@pytest.fixture
def server() -> AuthorizationServer:
    apps = [RegisteredApp("app", [BACK]), RegisteredApp("other", [BACK])]
    return AuthorizationServer("https://ehr.example", apps)


def asked(server: AuthorizationServer, **changed: str) -> dict[str, str]:
    """A good authorization request, but for what is changed."""
    return {
        "response_type": "code",
        "client_id": "app",
        "redirect_uri": BACK,
        "scope": "launch patient/Patient.rs",
        "aud": server.fhir,
        "launch": server.launch(LaunchContext("p1")),
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        **changed,
    }


def form(code: str) -> dict[str, str]:
    """A good token request."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        "client_id": "app",
    }


def test_a_good_request_is_granted(server: AuthorizationServer) -> None:
    told = server.token(form(server.code(asked(server))), None)
    assert told["patient"] == "p1"
    access = server.accessed(told["access_token"])
    assert access is not None
    assert (access.may("Patient"), access.may("Observation")) == (True, False)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "nobody"}, "invalid_request"),
        ({"redirect_uri": "https://evil.example"}, "invalid_request"),
        ({"redirect_uri": f"{BACK}/"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"aud": "https://elsewhere.example/fhir"}, "invalid_request"),
        ({"launch": "unknown"}, "invalid_request"),
        ({"scope": "patient/Patient.rs"}, "invalid_request"),
    ],
)
def test_another_request_gets_no_code(
    server: AuthorizationServer, changed: dict[str, str], error: str
) -> None:
    with pytest.raises(OAuthError, match=error):
        server.code(asked(server, **changed))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": ""}, "invalid_grant"),
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": challenge_of(VERIFIER)}, "invalid_grant"),
        ({"redirect_uri": "https://evil.example"}, "invalid_grant"),
        ({"client_id": "other"}, "invalid_grant"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"code": "unknown"}, "invalid_grant"),
    ],
)
def test_another_exchange_gets_no_token(
    server: AuthorizationServer, changed: dict[str, str], error: str
) -> None:
    code = server.code(asked(server))
    with pytest.raises(OAuthError, match=error):
        server.token({**form(code), **changed}, None)


def test_a_code_that_comes_twice_takes_its_token_back(server: AuthorizationServer) -> None:
    code = server.code(asked(server))
    token = server.token(form(code), None)["access_token"]
    with pytest.raises(OAuthError, match="invalid_grant"):
        server.token(form(code), None)
    assert server.accessed(token) is None


def test_a_launch_is_good_for_one_code(server: AuthorizationServer) -> None:
    request = asked(server)
    server.code(request)
    with pytest.raises(OAuthError, match="invalid_request"):
        server.code(request)
