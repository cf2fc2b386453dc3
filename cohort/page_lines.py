"""Lines that say what is not there: read with those of a patient, they leave open what rests on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from fhir_mappings.bundles import ANY_TYPE, Page
from fhir_mappings.resources import RESOURCES


def doubt_lines(types: Iterable[str]) -> list[bytes]:
    """Lines which, read with those of a patient, say that more of these types exists than is there."""
    return [_frame(f"{kind}?", "") for kind in sorted(types)]


def page_lines(pages: Sequence[Page]) -> list[bytes]:
    """Lines that say of searches what these pages say."""
    found: list[bytes] = []
    for page in pages:
        if page.cut or page.failed:
            found += doubt_lines(RESOURCES if ANY_TYPE in page.types else page.types & RESOURCES.keys())
        elif page.next_url is not None or page.own_url is not None:
            found.append(_frame(page.own_url, page.next_url))
    return found


def _frame(own: str | None, following: str | None) -> bytes:
    links = [{"relation": "self", "url": own}] if own is not None else []
    links += [{"relation": "next", "url": following}] if following is not None else []
    return msgspec.json.encode({"resourceType": "Bundle", "type": "searchset", "link": links})
