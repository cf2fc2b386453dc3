"""What is new, as far as a notification tells: of which patient, in which resource, or that something is.

Whose a resource is stands in its ``subject``, ``patient`` or ``individual``. A reference counts where it is
relative, or lies on the server that the subscription is of: the same id on another server is somebody else.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from app.fetch_plan import is_id
from app.fetched import subjects
from cds_hooks.prefetch import type_of
from fhir_mappings.client import Address, AddressError, base_address
from fhir_mappings.decoding import peek

PATIENT = "Patient"


class News(NamedTuple):
    """A resource that is new or changed; with ``Patient`` as its kind, the patient to be screened again."""

    kind: str
    id: str


SOMETHING = News("", "")
"""Something is new, and nothing tells what."""


def of_reference(reference: object, base: Address) -> News | None:
    """The resource of the server at ``base`` that a reference names, if it names one."""
    if not isinstance(reference, str):
        return None
    path = reference.split("/_history/")[0]
    if "://" in path:
        server, _, name = path.rpartition("/")
        server, _, kind = server.rpartition("/")
        try:
            if base_address(server) != base:
                return None
        except AddressError:
            return None
    else:
        kind, _, name = path.partition("/")
    return News(kind, name) if kind.isascii() and kind.isalpha() and is_id(name) else None


def of_resource(raw: msgspec.Raw | bytes, base: Address) -> News | None:
    """The patient whom a resource is about, if it is about one."""
    if type_of(raw) == PATIENT:
        seen = peek(raw)
        return News(PATIENT, seen.id) if seen is not None and is_id(seen.id or "") and seen.id else None
    named = (of_reference(told, base) for told in subjects(raw))
    patients = {news for news in named if news is not None and news.kind == PATIENT}
    return patients.pop() if len(patients) == 1 else None
