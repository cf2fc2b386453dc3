"""Exposures to drugs, asked as a whole: daily amounts of a summed quantity, and background treatments."""

from __future__ import annotations

from fhir_mappings.dose_equivalents import dose_equivalents
from fhir_mappings.dose_history import dose_history
from fhir_mappings.exposure_days import covering, exposure_span
from fhir_mappings.therapies import therapies

__all__ = ["DOSE_HISTORIES", "covering", "dose_history", "exposure_span", "therapies"]

DOSE_HISTORIES = frozenset(dose_equivalents())
"""The names that ``dose_history`` knows."""
