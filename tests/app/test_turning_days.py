"""The day on which an input says that it may turn: it is the same until then, whatever chart it is asked of.

What a screening says of later days rests on this; a day passed over would make ``standsUntil`` wrong, one too
many only costs time.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from fhir_mappings.facts import Assessment, Diagnosis, Evidence, Measurement, Report, Series
from fhir_mappings.inputs import input_names, is_computed
from fhir_mappings.intervals import Interval, day, point
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.record import PatientRecord
from fhir_mappings.scores import score_names
from tests.app.composed_charts import composed_charts
from tests.app.service import AS_OF

COMPUTED = sorted(name for name in input_names() if is_computed(name))
NEVER = date.max


def ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


def state(series: Series, on: date) -> Hashable:
    """All of a series on which an answer may rest; what is dated on the day of the question moves with it."""
    return (
        tuple(
            (
                "the day" if series.turns_on and m.when == day(on) else m.when,
                m.value,
                m.attributed,
                m.category,
                m.basis,
                m.changes_on,
                m.evidence,
                tuple((need.input, need.why) for need in m.needs),
                m.sheet and tuple((item.id, item.state, item.grade, item.evidence) for item in m.sheet.items),
            )
            for m in series.measurements
        ),
        tuple((item.when, item.why) for item in series.unusable),
        tuple((need.input, need.why) for need in series.needs),
    )


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(chart=composed_charts())
def test_no_input_changes_before_the_day_on_which_it_says_that_it_may(chart: PatientRecord) -> None:
    for name in COMPUTED:
        for length in (None, 28):
            if length is not None and name not in score_names():
                continue

            def asked(on: date, name: str = name, length: int | None = length) -> Series:
                # A record of its own, so that nothing is remembered from another day.
                since = None if length is None else on - timedelta(days=length)
                return PatientRecord(chart.facts).series(name, on, since)

            now = asked(AS_OF)
            for later in (AS_OF + timedelta(days=offset) for offset in range(1, 46)):
                if now.turns_on is not None and later >= now.turns_on:
                    break
                assert state(asked(later), later) == state(now, AS_OF), f"{name} has changed on {later}"


def result(name: str, value: float, unit: str, days: int) -> Measurement:
    evidence = (Evidence(reference=f"Observation/{name}-{days}", path="value"),)
    return Measurement(input=name, when=day(ago(days)), value=point(value), unit=unit, evidence=evidence)


def record(*given: Measurement | Report | Diagnosis | Assessment, sex: str = "female") -> PatientRecord:
    return PatientRecord(
        PatientFacts(
            reference="Patient/1",
            birth_date=day(date(1990, 4, 2)),
            sex="male" if sex == "male" else "female",
            measurements={m.input: [m] for m in given if isinstance(m, Measurement)},
            events=[e for e in given if isinstance(e, Report | Diagnosis)],
            assessments=[a for a in given if isinstance(a, Assessment)],
        )
    )


def turns(name: str, *given: Measurement | Report | Diagnosis | Assessment) -> int | None:
    """The days until an input may turn."""
    on = record(*given).series(name, AS_OF).turns_on
    return None if on is None or on == NEVER else (on - AS_OF).days


WEIGHT = result("body_weight", 70, "kg", 20)
PROTEIN = result("upcr", 1.2, "g/g{creat}", 6)


@pytest.mark.parametrize("name", ["bilag_2004_a_count", "sledai_2k"])
def test_a_score_does_not_turn_with_a_result_that_it_does_not_ask_for(name: str) -> None:
    assert turns(name, WEIGHT) is None


def test_a_score_may_turn_when_a_result_of_its_items_is_as_old_as_its_window() -> None:
    assert turns("bilag_2004_a_count", WEIGHT, PROTEIN) == 28 - 6


def test_a_score_may_turn_when_a_form_of_its_instrument_is_as_old_as_its_window() -> None:
    form = Assessment(
        instrument="bilag_2004",
        when=day(ago(10)),
        total=Interval(1, 1),
        evidence=Evidence(reference="Observation/form", path="value"),
    )
    assert turns("bilag_2004_a_count", form) == 28 - 10


def test_only_a_biopsy_counts_for_three_months_in_the_renal_domain_of_bilag() -> None:
    """Histology within three months: BILAG-2004 (Isenberg 2005). A month has 28 days at least."""
    biopsy = Report(
        reference="DiagnosticReport/biopsy",
        concepts=frozenset({"report_kidney_biopsy"}),
        label="Kidney biopsy",
        text="Lupus nephritis, ISN/RPS class IV (A)",
        start=day(ago(60)),
        evidence=Evidence(reference="DiagnosticReport/biopsy", path="conclusion"),
    )
    old_protein = result("upcr", 1.2, "g/g{creat}", 60)
    assert turns("bilag_2004_a_count", old_protein) is None
    until = turns("bilag_2004_a_count", old_protein, biopsy)
    assert until is not None
    assert 84 - 60 <= until <= 92 - 60


def test_an_open_pregnancy_turns_with_its_own_dates_and_no_others() -> None:
    open_since = Diagnosis(
        reference="Condition/pregnancy",
        concepts=frozenset({"cond_pregnancy"}),
        label="Pregnancy",
        start=day(ago(100)),
        clinical="active",
        ongoing=True,
        evidence=Evidence(reference="Condition/pregnancy", path="code"),
    )
    assert turns("pregnancy", WEIGHT, PROTEIN) is None
    assert turns("pregnancy", WEIGHT, PROTEIN, open_since) == 300 - 100


@pytest.mark.parametrize("name", ["upcr", "egfr", "hcg_serum", "body_weight"])
def test_an_input_that_does_not_ask_for_the_day_is_the_same_on_every_day(name: str) -> None:
    chart = record(WEIGHT, PROTEIN, result("serum_creatinine", 0.9, "mg/dL", 6))
    series = chart.series(name, AS_OF)
    assert series.turns_on is None
    assert chart.series(name, AS_OF + timedelta(days=400)) is series
