"""The engine is total: whatever the facts, every criterion has a finding, and nothing is raised."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from app.example_charts import chart_of
from eligibility.course import Anchors
from eligibility.example_notation import ExampleFacts
from eligibility.findings import Outcome, Verdict
from eligibility.judging import flattened
from eligibility.screening import screen
from fhir_mappings.facts import (
    EVENT_TYPES,
    Answer,
    Assessment,
    AssessmentItem,
    DoseSegment,
    Event,
    Evidence,
    Measurement,
    Unusable,
)
from fhir_mappings.inputs.definitions import definitions
from fhir_mappings.intervals import DateSpan, Interval
from fhir_mappings.vocabulary import vocabulary
from tests.app.properties import example_records as rec

EVIDENCE = Evidence(reference="Resource/1", path="value")
EDGES = [date(1, 1, 2), date(1582, 10, 15), date(2024, 2, 29), date(2026, 6, 15), date(9999, 12, 31)]
dates = st.one_of(st.sampled_from(EDGES), st.dates(date(2020, 1, 1), date(2027, 12, 31)))
spans = st.builds(lambda a, b: DateSpan(min(a, b), max(a, b)), dates, dates) | dates.map(
    lambda d: DateSpan(d, d)
)
numbers = st.sampled_from([0.0, 1e-300, 0.5, 1.0, 30.0, 1e6, 1e300])
intervals = st.builds(
    lambda a, b, lo, ho: Interval(min(a, b), max(a, b), lo, ho),
    numbers,
    numbers,
    st.booleans(),
    st.booleans(),
) | st.sampled_from([Interval(), Interval(high=5.0, high_open=True), Interval(low=100.0, low_open=True)])
words = st.sampled_from(["positive", "negative", "equivocal", "detected", "IV", "III+V", "", "阳性"])
names = st.sampled_from(sorted(definitions()))
concepts = st.frozensets(
    st.sampled_from(
        [
            "cond_sle",
            "cond_lupus_nephritis",
            "drug_prednisone",
            "drug_rituximab",
            "drug_mycophenolate_mofetil",
        ]
    ),
    max_size=2,
)


@st.composite
def measurements(draw: st.DrawFn) -> Measurement:
    described = vocabulary().input(draw(names))
    assert described is not None
    when = draw(spans)
    return Measurement(
        input=described.name,
        when=when,
        at=datetime(2026, 6, 15, tzinfo=UTC) if draw(st.booleans()) else None,
        unit=described.unit,
        value=draw(st.none() | intervals),
        category=draw(st.none() | words),
        upper_limit=draw(st.none() | numbers),
        lower_limit=draw(st.none() | numbers),
        evidence=draw(st.sampled_from([(), (EVIDENCE,)])),
    )


@st.composite
def events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(sorted(EVENT_TYPES)))
    more: dict[str, Any] = {}
    if kind == "exposure":
        segment = st.builds(DoseSegment, spans, spans, intervals, every=st.integers(1, 30))
        more["doses"] = tuple(draw(st.lists(segment, max_size=2)))
        more["route"] = draw(st.sampled_from([None, "oral", "topical"]))
    return EVENT_TYPES[kind](
        reference="Resource/1",
        concepts=draw(concepts),
        label="words",
        evidence=EVIDENCE,
        start=draw(st.none() | spans),
        end=draw(st.none() | spans),
        ongoing=draw(st.booleans()),
        confirmed=draw(st.booleans()),
        **more,
    )


assessments = st.builds(
    Assessment,
    instrument=st.sampled_from(["sledai_2k", "selena_sledai", "bilag_2004", "acr_1997", "eular_acr_2019"]),
    when=spans,
    evidence=st.just(EVIDENCE),
    total=st.none() | intervals,
    items=st.lists(
        st.builds(
            AssessmentItem,
            item=st.sampled_from(["proteinuria", "fever", "renal", "rash", "none-such"]),
            present=st.none() | st.booleans(),
            number=st.none() | numbers,
            grade=st.none() | st.sampled_from(["A", "B", "E", "?"]),
            evidence=st.just(EVIDENCE),
        ),
        max_size=3,
    ).map(tuple),
    complete=st.booleans(),
)


@st.composite
def facts(draw: st.DrawFn) -> ExampleFacts:
    """Facts of any kind, in any number and order of dates, possible or not."""
    measured = draw(st.lists(measurements(), max_size=12))
    asked = sorted(question for protocol in rec.protocols() for question in protocol.questions)
    answers = st.builds(
        Answer, question=st.sampled_from(asked), value=st.booleans(), when=spans, evidence=st.just(EVIDENCE)
    )
    why = st.sampled_from(["unreadable", "conflicting", "too-coarse"])
    spoilt = st.builds(Unusable, why=why, detail=st.just("why"), when=st.none() | spans)
    return ExampleFacts(
        born=draw(st.none() | spans),
        sex=draw(st.sampled_from([None, "male", "female"])),
        deceased=draw(st.booleans()),
        measurements=tuple(sorted(measured, key=lambda m: m.when.last, reverse=True)),
        unusable=draw(st.dictionaries(names, st.tuples(spoilt), max_size=3)),
        events=tuple(draw(st.lists(events(), max_size=6))),
        assessments=tuple(draw(st.lists(assessments, max_size=3))),
        answers=tuple(draw(st.lists(answers, max_size=3))),
        not_retrieved=tuple(
            draw(st.lists(st.sampled_from(["Condition", "Observation", "Procedure"]), max_size=2))
        ),
    )


@settings(max_examples=settings().max_examples // 3)
@given(facts(), st.dates(date(2020, 1, 1), date(2028, 3, 1)), st.integers(-60, 60))
def test_no_chart_makes_the_engine_fail(given_facts: ExampleFacts, as_of: date, days: int) -> None:
    chart = chart_of(given_facts)
    anchors = Anchors(day0=as_of + timedelta(days=days))
    for protocol in rec.protocols():
        screening = screen(protocol, chart, as_of, anchors)
        assert screening.verdict in get_args(Verdict)
        assert len(screening.findings) == len(protocol.criteria)
        for finding in flattened(screening.findings):
            assert finding.outcome in get_args(Outcome)
            assert finding.reason
