"""How this service is registered with an EHR as a SMART app, so that the EHR can launch its pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FilePath, model_validator

from app.loopback import is_loopback
from fhir_mappings.client import (
    AddressError,
    Registration,
    SigningKey,
    SigningKeyError,
    base_address,
    read_signing_key,
)

_LONGEST_SECRET = 1_000
Found = TypeVar("Found")


def _origin(value: str) -> str:
    """An origin of which answers are trusted: https, or this very machine.

    Raises:
        ValueError: it is something else.
    """
    try:
        found = base_address(value)
    except AddressError as error:
        raise ValueError(f"'{value}': {error}") from None
    if found.segments or not urlsplit(value).hostname:
        raise ValueError(f"'{value}' is no origin; write it as https://host or https://host:port")
    if found.scheme != "https" and not is_loopback(found.host):
        raise ValueError(f"'{value}' must be https: codes and tokens are sent to it")
    return found.url


class SmartRegistration(BaseModel):
    """A registration. Without secret and key this is a public app, which proves itself with PKCE alone."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, coerce_numbers_to_str=True
    )

    client_id: Annotated[str, Field(min_length=1, max_length=500)]
    """By which the EHR's authorization server knows this service."""

    authorization_servers: tuple[Annotated[str, AfterValidator(_origin)], ...] = ()
    """Origins at which its endpoints may be, beside the FHIR server's own."""

    scopes: Literal["as-offered", "v1", "v2"] = "as-offered"
    """How scopes are spelled: as the server's capabilities say, or always ``.read`` or ``.rs``."""

    client_secret_file: FilePath | None = None
    """Holds the secret of a confidential app, and nothing else."""

    private_key_file: FilePath | None = None
    """Holds the key of a confidential app that signs assertions: JWK, JWK Set, or PEM without passphrase."""

    key_id: str | None = None
    """``kid`` of that key, where the file does not tell it."""

    @model_validator(mode="after")
    def _usable(self) -> SmartRegistration:
        if self.client_secret_file is not None and self.private_key_file is not None:
            raise ValueError("'client_secret_file' and 'private_key_file' exclude each other; keep one")
        self.registration()
        return self

    def registration(self) -> Registration:
        """The registration, with what is secret read from its file.

        Raises:
            ValueError: the file cannot be read or used.
        """
        secret = self.client_secret_file and _read("client_secret_file", self.client_secret_file, _secret)
        key = self.private_key_file and _read("private_key_file", self.private_key_file, self._key)
        return Registration(self.client_id, secret or None, key or None)

    def _key(self, body: bytes) -> SigningKey:
        try:
            return read_signing_key(body, self.key_id)
        except SigningKeyError as error:
            told = "; set 'key_id'" if "id must be told" in str(error) else ""
            raise ValueError(f"{error}{told}") from None


def _read(name: str, file: Path, parse: Callable[[bytes], Found]) -> Found:
    try:
        return parse(file.read_bytes())
    except OSError as error:
        raise ValueError(f"'{name}': {file}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"'{name}': {file}: {error}") from None


def _secret(body: bytes) -> str:
    try:
        secret = body.decode("ascii").strip()
    except UnicodeDecodeError:
        secret = ""
    if not secret or not secret.isprintable() or len(secret) > _LONGEST_SECRET:
        raise ValueError("it holds no secret: one line of printable ASCII is expected")
    return secret
