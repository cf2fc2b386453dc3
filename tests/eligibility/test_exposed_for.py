"""Time on treatment: the union of the courses, by the routes that count."""

from __future__ import annotations

from datetime import date

import pytest

from fhir_mappings.facts import Event, Exposure
from fhir_mappings.intervals import day
from tests.eligibility.charts import HandChart, evidence, judged

EXPOSED = "requires: {exposed_for: {of: [drug_a], at_least: 6 mo}}"


def taken(start: date | None, end: date | None, ongoing: bool = False, route: str | None = None) -> Event:
    return Exposure(
        route=route,
        reference="MedicationStatement/s",
        concepts=frozenset(["drug_a"]),
        label="A",
        evidence=evidence("MedicationStatement/s"),
        start=day(start) if start else None,
        end=day(end) if end else None,
        ongoing=ongoing,
    )


@pytest.mark.parametrize(
    ("courses", "outcome"),
    [
        ([taken(date(2025, 1, 1), date(2025, 7, 15))], "pass"),
        ([taken(date(2025, 1, 1), date(2025, 3, 31)), taken(date(2025, 2, 1), date(2025, 4, 30))], "fail"),
        ([taken(date(2025, 1, 1), date(2025, 3, 31)), taken(date(2025, 9, 1), date(2025, 12, 31))], "pass"),
        ([taken(date(2026, 1, 1), None)], "missing"),  # when it ended is not known: it may be long enough
        ([taken(date(2026, 6, 1), None, True)], "fail"),
        ([taken(date(2025, 1, 1), None, True)], "pass"),
        ([], "missing"),
    ],
)
def test_time_on_treatment_is_the_union_of_the_courses(courses: list[Event], outcome: str) -> None:
    chart = HandChart(events=courses)
    assert judged(EXPOSED, chart, as_of=date(2026, 7, 15)).outcome == outcome


def test_time_on_a_cream_is_no_time_on_treatment_where_only_other_routes_count() -> None:
    systemic = EXPOSED.replace("at_least: 6 mo", "at_least: 6 mo, routes: [oral]")
    for route, outcome in (("topical", "missing"), ("oral", "pass"), (None, "pass")):
        course = taken(date(2025, 1, 1), date(2025, 12, 31), route=route)
        assert judged(systemic, HandChart(events=[course])).outcome == outcome
