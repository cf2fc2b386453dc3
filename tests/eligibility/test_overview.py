"""A chart over time as a protocol sees it: results and windows, treatments and wash-outs, marked dates."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from eligibility.errors import ProtocolError
from eligibility.loading import bind_text
from eligibility.overview.build import overview_of
from eligibility.overview.results import shown_unit
from eligibility.overview.shapes import Band, Overview, Point
from eligibility.screening import screen
from fhir_mappings.facts import Event, Measurement, Unusable
from fhir_mappings.intervals import Interval
from tests.eligibility.charts import (
    AS_OF,
    HandChart,
    HandVocabulary,
    category,
    day,
    diagnosis,
    evidence,
    value,
)
from tests.eligibility.timelines import span, taken

PROTOCOL = """
id: hand
version: "1"
title: A trial
short_title: A trial
registry_url: https://registry.example/hand
source: by hand
status: recruiting
condition: lupus
{overview}
applies_to: {{found: {{kind: [diagnosis], of: [cond_mi], absent: no}}}}
criteria:
  - id: I1
    text: UPCR of 1 g/g or more within 28 days
    reading: As it says.
    requires: {{number: {{input: upcr, at_least: 1 g/g, fresh: {{anchor: screening, before: 28 d}}}}}}
  - id: I2
    text: UPCR below 3 g/g, ever
    reading: As it says.
    requires: {{number: {{input: upcr, below: 3 g/g, choose: any}}}}
  - id: E1
    text: Drug A within 12 months
    reading: As it says.
    excludes: {{found: {{kind: [exposure], of: [drug_a], during: {{anchor: day0, before: 12 mo}}}}}}
  - id: E2
    text: Drug B now
    reading: As it says.
    excludes: {{found: {{kind: [exposure], of: [drug_b], during: {{anchor: day0, before: 1 d}}}}}}
"""


def overview(*facts: Event | Measurement, said: str = "", as_of: date = AS_OF, **chart: Any) -> Overview:
    bound = bind_text(PROTOCOL.format(overview=said), "hand.yaml", HandVocabulary())
    hand = HandChart(
        [f for f in facts if isinstance(f, Measurement)], [f for f in facts if isinstance(f, Event)], **chart
    )
    return overview_of(bound, hand, as_of, screen(bound, hand, as_of))


def points(*facts: Measurement, **chart: Any) -> tuple[Point, ...]:
    return overview(*facts, said="overview: {series: [upcr]}", **chart).results[0].points


def band(*facts: Event, **chart: Any) -> Band:
    [treatment] = overview(*facts, **chart).treatments
    [found] = treatment.bands
    return found


def test_without_a_word_of_the_protocol_the_numbers_are_drawn_that_criteria_ask_for() -> None:
    assert [results.input for results in overview().results] == ["upcr"]


def test_thresholds_and_windows_are_those_of_the_criteria() -> None:
    [results] = overview(value("upcr", 2, AS_OF)).results
    assert [(line.value, line.words, line.criteria) for line in results.lines] == [
        (1, "1 g/g", ("I1",)),
        (3, "3 g/g", ("I2",)),
    ]
    assert [(w.first, w.last, w.criteria) for w in results.windows] == [("2026-05-18", "2026-06-15", ("I1",))]


@pytest.mark.parametrize(
    ("on", "use"), [("2026-05-18", "counts"), ("2026-05-17", "history"), ("2026-05-01/2026-05-31", "counts")]
)
def test_a_result_counts_in_a_closed_window_and_where_its_date_may_lie_in_it(on: str, use: str) -> None:
    assert [point.use for point in points(value("upcr", 2, span(on)))] == [use]


def test_a_result_that_no_criterion_compares_says_so_and_shows_the_limits_of_the_laboratory() -> None:
    found = overview(value("alt", 30, AS_OF, upper_limit=45.0), said="overview: {series: [alt]}").results[0]
    assert [point.use for point in found.points] == ["unwindowed"]
    assert [(line.value, line.criteria) for line in found.lines] == [(45, ())]


def test_what_cannot_be_used_is_told_with_the_reason_and_what_was_not_measured_as_that() -> None:
    unread = Unusable(
        why="unreadable", detail="no unit", when=day(AS_OF), evidence=(evidence("Observation/u"),)
    )
    clotted = Unusable(why="never-measured", detail="clotted", when=day(date(2026, 6, 1)), measured=False)
    found = points(unusable={"upcr": (unread, clotted)})
    assert [(p.use, p.why, p.words) for p in found] == [
        ("nothing-measured", "clotted", ""),
        ("unusable", "no unit", ""),
    ]


def test_what_is_undated_is_counted_and_what_lies_ahead_is_not_drawn() -> None:
    undated = Unusable(why="unreadable", detail="no date")
    ahead = value("upcr", 2, date(2026, 7, 1))
    [results] = overview(ahead, unusable={"upcr": (undated,)}).results
    assert (results.points, results.undated) == ((), 1)


def test_a_value_with_a_comparator_has_one_bound() -> None:
    [point] = points(value("upcr", Interval(high=0.1, high_open=True), AS_OF))
    assert (point.low, point.high, point.words) == (None, 0.1, "<0.1 g/g")


def test_a_result_names_the_findings_that_rest_on_it() -> None:
    assert [point.criteria for point in points(value("upcr", 2, AS_OF))] == [("I1", "I2")]


def test_a_series_without_results_stays_and_tells_whether_they_were_retrieved() -> None:
    [results] = overview(retrieval="failed").results
    assert (results.points, results.retrieval) == ((), "failed")


def test_a_wash_out_runs_from_the_last_dose_to_the_day_on_which_the_finding_clears() -> None:
    found = band(taken("2025-06-01", "2025-09-10"))
    assert (found.criterion, found.state, found.since, found.until) == (
        "E1",
        "runs",
        "2025-09-10",
        "2026-09-11",
    )
    assert found.decides


@pytest.mark.parametrize(
    ("end", "state", "until"), [("2025-06-15", "runs", "2026-06-16"), ("2025-06-14", "over", "2026-06-15")]
)
def test_the_window_is_closed_at_both_ends(end: str, state: str, until: str) -> None:
    found = band(taken("2025-01-01", end))
    assert (found.state, found.until) == (state, until)


def test_while_a_drug_is_taken_its_wash_out_has_not_begun() -> None:
    found = band(taken("2025-06-01"))
    assert (found.state, found.since, found.until, found.length) == ("goes-on", None, None, "12 months")


def test_a_stop_on_no_known_day_leaves_the_wash_out_open() -> None:
    found = band(taken("2024-01-01", None, ongoing=False, status="stopped"))
    assert (found.state, found.since, found.until, found.decides) == ("open", None, None, False)


def test_an_end_within_the_month_tells_until_when_the_wash_out_may_last() -> None:
    found = band(taken("2024-01-01", "2025-06-01/2025-06-30"))
    assert (found.state, found.since, found.until) == ("open", "2025-06-30", "2026-07-01")


def test_what_is_asked_of_the_present_has_no_wash_out() -> None:
    assert overview(taken("2025-06-01", drug="drug_b")).treatments == ()


def test_a_protocol_may_show_further_drugs() -> None:
    [treatment] = overview(taken("2025-06-01", drug="drug_b"), said="overview: {drugs: [drug_b]}").treatments
    assert (treatment.course.drug, treatment.bands) == ("drug_b", ())


def test_of_several_records_of_a_drug_that_counts_which_lasts_longest() -> None:
    found = band(taken("2024-01-01", "2024-02-01"), taken("2025-06-01", "2025-09-10"))
    assert found.until == "2026-09-11"


def test_a_diagnosis_is_marked_on_its_first_day_and_a_category_with_its_value() -> None:
    said = "overview: {landmarks: [hbsag, cond_mi]}"
    facts = (
        diagnosis(start=date(2024, 5, 1)),
        diagnosis(start=date(2023, 5, 1)),
        category("hbsag", "positive", date(2025, 1, 1)),
    )
    assert [(mark.label, mark.value, mark.date) for mark in overview(*facts, said=said).marks] == [
        ("mi", "", "2023-05-01"),
        ("HBsAg", "positive", "2025-01-01"),
    ]


@pytest.mark.parametrize(
    "said",
    [
        "series: [upcrr]",
        "series: [hbsag]",
        "series: [age]",
        "landmarks: [upcr]",
        "landmarks: [cond_x]",
        "drugs: [drug_x]",
    ],
)
def test_an_overview_of_what_is_not_there_stops_the_load(said: str) -> None:
    with pytest.raises(ProtocolError, match=said.partition("[")[2].rstrip("]")):
        bind_text(PROTOCOL.format(overview=f"overview: {{{said}}}"), "hand.yaml", HandVocabulary())


@pytest.mark.parametrize(
    ("ucum", "shown"),
    [
        ("g/g{creat}", "g/g"),
        ("mL/min/{1.73_m2}", "mL/min/1.73 m²"),
        ("[IU]/mL", "IU/mL"),
        ("g/(24.h)", "g/24 h"),
        ("mg/dL", "mg/dL"),
    ],
)
def test_units_are_shown_as_people_write_them(ucum: str, shown: str) -> None:
    assert shown_unit(ucum) == shown
