"""A steroid run by who says it: orders, statements, dispenses and administrations are not counted twice.

NCT05247203 E1e. Day 0 is 15 June 2026: the window is 20 April to 15 June. What state, intent and end a record
names decides whether it is a run, may be one, or is none.
"""

from __future__ import annotations

from tests.app.medication_records import (
    HYDROXYCHLOROQUINE,
    PREDNISONE,
    Case,
    Expected,
    Json,
    course,
    dose,
    each,
    finding,
    given,
    order,
    quantity,
    statement,
    supplied,
)
from tests.app.steroid_runs import CLEAR, FAIL, REVIEW, START, days, for_days

RECORDS: list[Case] = [
    # -- who says it: no double counting ---------------------------------------------------------------------
    (
        "the same 60 mg as order and as statement",
        [order(PREDNISONE, dose(60), START), statement(PREDNISONE, dose(60), START)],
        CLEAR,
    ),
    (
        "the same 60 mg in all four",
        [
            order(PREDNISONE, dose(60), START),
            statement(PREDNISONE, dose(60), START),
            supplied(PREDNISONE, dose(60), START, 30),
            *(given(PREDNISONE, 60, when, route="26643006") for when in days(START, 30)),
        ],
        CLEAR,
    ),
    (
        "administrations of 40 mg overrule the order of 100 mg",
        [
            course(100, START, "2026-05-20"),
            *(given(PREDNISONE, 40, when, route="26643006") for when in days(START, 20)),
        ],
        CLEAR,
    ),
    (
        "administrations of 100 mg overrule the order of 40 mg",
        [
            course(40, START, "2026-05-20"),
            *(given(PREDNISONE, 100, when, route="26643006") for when in days(START, 14)),
        ],
        FAIL,
    ),
    ("a dispense of 14 days", [supplied(PREDNISONE, dose(100), START, 14)], FAIL),
    ("a dispense of 13 days", [supplied(PREDNISONE, dose(100), START, 13)], CLEAR),
    ("a dispense of a supply that nothing tells", [supplied(PREDNISONE, dose(100), START, None)], REVIEW),
    (
        "two dispenses of a week back to back",
        [supplied(PREDNISONE, dose(100), START, 7), supplied(PREDNISONE, dose(100), "2026-05-08", 7)],
        FAIL,
    ),
    (
        "two dispenses of a week with a day between",
        [supplied(PREDNISONE, dose(100), START, 7), supplied(PREDNISONE, dose(100), "2026-05-09", 7)],
        REVIEW,
    ),
    (
        "a renewal that overlaps by a week",
        [course(60, START, "2026-05-20"), course(60, "2026-05-14", "2026-06-05")],
        CLEAR,
    ),
    (
        "two orders of 60 mg side by side may be one",
        [course(60, START, "2026-05-20"), course(60, START, "2026-05-20")],
        REVIEW,
    ),
    (
        "a 60 mg and a 40 mg order side by side",
        [course(60, START, "2026-05-20"), course(40, START, "2026-05-20")],
        FAIL,
    ),
    (
        "an unreadable order beside a statement that tells the dose",
        [order(PREDNISONE, {"text": "as directed"}, START), statement(PREDNISONE, dose(10), START)],
        CLEAR,
    ),
    (
        "one administration of 60 mg told twice, or two",
        [
            given(PREDNISONE, 60, f"{when}T08:00:00Z", route="26643006")
            for when in days(START, 14)
            for _ in range(2)
        ],
        REVIEW,
    ),
    (
        "two administrations of 60 mg at two times of day",
        [
            given(PREDNISONE, 60, f"{when}T{hour}:00:00Z", route="26643006")
            for when in days(START, 14)
            for hour in ("08", "20")
        ],
        FAIL,
    ),
    (
        "an older statement of 5 mg that nobody closed, and an order of 100 mg",
        [statement(PREDNISONE, dose(5), "2025-01-01"), order(PREDNISONE, dose(100), START)],
        REVIEW,
    ),
    # -- ends that nobody recorded, states, intents ----------------------------------------------------------
    ("stopped, nobody says when", [order(PREDNISONE, dose(100), START, "stopped")], REVIEW),
    (
        "stopped before its 30 days were over, perhaps",
        [order(PREDNISONE, for_days(30, dose(100)), START, "stopped")],
        REVIEW,
    ),
    (
        "completed, with a supply of 14 days",
        [
            order(
                PREDNISONE,
                dose(100),
                START,
                "completed",
                dispenseRequest={"expectedSupplyDuration": quantity(14, "d")},
            )
        ],
        FAIL,
    ),
    (
        "completed, with a supply of 13 days",
        [
            order(
                PREDNISONE,
                dose(100),
                START,
                "completed",
                dispenseRequest={"expectedSupplyDuration": quantity(13, "d")},
            )
        ],
        CLEAR,
    ),
    ("on hold, nobody says since when", [order(PREDNISONE, dose(100), START, "on-hold")], REVIEW),
    ("known to the month", [order(PREDNISONE, for_days(14, dose(100)), "2026-05", "completed")], REVIEW),
    ("no date at all", [order(PREDNISONE, dose(100), None)], REVIEW),
    ("a draft", [order(PREDNISONE, dose(100), START, "draft")], CLEAR),
    ("cancelled", [order(PREDNISONE, dose(100), START, "cancelled")], CLEAR),
    ("entered in error", [order(PREDNISONE, dose(100), START, "entered-in-error")], CLEAR),
    ("a plan", [order(PREDNISONE, dose(100), START, intent="plan")], CLEAR),
    ("a proposal", [order(PREDNISONE, dose(100), START, intent="proposal")], CLEAR),
    ("not to be given", [order(PREDNISONE, dose(100), START, doNotPerform=True)], CLEAR),
    ("said not to be taken", [statement(PREDNISONE, dose(100), START, status="not-taken")], CLEAR),
    ("intended", [statement(PREDNISONE, dose(100), START, status="intended")], CLEAR),
    ("not given", [given(PREDNISONE, 100, when, status="not-done") for when in days(START, 14)], CLEAR),
    ("of unknown status", [order(PREDNISONE, dose(100), START, "unknown")], REVIEW),
    ("another drug of any amount", [order(HYDROXYCHLOROQUINE, dose(400), START)], CLEAR),
]


@each(RECORDS)
def test_the_run_of_e1e(resources: list[Json], expected: Expected) -> None:
    found = finding(resources, "E1e")
    assert (found.outcome, found.leaning) == expected, found.reason
