"""What a record says twice, or in two ways that cannot both hold, and what was made of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from fhir_mappings.facts.provenance import Evidence
from fhir_mappings.intervals import DateSpan

ConflictKind = Literal[
    "same-time",
    "value-and-interpretation",
    "recorded-and-computed",
    "corrected",
    "duplicate",
    "confirmed-and-refuted",
    "active-and-over",
    "ordered-and-taken",
]


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """Two or more statements of a record that cannot all count as they stand.

    Attributes:
        input: the criterion input, or the code set of an event.
        detail: what they say, and what was made of them.
        evidence: of both sides.
        concepts: for events, all code sets that they belong to.
    """

    input: str
    kind: ConflictKind
    detail: str
    when: DateSpan | None = None
    evidence: tuple[Evidence, ...] = ()
    concepts: frozenset[str] = frozenset()
