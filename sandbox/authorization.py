"""The sandbox's authorization server: codes, PKCE, tokens, and who launched.

By the words of SMART App Launch 2.2 (https://hl7.org/fhir/smart-app-launch/app-launch.html), RFC 6749 and RFC
7636. Everything is in memory; whoever comes is let in as the demonstration practitioner, without a question.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time
from collections.abc import Collection, Mapping
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa

USER = "Practitioner/demo"
KEY_ID = "sandbox"
_CODE_SECONDS = 60
_TOKEN_SECONDS = 300
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class OAuthError(Exception):
    """A refusal, by its code in RFC 6749."""


class RegisteredApp(msgspec.Struct, frozen=True):
    """An app that may be launched. Without secret and keys it is a public one.

    Attributes:
        keys: public keys of a confidential app, by id.
        grants: scopes that it is given at most; ``None``: what it asks for.
    """

    client_id: str
    redirect_uris: Collection[str]
    secret: str | None = None
    keys: Mapping[str, Any] = {}
    grants: Collection[str] | None = None


class LaunchContext(msgspec.Struct, frozen=True):
    """What the EHR knows when it launches an app."""

    patient: str | None
    app_context: str | None = None
    denied: bool = False


class _Code(msgspec.Struct, frozen=True):
    client_id: str
    redirect_uri: str
    challenge: str
    scopes: tuple[str, ...]
    context: LaunchContext
    until: float


class Access(msgspec.Struct, frozen=True):
    """What an access token is good for."""

    patient: str
    scopes: tuple[str, ...]
    until: float

    def may(self, resource_type: str) -> bool:
        """Whether the type may be read and searched, in the spelling of SMART 1.0 or 2."""
        good = {f"patient/{kind}.{may}" for kind in (resource_type, "*") for may in ("rs", "read")}
        return not good.isdisjoint(self.scopes)


class AuthorizationServer:
    """The server.

    Attributes:
        issuer: its address.
        fhir: base URL of the FHIR server that its tokens are for.
        apps: those that it knows, by client id.
    """

    def __init__(self, issuer: str, apps: Collection[RegisteredApp]) -> None:
        self.issuer = issuer
        self.fhir = f"{issuer}/fhir"
        self.apps = {app.client_id: app for app in apps}
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._launches: dict[str, LaunchContext] = {}
        self._codes: dict[str, _Code] = {}
        self._used: dict[str, str] = {}
        self._tokens: dict[str, Access] = {}
        self._assertions: set[str] = set()

    def configuration(self) -> dict[str, Any]:
        """``.well-known/smart-configuration``."""
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/jwks",
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
            "grant_types_supported": ["authorization_code"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "fhirUser", "launch", "patient/*.rs"],
            "response_types_supported": ["code"],
            "capabilities": [
                "launch-ehr",
                "client-public",
                "client-confidential-symmetric",
                "client-confidential-asymmetric",
                "context-ehr-patient",
                "sso-openid-connect",
                "permission-patient",
                "permission-v1",
                "permission-v2",
            ],
        }

    def keys(self) -> dict[str, Any]:
        """The public keys, as a JWK Set."""
        told = jwt.get_algorithm_by_name("RS256").to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**told, "kid": KEY_ID, "use": "sig"}]}

    def signed(self, claims: Mapping[str, Any], algorithm: str) -> str:
        """A JWT with its key."""
        return jwt.encode({"iss": self.issuer, **claims}, self._key, algorithm, {"kid": KEY_ID})

    def launch(self, context: LaunchContext) -> str:
        """The ``launch`` parameter for an app."""
        launch = secrets.token_urlsafe(16)
        self._launches[launch] = context
        return launch

    def must_know(self, asked: Mapping[str, str]) -> RegisteredApp:
        """The app that asks; only to its own addresses a browser may be sent back.

        Raises:
            OAuthError: there is none, or another address is named.
        """
        app = self.apps.get(asked.get("client_id", ""))
        if app is None or asked.get("redirect_uri") not in app.redirect_uris:
            raise OAuthError("invalid_request")
        return app

    def code(self, asked: Mapping[str, str]) -> str:
        """A code for an authorization request, which the user agrees to.

        Raises:
            OAuthError: the request is none that SMART knows, or the user does not agree.
        """
        app = self.must_know(asked)
        if asked.get("response_type") != "code":
            raise OAuthError("unsupported_response_type")
        challenge = asked.get("code_challenge", "")
        if asked.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):
            raise OAuthError("invalid_request")
        context = self._launches.pop(asked.get("launch", ""), None)
        scopes = asked.get("scope", "").split()
        if asked.get("aud") != self.fhir or context is None or "launch" not in scopes:
            raise OAuthError("invalid_request")
        if context.denied:
            raise OAuthError("access_denied")
        granted = tuple(scope for scope in scopes if app.grants is None or scope in app.grants)
        code = secrets.token_urlsafe()
        until = time.time() + _CODE_SECONDS
        redirect_uri = asked["redirect_uri"]
        self._codes[code] = _Code(app.client_id, redirect_uri, challenge, granted, context, until)
        return code

    def token(self, form: Mapping[str, str], basic: tuple[str, str] | None) -> dict[str, Any]:
        """The answer of the token endpoint; ``basic``: user and password of the ``Authorization`` header.

        Raises:
            OAuthError: no token is given.
        """
        app = self._authenticated(form, basic)
        if form.get("grant_type") != "authorization_code":
            raise OAuthError("unsupported_grant_type")
        told = form.get("code", "")
        code = self._codes.pop(told, None)
        if code is None:
            # RFC 6749, 4.1.2: what a code that comes twice was good for is taken back.
            self._tokens.pop(self._used.pop(told, ""), None)
            raise OAuthError("invalid_grant")
        verifier = form.get("code_verifier", "")
        proven = _VERIFIER.fullmatch(verifier) is not None and challenge_of(verifier) == code.challenge
        same = (code.client_id, code.redirect_uri) == (app.client_id, form.get("redirect_uri"))
        if not (proven and same) or code.until < time.time():
            raise OAuthError("invalid_grant")
        token = self.access(code.context.patient or "", code.scopes)
        self._used[told] = token
        return self._answer(token, code)

    def access(self, patient: str, scopes: Collection[str]) -> str:
        """A new access token."""
        token = secrets.token_urlsafe()
        self._tokens[token] = Access(patient, tuple(scopes), time.time() + _TOKEN_SECONDS)
        return token

    def accessed(self, token: str) -> Access | None:
        """What a token is good for, if for anything."""
        found = self._tokens.get(token)
        return found if found is not None and found.until > time.time() else None

    def _answer(self, token: str, code: _Code) -> dict[str, Any]:
        told: dict[str, Any] = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": _TOKEN_SECONDS,
            "scope": " ".join(code.scopes),
            "need_patient_banner": True,
        }
        if code.context.patient is not None:
            told["patient"] = code.context.patient
        if code.context.app_context is not None:
            told["appContext"] = code.context.app_context
        if "openid" in code.scopes:
            now = int(time.time())
            claims = {"sub": USER, "aud": code.client_id, "iat": now, "exp": now + _TOKEN_SECONDS}
            told["id_token"] = self.signed({**claims, "fhirUser": f"{self.fhir}/{USER}"}, "RS256")
        return told

    def _authenticated(self, form: Mapping[str, str], basic: tuple[str, str] | None) -> RegisteredApp:
        claimed = basic[0] if basic is not None else form.get("client_id")
        assertion = form.get("client_assertion")
        try:
            if assertion is not None:
                claimed = str(jwt.decode(assertion, options={"verify_signature": False}).get("sub"))
            app = self.apps.get(claimed or "")
            if app is None:
                raise OAuthError("invalid_client")
            if app.keys:
                self._must_be_signed(app, assertion or "", form)
            elif app.secret is not None and (basic is None or basic[1] != app.secret):
                raise OAuthError("invalid_client")
        except jwt.PyJWTError:
            raise OAuthError("invalid_client") from None
        return app

    def _must_be_signed(self, app: RegisteredApp, assertion: str, form: Mapping[str, str]) -> None:
        header = jwt.get_unverified_header(assertion)
        key = app.keys.get(header.get("kid", ""))
        if key is None or form.get("client_assertion_type") != _ASSERTION:
            raise OAuthError("invalid_client")
        claims = jwt.decode(
            assertion,
            key,
            algorithms=["RS384", "ES384"],
            audience=f"{self.issuer}/token",
            issuer=app.client_id,
            options={"require": ["iss", "sub", "aud", "exp", "jti"]},
        )
        if claims["exp"] > time.time() + 300 or claims["jti"] in self._assertions:
            raise OAuthError("invalid_client")
        self._assertions.add(claims["jti"])


def challenge_of(verifier: str) -> str:
    """RFC 7636, 4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
