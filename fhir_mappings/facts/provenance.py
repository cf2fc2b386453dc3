"""Where facts come from, what was not read, and what would settle an open question."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from fhir_mappings.intervals import DateSpan

Retrieval = Literal["complete", "truncated", "failed", "not-asked"]
"""Whether all resources of a type are at hand. Absence of evidence is evidence only when ``complete``."""

WhyMissing = Literal["never-measured", "stale", "unreadable", "not-retrieved", "conflicting", "too-coarse"]


class Coding(msgspec.Struct, frozen=True, gc=False):
    """A code with its system and its display."""

    system: str
    code: str
    display: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a statement comes from: resource, element, and the value before and after conversion."""

    reference: str
    path: str
    date: str | None = None
    recorded: str | None = None
    value: float | str | None = None
    unit: str | None = None
    label: str | None = None
    by_text: bool = False


class Entered(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """When the record came to say something, as far as it tells.

    Attributes:
        when: the days of issue, recording, assertion or order, from the first to the last of them.
        at: the latest instant that the resource names for what it says.
        updated: the day on which the server last stored the resource: it was known by then at the latest.
    """

    when: DateSpan | None = None
    at: datetime | None = None
    updated: DateSpan | None = None


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What would settle an open question: the criterion input, why it is missing, and the order to place."""

    input: str
    why: WhyMissing
    detail: str
    order: Coding | None = None


class Unread(msgspec.Struct, frozen=True, gc=False):
    """A resource, or an element of one, that could not be used as a fact, and why."""

    reference: str
    why: str
