"""Prednisone ≥ 100 mg a day for ≥ 14 days within 8 weeks of day 0, from whole medication resources.

NCT05247203 E1e. Day 0 is 15 June 2026: the window is 20 April to 15 June. A run that surely took place fails,
one that may have taken place is for review, leaning fail; what cannot be computed is missing with the drug
named; only amounts that are known and too small, or too short, are presumed clear. Here are the boundaries,
days apart, and which steroids count by which routes and for how much.
"""

from __future__ import annotations

from tests.app.medication_records import (
    METHYLPREDNISOLONE,
    PREDNISOLONE,
    PREDNISONE,
    Case,
    Expected,
    Json,
    course,
    dose,
    drug,
    each,
    finding,
    given,
    order,
)
from tests.app.steroid_runs import CLEAR, FAIL, LOOK, MISSING, REVIEW, START, days

ALTERNATE = {"repeat": {"dayOfWeek": ["mon", "wed", "fri"]}}
AMOUNTS: list[Case] = [
    # -- boundaries: days are inclusive, the amount is at or above ------------------------------------------
    ("25 April to 8 May is 14 days", [course(100, "2026-04-25", "2026-05-08")], FAIL),
    ("13 days are not 14", [course(100, "2026-04-25", "2026-05-07")], CLEAR),
    ("99.9 mg is below", [course(99.9, "2026-04-25", "2026-05-25")], CLEAR),
    ("the last day is the first of the window", [course(100, "2026-04-07", "2026-04-20")], FAIL),
    ("the last day is the day before the window", [course(100, "2026-04-01", "2026-04-19")], CLEAR),
    ("a run that began long before counts by its last day", [course(100, "2026-02-01", "2026-04-20")], FAIL),
    ("an open order of 14 days, today included", [order(PREDNISONE, dose(100), "2026-06-02")], FAIL),
    ("an open order of 13 days", [order(PREDNISONE, dose(100), "2026-06-03")], CLEAR),
    ("an order that begins after day 0", [course(100, "2026-06-16", "2026-07-16")], CLEAR),
    # -- equivalents --------------------------------------------------------------------------------------
    ("methylprednisolone 80 mg is 100", [course(80, START, "2026-05-14", METHYLPREDNISOLONE)], FAIL),
    ("methylprednisolone 79 mg is 98.75", [course(79, START, "2026-05-14", METHYLPREDNISOLONE)], CLEAR),
    ("hydrocortisone 400 mg is 100", [course(400, START, "2026-05-14", "5492")], FAIL),
    ("cortisone 500 mg is 100", [course(500, START, "2026-05-14", drug(None, "cortisone acetate"))], FAIL),
    ("dexamethasone 15 mg is 100", [course(15, START, "2026-05-14", "3264")], FAIL),
    ("dexamethasone 12 mg is 80", [course(12, START, "2026-05-14", "3264")], CLEAR),
    ("betamethasone 12 mg is 100", [course(12, START, "2026-05-14", "1514")], FAIL),
    ("deflazacort 120 mg is 100", [course(120, START, "2026-05-14", "22396")], FAIL),
    ("prednisolone 99.9 mg is 99.9", [course(99.9, START, "2026-05-14", PREDNISOLONE)], CLEAR),
    (
        "prednisone 60 mg and methylprednisolone 32 mg on the same days are 100",
        [course(60, START, "2026-05-14"), course(32, START, "2026-05-14", METHYLPREDNISOLONE)],
        FAIL,
    ),
    # -- pulses and days apart ----------------------------------------------------------------------------
    (
        "three pulses of methylprednisolone",
        [given(METHYLPREDNISOLONE, 1000, when) for when in days("2026-05-20", 3)],
        CLEAR,
    ),
    ("14 daily administrations", [given(METHYLPREDNISOLONE, 80, when) for when in days(START, 14)], FAIL),
    ("14 on every second day", [given(METHYLPREDNISOLONE, 80, when) for when in days(START, 14, 2)], REVIEW),
    ("13 on every second day", [given(METHYLPREDNISOLONE, 80, when) for when in days(START, 13, 2)], CLEAR),
    (
        "a day left out breaks the run",
        [given(METHYLPREDNISOLONE, 80, when) for when in (*days(START, 7), *days("2026-05-09", 6))],
        CLEAR,
    ),
    (
        "two halves of a day are one dose",
        [
            given(METHYLPREDNISOLONE, 40, f"{when}T{hour}:00:00Z")
            for when in days(START, 14)
            for hour in ("08", "20")
        ],
        FAIL,
    ),
    ("named days, eight weeks of three", [course(200, "2026-04-20", "2026-06-14", timing=ALTERNATE)], REVIEW),
    ("named days, four weeks of three", [course(200, "2026-04-20", "2026-05-17", timing=ALTERNATE)], CLEAR),
    # -- routes --------------------------------------------------------------------------------------------
    ("inhaled", [course(200, START, "2026-06-01", "3264", route="447694001")], CLEAR),
    ("eye drops", [course(200, START, "2026-06-01", PREDNISOLONE, route="54485002")], CLEAR),
    ("a cream by its name", [order(drug(None, "betamethasone 0.1 % cream"), None, START)], CLEAR),
    (
        "betamethasone of no route may be no systemic treatment",
        [course(12, START, "2026-05-14", "1514", route=None)],
        REVIEW,
    ),
    ("prednisone of no route is a tablet", [course(100, START, "2026-05-14", route=None)], FAIL),
    (
        "prednisone by a route that is not understood",
        [course(100, START, "2026-05-14", route="999999999")],
        REVIEW,
    ),
    ("40 mg by a route that is not understood", [course(40, START, "2026-05-14", route="999999999")], CLEAR),
    ("a depot in a joint", [given(METHYLPREDNISOLONE, 80, "2026-05-20", route="12130007")], LOOK),
    ("a depot in a joint long ago", [given(METHYLPREDNISOLONE, 80, "2026-02-20", route="12130007")], CLEAR),
    ("budesonide by mouth", [course(9, START, "2026-06-01", drug(None, "budesonide 3 mg capsule"))], LOOK),
    (
        "budesonide inhaled",
        [course(1, START, "2026-06-01", drug(None, "budesonide"), route="447694001")],
        CLEAR,
    ),
    ("corticotropin", [order(drug(None, "Acthar gel"), None, START)], MISSING),
    ("fludrocortisone", [order(drug(None, "fludrocortisone"), None, START)], CLEAR),
]


@each(AMOUNTS)
def test_the_run_of_e1e(resources: list[Json], expected: Expected) -> None:
    found = finding(resources, "E1e")
    assert (found.outcome, found.leaning) == expected, found.reason
