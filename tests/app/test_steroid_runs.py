"""Prednisone ≥ 100 mg a day for ≥ 14 days within 8 weeks of day 0, from whole medication resources.

NCT05247203 E1e. Day 0 is 15 June 2026: the window is 20 April to 15 June. A run that surely took place fails,
one that may have taken place is for review, leaning fail; what cannot be computed is missing with the drug
named; only amounts that are known and too small, or too short, are presumed clear.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.app.medication_records import (
    DAILY,
    HYDROXYCHLOROQUINE,
    METHYLPREDNISOLONE,
    PREDNISOLONE,
    PREDNISONE,
    Json,
    dose,
    drug,
    ends,
    every,
    finding,
    given,
    order,
    quantity,
    statement,
    supplied,
)

FAIL, REVIEW, MISSING, CLEAR = ("fail", None), ("review", "fail"), ("missing", None), ("presumed", None)
LOOK = ("review", "pass")
START = "2026-05-01"


def course(mg: float, first: str, last: str, what: Any = PREDNISONE, **more: Any) -> Json:
    """An order with both days named."""
    return order(what, ends(dose(mg, **more), first, last), first, "completed")


def for_days(days: int, dosage: Json) -> Json:
    """The dosage for so many days."""
    timing = dosage["timing"]
    repeat = {**timing.get("repeat", {}), "boundsDuration": quantity(days, "d")}
    return dosage | {"timing": {**timing, "repeat": repeat}}


def weight(kg: float) -> Json:
    return _vital("29463-7", kg, "kg")


def height(cm: float) -> Json:
    return _vital("8302-2", cm, "cm")


def _vital(loinc: str, value: float, unit: str) -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "effectiveDateTime": "2026-04-30",
        "valueQuantity": quantity(value, unit),
    }


def days(first: str, count: int, step: int = 1) -> list[str]:
    return [(date.fromisoformat(first) + timedelta(days=step * n)).isoformat() for n in range(count)]


def tablets(count: float, what: Json, unit: str = "{tbl}", **more: Any) -> Json:
    return order(what, for_days(14, dose(count, unit, **more)), START, "completed")


def medication(strength: float, name: str | None = None, **more: Any) -> Json:
    """A contained product with one ingredient of a stated strength."""
    ingredient = {
        "itemCodeableConcept": drug(PREDNISONE),
        "strength": {"numerator": quantity(strength, "mg"), "denominator": quantity(1, "{tbl}")},
    }
    return {
        "resourceType": "Medication",
        "id": "m",
        "code": {"text": name or "house brand"},
        "ingredient": [ingredient],
        **more,
    }


def combination(strength: float) -> Json:
    """A contained product of prednisone and something else."""
    product = medication(strength)
    other = {
        "itemCodeableConcept": {"text": "something else"},
        "strength": {"numerator": quantity(500, "mg"), "denominator": quantity(1, "{tbl}")},
    }
    return product | {"ingredient": [other, *product["ingredient"]]}


def infusion(rate: float, unit: str, when: str, hours: int | None) -> Json:
    """Methylprednisolone as it ran."""
    resource = given(METHYLPREDNISOLONE, None, when)
    resource["dosage"]["rateQuantity"] = quantity(rate, unit)
    if hours is not None:
        del resource["effectiveDateTime"]
        resource["effectivePeriod"] = {
            "start": f"{when}T08:00:00+02:00",
            "end": f"{when}T{8 + hours:02}:00:00+02:00",
        }
    return resource


def by_reference(product: Json, dosage: Json) -> Json:
    resource = order(PREDNISONE, dosage, START, "completed")
    del resource["medicationCodeableConcept"]
    return resource | {"contained": [product], "medicationReference": {"reference": "#m"}}


BID = {
    "code": {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation", "code": "BID"}]
    }
}
ALTERNATE = {"repeat": {"dayOfWeek": ["mon", "wed", "fri"]}}
AMOUNTS: list[tuple[str, list[Json], tuple[str, str | None]]] = [
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


@pytest.mark.parametrize(
    ("resources", "expected"), [row[1:] for row in AMOUNTS], ids=[row[0] for row in AMOUNTS]
)
def test_the_run_of_e1e(resources: list[Json], expected: tuple[str, str | None]) -> None:
    found = finding(resources, "E1e")
    assert (found.outcome, found.leaning) == expected, found.reason
