"""An order and a statement of one drug that cannot both hold are told as a contradiction; neither settles it.

NCT05247203 I6, 30 days before day 0, 15 June 2026.
"""

from __future__ import annotations

import pytest

from eligibility.reported import Contradiction
from tests.app.medication_records import (
    HYDROXYCHLOROQUINE,
    INTRAVENOUS,
    ORAL,
    PREDNISONE,
    Json,
    dose,
    ends,
    every,
    finding,
    order,
    record,
    statement,
    supplied,
)
from tests.app.service import AS_OF, screening_service

HCQ = HYDROXYCHLOROQUINE
ORDERED = order(HCQ, dose(400), "2025-01-01")


def told(*resources: Json) -> list[Contradiction]:
    report = screening_service().screen_record(record(list(resources)), AS_OF, protocol_ids=["nct05247203"])
    return [conflict for conflict in report.contradictions if conflict.kind == "ordered-and-taken"]


@pytest.mark.parametrize("backwards", [False, True])
def test_ordered_at_400_mg_and_taken_at_200_mg_is_a_contradiction(backwards: bool) -> None:
    both = [ORDERED, statement(HCQ, dose(200), "2025-01-01")]
    [conflict] = told(*(both[::-1] if backwards else both))
    assert "400 mg a day is ordered, 200 mg a day is said to be taken" in conflict.detail
    assert sorted(e.reference.partition("/")[0] for e in conflict.evidence) == [
        "MedicationRequest",
        "MedicationStatement",
    ]


NONE: dict[str, list[Json]] = {
    "the same dose": [ORDERED, statement(HCQ, dose(400), "2025-01-01")],
    "the same dose in two parts": [ORDERED, statement(HCQ, dose(200, timing=every(2, 1, "d")), "2025-01-01")],
    "a dose that is not recorded": [ORDERED, statement(HCQ, None, "2025-01-01")],
    "a dose as needed": [ORDERED, statement(HCQ, dose(400, asNeededBoolean=True), "2025-01-01")],
    "a range that holds the order's dose": [
        ORDERED,
        statement(
            HCQ,
            {
                "timing": every(1, 1, "d"),
                "doseAndRate": [
                    {"doseRange": {"low": {"value": 200, "unit": "mg"}, "high": {"value": 400, "unit": "mg"}}}
                ],
            },
            "2025-01-01",
        ),
    ],
    "another drug": [ORDERED, statement(PREDNISONE, dose(5), "2025-01-01")],
    "a statement that is over": [ORDERED, statement(HCQ, dose(200), "2024-01-01", "2024-12-31", "completed")],
    "an order that is over": [
        order(HCQ, dose(400), "2024-01-01", "completed"),
        statement(HCQ, dose(200), "2025-01-01"),
    ],
    "an order on hold": [
        order(HCQ, dose(400), "2025-01-01", "on-hold"),
        statement(HCQ, dose(200), "2025-01-01"),
    ],
    "an unconfirmed statement": [ORDERED, statement(HCQ, dose(200), "2025-01-01", status="unknown")],
    "two orders, of which the statement tells the sum": [
        order(HCQ, dose(200), "2025-01-01"),
        order(HCQ, dose(400), "2025-01-01"),
        statement(HCQ, dose(600), "2025-01-01"),
    ],
    "by another route": [
        order(PREDNISONE, dose(5, route=ORAL), "2025-01-01"),
        statement(PREDNISONE, dose(100, route=INTRAVENOUS), "2025-01-01"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("resources", NONE.values(), ids=NONE)
def test_what_may_both_hold_is_no_contradiction(resources: list[Json]) -> None:
    assert told(*resources) == []


# FHIR R4, MedicationStatement.status: what is `stopped` or `completed` is no longer taken.
STOPPED = statement(HCQ, dose(400), "2025-01-01", "2026-05-30", "stopped")
SAID_TO_BE_OVER: dict[str, list[Json]] = {
    "stopped within the 30 days": [ORDERED, STOPPED],
    "completed within them": [ORDERED, statement(HCQ, dose(400), "2025-01-01", "2026-05-30", "completed")],
    "stopped before them": [ORDERED, statement(HCQ, dose(400), "2025-01-01", "2026-02-01", "stopped")],
    "stopped in some month": [ORDERED, statement(HCQ, dose(400), "2025-01-01", "2026-05", "stopped")],
    "stopped, nobody says when": [ORDERED, statement(HCQ, dose(400), "2025-01-01", None, "stopped")],
    "stopped, at a dose that is not recorded": [
        ORDERED,
        statement(HCQ, None, "2025-01-01", "2026-05-30", "stopped"),
    ],
    "stopped, though the order names an end to come": [
        order(HCQ, ends(dose(400), "2025-01-01", "2026-12-31"), "2025-01-01"),
        STOPPED,
    ],
    "not taken since January": [ORDERED, statement(HCQ, None, "2026-01-01", status="not-taken")],
    "not taken, nobody says since when": [ORDERED, statement(HCQ, None, None, status="not-taken")],
    "stopped before what was handed out is used up": [
        ORDERED,
        supplied(HCQ, dose(400), "2026-05-01", 90),
        STOPPED,
    ],
}


@pytest.mark.parametrize("backwards", [False, True], ids=["", "in the other order"])
@pytest.mark.parametrize("resources", SAID_TO_BE_OVER.values(), ids=SAID_TO_BE_OVER)
def test_an_order_that_is_merely_active_does_not_show_that_what_is_said_to_be_over_is_taken(
    resources: list[Json], backwards: bool
) -> None:
    resources = resources[::-1] if backwards else resources
    found = finding(resources, "I6")
    assert (found.outcome, [need.why for need in found.needs]) == ("missing", ["conflicting"]), found.reason
    assert "said to have been stopped or not to be taken" in found.reason
    [conflict] = told(*resources)
    assert "is still active, but it is said" in conflict.detail
    assert {e.reference.partition("/")[0] for e in conflict.evidence} == {
        "MedicationRequest",
        "MedicationStatement",
    }


def test_the_same_holds_of_a_glucocorticoid() -> None:
    both = [
        order(PREDNISONE, dose(10), "2025-01-01"),
        statement(PREDNISONE, dose(10), "2025-01-01", "2026-05-30", "stopped"),
    ]
    assert finding(both, "I6").outcome == "missing"
    [conflict] = told(*both)
    assert "said to have ended on 2026-05-30" in conflict.detail


CARRIED_ON: dict[str, list[Json]] = {
    "handed out after the stop": [ORDERED, STOPPED, supplied(HCQ, dose(400), "2026-06-02", 90)],
    "said to be taken by another statement": [ORDERED, STOPPED, statement(HCQ, dose(400), "2025-01-01")],
    "a burst of another dose, long over": [
        order(PREDNISONE, dose(5), "2025-01-01"),
        statement(PREDNISONE, dose(40), "2026-01-01", "2026-01-14", "completed"),
    ],
    "an earlier course, over before the order": [
        ORDERED,
        statement(HCQ, dose(400), "2023-01-01", "2024-06-30", "stopped"),
    ],
    "infusions that were stopped beside tablets": [
        order(PREDNISONE, dose(5, route=ORAL), "2025-01-01"),
        statement(PREDNISONE, dose(5, route=INTRAVENOUS), "2026-01-01", "2026-01-03", "stopped"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("resources", CARRIED_ON.values(), ids=CARRIED_ON)
def test_what_is_carried_on_or_was_another_course_is_unchanged(resources: list[Json]) -> None:
    assert finding(resources, "I6").outcome == "pass"
    assert told(*resources) == []


def test_begun_again_by_a_later_order_it_may_have_been_paused_in_between() -> None:
    again = [ORDERED, STOPPED, order(HCQ, dose(400), "2026-06-10")]
    assert finding(again, "I6").outcome == "missing"
    assert finding([ORDERED, STOPPED, order(HCQ, dose(400), "2026-06-02")], "I6").outcome == "pass"


@pytest.mark.parametrize("second", [STOPPED, statement(HCQ, None, "2026-01-01", status="not-taken")])
def test_another_drug_that_is_unchanged_does_not_hide_what_may_have_been_stopped_in_the_period(
    second: Json,
) -> None:
    beside = statement(PREDNISONE, dose(5), "2025-01-01")
    expected = "missing" if second is STOPPED else "pass"  # not taken since January: no change since May
    assert finding([ORDERED, second, beside], "I6").outcome == expected


def test_an_order_that_is_over_too_agrees_with_the_statement() -> None:
    over = order(HCQ, ends(dose(400), "2025-01-01", "2026-05-30"), "2025-01-01", "completed")
    assert finding([over, STOPPED], "I6").outcome == "fail"
    assert told(over, STOPPED) == []
