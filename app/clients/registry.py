"""The clients of this installation, from the operator's file.

::

    clients:
      - id: general-hospital
        preset: epic
        issuer: https://fhir.general.example/api/FHIR/R4
        jwks_url: https://fhir.general.example/api/epic/2019/Security/Open/PublicKeys/530005/OIDC
    open:
      fhir_servers: [https://r4.smarthealthit.example]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails

from app.clients.profile import ClientProfile
from app.settings import Settings
from app.store.records import UNKNOWN_CLIENT

Location = tuple[str | int, ...]
LAUNCH_PATH = "/launch"
"""Where EHRs launch the pages."""


class ClientsError(Exception):
    """The file of clients cannot be used; the message names file, line, client, element, and what to do."""


class _OpenProfile(ClientProfile):
    id: str = "open"

    @model_validator(mode="after")
    def _stays_unknown(self) -> _OpenProfile:
        if self.issuer or self.jwks or self.jwks_url:
            raise ValueError(
                "'open' is for callers without a token; put a client with issuer and keys under 'clients'"
            )
        return self


class _Client(ClientProfile):
    @model_validator(mode="after")
    def _can_be_told(self) -> _Client:
        if self.id == UNKNOWN_CLIENT:
            raise ValueError("'id': 'unknown' is what the audit trail calls callers who cannot be told")
        if not self.issuer:
            raise ValueError("'issuer' is required: the 'iss' of its tokens")
        if self.jwks is None and self.jwks_url is None:
            raise ValueError("'jwks_url' or 'jwks' is required: its public keys")
        return self


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    clients: tuple[_Client, ...] = ()
    open: _OpenProfile = _OpenProfile()


class Clients(NamedTuple):
    """The clients, and the profile of calls without a token if the operator lets them in.

    Attributes:
        profiles: all that are known by an issuer.
        open_mode: for calls that nobody vouches for; ``None`` where those are refused.
    """

    profiles: tuple[ClientProfile, ...] = ()
    open_mode: ClientProfile | None = None

    def of_issuer(self, issuer: str) -> tuple[ClientProfile, ...]:
        """The clients with this issuer; more than one are told apart by their tenants."""
        return tuple(profile for profile in self.profiles if profile.issuer == issuer)

    @property
    def warning(self) -> str | None:
        """Told at the start where the hooks answer anybody, or nobody; with how to mend it."""
        if self.open_mode:
            return "OPEN: the hooks answer whoever calls. For real charts name clients in TRIALCARDS_CLIENTS."
        if not self.profiles:
            return (
                "The hooks answer nobody (401): name clients in TRIALCARDS_CLIENTS, or try out with --open."
            )
        return None


def read_clients(settings: Settings) -> Clients:
    """The clients that the settings name.

    Raises:
        ClientsError: the file cannot be read or used.
    """
    found = _read(settings.clients) if settings.clients else _File()
    for profile in found.clients:
        if not profile.audiences and settings.base_url is None:
            raise ClientsError(
                f"client '{profile.id}': its tokens name the URL that it calls; say in TRIALCARDS_BASE_URL "
                "where clients reach the service, or list 'audiences'"
            )
    profiles = tuple(_settled(profile, settings) for profile in found.clients)
    return Clients(profiles, _settled(found.open, settings) if settings.open else None)


def check_clients(path: Path) -> Sequence[ClientProfile]:
    """The clients of a file, for whoever writes one.

    Raises:
        ClientsError: the file cannot be read or used.
    """
    return _read(path).clients


def _settled(profile: ClientProfile, settings: Settings) -> ClientProfile:
    given = dict(profile)
    if profile.not_offered is None:
        given["not_offered"] = settings.not_offered
    if profile.smart is not None:
        pages = settings.pages_url or settings.base_url
        if pages is None or not settings.store:
            raise ClientsError(
                f"client '{profile.id}': 'smart' needs the store and the address at which browsers reach the "
                "pages; set TRIALCARDS_PAGES_URL, and leave TRIALCARDS_STORE on"
            )
        given["smart_app_url"] = f"{pages}{LAUNCH_PATH}"
    return ClientProfile.model_construct(**given)


def _read(path: Path) -> _File:
    try:
        text = path.read_text("utf-8")
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except OSError as error:
        raise ClientsError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ClientsError(f"{path}: is not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ClientsError(f"{path}:{line}: is not readable as YAML: {error.problem}") from None
    except (yaml.YAMLError, RecursionError):
        raise ClientsError(f"{path}: is not readable as YAML") from None
    if not isinstance(document, dict) or not isinstance(tree, yaml.MappingNode):
        raise ClientsError(f"{path}: a file of clients is a YAML mapping with the key 'clients'")
    faults = [*_doubled_keys(tree)]
    try:
        found = _File.model_validate(document)
    except ValidationError as error:
        faults += [
            _Fault(fault["loc"], _reason(fault))
            for fault in error.errors(include_url=False, include_input=False)
        ]
    else:
        faults += _faults_between(found.clients)
    if faults:
        raise ClientsError("\n".join(_told(path, tree, document, fault) for fault in faults))
    return found


class _Fault(NamedTuple):
    location: Location
    reason: str


def _reason(fault: ErrorDetails) -> str:
    if fault["type"] == "extra_forbidden":
        return "there is no such element; docs/clients.md lists them"
    return fault["msg"].removeprefix("Value error, ")


def _faults_between(profiles: Sequence[ClientProfile]) -> Iterator[_Fault]:
    """Clients that could be taken for each other."""
    ids: set[str] = set()
    for index, profile in enumerate(profiles):
        if profile.id in ids:
            yield _Fault(("clients", index, "id"), f"'{profile.id}' is given twice; choose another")
        ids.add(profile.id)
        for other in profiles[:index]:
            if other.issuer == profile.issuer and not _told_apart(other.tenants, profile.tenants):
                reason = f"'{other.id}' has the same issuer; give both 'tenants', none of them to both"
                yield _Fault(("clients", index, "issuer"), reason)
            if profile.smart and other.smart and set(profile.fhir_servers) & set(other.fhir_servers):
                reason = (
                    f"'{other.id}' has 'smart' for the same FHIR server; a launch tells no more than that"
                )
                yield _Fault(("clients", index, "smart"), reason)


def _told_apart(one: Sequence[str], other: Sequence[str]) -> bool:
    return bool(one) and bool(other) and not set(one) & set(other)


def _doubled_keys(
    node: yaml.Node, location: Location = (), visited: frozenset[int] = frozenset()
) -> Iterator[_Fault]:
    if id(node) in visited:  # an alias of what is around it
        return
    visited |= {id(node)}
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _doubled_keys(item, (*location, index), visited)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield _Fault((*location, key.value), "is given twice; keep one")
            seen.add(key.value)
            yield from _doubled_keys(value, (*location, key.value), visited)


def _told(path: Path, tree: yaml.Node, document: Mapping[str, Any], fault: _Fault) -> str:
    """``file:line: client 'id', element: reason``."""
    where = f"{path}:{_line_of(tree, fault.location)}"
    match fault.location:
        case ("clients", int(index), *element):
            name = document["clients"][index]
            subject = (
                f"client '{name['id']}'" if isinstance(name, dict) and "id" in name else f"client {index + 1}"
            )
        case (*element,):
            subject = ""
    place = ", ".join(part for part in (subject, ".".join(map(str, element))) if part)
    return f"{where}: {place}: {fault.reason}" if place else f"{where}: {fault.reason}"


def _line_of(node: yaml.Node, location: Location) -> int:
    """Line of the element, or of the nearest around it that is there."""
    line: int = node.start_mark.line + 1
    for part in location:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        elif isinstance(node, yaml.MappingNode) and (
            found := [pair for pair in node.value if pair[0].value == part]
        ):
            key, node = found[-1]
            line = key.start_mark.line + 1
        else:
            break
    return line
