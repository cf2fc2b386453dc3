"""An order that is merely active and a statement that the drug was stopped: neither outweighs the other.

Wash-outs (NCT05247203 E10, E11, E13) and runs of a dose (E1e, E12b) up to 15 June 2026: by one of the two
records the drug counts, by the other it does not, and so a person has to settle it.
"""

from __future__ import annotations

from datetime import date

import pytest

from eligibility.treatment_time import days_on
from fhir_mappings.facts import Exposure
from tests.app.medication_records import (
    PREDNISONE,
    Json,
    dose,
    drug,
    finding,
    given,
    order,
    record,
    statement,
    supplied,
)
from tests.app.service import AS_OF, screening_service

BELIMUMAB = drug(None, "belimumab")
ORDERED = order(BELIMUMAB, None, "2023-01-01")
STOPPED = statement(BELIMUMAB, None, "2023-01-01", "2024-01-01", "stopped")
NOT_TAKEN = statement(BELIMUMAB, None, "2024-01-01", status="not-taken")


@pytest.mark.parametrize("backwards", [False, True], ids=["", "in the other order"])
@pytest.mark.parametrize(
    ("name", "criterion"),
    [("belimumab", "E10"), ("rituximab", "E10"), ("etanercept", "E11"), ("thalidomide", "E13")],
)
def test_a_drug_said_to_have_been_stopped_long_ago_and_still_ordered_leaves_its_wash_out_open(
    name: str, criterion: str, backwards: bool
) -> None:
    what = drug(None, name)
    both = [
        order(what, None, "2023-01-01"),
        statement(what, None, "2023-01-01", "2024-01-01", "stopped"),
    ]
    found = finding(both[::-1] if backwards else both, criterion)
    assert found.outcome == "missing", found.reason
    assert "conflicting" in [need.why for need in found.needs]
    assert "still ordered or supplied, and said to have been stopped or not to be taken" in found.reason
    assert {e.reference.partition("/")[0] for e in found.evidence} == {
        "MedicationRequest",
        "MedicationStatement",
    }


@pytest.mark.parametrize("backwards", [False, True], ids=["", "in the other order"])
def test_so_does_a_drug_that_is_said_not_to_be_taken_for_years_and_still_ordered(backwards: bool) -> None:
    both = [ORDERED, NOT_TAKEN]
    found = finding(both[::-1] if backwards else both, "E10")
    assert (found.outcome, [need.why for need in found.needs]) == ("missing", ["conflicting"]), found.reason


BY_BOTH: dict[str, tuple[list[Json], str]] = {
    "stopped lately: within the wash-out by both": (
        [ORDERED, statement(BELIMUMAB, None, "2023-01-01", "2026-06-01", "stopped")],
        "fail",
    ),
    "the order is over too": ([{**ORDERED, "status": "stopped"}, STOPPED], "missing"),
    "the order ended long ago, and so says the statement": (
        [order(BELIMUMAB, None, "2023-01-01", "completed"), STOPPED],
        "missing",
    ),
    "no order at all": ([STOPPED], "presumed"),
    "ordered again since": ([ORDERED, STOPPED, order(BELIMUMAB, None, "2026-03-01")], "fail"),
    "handed out since": ([ORDERED, STOPPED, supplied(BELIMUMAB, None, "2026-05-20", 28)], "fail"),
    "given since": ([ORDERED, STOPPED, given(BELIMUMAB, 700, "2026-05-20")], "fail"),
    "said to be taken by another statement": (
        [ORDERED, STOPPED, statement(BELIMUMAB, None, "2023-01-01")],
        "fail",
    ),
    "ordered after it was said not to be taken": ([NOT_TAKEN, order(BELIMUMAB, None, "2026-03-01")], "fail"),
}  # fmt: skip


@pytest.mark.parametrize(("resources", "outcome"), BY_BOTH.values(), ids=BY_BOTH)
def test_what_does_not_hang_on_the_order_being_active_is_unchanged(
    resources: list[Json], outcome: str
) -> None:
    found = finding(resources, "E10")
    assert found.outcome == outcome, found.reason
    assert "conflicting" not in [need.why for need in found.needs]


HIGH = order(PREDNISONE, dose(100), "2026-05-10")
THREE_DAYS = statement(PREDNISONE, dose(100), "2026-05-10", "2026-05-12", "stopped")


@pytest.mark.parametrize("criterion", ["E1e", "E12b"])
def test_a_run_of_an_order_that_is_said_to_have_been_stopped_after_three_days_is_for_a_person(
    criterion: str,
) -> None:
    assert finding([HIGH], criterion).outcome == "fail"
    for both in ([HIGH, THREE_DAYS], [THREE_DAYS, HIGH]):
        found = finding(both, criterion)
        assert found.outcome == "review", found.reason
        assert "possibly 100 mg a day or more" in found.reason


@pytest.mark.parametrize("criterion", ["E1e", "E12b"])
def test_an_order_of_unknown_dose_that_is_said_not_to_be_taken_leaves_the_run_open(criterion: str) -> None:
    denied = statement(PREDNISONE, None, "2026-05-12", status="not-taken")
    assert finding([order(PREDNISONE, None, "2026-05-10"), denied], criterion).outcome == "missing"
    assert finding([HIGH, denied], criterion).outcome == "review"


@pytest.mark.parametrize("criterion", ["E1e", "E12b"])
def test_a_run_that_was_long_enough_before_the_stop_counts_by_both(criterion: str) -> None:
    long_enough = statement(PREDNISONE, dose(100), "2026-05-10", "2026-05-23", "stopped")  # 14 days
    assert finding([HIGH, long_enough], criterion).outcome == "fail"
    too_short = statement(PREDNISONE, dose(100), "2026-05-10", "2026-05-22", "stopped")
    assert finding([HIGH, too_short], criterion).outcome == "review"


@pytest.mark.parametrize("criterion", ["E1e", "E12b"])
def test_a_run_that_was_ordered_again_after_the_stop_counts(criterion: str) -> None:
    assert (
        finding([HIGH, THREE_DAYS, order(PREDNISONE, dose(100), "2026-05-20")], criterion).outcome == "fail"
    )


def test_the_background_treatment_of_a_drug_that_is_ordered_and_said_to_be_over_stays_open() -> None:
    both = [
        order(PREDNISONE, dose(10), "2025-01-01"),
        statement(PREDNISONE, dose(10), "2025-01-01", "2026-05-30", "stopped"),
    ]
    found = finding(both, "I6")
    assert (found.outcome, [need.why for need in found.needs]) == ("missing", ["conflicting"])


def test_days_after_the_stop_are_possible_days_of_treatment_not_certain_ones() -> None:
    found = record([ORDERED, STOPPED]).events(("exposure",), None).events
    ordered = [e for e in found if isinstance(e, Exposure) and e.source == "request"]
    began, stopped = date(2023, 1, 1), date(2024, 1, 1)
    assert days_on(ordered, date.min, AS_OF, certain=True) == [(began, stopped)]
    assert days_on(ordered, date.min, AS_OF, certain=False) == [(began, AS_OF)]


def test_both_sides_are_told_as_a_contradiction() -> None:
    report = screening_service().screen_record(
        record([ORDERED, STOPPED]), AS_OF, protocol_ids=["nct05247203"]
    )
    assert [c.kind for c in report.contradictions] == ["ordered-and-taken"]
