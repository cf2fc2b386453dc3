"""Statements that a drug is not taken: they end what weaker sources tell of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from fhir_mappings.facts import Event, Exposure
from fhir_mappings.intervals import DateSpan
from fhir_mappings.timing import shifted

_WEAKER = frozenset({"statement", "request"})
"""What was given or handed over stands against a statement; an order or an older statement does not."""


class Denial(msgspec.Struct, frozen=True):
    """A MedicationStatement of the status ``not-taken``.

    Attributes:
        since: the first day on which it holds, as far as known.
        until: the last day on which it holds, where one is given.
    """

    reference: str
    concepts: frozenset[str]
    since: DateSpan | None
    until: DateSpan | None


def without_denied(events: Iterable[Event], denials: Sequence[Denial]) -> list[Event]:
    """The events, each course that is denied ended before, or on a day that is not known."""
    found = list(events)
    for denial in denials:
        found = [_ended(event, denial) if isinstance(event, Exposure) else event for event in found]
    return found


def _ended(exposure: Exposure, denial: Denial) -> Exposure:
    if exposure.source not in _WEAKER or exposure.concepts.isdisjoint(denial.concepts):
        return exposure
    start, end, since = exposure.start, exposure.end, denial.since
    if since is not None:
        over = end is not None and end.last < since.first
        later = start is not None and start.first > since.last
        if over or later:
            return exposure
    # An order is older if it was written before; when a statement was made, its period does not tell.
    older = exposure.source == "request" and since is not None and start is not None
    if (
        older
        and denial.until is None
        and start is not None
        and since is not None
        and start.last < since.first
    ):
        latest = shifted(since.last, -1)
        end = DateSpan(start.first, latest if end is None else min(end.last, latest))
    elif end is not None:
        end = DateSpan(min(start.first, end.first) if start is not None else end.first, end.last)
    told = f" on {since}" if since is not None else ""
    note = f"Not taken, as stated{told} ({denial.reference}); until when it was taken is not known."
    return msgspec.structs.replace(exposure, end=end, ongoing=False, notes=(*exposure.notes, note))
