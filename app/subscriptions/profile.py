"""The subscriptions of this installation, from the operator's file.

::

    subscriptions:
      - name: general-hospital
        fhir_base: https://fhir.general.example/api/FHIR/R4
        secret_file: /etc/trialcards/general-hospital.secret
        access:
          client_id: trialcards
          private_key_file: /etc/trialcards/key.jwk
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from app.clients.profile import CLIENT_ID, Address
from app.server_access import ServerAccess
from app.settings import leaves_enough

LEAST_SECRET_LENGTH = 32
_SECRET = re.compile(rf"[A-Za-z0-9\-._~+/]{{{LEAST_SECRET_LENGTH},512}}=*")
_HEADER = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$"
"""What the name of a header looks like (RFC 9110, 5.6.2)."""


class SubscriptionsError(Exception):
    """The file of subscriptions cannot be used; the message says where, why, and what to do."""


class Access(BaseModel):
    """How to get into the server; with nothing told, it is open. ``docs/backend-services.md``."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    bearer_token_file: Path | None = None
    """File of an access token that was got elsewhere."""

    client_id: str | None = None
    """By which the server knows this service (SMART Backend Services)."""

    private_key_file: Path | None = None
    """The private key: JWK, JWK Set, or PEM without passphrase."""

    key_id: str | None = None
    """``kid`` of the key, where the file does not tell it."""

    scope: str | None = None
    """What is asked for; by default, to read and search what a screening needs."""

    token_url: str | None = None
    """Where tokens are asked for; by default, where the server's SMART configuration says."""

    @model_validator(mode="after")
    def _goes_together(self) -> Access:
        if (self.client_id is None) != (self.private_key_file is None):
            raise ValueError("'client_id' and 'private_key_file' are of use only together; give both")
        if self.bearer_token_file is not None and self.client_id is not None:
            raise ValueError("'bearer_token_file' and 'client_id' exclude each other; keep one")
        return self

    def of_server(self) -> ServerAccess:
        """The same for the client of FHIR servers, without anything of the environment.

        Raises:
            OSError: the file of the token cannot be read.
        """
        token = None if self.bearer_token_file is None else self.bearer_token_file.read_text("utf-8").strip()
        return ServerAccess.model_construct(
            bearer_token=None if token is None else SecretStr(token),
            **self.model_dump(exclude={"bearer_token_file"}),
        )


class SubscriptionProfile(BaseModel):
    """One FHIR server that tells this service what is new."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Annotated[str, Field(pattern=f"^{CLIENT_ID}$")]
    """In the path of the endpoint, in logs and figures: small letters, digits and hyphens."""

    fhir_base: Address
    """Base URL of the server; charts are read from it, and from nowhere else."""

    secret_file: Path
    """File of what the server must send along; of several lines each is taken, the first is told to it."""

    header: Annotated[str, Field(pattern=_HEADER)] = "Authorization"
    """In which header. In ``Authorization`` it stands as ``Bearer SECRET``, elsewhere alone."""

    client: Annotated[str, Field(pattern=f"^{CLIENT_ID}$")] | None = None
    """The client whose hooks open the same charts: then both keep one entry of a patient."""

    protocols: tuple[str, ...] = ()
    """Ids of the open protocols that are screened for; by default all."""

    allow_private_addresses: bool = False
    """The server may be on this machine or in a private network, and be called without TLS there."""

    observations_by_category: bool | None = None
    """It demands a category in searches for Observations and gives one to each; by default as the client."""

    not_offered: tuple[str, ...] | None = None
    """Resource types that it does not have; by default those of the client, or ``TRIALCARDS_NOT_OFFERED``."""

    access: Access = Access()
    """How to get into it."""

    @field_validator("not_offered")
    @classmethod
    def _leaves_enough(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return value if value is None else leaves_enough(value)

    @model_validator(mode="after")
    def _is_protected(self) -> SubscriptionProfile:
        if self.fhir_base.startswith("http:") and not self.allow_private_addresses:
            raise ValueError(
                f"'{self.fhir_base}' would be called without TLS: write https, or set "
                "'allow_private_addresses' if it is on this machine or in a private network"
            )
        return self

    @property
    def header_told(self) -> str:
        """Beginning of the header as a Subscription has it; the secret follows."""
        return f"{self.header}: Bearer " if self.header.lower() == "authorization" else f"{self.header}: "


class Subscribed(NamedTuple):
    """A subscription with its secrets."""

    profile: SubscriptionProfile
    secrets: tuple[SecretStr, ...]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    subscriptions: Annotated[tuple[SubscriptionProfile, ...], Field(min_length=1)]


def read_subscriptions(path: Path) -> Mapping[str, Subscribed]:
    """The subscriptions of a file (YAML or JSON) by name, with what their files of secrets hold.

    Raises:
        SubscriptionsError: one of the files cannot be read or used.
    """
    document = _document(path)
    try:
        found = _File.model_validate(document).subscriptions
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise SubscriptionsError(
            "\n".join(f"{path}: {_place(fault['loc'], document)}: {_reason(fault)}" for fault in faults)
        ) from None
    for doubled in _doubled([profile.name for profile in found]):
        raise SubscriptionsError(f"{path}: subscription '{doubled}' is given twice; choose another name")
    return {profile.name: Subscribed(profile, _secrets(profile)) for profile in found}


def _document(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise SubscriptionsError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SubscriptionsError(f"{path}: is not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SubscriptionsError(f"{path}:{line}: is not readable as YAML: {error.problem}") from None
    except (yaml.YAMLError, RecursionError):
        raise SubscriptionsError(f"{path}: is not readable as YAML") from None


def _secrets(profile: SubscriptionProfile) -> tuple[SecretStr, ...]:
    place = f"subscription '{profile.name}', secret_file {profile.secret_file}"
    try:
        lines = profile.secret_file.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SubscriptionsError(f"{place}: cannot be read: {reason}") from None
    found = tuple(line.strip() for line in lines if line.strip())
    if not found or not all(_SECRET.fullmatch(line) for line in found):
        raise SubscriptionsError(
            f"{place}: each line is a secret of {LEAST_SECRET_LENGTH} to 512 letters, digits and signs of "
            "-._~+/, as openssl rand -hex 32 makes them"
        )
    return tuple(map(SecretStr, found))


def _doubled(names: Sequence[str]) -> Iterator[str]:
    return (name for index, name in enumerate(names) if name in names[:index])


def _reason(fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        return "there is no such element; docs/subscriptions.md lists them"
    return str(fault["msg"]).removeprefix("Value error, ")


def _place(location: tuple[str | int, ...], document: Any) -> str:
    match location:
        case ("subscriptions", int(index), *element):
            given = document["subscriptions"][index]
            named = isinstance(given, dict) and isinstance(given.get("name"), str)
            subject = f"subscription '{given['name']}'" if named else f"subscription {index + 1}"
            return ", ".join(part for part in (subject, ".".join(map(str, element))) if part)
        case _:
            return ".".join(map(str, location)) or "a mapping with the key 'subscriptions' is expected"
