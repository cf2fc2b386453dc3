"""How the command line gets into a FHIR server: what the environment says, and the credentials that it gives.

::

    TRIALCARDS_BEARER_TOKEN=…                        a token got elsewhere
    TRIALCARDS_CLIENT_ID=… TRIALCARDS_PRIVATE_KEY_FILE=key.jwk    SMART Backend Services
    (neither)                                        a server that is open to all
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.cli_errors import ArgumentError, one_line
from app.named_medications import MEDICATION
from app.prefetch_table import RESOURCE_TYPES
from app.settings import Settings
from fhir_mappings.client import (
    Address,
    AddressError,
    BackendServices,
    BearerToken,
    Credentials,
    Network,
    SigningKey,
    SigningKeyError,
    TokenError,
    base_address,
    must_be_fit_for_secrets,
    read_signing_key,
    scopes,
    smart_configuration,
)

ASKED_TYPES = frozenset({*RESOURCE_TYPES.values(), MEDICATION})
_ON_THIS_MACHINE = re.compile(r"localhost|127\.[0-9.]+|::1")


class ServerAccess(BaseSettings):
    """What the environment says; ``docs/backend-services.md`` is the table of it."""

    model_config = SettingsConfigDict(
        env_prefix="TRIALCARDS_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    bearer_token: SecretStr | None = None
    """An access token that was got elsewhere."""

    client_id: str | None = None
    """By which the server knows this client (SMART Backend Services)."""

    private_key_file: Path | None = None
    """The client's private key: JWK, JWK Set, or PEM without passphrase."""

    key_id: str | None = None
    """``kid`` of the key, where the file does not tell it."""

    scope: str | None = None
    """What is asked for; by default, to read and search what a screening needs."""

    token_url: str | None = None
    """Where tokens are asked for; by default, where the server's SMART configuration says."""

    async def credentials(
        self, base: Address, network: Network, types: Collection[str] = ASKED_TYPES
    ) -> Credentials | None:
        """What is shown to the server at ``base``, to read and search these types; ``None`` for nothing.

        Raises:
            ArgumentError: the environment says things that do not go together, or names no usable key.
            TokenError: the server does not tell where it gives tokens.
        """
        if self.bearer_token is not None:
            if self.client_id is not None:
                raise ArgumentError(
                    "TRIALCARDS_BEARER_TOKEN and TRIALCARDS_CLIENT_ID exclude each other; unset one of them"
                )
            try:
                return BearerToken(self.bearer_token.get_secret_value().strip())
            except ValueError as error:
                raise ArgumentError(f"TRIALCARDS_BEARER_TOKEN: {error}") from None
        if self.client_id is None and self.private_key_file is None:
            return None
        if self.client_id is None or self.private_key_file is None:
            raise ArgumentError(
                "TRIALCARDS_CLIENT_ID and TRIALCARDS_PRIVATE_KEY_FILE are of use only together; set both"
            )
        key = _key(self.private_key_file, self.key_id)
        return await self._backend(self.client_id, key, base, network, types)

    async def _backend(
        self, client_id: str, key: SigningKey, base: Address, network: Network, types: Collection[str]
    ) -> BackendServices:
        if self.token_url is not None:
            endpoint, wanted = self.token_url, scopes(types)
        else:
            found = await smart_configuration(network, base)
            endpoint, wanted = found.token_endpoint, found.scopes(types)
            if found.algorithms and key.algorithm not in found.algorithms:
                raise TokenError(f"the server takes no assertions that are signed with {key.algorithm}")
        must_be_fit_for_secrets(endpoint, base)
        return BackendServices(client_id, key, endpoint, self.scope or wanted, network)


def _key(file: Path, key_id: str | None) -> SigningKey:
    try:
        return read_signing_key(file.read_bytes(), key_id)
    except OSError as error:
        raise ArgumentError(
            f"TRIALCARDS_PRIVATE_KEY_FILE: {file}: cannot be read: {error.strerror}"
        ) from None
    except SigningKeyError as error:
        told = "; set TRIALCARDS_KEY_ID" if "id must be told" in str(error) else ""
        raise ArgumentError(f"TRIALCARDS_PRIVATE_KEY_FILE: {file}: {error}{told}") from None


def environment() -> tuple[Settings, ServerAccess]:
    """What the environment says of the service and of servers.

    Raises:
        ArgumentError: something of it is not what it must be.
    """
    try:
        return Settings(), ServerAccess()
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        name = "_".join(str(part) for part in fault["loc"]).upper()
        raise ArgumentError(one_line(f"TRIALCARDS_{name}: {fault['msg']}")) from None


def server_address(text: str, *, http_allowed: bool) -> Address:
    """The base URL that was typed in.

    Raises:
        ArgumentError: it is no base URL, or without TLS.
    """
    try:
        found = base_address(text)
    except AddressError as error:
        raise ArgumentError(f"--fhir-base: {error}") from None
    must_be_safe(found, "--fhir-base", http_allowed=http_allowed)
    return found


def must_be_safe(base: Address, option: str, *, http_allowed: bool) -> None:
    """Refuse an address without TLS.

    Who types an address vouches for it, so that it may be in a private network. Without TLS it is taken only
    on this machine, or where that is said to be meant; the connection itself then goes to private addresses
    only.

    Args:
        base: the address.
        option: where it was typed in.
        http_allowed: whether that was said.

    Raises:
        ArgumentError: it is without TLS.
    """
    if base.scheme != "https" and not (http_allowed or _ON_THIS_MACHINE.fullmatch(base.host)):
        raise ArgumentError(
            f"{option}: without TLS anybody on the way can read the chart; write https://, or say "
            "--allow-http if the server is in a private network"
        )
