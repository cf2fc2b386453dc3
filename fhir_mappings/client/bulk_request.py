"""What is asked of a server in a bulk export, and the address that asks it.

Source: FHIR Bulk Data Access 2.0 and 3.0, https://hl7.org/fhir/uv/bulkdata/export.html.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote, unquote, urlencode

import msgspec

from fhir_mappings.client.addresses import Address, AddressError, address

Level = Literal["system", "patient", "group"]

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_EXPORT = "$export"


class BulkError(Exception):
    """An export that did not come about, or not wholly. The message is one line and says what would mend it.

    What was there already stays: the same request made again goes on with it.
    """


class Target(msgspec.Struct, frozen=True):
    """Of whom data are asked for.

    Attributes:
        base: the server's base URL.
        level: everybody and everything (``system``), everybody's (``patient``), or a group's.
        group: id of the Group.
    """

    base: Address
    level: Level = "system"
    group: str | None = None

    def __str__(self) -> str:
        return f"{self.base.url}/{self.path}"

    @property
    def path(self) -> str:
        """Of the operation, below the base URL."""
        within = {"system": "", "patient": "Patient/", "group": f"Group/{self.group}/"}[self.level]
        return f"{within}{_EXPORT}"


class BulkExport(msgspec.Struct, frozen=True, kw_only=True):
    """An export.

    Attributes:
        target: of whom.
        types: resource types that are wanted. Files of others are not downloaded.
        since: only what was changed after this instant, which has a time zone.
        type_filters: searches to narrow types by (``Observation?category=laboratory``), where the server
            takes ``_typeFilter``. What comes of such a type counts as a part.
    """

    target: Target
    types: tuple[str, ...]
    since: datetime | None = None
    type_filters: tuple[str, ...] = ()

    def kick_off(self, types: Collection[str] | None) -> Address:
        """Where the export is asked for with these types, or with whatever the server has.

        Raises:
            AddressError: that makes no URL.
        """
        told = {"_outputFormat": "application/fhir+ndjson"}
        if types is not None:
            told["_type"] = ",".join(sorted(types))
        if self.since is not None:
            told["_since"] = _written(self.since)
        if self.type_filters:
            told["_typeFilter"] = ",".join(self.type_filters)
        query = urlencode(told, quote_via=quote, safe=",:/")
        return address(f"{self.target.base.url}/{self.target.path}?{query}")

    @property
    def identity(self) -> dict[str, object]:
        """What makes it this export and no other, for JSON."""
        return {
            "target": str(self.target),
            "types": sorted(self.types),
            "since": _written(self.since) if self.since is not None else None,
            "typeFilters": list(self.type_filters),
        }


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def export_target(text: str) -> Target:
    """Of whom a URL asks data: a base URL (the whole system), ``…/Patient``, ``…/Group/ID``, or one of these
    with ``/$export``.

    Raises:
        AddressError: it is none of them.
    """
    found = address(text)
    if found.query is not None:
        raise AddressError("it has a query; types, since when and filters are told by options")
    segments = [unquote(segment) for segment in found.segments]
    if segments and segments[-1] == _EXPORT:
        segments.pop()
    level: Level = "system"
    group: str | None = None
    if segments[-1:] == ["Patient"]:
        level, kept = "patient", len(segments) - 1
    elif len(segments) > 1 and segments[-2] == "Group":
        level, group, kept = "group", segments[-1], len(segments) - 2
        if not _ID.fullmatch(group):
            raise AddressError("after Group/ a FHIR id is expected")
    else:
        kept = len(segments)
    base = msgspec.structs.replace(found, segments=found.segments[:kept])
    return Target(base, level, group)
