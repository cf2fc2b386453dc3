"""Daily amounts of a few exposures."""

from __future__ import annotations

from datetime import date

from fhir_mappings.exposures import dose_history
from fhir_mappings.facts import DoseHistory, Exposure
from fhir_mappings.intervals import Interval, point
from tests.fhir_mappings.exposure_samples import on

FIRST = on("2026-03-01")
LAST = on("2026-03-31")


def history(*exposures: Exposure, first: date = FIRST, last: date = LAST) -> DoseHistory:
    return dose_history("prednisone_equivalent", exposures, first, last, "complete")


def amount(found: DoseHistory, when: str) -> Interval:
    return next((d.amount for d in found.days if d.day == on(when)), point(0))


WHOLE = ("2026-01-01", "2026-12-31")
