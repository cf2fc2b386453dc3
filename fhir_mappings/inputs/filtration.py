"""Estimated glomerular filtration rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from fhir_mappings.calculators import ADULT, bedside_schwartz, ckd_epi_2021
from fhir_mappings.facts import Measurement, Series, Unusable
from fhir_mappings.inputs.asking import Asked, computes
from fhir_mappings.inputs.body import BodyMeasures
from fhir_mappings.inputs.categories import with_category
from fhir_mappings.inputs.demographics import age_at, possible_sexes
from fhir_mappings.inputs.pairing import Draws, latest_first
from fhir_mappings.intervals import INFINITY, Interval
from fhir_mappings.patient_facts import Sex
from fhir_mappings.phrases import phrase

YOUNGEST_CHILD = 1
"""The bedside Schwartz formula was made for children from one year of age."""

NO_AGE = phrase("filtration.no-date-of-birth-to-estimate")


def falling(formula: Callable[[float], float], creatinine: Interval) -> Interval:
    """A formula that falls with creatinine, over an interval of it."""
    low = 0.0 if math.isinf(creatinine.high) else formula(creatinine.high)
    high = INFINITY if creatinine.low <= 0 else formula(creatinine.low)
    return Interval(low, high, creatinine.high_open, creatinine.low_open)


def hull_of(intervals: Iterable[Interval]) -> Interval:
    """The smallest interval that holds all of them.

    Raises:
        ValueError: there are none.
    """
    found: Interval | None = None
    for interval in intervals:
        found = interval if found is None else found.hull(interval)
    if found is None:
        raise ValueError("no interval to hold")
    return found


@computes("egfr")
def filtration_rate(asked: Asked) -> Series:
    """eGFR from each creatinine (CKD-EPI 2021; bedside Schwartz under 18), with reported values beside.

    A reported value of the same specimen as a computed one is told in a note: the equation that was used
    is often not known.
    """
    reported = asked.recorded("egfr")
    draws = Draws(reported)
    body = BodyMeasures(asked)
    computed: list[Measurement] = []
    unusable = [*asked.unusable("egfr", "serum_creatinine")]
    superseded: set[int] = set()
    for creatinine in asked.recorded("serum_creatinine"):
        rate = _estimate(asked, creatinine, body)
        if isinstance(rate, Unusable):
            unusable.append(rate)
            continue
        if rate is None:
            if reported:
                unusable.append(Unusable.of(creatinine, "never-measured", NO_AGE))
            continue
        beside = draws.of(creatinine)
        superseded.update(id(m) for m in beside)
        told = [
            phrase("filtration.the-laboratory-reported", m=m.value, unit=m.unit)
            for m in beside
            if m.value is not None
        ]
        computed.append(with_category(rate, None, *dict.fromkeys(told)))
    kept = [m for m in reported if id(m) not in superseded]
    needs = [] if asked.recorded("serum_creatinine") else [asked.lack("serum_creatinine")]
    if asked.facts.birth_date is None:
        needs.append(asked.lack("age"))
    return asked.result(latest_first((*computed, *kept)), unusable, needs)


def _estimate(asked: Asked, creatinine: Measurement, body: BodyMeasures) -> Measurement | Unusable | None:
    """``None`` where the date of birth is missing: that is told once, not for each creatinine."""
    value = creatinine.value
    years = age_at(asked, creatinine.when)
    if years is None or value is None:
        return None
    if years.low >= ADULT:
        return _adult(asked, creatinine, value, years)
    if years.high < ADULT and years.low >= YOUNGEST_CHILD:
        return _child(asked, creatinine, value, body)
    detail = phrase("filtration.no-equation-for-an-age-of", years=years)
    return Unusable.of(creatinine, "too-coarse", detail)


def _adult(asked: Asked, creatinine: Measurement, value: Interval, years: Interval) -> Measurement:
    def by(sex: Sex) -> Interval:
        oldest = falling(lambda mg_dl: ckd_epi_2021(mg_dl, years.high, sex), value)
        youngest = falling(lambda mg_dl: ckd_epi_2021(mg_dl, years.low, sex), value)
        return oldest.hull(youngest)

    sexes = possible_sexes(asked.facts)
    return _rate(
        asked, creatinine, hull_of(by(sex) for sex in sexes), "CKD-EPI 2021", needs_sex=len(sexes) > 1
    )


def _child(
    asked: Asked, creatinine: Measurement, value: Interval, body: BodyMeasures
) -> Measurement | Unusable:
    height = body.height(creatinine.when)
    if height is None or height.value is None:
        detail = phrase("filtration.no-body-height-near-the-creatinine", creatinine=creatinine.when)
        return Unusable.of(creatinine, "never-measured", detail)
    centimetres = height.value
    rate = hull_of(
        falling(lambda mg_dl, cm=cm: bedside_schwartz(mg_dl, cm), value)  # type: ignore[misc]
        for cm in (centimetres.low, centimetres.high)
    )
    return _rate(asked, creatinine, rate, "bedside Schwartz", height=height)


def _rate(
    asked: Asked,
    creatinine: Measurement,
    value: Interval,
    equation: str,
    *,
    needs_sex: bool = False,
    height: Measurement | None = None,
) -> Measurement:
    evidence = creatinine.evidence if height is None else (*creatinine.evidence, *height.evidence)
    return Measurement(
        input=asked.name,
        when=creatinine.when,
        at=creatinine.at,
        specimen=creatinine.specimen,
        unit=asked.definition.description.unit,
        value=value,
        basis="computed",
        evidence=evidence,
        needs=(asked.lack("sex"),) if needs_sex else (),
        notes=(*creatinine.notes, phrase("filtration.computed-by", equation=equation)),
    )
