"""The EHRs from which launches are taken: clients that are registered for them, by their FHIR servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from app.clients.profile import ClientProfile
from app.clients.registry import Clients
from app.fetch_plan import Way
from fhir_mappings.client import Address, AddressError, BearerToken, Registration, base_address


class LaunchingEhr(NamedTuple):
    """One FHIR server from which the pages may be launched.

    Attributes:
        base: the server.
        client: whose server it is.
        registration: this service, as its authorization server knows it.
        origins: where endpoints of that may be.
    """

    base: Address
    client: ClientProfile
    registration: Registration
    origins: frozenset[tuple[str, str, int]]

    @property
    def private_allowed(self) -> bool:
        """Whether it may be in a private network, and there without TLS."""
        return self.client.allow_private_addresses

    def way(self, token: BearerToken | None) -> Way:
        """How it is asked for a chart."""
        return Way(
            self.base,
            token,
            self.private_allowed,
            self.base,
            by_category=self.client.observations_by_category,
        )


def launching_ehrs(clients: Clients) -> Mapping[Address, LaunchingEhr]:
    """All of them, by their base URL."""
    found: dict[Address, LaunchingEhr] = {}
    profiles = [*clients.profiles, *([clients.open_mode] if clients.open_mode is not None else [])]
    for profile in profiles:
        if profile.smart is None:
            continue
        registration = profile.smart.registration()
        listed = frozenset(base_address(text).origin for text in profile.smart.authorization_servers)
        for text in profile.fhir_servers:
            base = base_address(text)
            found.setdefault(base, LaunchingEhr(base, profile, registration, listed | {base.origin}))
    return found


def launching_ehr(ehrs: Mapping[Address, LaunchingEhr], issuer: str) -> LaunchingEhr | None:
    """The one that launches, if it is listed: the very base URL, not what lies below."""
    try:
        return ehrs.get(base_address(issuer))
    except AddressError:
        return None
