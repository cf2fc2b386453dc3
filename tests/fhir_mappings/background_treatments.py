"""Background treatments, and their changes in the 30 days up to 30 June 2026, of a few exposures."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from fhir_mappings.exposures import therapies
from fhir_mappings.facts import Exposure, Therapy
from tests.fhir_mappings.exposure_samples import exposure, on

LAST = on("2026-06-30")
FIRST = LAST - timedelta(days=30)


def therapy(*exposures: Exposure, first: date = FIRST, last: date = LAST) -> Therapy:
    (found,) = found_in(*exposures, first=first, last=last)
    return found


def found_in(*exposures: Exposure, first: date = FIRST, last: date = LAST) -> tuple[Therapy, ...]:
    concepts = frozenset(name for e in exposures for name in e.concepts)
    return therapies(exposures, concepts, first, last, "complete").therapies


def changes(*exposures: Exposure, **window: Any) -> list[tuple[str, str]]:
    return [(c.change, str(c.when)) for c in therapy(*exposures, **window).changes]


def stable(drug: str, mg: float, **more: Any) -> Exposure:
    return exposure(drug, mg, "2026-01-01", ongoing=True, **more)
