"""Small charts in plain values, and the scores asked of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from fhir_mappings.facts import (
    Assessment,
    AssessmentItem,
    Diagnosis,
    Event,
    Evidence,
    Exposure,
    Measurement,
    Retrieval,
    Series,
    Unusable,
)
from fhir_mappings.intervals import DateSpan, Interval, day, point
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.scores import compute_score

ON = date(2026, 6, 15)
SLE = "cond_sle"

UNITS = {
    "urine_protein_24h": "g/(24.h)",
    "upcr": "g/g{creat}",
    "uacr": "g/g{creat}",
    "urine_rbc_hpf": "/[HPF]",
    "urine_wbc_hpf": "/[HPF]",
    "platelets": "10*9/L",
    "wbc": "10*9/L",
    "lymphocytes": "10*9/L",
    "anc": "10*9/L",
    "hemoglobin": "g/L",
    "c3": "mg/dL",
    "c4": "mg/dL",
    "anti_dsdna": "[IU]/mL",
    "body_temperature": "Cel",
    "ana_titre": "{titer}",
    "serum_creatinine": "mg/dL",
    "egfr": "mL/min/{1.73_m2}",
    "albumin": "g/L",
    "systolic_pressure": "mm[Hg]",
    "diastolic_pressure": "mm[Hg]",
    "anticardiolipin_igg": "[GPL'U]/mL",
    "anticardiolipin_igm": "[MPL'U]/mL",
}
LIMITS = {"albumin": (35.0, 52.0), "c3": (90.0, 180.0), "c4": (10.0, 40.0), "anti_dsdna": (None, 30.0)}


def ago(days: int) -> date:
    """The day so many days before the day of the question."""
    return ON - timedelta(days=days)


def span(when: date | DateSpan | int) -> DateSpan:
    if isinstance(when, int):
        return day(ago(when))
    return when if isinstance(when, DateSpan) else day(when)


def result(
    name: str, value: float | Interval | str, when: date | DateSpan | int = 5, **given: object
) -> Measurement:
    """A result; a word is a category, a number is in the canonical unit; ``when`` may be days ago."""
    number = (
        point(value) if isinstance(value, int | float) else value if isinstance(value, Interval) else None
    )
    lower, upper = LIMITS.get(name, (None, None))
    fields: dict[str, object] = {
        "input": name,
        "when": span(when),
        "unit": UNITS.get(name, "1"),
        "value": number,
        "category": value if isinstance(value, str) else None,
        "lower_limit": lower if number else None,
        "upper_limit": upper if number else None,
        "evidence": (Evidence(reference=f"Observation/{name}-{span(when)}-{value}", path="value"),),
    }
    return Measurement(**{**fields, **given})  # type: ignore[arg-type]


def diagnosis(concept: str, start: date | DateSpan | int | None = 400, **given: object) -> Diagnosis:
    fields: dict[str, object] = {
        "reference": f"Condition/{concept}",
        "concepts": frozenset({concept}),
        "label": concept.removeprefix("cond_"),
        "evidence": Evidence(reference=f"Condition/{concept}", path="code"),
        "start": None if start is None else span(start),
        "ongoing": True,
        "clinical": "active",
    }
    return Diagnosis(**{**fields, **given})  # type: ignore[arg-type]


def exposure(drug: str, start: int = 400, end: int | None = None) -> Exposure:
    return Exposure(
        reference=f"MedicationRequest/{drug}",
        concepts=frozenset({drug}),
        label=drug.removeprefix("drug_"),
        evidence=Evidence(reference=f"MedicationRequest/{drug}", path="medicationCodeableConcept"),
        start=span(start),
        end=None if end is None else span(end),
        ongoing=end is None,
        drug=drug,
    )


def form(
    instrument: str,
    total: float | None = None,
    items: dict[str, bool | float | str] | None = None,
    *,
    complete: bool = False,
    when: date | DateSpan | int = 3,
) -> Assessment:
    """A recorded form; an item is ticked or not, a number of points, or a grade."""
    evidence = Evidence(reference=f"QuestionnaireResponse/{instrument}-{span(when)}", path="item")
    return Assessment(
        instrument=instrument,
        when=span(when),
        evidence=evidence,
        total=None if total is None else point(total),
        complete=complete,
        items=tuple(
            AssessmentItem(
                item=name,
                present=said if isinstance(said, bool) else None,
                number=float(said) if isinstance(said, int | float) and not isinstance(said, bool) else None,
                grade=said if isinstance(said, str) else None,
                evidence=evidence,
            )
            for name, said in (items or {}).items()
        ),
    )


def chart(
    *results: Measurement,
    events: Sequence[Event] = (),
    forms: Sequence[Assessment] = (),
    sle: bool = True,
    retrieval: dict[str, Retrieval] | None = None,
    unusable: dict[str, Sequence[Unusable]] | None = None,
) -> PatientFacts:
    """A chart, by default of a patient whose lupus is coded, and wholly retrieved."""
    measurements: dict[str, list[Measurement]] = {}
    for measurement in sorted(results, key=lambda m: m.when, reverse=True):
        measurements.setdefault(measurement.input, []).append(measurement)
    return PatientFacts(
        reference="Patient/1",
        measurements=measurements,
        unusable=unusable or {},
        events=[*events, *([diagnosis(SLE)] if sle else [])],
        assessments=list(forms),
        retrieval=retrieval or {},
    )


def series_of(facts: PatientFacts) -> Callable[[str], Series]:
    """The criterion inputs as recorded."""

    def series(wanted: str) -> Series:
        return Series(
            input=wanted,
            label=wanted,
            measurements=tuple(facts.measurements.get(wanted, ())),
            unusable=tuple(facts.unusable.get(wanted, ())),
            retrieval=facts.retrieval_of(["Observation"]),
        )

    return series


def ask(name: str, facts: PatientFacts, *, on: date = ON, since: date | None = None) -> Measurement:
    """The one measurement of a score."""
    computed = compute_score(name, facts, on, since, series_of(facts))
    assert len(computed.measurements) == 1
    return computed.measurements[0]


def bounds(measurement: Measurement) -> tuple[float, float, float]:
    """Lower bound, lower bound with attribution, upper bound."""
    assert measurement.value is not None
    assert measurement.attributed is not None
    assert measurement.attributed.high == measurement.value.high
    return measurement.value.low, measurement.attributed.low, measurement.value.high
