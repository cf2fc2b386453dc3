"""The daily amount of a steroid run that is counted in pieces of a product, or that ran at a rate.

NCT05247203 E1e. Day 0 is 15 June 2026: the window is 20 April to 15 June.
"""

from __future__ import annotations

from tests.app.medication_records import (
    DAILY,
    PREDNISOLONE,
    PREDNISONE,
    Case,
    Expected,
    Json,
    dose,
    drug,
    each,
    finding,
    order,
)
from tests.app.steroid_runs import (
    CLEAR,
    FAIL,
    MISSING,
    REVIEW,
    START,
    by_reference,
    combination,
    days,
    for_days,
    infusion,
    medication,
    tablets,
)

PRODUCTS: list[Case] = [
    # -- products ------------------------------------------------------------------------------------------
    (
        "five tablets of 20 mg by ingredient",
        [by_reference(medication(20), for_days(14, dose(5, "{tbl}")))],
        FAIL,
    ),
    (
        "four tablets of 20 mg by ingredient",
        [by_reference(medication(20), for_days(14, dose(4, "{tbl}")))],
        CLEAR,
    ),
    ("five tablets by the code of the product alone", [tablets(5, drug("312615"))], FAIL),
    (
        "five tablets by the name of the product",
        [tablets(5, drug(PREDNISONE, "prednisone 20 MG Oral Tablet"), "TAB")],
        FAIL,
    ),
    (
        "a brand of methylprednisolone, five of 16 mg",
        [tablets(5, drug(None, "Medrol 16 mg tablet"), "tablet")],
        FAIL,
    ),
    (
        "a brand of methylprednisolone, four of 16 mg",
        [tablets(4, drug(None, "Medrol 16 mg tablet"), "tablet")],
        CLEAR,
    ),
    ("twenty tablets in Chinese", [tablets(20, drug(None, "醋酸泼尼松片 5mg"), "片")], FAIL),
    ("tablets of a strength that nothing tells", [tablets(5, drug(PREDNISONE, "prednisone"))], MISSING),
    ("a volume without its strength", [order(PREDNISOLONE, dose(10, "mL"), START)], MISSING),
    (
        "one, of a product counted in tablets: a tablet or a milligram",
        [
            order(
                drug("312615", "prednisone 20 MG Oral Tablet"),
                {"timing": DAILY, "doseAndRate": [{"doseQuantity": {"value": 1}}]},
                START,
            )
        ],
        CLEAR,
    ),
    (
        "five, of tablets of 20 mg, without a unit",
        [
            order(
                drug("312615", "prednisone 20 MG Oral Tablet"),
                {"timing": DAILY, "doseAndRate": [{"doseQuantity": {"value": 5}}]},
                START,
            )
        ],
        REVIEW,
    ),
    (
        "a number without a unit of a drug of no strength",
        [order(PREDNISONE, {"timing": DAILY, "doseAndRate": [{"doseQuantity": {"value": 5}}]}, START)],
        MISSING,
    ),
    (
        "the strength of the steroid in a combination",
        [by_reference(combination(20), for_days(14, dose(5, "{tbl}")))],
        FAIL,
    ),
    ("a combination, a tablet less", [by_reference(combination(20), for_days(14, dose(4, "{tbl}")))], CLEAR),
    (
        "20 mg an hour for five hours, as it was given",
        [infusion(20, "mg/h", when, 5) for when in days(START, 14)],
        FAIL,
    ),
    (
        "15 mg an hour for five hours, as it was given",
        [infusion(15, "mg/h", when, 5) for when in days(START, 14)],
        CLEAR,
    ),
    (
        "20 mg an hour, nobody says for how long",
        [infusion(20, "mg/h", when, None) for when in days(START, 14)],
        MISSING,
    ),
]


@each(PRODUCTS)
def test_the_run_of_e1e(resources: list[Json], expected: Expected) -> None:
    found = finding(resources, "E1e")
    assert (found.outcome, found.leaning) == expected, found.reason
