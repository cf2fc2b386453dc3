"""Where a server has tokens given out, by its own word (``.well-known/smart-configuration``)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec

from fhir_mappings.client.addresses import Address, AddressError, address
from fhir_mappings.client.documents import DocumentError, document
from fhir_mappings.client.network import Network
from fhir_mappings.client.token_answers import TokenError

_SECONDS = 10.0
_MOST_BYTES = 1_000_000


class SmartConfiguration(msgspec.Struct, frozen=True):
    """What of the configuration is used.

    Attributes:
        token_endpoint: as the server wrote it.
        authorization_endpoint: where a user's browser is sent.
        issuer: ``iss`` of its ID tokens.
        jwks_uri: where the keys are published that sign those.
        challenge_methods: of PKCE.
        grant_types: what the token endpoint takes.
        algorithms: with which assertions may be signed; empty if the server does not say.
        capabilities: among them ``permission-v1`` and ``permission-v2``, the two spellings of scopes.
    """

    token_endpoint: str = ""
    authorization_endpoint: str | None = None
    issuer: str | None = None
    jwks_uri: str | None = None
    challenge_methods: tuple[str, ...] | None = msgspec.field(
        name="code_challenge_methods_supported", default=None
    )
    grant_types: tuple[str, ...] | None = msgspec.field(name="grant_types_supported", default=None)
    algorithms: tuple[str, ...] = msgspec.field(
        name="token_endpoint_auth_signing_alg_values_supported", default=()
    )
    capabilities: tuple[str, ...] = ()

    @property
    def spells_as_before(self) -> bool:
        """Whether it knows scopes only as SMART 1.0 spells them."""
        return "permission-v1" in self.capabilities and "permission-v2" not in self.capabilities

    def scopes(self, resource_types: Collection[str]) -> str:
        """The scopes for reading and searching these types, as this server spells them."""
        return scopes(resource_types, "read" if self.spells_as_before else "rs")


def must_be_fit_for_secrets(token_endpoint: str, base: Address) -> None:
    """Refuse a token endpoint that is no address, or without TLS though the server itself has it.

    Raises:
        TokenError: why.
    """
    try:
        found = address(token_endpoint)
    except AddressError as error:
        raise TokenError(f"the token endpoint cannot be called: {error}") from None
    if found.scheme != "https" and base.scheme == "https":
        raise TokenError("the token endpoint cannot be called: it is without TLS")


def scopes(
    resource_types: Collection[str], may: str = "rs", of: Literal["system", "patient"] = "system"
) -> str:
    """SMART scopes; ``may`` is ``rs`` (read, search), or ``read`` as SMART 1.0 has it."""
    return " ".join(f"{of}/{kind}.{may}" for kind in sorted(resource_types))


_configurations = msgspec.json.Decoder(SmartConfiguration)


async def smart_configuration(
    network: Network, base: Address, *, seconds: float = _SECONDS, private_allowed: bool = True
) -> SmartConfiguration:
    """The configuration that a FHIR server publishes, if it comes in so many seconds.

    Raises:
        TokenError: it publishes none that names a token endpoint.
    """
    url = f"{base.url}/.well-known/smart-configuration"
    try:
        body = await document(
            network, url, seconds=seconds, most_bytes=_MOST_BYTES, private_allowed=private_allowed
        )
        found = _configurations.decode(body)
    except DocumentError as error:
        raise TokenError(f".well-known/smart-configuration did not come ({error})") from None
    except (msgspec.DecodeError, RecursionError):
        raise TokenError(".well-known/smart-configuration is not what SMART says it is") from None
    if not found.token_endpoint:
        raise TokenError(".well-known/smart-configuration names no token endpoint")
    return found
