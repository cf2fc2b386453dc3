"""Asking a FHIR server: searches and reads within limits of time and size, from listed addresses only.

Nothing outside this package speaks HTTP to a FHIR server, and nothing outside it imports ``httpx``.
"""

from fhir_mappings.client.addresses import Address, AddressError, base_address, listed
from fhir_mappings.client.app_launch import (
    LaunchOfferError,
    Registration,
    authorization_url,
    exchanged,
    must_offer_launch,
    new_verifier,
)
from fhir_mappings.client.asking import Fetched, FetchLimits, FetchState, Query, Why, kept_for_reading
from fhir_mappings.client.auth import BearerToken
from fhir_mappings.client.backend_services import BackendServices
from fhir_mappings.client.bulk_door import Patience
from fhir_mappings.client.bulk_export import export_to
from fhir_mappings.client.bulk_news import News
from fhir_mappings.client.bulk_request import BulkError, BulkExport, Target, export_target
from fhir_mappings.client.bulk_result import Exported, ExportedFile
from fhir_mappings.client.capability import Capabilities, Offer
from fhir_mappings.client.discovery import (
    SmartConfiguration,
    must_be_fit_for_secrets,
    scopes,
    smart_configuration,
)
from fhir_mappings.client.documents import DocumentError, Posted, sent
from fhir_mappings.client.fetching import FhirClient, Heard
from fhir_mappings.client.id_tokens import IdTokenError, launching_user
from fhir_mappings.client.network import Network
from fhir_mappings.client.signing import SigningKey, SigningKeyError, read_signing_key
from fhir_mappings.client.token_answers import Granted, TokenError

Credentials = BearerToken | BackendServices
"""What is shown to a server."""

__all__ = [
    "Address",
    "AddressError",
    "BackendServices",
    "BearerToken",
    "BulkError",
    "BulkExport",
    "Capabilities",
    "Credentials",
    "DocumentError",
    "Exported",
    "ExportedFile",
    "FetchLimits",
    "FetchState",
    "Fetched",
    "FhirClient",
    "Granted",
    "Heard",
    "IdTokenError",
    "LaunchOfferError",
    "Network",
    "News",
    "Offer",
    "Patience",
    "Posted",
    "Query",
    "Registration",
    "SigningKey",
    "SigningKeyError",
    "SmartConfiguration",
    "Target",
    "TokenError",
    "Why",
    "authorization_url",
    "base_address",
    "exchanged",
    "export_target",
    "export_to",
    "kept_for_reading",
    "launching_user",
    "listed",
    "must_be_fit_for_secrets",
    "must_offer_launch",
    "new_verifier",
    "read_signing_key",
    "scopes",
    "sent",
    "smart_configuration",
]
