"""OpenID providers: a real server in a process of its own, and one that says what a test wants."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import jwt
import respx
from cryptography.hazmat.primitives.asymmetric import rsa

from app.people.person import Role
from app.people.provider import Provider, Registered
from cds_hooks.published_keys import FetchError

ISSUER, CLIENT, BACK = "https://id.example", "trialcards", "https://cds.example/sign-in/back"


@contextmanager
def running() -> Iterator[str]:
    """A provider of the package ``oidc-provider-mock``: the address of the issuer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://localhost:{port}"
    try:
        for _ in range(600):
            try:
                httpx.get(f"{address}/.well-known/openid-configuration", timeout=5).raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        else:
            raise RuntimeError("the OpenID provider did not start")
        yield address
    finally:
        process.terminate()
        process.wait(10)


def known_there(issuer: str, subject: str, **claims: Any) -> None:
    """Make somebody known to a running provider."""
    httpx.put(f"{issuer}/users/{quote(subject)}", json=claims, timeout=30).raise_for_status()


class Key:
    """A key of a provider."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def published(self) -> dict[str, Any]:
        told = jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**told, "kid": self.name, "alg": "RS256", "use": "sig"}


class Scripted:
    """A provider whose documents and tokens a test changes, and what a browser does there."""

    def __init__(self, **changed: Any) -> None:
        self.document: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "end_session_endpoint": f"{ISSUER}/end",
        }
        self.key = Key("first")
        self.published = [self.key]
        self.away = False
        self.claims: dict[str, Any] = {}
        self.asked: list[str] = []
        self.provider = Provider(registered(**changed), self.fetch, lambda: b"s" * 32)

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if self.away:
            raise FetchError("away")
        if url.endswith("/keys"):
            return json.dumps({"keys": [key.published() for key in self.published]}).encode()
        return json.dumps(self.document).encode()

    async def signed_in(self, **query: str) -> Any:
        """A browser goes there and comes back; the token endpoint checks the verifier (RFC 7636, 4.6)."""
        address, kept = await self.provider.leave("/list")
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

        def token(request: httpx.Request) -> httpx.Response:
            sent = parse_qs(request.content.decode())
            digest = hashlib.sha256(sent["code_verifier"][0].encode()).digest()
            assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
            assert asked["code_challenge_method"] == "S256"
            now = int(time.time())
            claims = {
                "iss": ISSUER,
                "aud": CLIENT,
                "sub": "s1",
                "iat": now,
                "exp": now + 300,
                "nonce": asked["nonce"],
                "name": "Ana",
                "roles": ["coordinator"],
                **self.claims,
            }
            signed = jwt.encode(claims, self.key.private, "RS256", headers={"kid": self.key.name})
            return httpx.Response(200, json={"access_token": "a", "token_type": "Bearer", "id_token": signed})

        with respx.mock(assert_all_called=False) as network:
            network.post(f"{ISSUER}/token").mock(side_effect=token)
            return await self.provider.came_back({"state": asked["state"], "code": "c", **query}, kept)


def registered(**changed: Any) -> Registered:
    known: dict[str, Any] = {
        "issuer": ISSUER,
        "client_id": CLIENT,
        "client_secret": "a secret",
        "redirect_uri": BACK,
        "signed_out_uri": "https://cds.example/sign-in",
        "scope": "openid profile",
        "roles_claim": "roles",
        "roles": {role.value: role for role in Role},
    }
    return Registered(**{**known, **changed})
