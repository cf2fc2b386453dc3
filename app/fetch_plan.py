"""What the EHR's FHIR server is to be asked, given what a client prefetched.

Only what lacks: a key that did not come, pages that a searchset says there are, and searchsets with fewer
entries than they count. Not what the client told: ``null`` is known to be nothing, and an OperationOutcome
says that asking is in vain. A value that is no FHIR at all (an error page in place of a resource) tells
nothing, and is asked for again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

import msgspec

from app.clients.profile import ClientProfile
from app.prefetch_table import BY_CATEGORY, RESOURCE_TYPES, TEMPLATES
from app.settings import INDISPENSABLE, MEDICATION_TYPES
from cds_hooks.prefetch import Prefetched, type_of
from cds_hooks.requests import HookRequest
from fhir_mappings.client import Address, BearerToken, Credentials, Offer, Query, base_address, listed
from fhir_mappings.search_results import names

NoWay = Literal["no-server", "no-token", "not-listed", "no-such-id"]
"""Why a server cannot be asked at all."""

WORDS: Mapping[NoWay, str] = {
    "no-server": "the request names no 'fhirServer' to ask",
    "no-token": "the request brings no usable access token for 'fhirServer'",
    "not-listed": "'fhirServer' is not among the servers that the operator of this service lets it call",
    "no-such-id": "'context.patientId' is no FHIR id to ask for",
}

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_URGENT = frozenset({"Patient", "Condition"})
"""Without the Patient nothing can be told, and without the diagnoses not who has the disease."""
_PATIENT_TOKEN = "{{context.patientId}}"  # noqa: S105  # a placeholder


class Way(msgspec.Struct, frozen=True):
    """How to ask.

    Attributes:
        base: the server.
        credentials: what is shown to it, and to no other.
        private_allowed: it may be in a private network.
        share: the entry of the operator's list that lets it be called.
        by_category: it demands a category in searches for Observations, and gives one to each of them.
    """

    base: Address
    credentials: Credentials | None
    private_allowed: bool
    share: Address | None = None
    by_category: bool = False


def way_to(request: HookRequest, client: ClientProfile) -> Way | NoWay:
    """The server that the request names, if the operator lets this client have it called."""
    if request.fhir_server is None:
        return "no-server"
    entries = [base_address(text) for text in client.fhir_servers]
    base = listed(request.fhir_server, entries)
    if base is None:
        return "not-listed"
    if request.authorization is None and not client.open_fhir_servers:
        return "no-token"
    if not is_id(request.context.patient_id):
        return "no-such-id"
    try:
        token = BearerToken(request.authorization.access_token) if request.authorization is not None else None
    except ValueError:
        return "no-token"
    share = max((entry for entry in entries if base.within(entry)), key=lambda entry: len(entry.segments))
    return Way(base, token, client.allow_private_addresses, share, client.observations_by_category)


def is_id(text: str) -> bool:
    """Whether a text is a FHIR id: nothing that could lead to another place of the server."""
    return _ID.fullmatch(text) is not None and text not in (".", "..")


def lacking(received: Mapping[str, Prefetched], not_offered: Collection[str]) -> tuple[str, ...]:
    """The keys of which something lacks that the server may have."""
    return tuple(
        key
        for key, prefetched in received.items()
        if RESOURCE_TYPES[key] not in not_offered and _lacks(prefetched)
    )


def _lacks(prefetched: Prefetched) -> bool:
    if prefetched.state == "missing":
        return True
    if prefetched.state == "failed":
        return not prefetched.in_vain
    return prefetched.next_url is not None or (prefetched.lacking > 0 and not prefetched.flawed)


def absent_types(offer: Offer, not_offered: Collection[str]) -> frozenset[str]:
    """The resource types that the server does not have at all, as far as its word is believed."""
    told = {kind for kind in RESOURCE_TYPES.values() if offer.support(kind) == "absent"}
    return believed_absent(told, not_offered)


def believed_absent(told: Collection[str], not_offered: Collection[str]) -> frozenset[str]:
    """Of resource types that a server says not to have, those of which it is believed.

    Whatever it says, not all medication types are: with no medication history, "no such drug" would be
    concluded from nothing.
    """
    absent = frozenset(told) - INDISPENSABLE
    return absent - MEDICATION_TYPES if absent | set(not_offered) >= MEDICATION_TYPES else absent


def queries_for(
    keys: Iterable[str],
    received: Mapping[str, Prefetched],
    patient_id: str,
    offer: Offer,
    *,
    by_category: bool = False,
) -> dict[str, Query]:
    """What to ask for each key; a type that cannot be searched for a patient's is left out.

    Observations are searched by category only where the server refuses to have them searched otherwise, which
    finds a part of them, or where each has a category for certain (``by_category``).
    """
    found = {}
    for key in keys:
        kind = RESOURCE_TYPES[key]
        prefetched = received[key]
        if prefetched.next_url is not None:
            at_hand = names(raw for raw in prefetched.resources if type_of(raw) == kind)
            found[key] = Query(kind, prefetched.next_url, at_hand, urgent=kind in _URGENT)
        elif kind in INDISPENSABLE or offer.support(kind) != "unsearchable":
            whole = _asked(TEMPLATES[key], kind, patient_id, offer)
            by = _asked(BY_CATEGORY[key], kind, patient_id, offer)
            path, narrower = (by, None) if by_category or by == whole else (whole, by)
            found[key] = Query(kind, path, urgent=kind in _URGENT, narrower=narrower)
    return found


def _asked(template: str, kind: str, patient_id: str, offer: Offer) -> str:
    """The template for this patient, without narrowing that the server does not know."""
    path, _, query = template.replace(_PATIENT_TOKEN, patient_id).partition("?")
    if not query:
        return path
    parts = []
    for part in query.split("&"):
        name = part.partition("=")[0]
        if name == "patient" and not offer.takes(kind, name) and offer.takes(kind, "subject"):
            parts.append(f"subject=Patient/{patient_id}")
        elif name == "patient" or name.startswith("_") or offer.takes(kind, name):
            parts.append(part)
    return f"{path}?{'&'.join(parts)}"
