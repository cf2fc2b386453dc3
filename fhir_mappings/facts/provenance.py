"""Where facts come from, what was not read, and what would settle an open question."""

from __future__ import annotations

from typing import Literal

import msgspec

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
