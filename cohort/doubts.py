"""What may lack of anybody: pages that are not there, failures, files that were cut off."""

from __future__ import annotations

from collections.abc import Iterable

from cohort.grouping import Facts
from fhir_mappings.bundles import ANY_TYPE
from fhir_mappings.resources import RESOURCES


def doubted_types(facts: Iterable[Facts]) -> tuple[str, ...]:
    """The resource types of which, of anybody, something may lack in the input."""
    pages = [page for one in facts for page in one.pages]
    here = {page.own_url for page in pages if page.own_url is not None}
    found: set[str] = set()
    for page in pages:
        if page.failed or page.is_cut(here):
            found |= page.types
    return tuple(sorted(RESOURCES if ANY_TYPE in found else found & RESOURCES.keys()))
