"""Drugs that a statement says are not taken: it outweighs orders, not what was given or handed over."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir_mappings.facts import Exposure
from fhir_mappings.intervals import DateSpan, day
from tests.fhir_mappings.reading.written import concept, read, resource

HCQ = concept(text="hydroxychloroquine 200 MG Oral Tablet")
JUNE = {"effectiveDateTime": "2026-06-01"}


def order(**elements: Any) -> dict[str, Any]:
    written = {"status": "active", "intent": "order", "authoredOn": "2026-01-01"}
    return resource("MedicationRequest", "m1", **{"medicationCodeableConcept": HCQ, **written, **elements})


def not_taken(**elements: Any) -> dict[str, Any]:
    written = {"medicationCodeableConcept": HCQ, **elements}
    return resource("MedicationStatement", "s1", status="not-taken", **written)


def course(*resources: dict[str, Any]) -> Exposure:
    (found,) = (event for event in read(*resources).events if isinstance(event, Exposure))
    return found


def test_a_denial_ends_an_older_order_some_day_before_it() -> None:
    found = course(order(), not_taken(**JUNE))
    assert (found.ongoing, found.end) == (False, DateSpan(date(2026, 1, 1), date(2026, 5, 31)))
    assert any("MedicationStatement/s1" in note for note in found.notes)


@pytest.mark.parametrize(
    "when", [{"dateAsserted": "2026-06-01"}, {"effectivePeriod": {"start": "2026-06-01"}}]
)
def test_a_denial_holds_from_its_period_or_from_when_it_was_made(when: dict[str, Any]) -> None:
    assert course(order(), not_taken(**when)).end == DateSpan(date(2026, 1, 1), date(2026, 5, 31))


@pytest.mark.parametrize(
    "when",
    [
        {},
        {"effectiveDateTime": "2026-01-01"},
        {"effectiveDateTime": "2026"},
        {"effectivePeriod": {"start": "2026-03-01", "end": "2026-03-31"}},
    ],
    ids=["undated", "on the day of the order", "some day of its year", "for a time"],
)
def test_a_denial_that_may_not_be_the_last_word_leaves_the_order_open(when: dict[str, Any]) -> None:
    found = course(order(), not_taken(**when))
    assert (found.ongoing, found.end) == (False, None)


def test_a_denial_says_nothing_of_a_later_order_of_a_past_one_or_of_another_drug() -> None:
    assert course(order(authoredOn="2026-06-02"), not_taken(**JUNE)).ongoing
    bounds = {"timing": {"repeat": {"boundsPeriod": {"start": "2026-01-01", "end": "2026-02-01"}}}}
    assert course(order(dosageInstruction=[bounds]), not_taken(**JUNE)).end == day(date(2026, 2, 1))
    other = not_taken(**JUNE) | {"medicationCodeableConcept": concept(text="azathioprine 50 MG Oral Tablet")}
    assert course(order(), other).ongoing


def test_a_denial_does_not_undo_what_was_handed_over() -> None:
    supply = resource(
        "MedicationDispense",
        "d1",
        status="completed",
        medicationCodeableConcept=HCQ,
        whenHandedOver="2026-05-20",
        daysSupply={"value": 30},
    )
    assert course(supply, not_taken(**JUNE)).end == day(date(2026, 6, 18))


def test_a_statement_made_at_an_unknown_time_is_open_beside_a_denial() -> None:
    taken = resource(
        "MedicationStatement",
        "s2",
        status="active",
        medicationCodeableConcept=HCQ,
        effectivePeriod={"start": "2026-01-01"},
    )
    found = course(taken, not_taken(**JUNE))
    assert (found.ongoing, found.end) == (False, None)


def test_a_denial_of_a_drug_that_cannot_be_told_is_unread() -> None:
    facts = read(not_taken(medicationCodeableConcept=None))
    assert [unread.reference for unread in facts.unread] == ["MedicationStatement/s1"]


def test_an_order_names_the_one_that_it_renews() -> None:
    assert course(order(priorPrescription={"reference": "MedicationRequest/m0"})).renews == (
        "MedicationRequest/m0"
    )


# --- doses that were not given (FHIR R4, MedicationAdministration.status not-done) ---

RITUXIMAB = {"medicationCodeableConcept": concept(text="rituximab")}


def infusion(own_id: str, status: str, on: str, **elements: Any) -> dict[str, Any]:
    written = {**RITUXIMAB, "status": status, "effectiveDateTime": on, **elements}
    return resource("MedicationAdministration", own_id, **written)


def infused(*resources: dict[str, Any], **elements: Any) -> Exposure:
    """The order, as it is read beside these."""
    found = read(order(**RITUXIMAB, **elements), *resources).events
    return next(event for event in found if isinstance(event, Exposure) and event.source == "request")


@pytest.mark.parametrize("status", ["active", "completed"])
def test_an_order_of_which_the_only_dose_was_not_given_is_unconfirmed(status: str) -> None:
    found = infused(infusion("a1", "not-done", "2026-01-06"), status=status)
    assert not found.confirmed
    assert any("MedicationAdministration/a1" in note for note in found.notes)


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([infusion("a2", "completed", "2026-01-20")], id="another dose was given"),
        pytest.param([], id="the dose was of a time before the order"),
    ],
)
def test_an_order_stands_beside_a_dose_that_was_not_given(others: list[dict[str, Any]]) -> None:
    left_out = infusion("a1", "not-done", "2026-01-06" if others else "2025-12-01")
    assert infused(left_out, *others).confirmed


def test_a_dose_that_was_not_given_doubts_the_order_that_it_names_and_no_other() -> None:
    named = {"reference": "MedicationRequest/m1"}
    assert not infused(infusion("a1", "not-done", "2026-01-06", request=named)).confirmed
    other = {"reference": "MedicationRequest/m9"}
    assert infused(infusion("a1", "not-done", "2026-01-06", request=other)).confirmed


def test_one_dose_left_out_of_a_daily_course_says_nothing() -> None:
    daily = {
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": {"value": 400, "unit": "mg"}}],
    }
    left_out = infusion("a1", "not-done", "2026-01-06", medicationCodeableConcept=HCQ)
    assert course(order(dosageInstruction=[daily]), left_out).confirmed
