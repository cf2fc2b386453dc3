"""Asking a FHIR server: searches and reads within limits of time and size, from listed addresses only.

Nothing outside this package speaks HTTP to a FHIR server, and nothing outside it imports ``httpx``.
"""

from fhir_mappings.client.addresses import Address, AddressError, base_address, listed
from fhir_mappings.client.asking import Fetched, FetchLimits, FetchState, Query, Why
from fhir_mappings.client.auth import BearerToken
from fhir_mappings.client.capability import Capabilities, Offer
from fhir_mappings.client.fetching import FhirClient
from fhir_mappings.client.network import Network

__all__ = [
    "Address",
    "AddressError",
    "BearerToken",
    "Capabilities",
    "FetchLimits",
    "FetchState",
    "Fetched",
    "FhirClient",
    "Network",
    "Offer",
    "Query",
    "Why",
    "base_address",
    "listed",
]
