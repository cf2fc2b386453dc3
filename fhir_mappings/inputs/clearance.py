"""Creatinine clearance: by Cockcroft–Gault under each accepted weight, and as measured over 24 hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from fhir_mappings.calculators import ADULT, DEVINE_FROM_CM, adjusted_weight, cockcroft_gault, ideal_weight
from fhir_mappings.facts import Measurement, Need, Series, Unusable, WhyMissing
from fhir_mappings.inputs.asking import Asked, computes
from fhir_mappings.inputs.body import BodyMeasures, Weight, surface_area
from fhir_mappings.inputs.demographics import age_at, possible_sexes
from fhir_mappings.inputs.filtration import falling, hull_of
from fhir_mappings.inputs.pairing import Draws, latest_first, product
from fhir_mappings.intervals import Interval, point
from fhir_mappings.patient_facts import Sex
from fhir_mappings.phrases import phrase

NO_HEIGHT = phrase("clearance.body-height-none-of-adult-life")

INDEXED_TO_M2 = 1.73

PLAUSIBLE_HEIGHT = Interval(140, 200)
"""Heights, cm, that an adult may have whose height is not on record.

From three standard deviations below the mean of women to three above that of men: Fryar CD et al.,
Anthropometric reference data, United States, 2015-2018, Vital Health Stat 3(46), 2021.
"""

MAXIMUM_AGE = 140
"""Cockcroft–Gault gives nothing at or above this age."""


@computes("crcl")
def clearance(asked: Asked) -> Series:
    """Cockcroft–Gault from each creatinine, spanning actual, ideal and adjusted weight.

    The equation was made with actual weight; the ideal weight (never above the actual) and, in overweight,
    the adjusted weight are in use as well. A threshold between their results is a question of judgement
    (``basis`` ``policies``). Without a height they are those of any plausible height, and where that decides,
    the height is what lacks (``basis`` ``bounded``). The weight must go with the creatinine and, on the day
    asked, be no older than 90 days, or 30 where fluid adds to it.
    """
    return _from_creatinine(asked, every_weight=True)


@computes("crcl_actual_weight")
def clearance_by_actual_weight(asked: Asked) -> Series:
    """Cockcroft–Gault from each creatinine, by actual weight alone, as its authors used it."""
    return _from_creatinine(asked, every_weight=False)


def _from_creatinine(asked: Asked, *, every_weight: bool) -> Series:
    creatinines = asked.recorded("serum_creatinine")
    body = BodyMeasures(asked)
    height = body.adult_height() if every_weight else None
    reported = Draws(asked.recorded("crcl_reported"))
    computed: list[Measurement] = []
    without: list[Measurement] = []
    unusable = [*asked.unusable("serum_creatinine")]
    for creatinine in creatinines:
        years = age_at(asked, creatinine.when)
        if years is None or creatinine.value is None:
            continue
        if years.low < ADULT or years.high >= MAXIMUM_AGE:
            unusable.append(
                _not_for(creatinine, phrase("clearance.cockcroft-gault-is-for-adults-not", years=years))
            )
            continue
        weight = body.weight(creatinine.when, asked.on)
        if weight is None:
            without.append(creatinine)
            continue
        checks = [
            phrase("clearance.the-laboratory-reported-ml-min", m=m.value)
            for m in reported.of(creatinine)
            if m.value is not None
        ]
        computed.append(_clearance(asked, creatinine, years, weight, height, every_weight, checks))
    missing_weight = _lacking_weight(asked, without[0], body) if without else None
    if computed and missing_weight is not None:
        # A newer creatinine without a weight must not pass for "never measured".
        unusable += [_not_for(c, _no_weight(asked, c, body), missing_weight.why) for c in without]
    latest_lacks = bool(without) and (not computed or without[0].when.last > computed[0].when.last)
    return asked.result(
        latest_first(computed),
        unusable,
        _needs(asked, creatinines, missing_weight),
        order=missing_weight.order if missing_weight is not None and latest_lacks else None,
    )


def _needs(asked: Asked, creatinines: Sequence[Measurement], missing_weight: Need | None) -> tuple[Need, ...]:
    needs = []
    if not creatinines:
        needs.append(asked.lack("serum_creatinine"))
    if asked.facts.birth_date is None:
        needs.append(asked.lack("age"))
    if missing_weight is not None:
        needs.append(missing_weight)
    elif not asked.recorded("body_weight"):
        needs.append(asked.lack("body_weight"))
    return tuple(needs)


def _lacking_weight(asked: Asked, creatinine: Measurement, body: BodyMeasures) -> Need:
    if body.last_weighed is None and asked.unusable("body_weight"):
        return asked.lack("body_weight")
    need = asked.lack("body_weight", _no_weight(asked, creatinine, body))
    if body.last_weighed is None or need.why != "never-measured":
        return need
    return msgspec.structs.replace(need, why="stale")


def _no_weight(asked: Asked, creatinine: Measurement, body: BodyMeasures) -> str:
    limit = body.weight_limit(creatinine.when, asked.on)
    last = (
        phrase("clearance.the-last-is-of", last_weighed=body.last_weighed)
        if body.last_weighed is not None
        else ""
    )
    days = phrase("clearance.the-creatinine-of-and-of", creatinine=creatinine.when, on=asked.on)
    return phrase("clearance.no-body-weight-within-days-of", limit=limit, days=days, last=last)


def _not_for(creatinine: Measurement, detail: str, why: WhyMissing = "too-coarse") -> Unusable:
    return Unusable.of(creatinine, why, detail)


def _clearance(
    asked: Asked,
    creatinine: Measurement,
    years: Interval,
    weight: Weight,
    height: Measurement | None,
    every_weight: bool,
    checks: Sequence[str],
) -> Measurement:
    sexes = possible_sexes(asked.facts)
    kilograms = weight.measurement.value or point(0)
    value = creatinine.value or point(0)
    actual = hull_of(_by_weight(value, years, kilograms, sex) for sex in sexes)
    spanned = actual
    if every_weight:
        centimetres = height.value if height is not None and height.value is not None else PLAUSIBLE_HEIGHT
        others = (_by_weight(value, years, kg, s) for s in sexes for kg in _others(kilograms, centimetres, s))
        spanned = hull_of((actual, *others))
    notes = [*creatinine.notes, *weight.notes, *checks]
    if height is not None and height.value is not None and height.value.low < DEVINE_FROM_CM:
        notes.append(f"ideal weight is extrapolated: it was made for heights from {DEVINE_FROM_CM:g} cm")
    basis: Literal["policies", "computed", "bounded"] = "computed" if height is None else "policies"
    needs: tuple[Need, ...] = ()
    if every_weight and height is None and spanned != actual:
        low, high = PLAUSIBLE_HEIGHT.low, PLAUSIBLE_HEIGHT.high
        told = phrase("clearance.ideal-and-adjusted-weight-are-those", low=f"{low:g}", high=f"{high:g}")
        notes.append(phrase("clearance.ml-min-by-actual-weight-without", actual=actual, told=told))
        basis, needs = "bounded", (asked.lack("body_height", NO_HEIGHT),)
    if len(sexes) > 1:
        basis, needs = "bounded", (*needs, asked.lack("sex"))
    return Measurement(
        input=asked.name,
        when=creatinine.when,
        at=creatinine.at,
        specimen=creatinine.specimen,
        unit=asked.definition.description.unit,
        value=spanned,
        basis=basis,
        evidence=(
            *creatinine.evidence,
            *weight.measurement.evidence,
            *(height.evidence if height is not None else ()),
        ),
        needs=needs,
        notes=tuple(dict.fromkeys(notes)),
    )


def _others(actual: Interval, height: Interval, sex: Sex) -> Iterator[Interval]:
    """The ideal weight where it is lower than the actual; in overweight, the adjusted one."""
    ideal = hull_of(point(ideal_weight(cm, sex)) for cm in (height.low, height.high))
    if ideal.low < actual.high:
        yield Interval(min(ideal.low, actual.low), min(ideal.high, actual.high))
        yield hull_of(
            point(adjusted_weight(kg, devine) if devine < kg else kg)
            for kg in (actual.low, actual.high)
            for devine in (ideal.low, ideal.high)
        )


def _by_weight(creatinine: Interval, years: Interval, kilograms: Interval, sex: Sex) -> Interval:
    heaviest = falling(lambda mg_dl: cockcroft_gault(mg_dl, years.low, kilograms.high, sex), creatinine)
    lightest = falling(lambda mg_dl: cockcroft_gault(mg_dl, years.high, kilograms.low, sex), creatinine)
    return heaviest.hull(lightest)


@computes("crcl_measured")
def measured_clearance(asked: Asked) -> Series:
    """Clearance of a 24-hour collection, mL/min; one that was indexed to 1.73 m² is put back.

    The laboratory's formula for body surface is not known, so the result spans Mosteller and Du Bois.
    """
    direct = asked.recorded("crcl_measured")
    draws = Draws(direct)
    body = BodyMeasures(asked)
    computed: list[Measurement] = []
    unusable = [*asked.unusable("crcl_measured", "crcl_measured_indexed")]
    for indexed in asked.recorded("crcl_measured_indexed"):
        if indexed.value is None or draws.of(indexed):
            continue
        weight, height = body.weight(indexed.when), body.height(indexed.when)
        if weight is None or height is None or weight.measurement.value is None or height.value is None:
            lacking = phrase("clearance.body-weight") if weight is None else phrase("clearance.body-height")
            detail = phrase("clearance.ml-min-per-1-73-m", indexed=indexed.value, lacking=lacking)
            unusable.append(Unusable.of(indexed, "too-coarse", detail))
            continue
        surface = surface_area(weight.measurement.value, height.value).scaled(1 / INDEXED_TO_M2)
        computed.append(
            msgspec.structs.replace(
                indexed,
                input=asked.name,
                unit=asked.definition.description.unit,
                value=product(indexed.value, surface),
                reported=None,
                reported_unit=None,
                upper_limit=None,
                lower_limit=None,
                basis="computed",
                evidence=(*indexed.evidence, *weight.measurement.evidence, *height.evidence),
                notes=(*indexed.notes, *weight.notes, phrase("clearance.put-back-from-1-73-m")),
            )
        )
    return asked.result(latest_first((*direct, *computed)), unusable)
