"""What a result says as a category, where its words do not say it: by flag, by range, by titre."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from fhir_mappings.catalogue import Analyte, load_catalogue
from fhir_mappings.facts import Measurement
from fhir_mappings.intervals import Interval

TITRE = "{titer}"
FLAGS = frozenset({"low", "normal", "high"})


def settled(name: str, measurements: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """The measurements with their categories settled; numbers keep the laboratory's flag as it is."""
    analyte = load_catalogue().analytes.get(name)
    if analyte is None or analyte.kind == "number":
        return tuple(measurements)
    return tuple(with_category(m, category_of(analyte, m)) for m in measurements)


def with_category(measurement: Measurement, category: str | None, *notes: str) -> Measurement:
    """The measurement with another category and further notes."""
    if category == measurement.category and not notes:
        return measurement
    return msgspec.structs.replace(measurement, category=category, notes=(*measurement.notes, *notes))


def category_of(analyte: Analyte, measurement: Measurement) -> str | None:
    """The category of one result.

    The words or codes of the report come first. A flag or a value beyond its own reference range speaks
    where the analyte says what that means (``high_means``); a titre below its first dilution is negative.
    """
    said = measurement.category
    if said is not None and (said not in FLAGS or said in analyte.categories):
        return said
    number = measurement.value if measurement.value is not None else measurement.reported
    if analyte.positive_above is not None and number is not None:
        return {True: "positive", False: "negative", None: None}[
            number.holds("above", analyte.positive_above)
        ]
    if measurement.reported_unit == TITRE and is_upper_bound(measurement.reported):
        return "negative"
    if analyte.high_means is None:
        return None
    beyond: bool | None = None
    if said is not None:
        beyond = said == "high"
    elif measurement.value is not None and measurement.upper_limit is not None:
        beyond = measurement.value.holds("above", measurement.upper_limit)
    if beyond is None:
        return None
    return analyte.high_means if beyond else "negative"


def is_upper_bound(value: Interval | None) -> bool:
    """Whether a value was reported as "less than"."""
    return value is not None and value.low in (-math.inf, 0.0) and value.high_open
