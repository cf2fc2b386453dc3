"""Who launched: the ID token that comes with an access token (OpenID Connect Core 1.0, 3.1.3.7)."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import jwt

from fhir_mappings.client.addresses import Address, AddressError, address
from fhir_mappings.client.app_launch import Origin, is_at
from fhir_mappings.client.discovery import SmartConfiguration
from fhir_mappings.client.documents import DocumentError, document
from fhir_mappings.client.network import Network

_MOST_BYTES = 262_144
_LEEWAY = 60
_ALGORITHMS = ("RS256", "RS384", "ES256", "ES384")
"""SMART asks for RS256; the others are as good."""
_USER = re.compile(r"(?:Practitioner|PractitionerRole|Person|RelatedPerson|Patient)/[A-Za-z0-9.-]{1,64}")


class IdTokenError(Exception):
    """An ID token that is not what it says. The message says why in a word, and repeats nothing of it."""


async def launching_user(
    network: Network,
    configuration: SmartConfiguration,
    id_token: str,
    client_id: str,
    base: Address,
    *,
    origins: Collection[Origin],
    seconds: float,
    private_allowed: bool,
) -> str | None:
    """The reference of the user (``Practitioner/1``) by the ID token; ``None`` where it cannot be told.

    Args:
        client_id: for whom it must be.
        base: the FHIR server, on which the user must be.
        origins: where keys are fetched from.

    Raises:
        IdTokenError: its signature is wrong, or it is for another app, of another server, or over.
    """
    url = configuration.jwks_uri
    if url is None or configuration.issuer is None or not is_at(url, origins):
        return None
    try:
        body = await document(
            network, url, seconds=seconds, most_bytes=_MOST_BYTES, private_allowed=private_allowed
        )
        keys = jwt.PyJWKSet.from_json(body.decode())
    except (DocumentError, jwt.PyJWTError, ValueError, AttributeError, TypeError):
        return None
    claims = _claims(id_token, keys, client_id, configuration.issuer)
    return _reference(claims.get("fhirUser"), base)


def _claims(id_token: str, keys: jwt.PyJWKSet, client_id: str, issuer: str | None) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(id_token)
        chosen = [key for key in keys.keys if header.get("kid") in (None, key.key_id)]
        if len(chosen) != 1:
            raise IdTokenError("key-unknown")
        claims: dict[str, Any] = jwt.decode(
            id_token,
            chosen[0],
            algorithms=[name for name in _ALGORITHMS if name == header.get("alg")],
            audience=client_id,
            issuer=issuer,
            leeway=_LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise IdTokenError(type(error).__name__) from None
    if claims.get("azp", client_id) != client_id:
        raise IdTokenError("authorized-party")
    return claims


def _reference(told: Any, base: Address) -> str | None:
    """A reference on this server, which may have been told as an address."""
    if not isinstance(told, str):
        return None
    if "://" in told:
        try:
            found = address(told)
        except AddressError:
            return None
        if not found.within(base):
            return None
        told = "/".join(found.segments[len(base.segments) :])
    return told if _USER.fullmatch(told) else None
