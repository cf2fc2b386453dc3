"""Nothing that a screening says of a day is taken on trust: each chart is judged again, day by day.

``standsUntil`` is the first day on which, with nothing recorded meanwhile, some finding changes: not a day
later, not a day sooner. ``clearsOn`` is the first day on which what made a criterion fail no longer does,
and ``earliest`` the first on which no criterion fails or leans to failing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.demo.patients import demo_patients
from app.example_charts import chart_of
from eligibility.bound import BoundProtocol
from eligibility.course import Anchors, Course
from eligibility.example_notation import example_facts
from eligibility.examples import examples_of
from eligibility.judging import flattened
from eligibility.screening import screen_course
from eligibility.standing import standing, stands_until
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from fhir_mappings.vocabulary import vocabulary
from tests.app.composed_charts import ANCHORS, composed_charts
from tests.app.service import AS_OF, screening_service

ONE_DAY = timedelta(days=1)
PROTOCOLS = screening_service().protocols


def days_after(day: date, count: int) -> Iterator[date]:
    return (day + timedelta(days=offset) for offset in range(1, count + 1))


def must_stand_to_the_day(
    course: Course, positions: list[int], as_of: date, until: date | None, looked: int
) -> None:
    """No finding changes before ``until``, within so many days, and one does on the day itself."""

    def findings(day: date) -> list[object]:
        fresh = Course(course.bound, course.chart, course.anchors)
        return [standing(fresh.judged(i, day)[0]) for i in positions]

    now = findings(as_of)
    for day in days_after(as_of, looked):
        if day == until:
            break
        assert findings(day) == now, f"already on {day}"
    if until is not None:
        assert findings(until) != now, f"not yet on {until}"


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
@pytest.mark.parametrize("patient", demo_patients())
def test_a_demonstration_patients_screening_stands_exactly_as_long_as_it_says(
    patient: str, protocol: BoundProtocol
) -> None:
    bundle = json.dumps(demo_patients()[patient].bundle(AS_OF)).encode()
    course = Course(protocol, PatientRecord(read_patients(bundle)[0]), Anchors())
    until = screen_course(course, AS_OF).stands_until
    must_stand_to_the_day(
        course, list(range(len(protocol.criteria))), AS_OF, date.fromisoformat(until) if until else None, 60
    )


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_the_finding_of_each_example_stands_exactly_as_long_as_it_says(protocol: BoundProtocol) -> None:
    told = 0
    for criterion, example in examples_of(protocol):
        if criterion is None:
            continue
        chart = chart_of(example_facts(example, vocabulary()))
        course = Course(protocol, chart, Anchors(**example.anchors))
        position = protocol.criteria.index(criterion)
        now = course.judged(position, example.as_of)
        until = stands_until([now], example.as_of, lambda _, day: course.judged(position, day))  # noqa: B023
        must_stand_to_the_day(course, [position], example.as_of, until, 32)
        told += until is not None
    assert told > 10


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(chart=composed_charts(), anchors=ANCHORS)
def test_a_screening_of_any_chart_stands_exactly_as_long_as_it_says(
    chart: PatientRecord, anchors: Anchors
) -> None:
    for protocol in PROTOCOLS.values():
        course = Course(protocol, chart, anchors)
        for position in range(len(protocol.criteria)):
            now = course.judged(position, AS_OF)
            until = stands_until([now], AS_OF, lambda _, day: course.judged(position, day))  # noqa: B023
            must_stand_to_the_day(course, [position], AS_OF, until, 40)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(chart=st.one_of(composed_charts(), composed_charts(coarse=True)), anchors=ANCHORS)
def test_what_fails_fails_until_the_day_on_which_it_clears(chart: PatientRecord, anchors: Anchors) -> None:
    for protocol in PROTOCOLS.values():
        course = Course(protocol, chart, anchors)
        for position in range(len(protocol.criteria)):
            for finding in flattened([course.judged(position, AS_OF)[0]]):
                if finding.clears_on is None:
                    continue
                clears = date.fromisoformat(finding.clears_on)
                outcomes = {
                    day: f.outcome
                    for day in (clears - ONE_DAY, clears)
                    for f in flattened([course.moved(position, day)])
                    if f.criterion == finding.criterion
                }
                assert outcomes[clears] != "fail"
                assert outcomes[clears - ONE_DAY] == "fail" or clears - ONE_DAY < AS_OF


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(chart=st.one_of(composed_charts(), composed_charts(coarse=True)), anchors=ANCHORS)
def test_the_earliest_day_is_the_first_on_which_nothing_fails_nor_leans_to_it(
    chart: PatientRecord, anchors: Anchors
) -> None:
    for protocol in PROTOCOLS.values():
        course = Course(protocol, chart, anchors)
        screening = screen_course(course, AS_OF)
        if screening.verdict != "ineligible-for-now":
            assert screening.earliest is None
            continue
        for day in days_after(AS_OF - ONE_DAY, 60):
            found = [course.judged(i, day)[0] for i in range(len(protocol.criteria))]
            fails = any(finding.outcome == "fail" or finding.leaning == "fail" for finding in found)
            assert fails is (screening.earliest is None or day.isoformat() < screening.earliest)
            if not fails:
                break
