"""When the record came to say what a resource says: issued, recorded, asserted or ordered."""

from __future__ import annotations

from fhir_mappings.dates import hull, read_date, read_instant
from fhir_mappings.facts import Entered
from fhir_mappings.intervals import DateSpan
from fhir_mappings.resources import AnyResource

_ENTERED = ("issued", "recorded_date", "date_asserted", "authored_on", "recorded", "authored")
_HAPPENED = ("effective_date_time", "effective_instant", "performed_date_time", "occurrence_date_time")


def entered_of(resource: AnyResource, version: str | None) -> Entered | None:
    """What a resource tells of that; ``version`` is its ``meta.lastUpdated``, if it has one."""
    when: DateSpan | None = None
    for text in _texts(resource, _ENTERED):
        day = read_date(text)
        if day is not None:
            when = day if when is None else hull(when, day)
    instants = [at for text in _texts(resource, (*_ENTERED, *_HAPPENED)) if (at := read_instant(text))]
    updated = read_date(version)
    if when is None and updated is None and not instants:
        return None
    return Entered(when=when, at=max(instants, default=None), updated=updated)


def _texts(resource: AnyResource, names: tuple[str, ...]) -> list[str]:
    found = (getattr(resource, name, None) for name in names)
    return [text for text in found if isinstance(text, str)]
