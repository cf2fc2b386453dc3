"""Small charts of the kidneys, and the renal grade of BILAG-2004 that they support."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_mappings.facts import Event, Measurement
from fhir_mappings.inputs import describe
from fhir_mappings.scores.bilag_rules import bilag
from fhir_mappings.scores.renal_grade import RenalGrade, renal_grade
from fhir_mappings.scores.situation import Situation
from tests.fhir_mappings.scores.score_charts import ON, ago, chart, diagnosis, result, series_of

CASTS = result("urine_rbc_casts", "positive")
CULTURE = result("urine_culture", "negative", 6)
RETINA = diagnosis("cond_hypertensive_retinopathy", 10)
OEDEMA = diagnosis("cond_edema", 10)


def graded(
    *results: Measurement, events: Sequence[Event] = (), sle: bool = True, **given_: object
) -> RenalGrade:
    facts = chart(*results, events=events, sle=sle, **given_)  # type: ignore[arg-type]
    return renal_grade(bilag().renal, Situation(facts, ON, ago(28), series_of(facts)))


def grade(*results: Measurement, events: Sequence[Event] = ()) -> str | None:
    return graded(*results, events=events).grade


def state(name: str, *results: Measurement, events: Sequence[Event] = (), **given_: object) -> str:
    found = graded(*results, events=events, **given_)  # type: ignore[arg-type]
    return next(c for c in found.clauses if c.id == name).state.name.lower()


def in_unit(name: str, value: float, unit: str, when: int = 5) -> Measurement:
    """A result as reported in another unit, converted as results are."""
    described = describe(name)
    assert described is not None
    return result(name, value * described.units[unit], when)


def pressure(systolic: float, diastolic: float, when: int = 5) -> tuple[Measurement, Measurement]:
    return result("systolic_pressure", systolic, when), result("diastolic_pressure", diastolic, when)
