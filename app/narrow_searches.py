"""Searchsets of narrower searches than those that the templates ask for.

An analyst who types templates in may narrow them ("active diagnoses", "laboratory results of a year"). What
was left out cannot be told from what does not exist, unless the searchset tells by which search it was found:
its ``self`` link (FHIR R4, search, "server conformance"), or the operator knows. Where nobody tells, the
template is trusted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
_TOLD = "the client searches by a narrower template than ours, as its profile says"


def taken_for_parts(
    received: Mapping[str, Prefetched], *, by_category: bool, narrower: Collection[str] = ()
) -> dict[str, Prefetched]:
    """What came, with the finds of narrower searches as parts of what there is.

    Their pages are not followed: the search is to be made as it should be.

    Args:
        received: what came, by key.
        by_category: the client's templates name categories of Observations, and leave none out.
        narrower: keys for which the operator says that the client's templates are narrower.
    """
    templates = BY_CATEGORY if by_category else TEMPLATES
    found = dict(received)
    for key, prefetched in received.items():
        if _is_narrower(prefetched, templates[key]):
            found[key] = _part(prefetched, _WHY)
        elif key in narrower and prefetched.state in ("present", "empty"):
            found[key] = _part(prefetched, _TOLD)
    return found


def _is_narrower(prefetched: Prefetched, template: str) -> bool:
    """Whether the search leaves out what the template does not: by another parameter, or by fewer values.

    Values of one parameter are alternatives (``category=a,b``); a parameter told twice must hold twice
    (FHIR R4, search, "composite search parameters"). A system before a code is not compared.
    """
    asked = {name: _values(value) for name, value in parse_qsl(template.partition("?")[2])}
    return any(
        not (name in asked and asked[name] <= _values(value))
        for name, value in prefetched.searched_by
        if name.partition(":")[0] in NARROWING
    )


def _values(text: str) -> frozenset[str]:
    return frozenset(value.rpartition("|")[2] for value in text.split(","))


def _part(prefetched: Prefetched, why: str) -> Prefetched:
    return msgspec.structs.replace(
        prefetched,
        state="present",
        truncated=True,
        why=prefetched.why or why,
        next_url=None,
        lacking=max(prefetched.lacking, 1),
    )
