"""What lies ahead: orders, appointments, plans of care."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir_mappings.facts import Planned
from fhir_mappings.intervals import DateSpan, day
from tests.fhir_mappings.reading.written import SNOMED, concept, event, events, read, resource

BYPASS = concept("232717009", SNOMED, "Coronary artery bypass grafting")


def test_an_active_order_is_planned() -> None:
    written = resource(
        "ServiceRequest",
        "s1",
        status="active",
        intent="order",
        code=concept("232717009", SNOMED, "Coronary artery bypass grafting"),
        occurrenceDateTime="2026-07-01",
    )
    found = event(Planned, written)
    assert found.start == day(date(2026, 7, 1))
    for status in ("draft", "revoked", "completed", "entered-in-error"):
        assert events(Planned, {**written, "status": status}) == []
    assert events(Planned, {**written, "doNotPerform": True}) == []


@pytest.mark.parametrize(
    ("status", "sure"), [("active", True), ("on-hold", True), ("unknown", False), (None, False)]
)
def test_an_order_of_which_nobody_knows_whether_it_stands_is_not_sure(status: str | None, sure: bool) -> None:
    """NCT07517536 E3: planned coronary artery bypass surgery."""
    order = resource("ServiceRequest", "s1", status=status, intent="order", code=BYPASS)
    assert event(Planned, order).confirmed is sure
    assert event(Planned, care_plan("active" if sure else "unknown")).confirmed is sure


def test_an_activity_of_unknown_status_is_not_sure() -> None:
    assert not event(Planned, care_plan(status_of_activity="unknown")).confirmed


def appointment(**elements: Any) -> dict[str, Any]:
    written = {
        "status": "booked",
        "subject": None,
        "serviceType": [BYPASS],
        "start": "2026-07-01T08:00:00+08:00",
        "participant": [
            {"actor": {"reference": "Practitioner/dr"}},
            {"actor": {"reference": "Patient/p1"}},
        ],
    }
    return resource("Appointment", "a1", **{**written, **elements})


def test_a_booked_appointment_plans_its_service_and_its_reason() -> None:
    """NCT07517536 E3: planned coronary artery bypass surgery."""
    found = event(Planned, appointment())
    assert found.start == day(date(2026, 7, 1))
    assert found.evidence.path == "serviceType[0]"
    assert event(Planned, appointment(serviceType=None, reasonCode=[BYPASS])).evidence.path == "reasonCode[0]"


@pytest.mark.parametrize("status", ["fulfilled", "cancelled", "noshow", "entered-in-error", None])
def test_an_appointment_that_is_over_or_off_plans_nothing(status: str | None) -> None:
    assert events(Planned, appointment(status=status)) == []


def test_an_appointment_of_another_patient_is_not_this_ones() -> None:
    stranger = [{"actor": {"reference": "Patient/someone-else"}}]
    facts = read(appointment(participant=stranger))
    assert not facts.events
    assert [unread.reference for unread in facts.unread] == ["Appointment/a1"]


def care_plan(status: str = "active", status_of_activity: str = "scheduled", **detail: Any) -> dict[str, Any]:
    written = {
        "status": status_of_activity,
        "code": BYPASS,
        "scheduledPeriod": {"start": "2026-07"},
        **detail,
    }
    return resource("CarePlan", "c1", status=status, intent="plan", activity=[{}, {"detail": written}])


def test_an_activity_of_a_plan_of_care_lies_ahead() -> None:
    """NCT07517536 E3: planned coronary artery bypass surgery."""
    found = event(Planned, care_plan())
    assert found.start == DateSpan(date(2026, 7, 1), date(2026, 7, 31))
    assert found.evidence.path == "activity[1].detail.code"


@pytest.mark.parametrize(
    "written",
    [
        care_plan("revoked"),
        care_plan("completed"),
        care_plan("draft"),
        care_plan("entered-in-error"),
        care_plan(status="active", doNotPerform=True),
    ],
)
def test_a_plan_of_care_that_does_not_stand_plans_nothing(written: dict[str, Any]) -> None:
    assert events(Planned, written) == []


@pytest.mark.parametrize("status", ["completed", "cancelled", "stopped", "entered-in-error"])
def test_an_activity_that_is_over_or_off_plans_nothing(status: str) -> None:
    plan = care_plan()
    plan["activity"][1]["detail"]["status"] = status
    assert events(Planned, plan) == []
