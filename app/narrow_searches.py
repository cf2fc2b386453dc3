"""Searchsets of narrower searches than those that the templates ask for.

An analyst who types templates in may narrow them ("active diagnoses", "laboratory results of a year"). What
was left out cannot be told from what does not exist, unless the searchset tells by which search it was found:
its ``self`` link (FHIR R4, search, "server conformance"), or the operator knows. Where nobody tells, the
template is trusted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from app.prefetch_table import BY_CATEGORY, TEMPLATES
from cds_hooks.prefetch import Prefetched
from fhir_mappings.search_results import narrows

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
        if narrows(prefetched.searched_by, templates[key]):
            found[key] = _part(prefetched, _WHY)
        elif key in narrower and prefetched.state in ("present", "empty"):
            found[key] = _part(prefetched, _TOLD)
    return found


def _part(prefetched: Prefetched, why: str) -> Prefetched:
    return msgspec.structs.replace(
        prefetched,
        state="present",
        truncated=True,
        why=prefetched.why or why,
        next_url=None,
        lacking=max(prefetched.lacking, 1),
    )
