"""SMART App Launch: a user's browser brings a code, which is exchanged for an access token.

OAuth 2.0 with PKCE (RFC 6749, 4.1; RFC 7636), as SMART App Launch 2.2 has it
(https://hl7.org/fhir/smart-app-launch/app-launch.html).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from urllib.parse import quote_plus, urlencode

import httpx

from fhir_mappings.client.addresses import AddressError, address
from fhir_mappings.client.discovery import SmartConfiguration
from fhir_mappings.client.documents import DocumentError, posted
from fhir_mappings.client.network import Network
from fhir_mappings.client.signing import ASSERTION_TYPE, SigningKey
from fhir_mappings.client.token_answers import Granted, TokenError, error_of, granted, refusal

_MOST_BYTES = 100_000
_VERIFIER_BYTES = 32
"""RFC 7636, 4.1: 256 bits, 43 characters."""

Origin = tuple[str, str, int]
"""Scheme, host and port."""


class LaunchOfferError(Exception):
    """A server from which no launch is taken. The message says why, and repeats nothing that it told."""


class Registration:
    """This app, as an authorization server knows it; what is secret does not show in ``repr``.

    Args:
        client_id: by which the server knows it.
        secret: of a confidential app that shows one.
        key: of a confidential app that signs assertions instead. With neither it is a public app.
    """

    def __init__(self, client_id: str, secret: str | None = None, key: SigningKey | None = None) -> None:
        self.client_id = client_id
        self._secret = secret
        self._key = key

    def shown(self, token_endpoint: str, now: float) -> tuple[Mapping[str, str], httpx.Auth | None]:
        """What is added to a form for the token endpoint, and to its headers."""
        if self._key is not None:
            assertion = self._key.assertion(self.client_id, token_endpoint, now)
            return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}, None
        if self._secret is not None:
            # RFC 6749, 2.3.1: both are encoded as in a form before they are joined.
            return {}, httpx.BasicAuth(quote_plus(self.client_id), quote_plus(self._secret))
        return {"client_id": self.client_id}, None

    def __repr__(self) -> str:
        return f"Registration({self.client_id!r}, …)"


def new_verifier() -> str:
    """A secret of PKCE: 43 characters, new with each call."""
    return secrets.token_urlsafe(_VERIFIER_BYTES)


def challenge_of(verifier: str) -> str:
    """``BASE64URL(SHA256(verifier))`` (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def must_offer_launch(configuration: SmartConfiguration, origins: Collection[Origin]) -> None:
    """Refuse a server that does not offer codes with S256, or whose endpoints are elsewhere than agreed.

    Args:
        origins: where its endpoints may be.

    Raises:
        LaunchOfferError: why.
    """
    grants = configuration.grant_types
    if grants is not None and "authorization_code" not in grants:
        raise LaunchOfferError("it gives no authorization codes (grant_types_supported)")
    if "S256" not in (configuration.challenge_methods or ()):
        raise LaunchOfferError("it does not offer PKCE with S256 (code_challenge_methods_supported)")
    for name in ("authorization_endpoint", "token_endpoint"):
        if not is_at(getattr(configuration, name), origins):
            raise LaunchOfferError(f"its {name} is missing, or is on a host that is not listed for it")


def is_at(url: str | None, origins: Collection[Origin]) -> bool:
    """Whether an address lies at one of these origins; never if it can be read in two ways."""
    try:
        return url is not None and address(url).origin in origins
    except AddressError:
        return False


def authorization_url(
    configuration: SmartConfiguration,
    registration: Registration,
    *,
    redirect_uri: str,
    scope: str,
    state: str,
    verifier: str,
    issuer: str,
    launch: str,
) -> str:
    """Where the browser is sent to be given a code.

    Args:
        issuer: the FHIR server, as the EHR spelled it (``aud``).
        launch: what the EHR handed over, opaque.
    """
    asked = {
        "response_type": "code",
        "client_id": registration.client_id,
        "redirect_uri": redirect_uri,
        "scope": scope,
        "state": state,
        "aud": issuer,
        "launch": launch,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    endpoint = configuration.authorization_endpoint or ""
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


async def exchanged(
    network: Network,
    configuration: SmartConfiguration,
    registration: Registration,
    *,
    code: str,
    redirect_uri: str,
    verifier: str,
    seconds: float,
    private_allowed: bool,
    clock: Callable[[], float] = time.time,
) -> Granted:
    """What a code is good for. It is asked once: a code that was sent twice may be revoked with its token.

    Raises:
        TokenError: nothing, or no answer came in time.
    """
    endpoint = configuration.token_endpoint
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    added, auth = registration.shown(endpoint, clock())
    try:
        answer = await posted(
            network,
            endpoint,
            {**form, **added},
            seconds=seconds,
            most_bytes=_MOST_BYTES,
            private_allowed=private_allowed,
            auth=auth,
        )
    except DocumentError as error:
        raise TokenError(f"the token endpoint did not answer ({error})", "no-answer") from None
    if answer.status != httpx.codes.OK:
        raise TokenError(refusal(answer), error_of(answer) or f"status-{answer.status}")
    return granted(answer.body)
