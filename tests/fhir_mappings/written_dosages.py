"""Dosages in few words, and how they are read."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from fhir_mappings.datatypes import Dosage, Quantity
from fhir_mappings.dosage import Doses, read_doses
from fhir_mappings.intervals import DateSpan, Interval, day

START = day(date(2026, 3, 2))  # a Monday

DAILY = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}


def dosage(dose: Any = None, **elements: Any) -> Dosage:
    """A dosage; ``dose`` is (value, unit) or doseAndRate entries."""
    if isinstance(dose, tuple):
        dose = [{"doseQuantity": {"value": dose[0], "unit": dose[1]}}]
    if dose is not None:
        elements["doseAndRate"] = dose
    return msgspec.json.decode(json.dumps(elements), type=Dosage)


def quantity(value: float, unit: str) -> Quantity:
    return Quantity(value=Decimal(str(value)), unit=unit)


def repeat(**elements: Any) -> dict[str, Any]:
    return {"repeat": elements}


def read(
    *dosages: Dosage,
    start: DateSpan | None = START,
    end: DateSpan | None = None,
    strengths: Any = (),
    weight_kg: Interval | None = None,
    bsa: Interval | None = None,
) -> Doses:
    return read_doses(dosages, start, end, "drug_prednisone", strengths, weight_kg, bsa)


FIVE_MG_TABLET = ((quantity(5, "mg"), quantity(1, "tablet")),)
