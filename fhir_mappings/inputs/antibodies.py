"""Antinuclear antibodies: a word under one code, a titre under another."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fhir_mappings.facts import Measurement, Series, Unusable
from fhir_mappings.inputs.asking import Asked, computes
from fhir_mappings.inputs.categories import FLAGS, TITRE, is_upper_bound, with_category
from fhir_mappings.inputs.pairing import latest_first
from fhir_mappings.intervals import point
from fhir_mappings.phrases import phrase


@computes("ana")
def antinuclear_antibodies(asked: Asked) -> Series:
    """Positive or negative: in words, or a titre that the laboratory's own range or flag judges.

    A titre below the first dilution (``<1:80``) is negative. A titre that nothing judges is left to the
    protocol's threshold, under ``ana_titre``.
    """
    said = [m for m in asked.recorded("ana") if not (m.category is None and m.reported_unit == TITRE)]
    judged = [
        with_category(msgspec.structs.replace(m, input="ana", value=None, unit="1"), category)
        for m in _titres(asked)
        if (category := _of_titre(m)) is not None
    ]
    return asked.result(latest_first((*said, *judged)), asked.unusable("ana", "ana_titre"))


@computes("ana_titre")
def titre(asked: Asked) -> Series:
    """Reciprocal titre, also where it was reported under a code for presence.

    A word alone ("negative") is no titre; it answers for ``ana``.
    """
    reported = [
        with_category(m, _of_titre(m) if m.category in (None, *FLAGS) else m.category)
        for m in _titres(asked)
        if m.value is not None
    ]
    worded = [
        Unusable.of(m, "unreadable", phrase("antibodies.reported-as-without-a-titre", category=m.category))
        for m in _titres(asked)
        if m.value is None
    ]
    elsewhere = [
        msgspec.structs.replace(
            m,
            input="ana_titre",
            value=m.reported,
            unit=asked.definition.description.unit,
            notes=(phrase("antibodies.reported-under-a-code-for-presence"),),
        )
        for m in asked.recorded("ana")
        if m.reported_unit == TITRE and m.reported is not None
    ]
    return asked.result(latest_first((*reported, *elsewhere)), [*asked.unusable("ana_titre"), *worded])


def _titres(asked: Asked) -> Sequence[Measurement]:
    """Results under a code for titres as they came: flags and ranges are judged here."""
    return asked.facts.measurements.get("ana_titre", ())


def _of_titre(measurement: Measurement) -> str | None:
    if measurement.category is not None and measurement.category not in FLAGS:
        return measurement.category
    if is_upper_bound(measurement.value):
        return "negative"
    if measurement.category is not None:
        return "positive" if measurement.category == "high" else "negative"
    value, limit = measurement.value, measurement.upper_limit
    # A range "<1:80" and a range "up to 1:80" look alike here, so the limit itself is not judged.
    if value is None or limit is None or value == point(limit):
        return None
    return {True: "positive", False: "negative", None: None}[value.holds("above", limit)]
