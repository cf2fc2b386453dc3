"""Exposures to drugs, asked as a whole: daily amounts of a summed quantity, and background treatments."""

from __future__ import annotations

from fhir_mappings.dose_equivalents import is_dose_history
from fhir_mappings.dose_history import dose_history
from fhir_mappings.exposure_days import exposure_span
from fhir_mappings.therapies import therapies

__all__ = ["dose_history", "exposure_span", "is_dose_history", "therapies"]
