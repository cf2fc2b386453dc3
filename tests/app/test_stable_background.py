"""On standard treatment, unchanged for 30 days before day 0, from whole medication resources.

NCT05247203 I6. Day 0 is 15 June 2026; a change counts from 17 May on. A refill, a renewal, another brand or
another record of the same amount a day is no change; a start, a stop, a hold, another dose or another
schedule is.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.app.medication_records import (
    CYCLOPHOSPHAMIDE,
    HYDROXYCHLOROQUINE,
    MYCOPHENOLATE,
    PREDNISONE,
    Case,
    Expected,
    Json,
    course,
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
    supplied,
    taken,
)

STABLE, CHANGED, MISSING, LOOK = ("pass", None), ("fail", None), ("missing", None), ("review", "pass")
FORM = ("review", "fail")
HCQ = HYDROXYCHLOROQUINE
MYCOPHENOLATE_ATC = {"coding": [{"system": "http://www.whocc.no/atc", "code": "L04AA06"}]}
"""Mycophenolic acid in the ATC index, which has no code of its own for the mofetil ester."""
MOFETIL_ATC = {**MYCOPHENOLATE_ATC, "text": "Mycophenolate mofetil"}
MYFORTIC = drug(None, "Myfortic")
BASE = statement(HCQ, dose(400), "2025-01-01")
ALTERNATING = ["mon", "wed", "fri", "sun"], ["tue", "thu", "sat"]


def bare(number: float) -> Json:
    """A dose without a unit."""
    return {"timing": every(1, 1, "d"), "doseAndRate": [{"doseQuantity": {"value": number}}]}


def named_days(mg: float, days: list[str], **more: Any) -> Json:
    return dose(mg, timing={"repeat": {"dayOfWeek": days}}, **more)


def pulses(mg: float, *days: str) -> list[Json]:
    return [given(CYCLOPHOSPHAMIDE, mg, when) for when in days]


def refills(mg: float, first: str, gaps: list[int], supply: int = 30, what: Any = PREDNISONE) -> list[Json]:
    """Dispenses, each so many days after the one before."""
    when, found = date.fromisoformat(first), []
    for gap in [0, *gaps]:
        when += timedelta(days=gap)
        found.append(supplied(what, dose(mg), when.isoformat(), supply))
    return found


def taper(*steps: float, start: str, days: int) -> Json:
    dosages = []
    for number, mg in enumerate(steps, 1):
        last = number == len(steps)
        timing = every(1, 1, "d", **({} if last else {"boundsDuration": quantity(days, "d")}))
        dosages.append(dose(mg, timing=timing, sequence=number))
    return order(PREDNISONE, dosages, start)


CASES: list[Case] = [
    ("one drug for a year and a half", [BASE], STABLE),
    ("nothing at all", [], CHANGED),
    ("begun 30 days before", [order(HCQ, dose(400), "2026-05-16")], STABLE),
    ("begun 29 days before", [order(HCQ, dose(400), "2026-05-17")], CHANGED),
    ("another drug begun ten days ago", [BASE, order(PREDNISONE, dose(5), "2026-06-05")], CHANGED),
    # FHIR R4, MedicationStatement.effective[x]: when the drug was taken, not since when.
    ("taken on a day of the period, and since when is not recorded", [taken(400, "2026-06-10")], MISSING),
    ("taken on a day half a year ago", [taken(400, "2025-12-10")], STABLE),
    (
        "taken on a day of the period, after an order that ended in April",
        [course(400, "2025-05-01", "2026-04-15", HCQ), taken(400, "2026-06-10")],
        MISSING,
    ),
    (
        "half the ordered dose taken on a day of the period, since when is not recorded",
        [course(400, "2025-05-01", None, HCQ), taken(200, "2026-06-10")],
        MISSING,
    ),
    (
        "the ordered dose taken on a day of the period",
        [course(400, "2025-05-01", None, HCQ), taken(400, "2026-06-10")],
        STABLE,
    ),
    ("begun some day in May", [order(HCQ, dose(400), "2026-05")], MISSING),
    ("begun some day in April", [order(HCQ, dose(400), "2026-04")], STABLE),
    # -- what is no change ---------------------------------------------------------------------------------
    (
        "an order renewed at the same dose",
        [course(10, "2025-06-01", "2026-05-31"), course(10, "2026-06-01", None)],
        STABLE,
    ),
    (
        "renewed a week early",
        [course(10, "2025-06-01", "2026-06-07"), course(10, "2026-06-01", None)],
        STABLE,
    ),
    ("renewed a week late", [course(10, "2025-06-01", "2026-05-24"), course(10, "2026-06-01", None)], STABLE),
    (
        "renewed two weeks late",
        [course(10, "2025-06-01", "2026-05-17"), course(10, "2026-06-01", None)],
        CHANGED,
    ),
    ("monthly refills, some days late", refills(10, "2026-01-01", [30, 31, 33, 30, 31]), STABLE),
    ("a refill three weeks late", refills(10, "2026-01-01", [30, 30, 30, 51]), MISSING),
    ("refills of which the last has run out", refills(10, "2026-01-01", [30, 30, 30, 28]), MISSING),
    (
        "another brand: two tablets of 200 mg, one of 400 mg",
        [
            order(
                drug(None, "Plaquenil 200 mg tablet"),
                ends(dose(2, "{tbl}"), None, "2026-05-31"),
                "2025-06-01",
                "completed",
            ),
            order(drug(None, "hydroxychloroquine 400 mg tablet"), dose(1, "{tbl}"), "2026-06-01"),
        ],
        STABLE,
    ),
    (
        "mycophenolate mofetil by its brand, then by the ATC code with its name",
        [
            course(2000, "2025-06-01", "2026-06-04", drug(None, "CellCept")),
            course(2000, "2026-06-05", None, MOFETIL_ATC),
        ],
        STABLE,
    ),
    (
        "mycophenolate ordered by its ATC code, dispensed by the RxNorm code of the mofetil ester",
        [
            course(2000, "2025-06-01", None, MYCOPHENOLATE_ATC),
            *refills(2000, "2026-05-26", [], 30, MYCOPHENOLATE),
        ],
        STABLE,
    ),
    (
        "mycophenolate mofetil replaced by an equimolar amount of mycophenolic acid",
        [course(2000, "2025-06-01", "2026-06-04", MOFETIL_ATC), course(1440, "2026-06-05", None, MYFORTIC)],
        FORM,
    ),
    (
        "another amount of mycophenolate under the ATC code of both forms",
        [
            course(2000, "2025-06-01", "2026-06-04", MYCOPHENOLATE_ATC),
            course(1440, "2026-06-05", None, MYCOPHENOLATE_ATC),
        ],
        FORM,
    ),
    (
        "mycophenolic acid begun beside mycophenolate mofetil of which no end is recorded",
        [course(2000, "2025-06-01", None, MOFETIL_ATC), course(1440, "2026-06-05", None, MYFORTIC)],
        FORM,
    ),
    (
        "half of the mycophenolate mofetil",
        [
            course(2000, "2025-06-01", "2026-06-04", MOFETIL_ATC),
            course(1000, "2026-06-05", None, MOFETIL_ATC),
        ],
        CHANGED,
    ),
    (
        "mycophenolic acid begun months after mycophenolate mofetil was stopped",
        [course(2000, "2025-01-01", "2025-12-31", MOFETIL_ATC), course(1440, "2026-06-05", None, MYFORTIC)],
        CHANGED,
    ),
    (
        "200 mg twice a day, then 400 mg once",
        [
            course(200, "2025-06-01", "2026-05-31", HCQ, timing=every(2, 1, "d")),
            course(400, "2026-06-01", None, HCQ),
        ],
        STABLE,
    ),
    (
        "the same drug in all records",
        [BASE, order(HCQ, dose(400), "2026-01-01"), *refills(400, "2026-05-20", [], 30, HCQ)],
        STABLE,
    ),
    (
        "an order written in the period that tells what the statement tells",
        [BASE, order(HCQ, dose(400), "2026-06-01")],
        STABLE,
    ),
    (
        "200 and 400 mg on alternate days",
        [order(HCQ, [named_days(200, ALTERNATING[0]), named_days(400, ALTERNATING[1])], "2025-06-01")],
        STABLE,
    ),
    # -- what is ---------------------------------------------------------------------------------------------
    ("the dose raised", [course(5, "2025-06-01", "2026-05-31"), course(10, "2026-06-01", None)], CHANGED),
    ("the dose lowered", [course(10, "2025-06-01", "2026-05-31"), course(5, "2026-06-01", None)], CHANGED),
    (
        "10 mg daily, then 20 mg every second day",
        [course(10, "2025-06-01", "2026-05-31"), course(20, "2026-06-01", None, timing=every(1, 2, "d"))],
        CHANGED,
    ),
    (
        "an open order, and a later one of another dose",
        [order(PREDNISONE, dose(20), "2025-06-01"), order(PREDNISONE, dose(10), "2026-06-01")],
        CHANGED,
    ),
    ("a taper whose last step was in the period", [taper(20, 15, 10, start="2026-05-01", days=14)], CHANGED),
    ("a taper whose last step began before", [taper(20, 15, 10, start="2026-04-10", days=14)], STABLE),
    (
        "stopped two weeks ago, another goes on",
        [BASE, statement(PREDNISONE, dose(5), "2025-06-01", "2026-06-01", "completed")],
        CHANGED,
    ),
    (
        "stopped in winter, begun again in June",
        [BASE, course(5, "2025-06-01", "2026-01-31"), course(5, "2026-06-01", None)],
        CHANGED,
    ),
    ("on hold, nobody says since when", [order(HCQ, dose(400), "2025-06-01", "on-hold")], MISSING),
    (
        "on hold since a week ago by its own dates",
        [BASE, order(PREDNISONE, dose(5), "2026-06-08", "on-hold")],
        CHANGED,
    ),
    # -- scheduled doses -------------------------------------------------------------------------------------
    (
        "monthly pulses of one dose",
        pulses(750, "2026-03-10", "2026-04-08", "2026-05-09", "2026-06-06"),
        STABLE,
    ),
    (
        "the last pulse larger",
        pulses(750, "2026-03-10", "2026-04-08", "2026-05-09") + pulses(1000, "2026-06-06"),
        CHANGED,
    ),
    (
        "fortnightly, then monthly",
        pulses(500, "2026-03-15", "2026-03-29", "2026-04-12", "2026-04-26", "2026-05-24"),
        CHANGED,
    ),
    (
        "the last pulse of a course in April",
        [BASE, *pulses(750, "2026-02-20", "2026-03-20", "2026-04-20")],
        CHANGED,
    ),
    ("a course of pulses long over", [BASE, *pulses(750, "2025-02-10", "2025-03-10", "2025-04-10")], STABLE),
    (
        "monthly pulses by order",
        [order(CYCLOPHOSPHAMIDE, dose(750, timing=every(1, 1, "mo"), route="47625008"), "2026-01-10")],
        STABLE,
    ),
    # -- what cannot be told --------------------------------------------------------------------------------
    ("no dose on record", [statement(HCQ, None, "2025-06-01")], LOOK),
    ("a dose in words", [statement(HCQ, {"text": "400 mg daily"}, "2025-06-01")], LOOK),
    (
        "a change that only words tell",
        [
            order(PREDNISONE, {"text": "20 mg daily"}, "2025-06-01"),
            order(PREDNISONE, {"text": "10 mg daily"}, "2026-06-01"),
        ],
        LOOK,
    ),
    ("over, nobody says when", [order(HCQ, dose(400), "2025-06-01", "completed")], MISSING),
    ("no date", [statement(HCQ, dose(400), None)], MISSING),
    ("of unknown status", [order(HCQ, dose(400), "2025-06-01", "unknown")], MISSING),
    (
        "without a unit, the same number as before",
        [
            order(drug(None, "hydroxychloroquine 200 mg tablet"), bare(2), "2025-06-01"),
            order(drug(None, "hydroxychloroquine 200 mg tablet"), bare(2), "2026-06-01"),
        ],
        STABLE,
    ),
    (
        "without a unit, a number that may be the dose in mg or in tablets",
        [
            order(
                drug(None, "hydroxychloroquine 200 mg tablet"),
                ends(dose(2, "{tbl}"), None, "2026-05-31"),
                "2025-06-01",
                "completed",
            ),
            order(drug(None, "hydroxychloroquine 200 mg tablet"), bare(2), "2026-06-01"),
        ],
        MISSING,
    ),
    # -- what is no background treatment -------------------------------------------------------------------
    (
        "a cream begun last week",
        [BASE, order(drug(None, "betamethasone 0.1 % cream"), None, "2026-06-08")],
        STABLE,
    ),
    (
        "eye drops begun last week",
        [BASE, order(drug(None, "prednisolone eye drops"), None, "2026-06-08")],
        STABLE,
    ),
    ("a draft of last week", [BASE, order(PREDNISONE, dose(5), "2026-06-08", "draft")], STABLE),
    ("a plan of last week", [BASE, order(PREDNISONE, dose(5), "2026-06-08", intent="plan")], STABLE),
    (
        "an order of another dose that was cancelled",
        [BASE, order(HCQ, dose(200), "2026-06-08", "cancelled")],
        STABLE,
    ),
    (
        "not of the list: an antibiotic begun last week",
        [BASE, order(drug(None, "amoxicillin"), dose(500), "2026-06-08")],
        STABLE,
    ),
    (
        "a drug of the open list alone",
        [order(drug(None, "voclosporin"), dose(23.7, timing=every(2, 1, "d")), "2025-06-01")],
        LOOK,
    ),
    (
        "mycophenolate sodium for mofetil: whether at an equal dose is for a person to weigh",
        [
            BASE,
            course(1000, "2025-06-01", "2026-05-31", MYCOPHENOLATE),
            course(720, "2026-06-01", None, drug(None, "mycophenolate sodium")),
        ],
        FORM,
    ),
]


@each(CASES)
def test_the_stability_of_i6(resources: list[Json], expected: Expected) -> None:
    found = finding(resources, "I6")
    assert (found.outcome, found.leaning) == expected, found.reason


def test_a_drug_that_is_taken_on_a_day_counts_on_that_day() -> None:
    found = finding([taken(400, "2026-06-10", drug(None, "rituximab"))], "E10")
    assert (found.outcome, found.reason) == ("fail", "rituximab on 2026-06-10 (ongoing, start not recorded)")
    assert [e.date for e in found.evidence] == ["2026-06-10"]


def test_a_change_clears_30_days_after_it() -> None:
    found = finding([course(5, "2025-06-01", "2026-05-31"), course(10, "2026-06-01", None)], "I6")
    assert found.clears_on == "2026-07-01"


def test_a_stop_of_all_treatment_does_not_clear_by_time() -> None:
    found = finding([statement(HCQ, dose(400), "2025-06-01", "2026-06-01", "completed")], "I6")
    assert (found.outcome, found.clears_on) == ("fail", None)


def test_an_order_that_may_replace_an_open_one_is_told_as_between() -> None:
    found = finding([course(200, "2025-06-01", None, HCQ), course(400, "2026-06-05", None, HCQ)], "I6")
    assert "200 mg a day → between 400 mg a day and 600 mg a day on 2026-06-05" in found.reason
