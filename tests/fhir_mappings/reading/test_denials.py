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
    return resource("MedicationRequest", "m1", medicationCodeableConcept=HCQ, **{**written, **elements})


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
