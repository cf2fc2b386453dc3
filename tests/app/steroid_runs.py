"""Orders, products and administrations of glucocorticoids, and what is to be found of a run of them.

NCT05247203 E1e: prednisone ≥ 100 mg a day for ≥ 14 days within 8 weeks of day 0. Day 0 is 15 June 2026: the
window is 20 April to 15 June.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.app.medication_records import (
    METHYLPREDNISOLONE,
    PREDNISONE,
    Json,
    dose,
    drug,
    given,
    order,
    quantity,
)

FAIL, REVIEW, MISSING, CLEAR = ("fail", None), ("review", "fail"), ("missing", None), ("presumed", None)
LOOK = ("review", "pass")
START = "2026-05-01"


def for_days(days: int, dosage: Json) -> Json:
    """The dosage for so many days."""
    timing = dosage["timing"]
    repeat = {**timing.get("repeat", {}), "boundsDuration": quantity(days, "d")}
    return dosage | {"timing": {**timing, "repeat": repeat}}


def weight(kg: float) -> Json:
    return _vital("29463-7", kg, "kg")


def height(cm: float) -> Json:
    return _vital("8302-2", cm, "cm")


def _vital(loinc: str, value: float, unit: str) -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "effectiveDateTime": "2026-04-30",
        "valueQuantity": quantity(value, unit),
    }


def days(first: str, count: int, step: int = 1) -> list[str]:
    return [(date.fromisoformat(first) + timedelta(days=step * n)).isoformat() for n in range(count)]


def tablets(count: float, what: Json, unit: str = "{tbl}", **more: Any) -> Json:
    return order(what, for_days(14, dose(count, unit, **more)), START, "completed")


def medication(strength: float, name: str | None = None, **more: Any) -> Json:
    """A contained product with one ingredient of a stated strength."""
    ingredient = {
        "itemCodeableConcept": drug(PREDNISONE),
        "strength": {"numerator": quantity(strength, "mg"), "denominator": quantity(1, "{tbl}")},
    }
    return {
        "resourceType": "Medication",
        "id": "m",
        "code": {"text": name or "house brand"},
        "ingredient": [ingredient],
        **more,
    }


def combination(strength: float) -> Json:
    """A contained product of prednisone and something else."""
    product = medication(strength)
    other = {
        "itemCodeableConcept": {"text": "something else"},
        "strength": {"numerator": quantity(500, "mg"), "denominator": quantity(1, "{tbl}")},
    }
    return product | {"ingredient": [other, *product["ingredient"]]}


def infusion(rate: float, unit: str, when: str, hours: int | None) -> Json:
    """Methylprednisolone as it ran."""
    resource = given(METHYLPREDNISOLONE, None, when)
    resource["dosage"]["rateQuantity"] = quantity(rate, unit)
    if hours is not None:
        del resource["effectiveDateTime"]
        resource["effectivePeriod"] = {
            "start": f"{when}T08:00:00+02:00",
            "end": f"{when}T{8 + hours:02}:00:00+02:00",
        }
    return resource


def by_reference(product: Json, dosage: Json) -> Json:
    resource = order(PREDNISONE, dosage, START, "completed")
    del resource["medicationCodeableConcept"]
    return resource | {"contained": [product], "medicationReference": {"reference": "#m"}}
