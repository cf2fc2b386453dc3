"""Medication resources: what is exposure, and from when until when."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir_mappings.intervals import DateSpan, day, point
from tests.fhir_mappings.reading.written import UCUM, quantity, read
from tests.fhir_mappings.reading.written_medications import (
    DAILY,
    FIRST,
    dispense,
    exposure,
    exposures,
    given,
    order,
    statement,
)


def test_an_order_is_an_exposure_with_drug_amount_and_provenance() -> None:
    found = exposure(order())
    assert found.drug == "drug_prednisone"
    assert "drug_prednisone" in found.concepts
    assert found.source == "request"
    assert found.start == FIRST
    assert found.ongoing
    assert found.doses[0].per_day == point(20)
    assert found.reference == "MedicationRequest/m1"
    assert found.confirmed


# Status and intent


@pytest.mark.parametrize("status", ["active", "on-hold", "completed", "stopped"])
def test_an_order_that_was_given_out_is_exposure(status: str) -> None:
    assert exposure(order(status=status)).status == status


@pytest.mark.parametrize("status", ["draft", "cancelled", "entered-in-error"])
def test_an_order_that_never_took_effect_is_none(status: str) -> None:
    assert exposures(order(status=status)) == []


@pytest.mark.parametrize(
    "intent", ["order", "original-order", "reflex-order", "filler-order", "instance-order"]
)
def test_every_kind_of_order_counts(intent: str) -> None:
    assert exposures(order(intent=intent))


@pytest.mark.parametrize("intent", ["proposal", "plan", "option"])
def test_a_proposal_or_plan_is_no_exposure(intent: str) -> None:
    assert exposures(order(intent=intent)) == []


def test_an_order_not_to_give_is_no_exposure() -> None:
    assert exposures(order(doNotPerform=True)) == []


def test_an_order_whose_prohibition_cannot_be_read_is_told_and_not_used() -> None:
    facts = read(order(doNotPerform={"maybe": 1}))
    assert not facts.events
    assert facts.unread


def test_a_missing_intent_is_taken_for_an_order_and_said() -> None:
    assert exposure(order(intent=None)).notes


@pytest.mark.parametrize("status", ["not-taken", "intended", "entered-in-error"])
def test_a_statement_of_what_is_not_taken_is_no_exposure(status: str) -> None:
    assert exposures(statement(status=status)) == []


@pytest.mark.parametrize("status", ["active", "completed", "stopped", "on-hold"])
def test_a_statement_of_what_is_or_was_taken_is_exposure(status: str) -> None:
    assert exposure(statement(status=status)).source == "statement"


@pytest.mark.parametrize("status", ["not-done", "entered-in-error"])
def test_what_was_not_administered_is_no_exposure(status: str) -> None:
    assert exposures(given(status=status)) == []


@pytest.mark.parametrize("status", ["completed", "in-progress", "stopped"])
def test_what_was_administered_is_exposure(status: str) -> None:
    assert exposure(given(status=status)).source == "administration"


@pytest.mark.parametrize("status", ["preparation", "cancelled", "declined", "entered-in-error"])
def test_what_was_not_handed_over_is_no_exposure(status: str) -> None:
    assert exposures(dispense(status=status)) == []


@pytest.mark.parametrize("make", [order, statement, given, dispense])
@pytest.mark.parametrize("status", ["unknown", None])
def test_an_unknown_status_is_not_taken_for_certain_nor_for_none(make: Any, status: str | None) -> None:
    assert not exposure(make(status=status)).confirmed


# From when until when


@pytest.mark.parametrize("status", ["active", "on-hold"])
def test_without_an_end_what_runs_goes_on(status: str) -> None:
    found = exposure(order(status=status))
    assert found.ongoing
    assert found.end is None


@pytest.mark.parametrize("status", ["completed", "stopped"])
def test_without_an_end_what_has_stopped_has_an_unknown_one(status: str) -> None:
    found = exposure(order(status=status))
    assert not found.ongoing
    assert found.end is None


def test_an_active_statement_for_a_day_does_not_tell_since_when() -> None:
    found = exposure(statement(status="active", effectiveDateTime="2026-06-10"))
    assert (str(found.start), found.end, found.ongoing) == ("../2026-06-10", None, True)
    assert DateSpan.parse(str(found.start)) == found.start


def test_a_statement_has_the_ends_of_its_period() -> None:
    period = {"start": "2026-01", "end": "2026-02-10"}
    found = exposure(statement(status="completed", effectivePeriod=period))
    assert found.start == DateSpan(date(2026, 1, 1), date(2026, 1, 31))
    assert found.end == day(date(2026, 2, 10))


def test_an_end_in_the_year_9999_is_no_end() -> None:
    found = exposure(statement(effectivePeriod={"start": "2026-03-02", "end": "9999-12-31"}))
    assert found.end is None
    assert found.ongoing


def test_an_administration_is_on_its_day() -> None:
    found = exposure(given())
    assert (found.start, found.end) == (FIRST, FIRST)
    assert not found.ongoing


def test_an_infusion_over_midnight_is_on_both_days() -> None:
    period = {"start": "2026-03-02T22:00:00Z", "end": "2026-03-03T02:00:00Z"}
    found = exposure(given(effectiveDateTime=None, effectivePeriod=period))
    assert (found.start, found.end) == (FIRST, day(date(2026, 3, 3)))


def test_a_dispense_lasts_for_its_days_of_supply() -> None:
    found = exposure(dispense(daysSupply={"value": 30, "unit": "days", "system": UCUM, "code": "d"}))
    assert (found.start, found.end) == (FIRST, day(date(2026, 3, 31)))


def test_a_dispense_without_a_supply_has_an_unknown_end() -> None:
    assert exposure(dispense()).end is None


def test_a_dispense_that_was_only_prepared_dates_from_then() -> None:
    assert exposure(dispense(whenHandedOver=None, whenPrepared="2026-03-02")).start == FIRST


def test_an_order_has_the_ends_of_its_dosage() -> None:
    timing = {
        "repeat": {**DAILY["timing"]["repeat"], "boundsPeriod": {"start": "2026-03-05", "end": "2026-03-18"}}
    }
    found = exposure(order(status="completed", dosageInstruction=[{**DAILY, "timing": timing}]))
    assert (found.start, found.end) == (day(date(2026, 3, 5)), day(date(2026, 3, 18)))


def test_a_completed_order_for_two_weeks_ended_after_two_weeks() -> None:
    timing = {"repeat": {**DAILY["timing"]["repeat"], "boundsDuration": quantity(14, "d")}}
    found = exposure(order(status="completed", dosageInstruction=[{**DAILY, "timing": timing}]))
    assert found.end == day(date(2026, 3, 15))


def test_a_completed_order_lasted_for_its_supply_and_at_most_for_all_its_refills() -> None:
    supply = {"expectedSupplyDuration": quantity(30, "d"), "numberOfRepeatsAllowed": 2}
    found = exposure(order(status="completed", dispenseRequest=supply))
    assert found.end == DateSpan(date(2026, 3, 31), date(2026, 5, 30))


def test_a_stopped_order_may_have_ended_on_any_day_of_its_course() -> None:
    supply = {"expectedSupplyDuration": quantity(30, "d")}
    found = exposure(order(status="stopped", dispenseRequest=supply))
    assert found.end == DateSpan(date(2026, 3, 2), date(2026, 3, 31))


def test_the_steps_of_a_taper_follow_each_other() -> None:
    def step(number: int) -> dict[str, Any]:
        timing = {"repeat": {**DAILY["timing"]["repeat"], "boundsDuration": quantity(1, "wk")}}
        return {**DAILY, "sequence": number, "timing": timing}

    found = exposure(order(status="completed", dosageInstruction=[step(1), step(2)]))
    assert found.end == day(date(2026, 3, 15))


def test_an_undated_order_is_undated() -> None:
    assert exposure(order(authoredOn=None)).start is None
