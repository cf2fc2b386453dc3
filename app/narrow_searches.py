"""Searchsets of narrower searches than those that the templates ask for.

An analyst who types templates in may narrow them ("active diagnoses", "laboratory results of a year"). What
was left out cannot be told from what does not exist, unless the searchset tells by which search it was found:
its ``self`` link (FHIR R4, search, "server conformance"). Where it tells none, the template is trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

import msgspec

from app.prefetch_table import BY_CATEGORY, TEMPLATES
from cds_hooks.prefetch import Prefetched

NARROWING = frozenset(
    [
        "_content",
        "_filter",
        "_has",
        "_id",
        "_lastUpdated",
        "_list",
        "_profile",
        "_security",
        "_source",
        "_tag",
        "_text",
        "asserted-date",
        "authoredon",
        "category",
        "class",
        "clinical-status",
        "code",
        "code-value-concept",
        "code-value-quantity",
        "combo-code",
        "combo-code-value-concept",
        "combo-code-value-quantity",
        "context",
        "criticality",
        "date",
        "effective",
        "effective-time",
        "encounter",
        "intent",
        "issued",
        "location",
        "medication",
        "onset",
        "onset-date",
        "performer",
        "period",
        "recorded-date",
        "recorder",
        "requester",
        "severity",
        "status",
        "type",
        "vaccine-code",
        "value-concept",
        "value-quantity",
        "verification-status",
        "whenhandedover",
        "whenprepared",
    ]
)
"""Search parameters of R4 that leave resources of the patient out. Names that only one server knows, by which
it finds its pages, are none of them."""

_WHY = "the self link tells of a narrower search than the template"


def taken_for_parts(received: Mapping[str, Prefetched], *, by_category: bool) -> dict[str, Prefetched]:
    """What came, with the finds of narrower searches as parts of what there is.

    Their pages are not followed: the search is to be made as it should be.
    ``by_category``: the client's templates name categories of Observations, and leave none out.
    """
    templates = BY_CATEGORY if by_category else TEMPLATES
    return {
        key: _part(prefetched)
        if prefetched.searched_by & (NARROWING - _parameters(templates[key]))
        else prefetched
        for key, prefetched in received.items()
    }


def _parameters(template: str) -> frozenset[str]:
    return frozenset(name for name, _ in parse_qsl(template.partition("?")[2]))


def _part(prefetched: Prefetched) -> Prefetched:
    return msgspec.structs.replace(
        prefetched,
        state="present",
        truncated=True,
        why=prefetched.why or _WHY,
        next_url=None,
        lacking=max(prefetched.lacking, 1),
    )
