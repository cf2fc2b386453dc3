"""When a specimen was taken: the time of a result that does not carry one itself."""

from __future__ import annotations

from datetime import datetime

import msgspec

from fhir_mappings.datatypes import Reference
from fhir_mappings.dates import read_date, read_instant, within
from fhir_mappings.intervals import DateSpan, up_to
from fhir_mappings.reading.sheet import Sheet
from fhir_mappings.resources import Specimen


def collected(
    reference: Reference | None, contained: tuple[msgspec.Raw, ...], sheet: Sheet
) -> tuple[DateSpan | None, datetime | None]:
    """The days on which the specimen was taken and the instant, as far as it is at hand and says so."""
    specimen = sheet.pool.resolve(reference, Specimen, contained)
    if specimen is None or specimen.collection is None or specimen.status == "entered-in-error":
        return None, None
    text = specimen.collection.collected_date_time
    if text is not None:
        return read_date(text), read_instant(text)
    return within(specimen.collection.collected_period)


def not_after(issued: str | None) -> DateSpan | None:
    """The days on which the specimen of a result without a date of its own may have been taken.

    A result is issued when it is made available, after the examination (FHIR R4, ``Observation.issued``,
    ``DiagnosticReport.issued``). ``None`` if it does not tell when it was issued.
    """
    known = read_date(issued)
    return None if known is None else up_to(known.last)
