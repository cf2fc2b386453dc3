"""The daily amount of a steroid run, in each way in which a dosage says it; words alone never say it.

NCT05247203 E1e. Day 0 is 15 June 2026: the window is 20 April to 15 June.
"""

from __future__ import annotations

from tests.app.medication_records import (
    DAILY,
    METHYLPREDNISOLONE,
    PREDNISONE,
    Case,
    Expected,
    Json,
    dose,
    drug,
    each,
    ends,
    every,
    finding,
    given,
    order,
    quantity,
    statement,
)
from tests.app.steroid_runs import CLEAR, FAIL, MISSING, REVIEW, START, for_days, height, weight

BID = {
    "code": {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation", "code": "BID"}]
    }
}
DOSAGES: list[Case] = [
    # -- how a dosage says it -----------------------------------------------------------------------------
    ("50 mg twice a day", [order(PREDNISONE, for_days(14, dose(50, timing=every(2, 1, "d"))), START)], FAIL),
    (
        "50 mg every 12 hours",
        [order(PREDNISONE, for_days(14, dose(50, timing=every(1, 12, "h"))), START)],
        FAIL,
    ),
    ("50 mg BID by code", [order(PREDNISONE, for_days(14, dose(50, timing=BID)), START)], FAIL),
    (
        "50 mg at 08:00 and 16:00",
        [
            order(
                PREDNISONE,
                for_days(14, dose(50, timing={"repeat": {"timeOfDay": ["08:00:00", "16:00:00"]}})),
                START,
            )
        ],
        FAIL,
    ),
    (
        "100 mg on alternate days",
        [order(PREDNISONE, for_days(27, dose(100, timing=every(1, 2, "d"))), START)],
        REVIEW,
    ),
    ("14 doses at one a day", [order(PREDNISONE, dose(100, timing=every(1, 1, "d", count=14)), START)], FAIL),
    (
        "13 doses at one a day",
        [order(PREDNISONE, dose(100, timing=every(1, 1, "d", count=13)), START)],
        CLEAR,
    ),
    ("one dose", [order(METHYLPREDNISOLONE, dose(500, timing={"repeat": {"count": 1}}), START)], CLEAR),
    (
        "a count of one with the unit of a period that is lacking",
        [order(PREDNISONE, dose(100, timing={"repeat": {"count": 1, "periodUnit": "d"}}), START)],
        MISSING,
    ),
    (
        "a length of 10 to 14 days",
        [
            order(
                PREDNISONE,
                dose(
                    100,
                    timing=every(
                        1, 1, "d", boundsRange={"low": quantity(10, "d"), "high": quantity(14, "d")}
                    ),
                ),
                START,
                "completed",
            )
        ],
        REVIEW,
    ),
    (
        "a length of 10 to 13 days",
        [
            order(
                PREDNISONE,
                dose(
                    100,
                    timing=every(
                        1, 1, "d", boundsRange={"low": quantity(10, "d"), "high": quantity(13, "d")}
                    ),
                ),
                START,
                "completed",
            )
        ],
        CLEAR,
    ),
    (
        "50 to 100 mg",
        [
            order(
                PREDNISONE,
                {
                    "timing": DAILY,
                    "doseAndRate": [{"doseRange": {"low": quantity(50, "mg"), "high": quantity(100, "mg")}}],
                },
                START,
            )
        ],
        REVIEW,
    ),
    (
        "20 to 40 mg",
        [
            order(
                PREDNISONE,
                {
                    "timing": DAILY,
                    "doseAndRate": [{"doseRange": {"low": quantity(20, "mg"), "high": quantity(40, "mg")}}],
                },
                START,
            )
        ],
        CLEAR,
    ),
    (
        "once or twice 50 mg",
        [order(PREDNISONE, dose(50, timing=every(1, 1, "d", frequencyMax=2)), START)],
        REVIEW,
    ),
    ("as needed may be none", [order(PREDNISONE, dose(100, asNeededBoolean=True), START)], REVIEW),
    (
        "as needed for a reason",
        [order(PREDNISONE, dose(100, asNeededCodeableConcept={"text": "flare"}), START)],
        REVIEW,
    ),
    (
        "as needed with a limit of 30 mg",
        [
            order(
                PREDNISONE,
                dose(
                    10,
                    timing=every(1, 6, "h"),
                    asNeededBoolean=True,
                    maxDosePerPeriod={"numerator": quantity(30, "mg"), "denominator": quantity(1, "d")},
                ),
                START,
            )
        ],
        CLEAR,
    ),
    (
        "as needed without how often",
        [
            order(
                PREDNISONE,
                {"asNeededBoolean": True, "doseAndRate": [{"doseQuantity": quantity(20, "mg")}]},
                START,
            )
        ],
        MISSING,
    ),
    (
        "50 mg every 6 hours, at most 80 mg a day",
        [
            order(
                PREDNISONE,
                dose(
                    50,
                    timing=every(1, 6, "h"),
                    maxDosePerPeriod={"numerator": quantity(80, "mg"), "denominator": quantity(1, "d")},
                ),
                START,
            )
        ],
        CLEAR,
    ),
    ("2 mg per kg and day at 60 kg", [weight(60), order(PREDNISONE, dose(2, "mg/kg"), START)], FAIL),
    ("2 mg per kg and day, weight unknown", [order(PREDNISONE, dose(2, "mg/kg"), START)], MISSING),
    (
        "60 mg per m² at 1.66 m²",
        [weight(60), height(165), order(PREDNISONE, dose(60, "mg/m2"), START)],
        CLEAR,
    ),
    ("60 mg per m², height unknown", [weight(60), order(PREDNISONE, dose(60, "mg/m2"), START)], MISSING),
    (
        "20 mg an hour for five hours by rateRatio",
        [
            order(
                METHYLPREDNISOLONE,
                for_days(
                    14,
                    {
                        "timing": every(1, 1, "d", duration=5, durationUnit="h"),
                        "doseAndRate": [
                            {"rateRatio": {"numerator": quantity(20, "mg"), "denominator": quantity(1, "h")}}
                        ],
                        "route": {"text": "IV"},
                    },
                ),
                START,
            )
        ],
        FAIL,
    ),
    (
        "15 mg an hour for five hours by rateQuantity",
        [
            order(
                METHYLPREDNISOLONE,
                for_days(
                    14,
                    {
                        "timing": every(1, 1, "d", duration=5, durationUnit="h"),
                        "doseAndRate": [{"rateQuantity": quantity(15, "mg/h")}],
                        "route": {"text": "IV"},
                    },
                ),
                START,
            )
        ],
        CLEAR,
    ),
    (
        "60, 40, 20 mg",
        [
            order(
                PREDNISONE, [for_days(7, dose(mg, sequence=n)) for n, mg in enumerate((60, 40, 20), 1)], START
            )
        ],
        CLEAR,
    ),
    (
        "120 and 100 mg, a week each",
        [order(PREDNISONE, [for_days(7, dose(mg, sequence=n)) for n, mg in enumerate((120, 100), 1)], START)],
        FAIL,
    ),
    (
        "120 and 90 mg, ten days each",
        [order(PREDNISONE, [for_days(10, dose(mg, sequence=n)) for n, mg in enumerate((120, 90), 1)], START)],
        CLEAR,
    ),
    ("60 in the morning and 40 in the evening", [order(PREDNISONE, [dose(60), dose(40)], START)], FAIL),
    (
        "steps without lengths may be steps or doses",
        [order(PREDNISONE, [dose(60, sequence=1), dose(40, sequence=2)], START)],
        REVIEW,
    ),
    # -- words are never read ------------------------------------------------------------------------------
    ("a harmless sig in words", [order(PREDNISONE, {"text": "5 mg once daily"}, START)], MISSING),
    (
        "a sig in words with a product of a known strength",
        [order(drug("312615", "prednisone 20 MG Oral Tablet"), {"text": "Take 1 tablet daily"}, START)],
        MISSING,
    ),
    ("an instruction to the patient", [order(PREDNISONE, {"patientInstruction": "10 mg"}, START)], MISSING),
    ("no dosage at all", [order(PREDNISONE, None, START)], MISSING),
    ("a statement without a dose", [statement(PREDNISONE, None, "2025-01-01")], MISSING),
    (
        "words of 10 mg beside 100 mg as structured",
        [order(PREDNISONE, dose(100, text="10 mg daily"), START)],
        FAIL,
    ),
    ("a glucocorticoid that is not named", [order(drug(None, "corticosteroid"), None, START)], MISSING),
    (
        "unreadable for 13 days is no run",
        [
            order(
                PREDNISONE,
                ends({"text": "as directed", "timing": {}}, START, "2026-05-13"),
                START,
                "completed",
            )
        ],
        CLEAR,
    ),
    ("one administration without an amount", [given(METHYLPREDNISOLONE, None, "2026-05-20")], CLEAR),
]


@each(DOSAGES)
def test_the_run_of_e1e(resources: list[Json], expected: Expected) -> None:
    found = finding(resources, "E1e")
    assert (found.outcome, found.leaning) == expected, found.reason
