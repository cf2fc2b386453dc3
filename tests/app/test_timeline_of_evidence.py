"""The picture of a chart over time agrees with the findings, whatever the chart, and stays small."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.demo.patients import demo_patients
from app.evidence.frames import NARROW, WIDE, Frame
from app.evidence.picture import picture_of_overview
from app.evidence.thinning import MOST_POINTS, MOST_TREATMENTS, chosen, thinned
from app.example_charts import chart_of
from eligibility.course import Anchors
from eligibility.example_notation import example_facts
from eligibility.examples import examples_of
from eligibility.findings import Screening
from eligibility.judging import flattened
from eligibility.overview.shapes import Band, Overview, Point, Treatment
from eligibility.reported import ReportedCourse
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from fhir_mappings.vocabulary import vocabulary
from tests.app.composed_charts import composed_charts
from tests.app.service import AS_OF, as_body, bundle_of, screening_service

TRIALS = list(screening_service().protocols)
OTHERS = {"diagnosis", "participation", "procedure", "admission"}
DRUGS = ("MedicationStatement/", "MedicationRequest/", "MedicationAdministration/", "MedicationDispense/")


@cache
def seen(patient: str, trial: str) -> tuple[Screening, Overview]:
    record = PatientRecord(read_patients(as_body(bundle_of(patient)))[0])
    screening = screening_service().screen_record(record, AS_OF, protocol_ids=[trial]).screenings[0]
    return screening, screening_service().overview(record, AS_OF, screening)


def bands(overview: Overview) -> list[Band]:
    return [band for treatment in overview.treatments for band in treatment.bands]


def clearing_examples() -> list[Any]:
    """The examples of the protocols, the outcome of which drugs alone decide for a while."""
    found = []
    for trial, bound in screening_service().protocols.items():
        for criterion, example in examples_of(bound):
            if criterion is not None and example.clears_on is not None and example.part is None:
                kinds = {kind for event in example.chart.get("events", []) for kind in event}
                if "exposure" in kinds and not kinds & {
                    "diagnosis",
                    "participation",
                    "procedure",
                    "admission",
                }:
                    found.append(
                        pytest.param(trial, criterion.id, example, id=f"{criterion.id} {example.name}")
                    )
    return found


@pytest.mark.parametrize(("trial", "criterion", "example"), clearing_examples())
def test_a_wash_out_ends_on_the_day_that_the_example_of_the_protocol_gives(
    trial: str, criterion: str, example: Any
) -> None:
    record = chart_of(example_facts(example, vocabulary()))
    anchors = Anchors(**example.anchors)
    service = screening_service()
    screening = service.screen_record(record, example.as_of, anchors, [trial]).screenings[0]
    overview = service.overview(record, example.as_of, screening, anchors=anchors)
    deciding = [band for band in bands(overview) if band.decides and band.criterion.startswith(criterion)]
    assert {band.until for band in deciding} == {example.clears_on.isoformat()}


@pytest.mark.parametrize("trial", TRIALS)
@pytest.mark.parametrize("patient", list(demo_patients()))
def test_a_finding_that_drugs_alone_decide_has_a_wash_out_to_the_same_day(patient: str, trial: str) -> None:
    screening, overview = seen(patient, trial)
    for finding in flattened(screening.findings):
        drugs = finding.evidence and all(e.reference.startswith(DRUGS) for e in finding.evidence)
        if finding.clears_on and drugs and not finding.parts:
            until = [b.until for b in bands(overview) if b.criterion == finding.criterion and b.decides]
            assert finding.clears_on in until


def test_the_patient_in_a_wash_out_shows_it() -> None:
    _, overview = seen("sofia-reyes", "nct05247203")
    [rituximab] = [t for t in overview.treatments if "rituximab" in t.course.label]
    [band] = rituximab.bands
    assert (band.criterion, band.since, band.until) == ("E10", "2025-11-15", "2026-11-16")
    assert overview.earliest == "2026-11-16"


@pytest.mark.parametrize("frame", [WIDE, NARROW], ids=lambda frame: frame.name)
@pytest.mark.parametrize("trial", TRIALS)
@pytest.mark.parametrize("patient", list(demo_patients()))
def test_all_that_is_drawn_lies_within_the_picture(patient: str, trial: str, frame: Frame) -> None:
    picture = picture_of_overview(seen(patient, trial)[1], frame)
    across = [dot.x for panel in picture.panels for dot in panel.dots]
    across += [edge for row in picture.rows for bar in row.bars for edge in (bar.x, bar.x + bar.width)]
    across += [edge for row in picture.rows for box in row.bands for edge in (box.x, box.x + box.width)]
    assert all(frame.left - 0.2 <= x <= picture.plot_right + 2.2 for x in across)
    for panel in picture.panels:
        assert all(panel.top - 1 <= dot.y <= panel.foot for dot in panel.dots)
    bottoms = [panel.foot for panel in picture.panels] + [row.bar_y for row in picture.rows]
    assert bottoms == sorted(bottoms)
    assert not bottoms or bottoms[-1] < picture.height


@settings(max_examples=25)
@given(composed_charts(coarse=True), st.sampled_from(TRIALS))
def test_any_chart_can_be_drawn_and_a_wash_out_that_decides_ends_with_its_finding(
    record: PatientRecord, trial: str
) -> None:
    service = screening_service()
    screening = service.screen_record(record, AS_OF, protocol_ids=[trial]).screenings[0]
    overview = service.overview(record, AS_OF, screening)
    clears = {finding.criterion: finding.clears_on for finding in flattened(screening.findings)}
    for band in bands(overview):
        assert not band.decides or band.until == clears[band.criterion]
        assert band.state != "over" or band.until is None or band.until <= AS_OF.isoformat()
        assert band.state != "runs" or band.until is None or band.until > AS_OF.isoformat()
    for frame in (WIDE, NARROW):
        picture = picture_of_overview(overview, frame)
        assert all(
            frame.left <= dot.x <= picture.plot_right for panel in picture.panels for dot in panel.dots
        )


def test_a_value_is_drawn_above_a_threshold_that_it_reaches_and_below_one_that_it_does_not() -> None:
    picture = picture_of_overview(seen("lin-mei", "nct07517536")[1], WIDE)
    panel = next(p for p in picture.panels if p.results.input == "upcr")
    lines = {level.value: level.y for level in panel.levels}
    assert all(dot.y < lines[1.0] for dot in panel.dots)
    later = picture_of_overview(seen("lin-mei", "nct05247203")[1], WIDE)
    panel = next(p for p in later.panels if p.results.input == "upcr")
    assert all(dot.y > panel.levels[0].y for dot in panel.dots)


def test_every_series_has_its_row_also_without_results() -> None:
    _, overview = seen("peter-novak", "nct07517536")
    picture = picture_of_overview(overview, WIDE)
    inputs = screening_service().protocols["nct07517536"].protocol.overview.series
    assert [panel.results.input for panel in picture.panels] == inputs
    assert any(not panel.dots for panel in picture.panels)


def point(number: int, **more: Any) -> Point:
    on = (date(2024, 1, 1) + timedelta(days=number)).isoformat()
    given = {
        "date": on,
        "first": on,
        "last": on,
        "use": "counts",
        "words": f"{number}",
        "low": 1.0,
        "high": 1.0,
    }
    return Point(**{**given, "low": 1.0, "high": 1.0, **more})


def test_of_many_results_those_that_decide_the_newest_and_the_extremes_are_kept() -> None:
    many = [point(i) for i in range(400)]
    many[17] = point(17, low=90.0, high=90.0)
    many[40] = point(40, low=0.1, high=0.1)
    many[99] = point(99, criteria=("I1",))
    kept = thinned(many)
    assert len(kept) == MOST_POINTS
    assert {many[17], many[40], many[99], *many[-6:]} <= set(kept)
    assert list(kept) == sorted(kept, key=lambda p: p.first)


def test_where_all_results_decide_the_newest_of_them_are_kept() -> None:
    many = [point(i, criteria=("I1",)) for i in range(100)]
    assert len(thinned(many)) == MOST_POINTS
    assert thinned(many)[-9:] == tuple(many[-9:])


def test_few_results_are_all_kept() -> None:
    few = [point(i) for i in range(MOST_POINTS)]
    assert thinned(few) == tuple(few)


def treatment(name: str, *states: Any) -> Treatment:
    course = ReportedCourse(drug=name, label=name, counted=True, months=1, months_at_most=1, stretches=())
    return Treatment(
        course=course,
        bands=tuple(Band(criterion="E1", state=s, since=None, until=None, length="") for s in states),
    )


def test_of_many_treatments_those_with_an_open_or_running_wash_out_come_first() -> None:
    others = [treatment(f"drug {i}") for i in range(20)]
    over, runs, unsure = (
        treatment("over", "over"),
        treatment("runs", "runs"),
        treatment("open", "open", "over"),
    )
    assert chosen([*others, over, runs, unsure])[:3] == (unsure, runs, over)
    assert len(chosen(others)) == MOST_TREATMENTS
