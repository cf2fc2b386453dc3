"""When something in the record was over, as far as it tells."""

from __future__ import annotations

from datetime import date

from fhir_mappings.facts import Event, Exposure
from fhir_mappings.intervals import DateSpan


def last_day(event: Event, as_of: date) -> DateSpan | None:
    """The last day of what is over; of a drug of which no end is recorded, some day up to today."""
    known = proven_until(event)
    if known is None or event.end is not None or not isinstance(event, Exposure):
        return known
    return DateSpan(known.first, max(known.last, as_of))


def proven_until(event: Event) -> DateSpan | None:
    """The last day on which what is over surely was."""
    if event.end is not None or event.ongoing:
        return event.end
    return (event.taken_on if isinstance(event, Exposure) else None) or event.start
