"""How long findings stand where something was not retrieved: told rightly, and in little time."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.aside import MANY
from app.demo.patients import demo_patients
from eligibility.bound import BoundProtocol
from eligibility.course import Anchors, Course
from eligibility.screening import screen_course
from eligibility.standing import SOON, stands_until
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from tests.app.composed_charts import ANCHORS, composed_charts
from tests.app.ehr import EVERY, Ehr, hook_beside, request_without
from tests.app.service import AS_OF, POTENTIAL, fire, screening_service
from tests.app.test_standing import must_stand_to_the_day

PROTOCOLS = screening_service().protocols
FEW = 100
"""Judgements; there were 359 where values of the day were taken to grow old, and three years looked ahead."""


def without_results(record: PatientRecord) -> PatientRecord:
    """The chart as it is where the search for Observations has failed."""
    failed: dict[str, Any] = {"Observation": "failed"}
    facts = record.facts
    return PatientRecord(
        msgspec.structs.replace(
            facts,
            measurements={},
            unusable={},
            retrieval={**facts.retrieval, **failed},
            searched={**facts.searched, **failed},
        )
    )


def chart_of(patient: str) -> PatientRecord:
    bundle = json.dumps(demo_patients()[patient].bundle(AS_OF)).encode()
    return without_results(PatientRecord(read_patients(bundle)[0]))


def looked_for(record: PatientRecord, protocol: BoundProtocol, anchors: Anchors) -> tuple[date | None, int]:
    """Until when the findings stand, and how many were judged again to tell it."""
    course, asked = Course(protocol, record, anchors), 0

    def ask(position: int, day: date) -> Any:
        nonlocal asked
        asked += 1
        return course.judged(position, day)

    now = [course.judged(position, AS_OF) for position in range(len(protocol.criteria))]
    return stands_until(now, AS_OF, ask), asked


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
@pytest.mark.parametrize("patient", demo_patients())
def test_findings_stand_exactly_as_long_as_is_told_with_few_judgements(
    patient: str, protocol: BoundProtocol
) -> None:
    record = chart_of(patient)
    until, asked = looked_for(record, protocol, Anchors())
    assert asked <= FEW
    positions = list(range(len(protocol.criteria)))
    must_stand_to_the_day(Course(protocol, record, Anchors()), positions, AS_OF, until, 60)


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
@pytest.mark.parametrize("patient", demo_patients())
def test_it_is_the_day_that_is_found_where_every_value_is_taken_to_grow_old(
    patient: str, protocol: BoundProtocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = looked_for(chart_of(patient), protocol, Anchors())
    monkeypatch.setattr("eligibility.watching._is_of_the_day", lambda *_: False)
    all_of_them = looked_for(chart_of(patient), protocol, Anchors())
    assert few[0] == all_of_them[0]
    assert few[1] <= all_of_them[1]


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(chart=st.one_of(composed_charts(), composed_charts(coarse=True)), anchors=ANCHORS, lacks=st.booleans())
def test_so_it_is_for_any_chart(chart: PatientRecord, anchors: Anchors, *, lacks: bool) -> None:
    record = without_results(chart) if lacks else chart
    for protocol in PROTOCOLS.values():
        few = looked_for(record, protocol, anchors)[0]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("eligibility.watching._is_of_the_day", lambda *_: False)
            assert looked_for(record, protocol, anchors)[0] == few


def test_a_change_after_more_than_a_year_is_none() -> None:
    """Such a day is of no use: who asks has long since asked again."""
    for patient in demo_patients():
        for protocol in PROTOCOLS.values():
            until = screen_course(Course(protocol, chart_of(patient), Anchors()), AS_OF).stands_until
            assert until is None or date.fromisoformat(until) <= AS_OF + SOON


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(("types", "many"), [((), False), (("Observation",), True)])
def test_a_chart_of_which_something_was_not_retrieved_is_judged_beside_the_event_loop(
    types: tuple[str, ...], many: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights: list[int] = []

    async def aside(resources: int, work: Any) -> Any:
        weights.append(resources)
        return work()

    monkeypatch.setattr("app.hook.aside", aside)
    ehr = Ehr(POTENTIAL)
    for kind in types:
        ehr.resources.pop(kind)
    assert fire(request_without(*EVERY, patient=POTENTIAL), hook_beside(ehr)).status_code == 200
    assert [weight >= MANY for weight in weights] == [many]
