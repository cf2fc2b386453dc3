"""Expression of CD19 and CD70 on B cells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from fhir_mappings.facts import Measurement, Series, Unusable
from fhir_mappings.inputs.asking import Asked, computes
from fhir_mappings.inputs.categories import with_category
from fhir_mappings.inputs.pairing import Draws, latest_first
from fhir_mappings.intervals import DateSpan
from fhir_mappings.phrases import phrase

SCARCE: dict[str, float] = {"cd19_count": 5.0, "cd19_percent": 0.5}
"""Below this many B cells (per µL; per cent of lymphocytes) their markers cannot be judged.

Chosen here; the share corresponds to the count at about 1000 lymphocytes per µL.
"""

NEAR = timedelta(days=28)
"""A count speaks for expression results of about the same time."""


@computes("cd19_expression")
def cd19(asked: Asked) -> Series:
    """Whether B cells carry CD19: as reported, and positive where CD19⁺ cells were counted in numbers."""
    reported = _reported(asked)
    draws = Draws(reported)
    counted = []
    for measurement in _counts(asked):
        if _enough(measurement) and not draws.of(measurement):
            counted.append(
                msgspec.structs.replace(
                    measurement,
                    input=asked.name,
                    unit="1",
                    value=None,
                    reported=None,
                    reported_unit=None,
                    upper_limit=None,
                    lower_limit=None,
                    category="positive",
                    basis="computed",
                    notes=(*measurement.notes, phrase("flow.cd19-positive-cells-were-counted")),
                )
            )
            draws = Draws((*reported, *counted))
    return asked.result(latest_first((*reported, *counted)), _unusable(asked))


@computes("cd70_expression")
def cd70(asked: Asked) -> Series:
    """Whether B cells carry CD70, as reported. A count of B cells says nothing about it."""
    return asked.result(_reported(asked), _unusable(asked))


def _reported(asked: Asked) -> list[Measurement]:
    """Results; a negative one among too few B cells says nothing."""
    scarce = [m for m in _counts(asked) if _too_few(m)]
    found = []
    for measurement in asked.recorded(asked.name):
        near = [m for m in scarce if _may_be_near(m.when, measurement.when)]
        if measurement.category == "negative" and near:
            measurement = msgspec.structs.replace(
                with_category(measurement, "equivocal", _words(near[0])),
                evidence=(*measurement.evidence, *near[0].evidence),
            )
        found.append(measurement)
    return found


def _may_be_near(one: DateSpan, other: DateSpan) -> bool:
    return one.first - other.last <= NEAR and other.first - one.last <= NEAR


def _unusable(asked: Asked) -> list[Unusable]:
    scarce = [Unusable.of(m, "too-coarse", _words(m), measured=False) for m in _counts(asked) if _too_few(m)]
    return [*asked.unusable(asked.name), *scarce]


def _counts(asked: Asked) -> Iterator[Measurement]:
    for name in SCARCE:
        yield from asked.recorded(name)


def _enough(count: Measurement) -> bool:
    return count.value is not None and count.value.holds("at_least", SCARCE[count.input]) is True


def _too_few(count: Measurement) -> bool:
    return count.value is not None and count.value.holds("below", SCARCE[count.input]) is True


def _words(count: Measurement) -> str:
    return phrase("flow.b-cells-are-too-few-to", count=count.value, unit=count.unit, count_b=count.when)
