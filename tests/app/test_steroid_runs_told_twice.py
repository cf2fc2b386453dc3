"""A steroid run that several records tell, each a little differently, or that one of them hides.

NCT05247203 E1e and E12b: prednisone ≥ 100 mg a day for ≥ 14 days. Day 0 is 15 June 2026. Whatever of the
records is true, a run that may have taken place is never presumed absent, and one that no record tells alone
is never certain.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.medication_records import (
    DAILY,
    INTRAVENOUS,
    METHYLPREDNISOLONE,
    ORAL,
    PREDNISONE,
    Case,
    Expected,
    Json,
    course,
    dose,
    each,
    ends,
    every,
    finding,
    given,
    order,
    quantity,
    record,
    statement,
    supplied,
)
from tests.app.steroid_runs import CLEAR, FAIL, MISSING, REVIEW, days

FIRST, LAST = "2026-05-26", "2026-06-08"
"""Fourteen days."""

BURST = course(100, FIRST, LAST)
WORDS = {"text": "100 mg for two weeks"}
UNDERSTOOD_BY_NOBODY = [{"url": "http://example.org/not-to-be-taken", "valueBoolean": True}]


def by_mouth(mg: float | None, when: str, **more: Any) -> Json:
    return given(PREDNISONE, mg, when, route=ORAL, **more)


def each_day(time: str, mg: float = 50, first: str = FIRST, count: int = 14) -> list[Json]:
    return [by_mouth(mg, f"{when}{time}") for when in days(first, count)]


def maintenance(mg: float = 5, what: str = PREDNISONE) -> Json:
    return order(what, dose(mg), "2026-03-01")


def ordered_backwards(status: str, written: str) -> Json:
    return order(PREDNISONE, ends(dose(100), LAST, FIRST), written, status)


def limited(mg: float, **limits: Any) -> Json:
    """50 mg every four hours, or as much a day as ``mg``, within limits."""
    return order(PREDNISONE, ends(dose(mg, timing=every(6, 1, "d"), **limits), FIRST, LAST), FIRST)


def per(mg: float, unit: str) -> Json:
    return {"numerator": quantity(mg, "mg"), "denominator": quantity(1, unit)}


REFILL = supplied(PREDNISONE, dose(5), "2026-04-16", 90)
TOLD: list[Case] = [
    # -- a burst beside a maintenance dose of a stronger source -----------------------------
    ("a burst ordered after a refill of 5 mg", [REFILL, BURST], REVIEW),
    (
        "a burst stated after a refill of 5 mg",
        [REFILL, statement(PREDNISONE, dose(100), FIRST, LAST)],
        REVIEW,
    ),
    ("a refill of 5 mg during a burst", [supplied(PREDNISONE, dose(5), "2026-05-31", 90), BURST], REVIEW),
    ("a refill of 5 mg on the first day", [supplied(PREDNISONE, dose(5), FIRST, 90), BURST], REVIEW),
    (
        "the dispense of an order may be of less than was ordered",
        [supplied(PREDNISONE, dose(60), FIRST, 14), BURST],
        CLEAR,
    ),
    (
        "a burst of no route beside a refill of methylprednisolone 4 mg",
        [
            supplied(METHYLPREDNISOLONE, dose(4), "2026-04-16", 90),
            course(100, FIRST, LAST, METHYLPREDNISOLONE, route=None),
        ],
        REVIEW,
    ),
    (
        "a burst of no route beside methylprednisolone 4 mg as given by mouth",
        [
            course(100, FIRST, LAST, METHYLPREDNISOLONE, route=None),
            *(given(METHYLPREDNISOLONE, 4, when, route=ORAL) for when in days(FIRST, 14)),
        ],
        REVIEW,
    ),
    # -- an unknown amount that a weaker source must not settle -----------------------------
    (
        "infusions without a dose beside an order of tablets",
        [
            maintenance(4, METHYLPREDNISOLONE),
            *(given(METHYLPREDNISOLONE, None, when, route=INTRAVENOUS) for when in days(FIRST, 14)),
        ],
        MISSING,
    ),
    (
        "administrations without a dose beside an order",
        [maintenance(), *(by_mouth(None, when) for when in days(FIRST, 14))],
        MISSING,
    ),
    ("a statement in words", [maintenance(), statement(PREDNISONE, WORDS, FIRST, LAST)], MISSING),
    ("a dispense in words", [maintenance(), supplied(PREDNISONE, WORDS, FIRST, 14)], MISSING),
    (
        "an order in words after a refill of 5 mg",
        [REFILL, order(PREDNISONE, ends({**WORDS, "timing": {}}, FIRST, LAST), FIRST, "completed")],
        MISSING,
    ),
    (
        "a dispense without any dosage is of its order",
        [maintenance(), supplied(PREDNISONE, None, FIRST, 14)],
        CLEAR,
    ),
    # -- one course with two sets of dates -----------------------------
    (
        "12 days ordered, and 12 dispensed two days before",
        [course(100, FIRST, "2026-06-06"), supplied(PREDNISONE, dose(100), "2026-05-24", 12)],
        REVIEW,
    ),
    (
        "12 days ordered, and 12 stated two days before",
        [course(100, FIRST, "2026-06-06"), statement(PREDNISONE, dose(100), "2026-05-24", "2026-06-04")],
        REVIEW,
    ),
    (
        "12 days ordered, and 12 given two days later",
        [course(100, FIRST, "2026-06-06"), *each_day("", 100, "2026-05-28", 12)],
        REVIEW,
    ),
    ("14 days ordered, and given two days later", [BURST, *each_day("", 100, "2026-05-28")], FAIL),
    ("14 days ordered, the last of them and two more given", [BURST, *each_day("", 100, LAST, 3)], FAIL),
    # -- one administration from two systems -----------------------------
    ("one instant in two zones", [*each_day("T08:00:00+08:00"), *each_day("T00:00:00Z")], REVIEW),
    (
        "one instant in two spellings",
        [*each_day("T08:00:00+08:00"), *each_day("T08:00:00.000+08:00")],
        REVIEW,
    ),
    ("an instant and its day", [*each_day("T08:00:00+08:00"), *each_day("")], REVIEW),
    ("an instant and a time without a zone", [*each_day("T08:00:00+08:00"), *each_day("T08:00:00")], REVIEW),
    (
        "one instant that is yesterday in the other zone",
        [*each_day("T02:00:00+08:00", count=16), *each_day("T18:00:00Z", first="2026-05-25", count=16)],
        REVIEW,
    ),
    ("two instants", [*each_day("T08:00:00+08:00"), *each_day("T20:00:00+08:00")], FAIL),
    # -- a day on which it was not given -----------------------------
    (
        "a dose of an order that was not done",
        [
            BURST,
            *(by_mouth(100, when) for when in days(FIRST, 14) if when != "2026-06-01"),
            by_mouth(100, "2026-06-01", status="not-done"),
        ],
        REVIEW,
    ),
    (
        "a dose of another drug that was not done",
        [BURST, given(METHYLPREDNISOLONE, 100, "2026-06-01", status="not-done")],
        FAIL,
    ),
    ("a dose not done after the run", [BURST, by_mouth(100, "2026-06-09", status="not-done")], FAIL),
    # -- supplies handed out early -----------------------------
    (
        "a second week handed out on the fifth day",
        [supplied(PREDNISONE, dose(100), FIRST, 7), supplied(PREDNISONE, dose(100), "2026-05-30", 7)],
        REVIEW,
    ),
    (
        "two weeks handed out on one day",
        [supplied(PREDNISONE, dose(100), "2026-05-22", 7) for _ in range(2)],
        REVIEW,
    ),
    (
        "a week and six days handed out on one day",
        [supplied(PREDNISONE, dose(100), "2026-05-22", n) for n in (7, 6)],
        CLEAR,
    ),
    # -- periods that end before they begin -----------------------------
    ("an order backwards", [ordered_backwards("completed", FIRST)], REVIEW),
    ("an order backwards, written on its start", [ordered_backwards("active", LAST)], REVIEW),
    ("a statement backwards", [statement(PREDNISONE, dose(100), LAST, FIRST)], REVIEW),
    (
        "an administration backwards",
        [
            {k: v for k, v in by_mouth(100, FIRST).items() if k != "effectiveDateTime"}
            | {"effectivePeriod": {"start": LAST, "end": FIRST}}
        ],
        REVIEW,
    ),
    # -- limits over several days -----------------------------
    ("200 mg a week at most", [limited(50, maxDosePerPeriod=per(200, "wk"))], REVIEW),
    (
        "2,100 mg a week at most, which is what it makes",
        [limited(50, maxDosePerPeriod=per(2100, "wk"))],
        FAIL,
    ),
    ("500 mg in a lifetime at most", [limited(50, maxDosePerLifetime=quantity(500, "mg"))], REVIEW),
    # -- what is not understood -----------------------------
    (
        "a dosage with a modifier",
        [course(100, FIRST, LAST, modifierExtension=UNDERSTOOD_BY_NOBODY)],
        MISSING,
    ),
    (
        "a timing with a modifier, of which no bound holds",
        [course(100, FIRST, "2026-06-07", timing={**DAILY, "modifierExtension": UNDERSTOOD_BY_NOBODY})],
        MISSING,
    ),
]


@pytest.mark.parametrize("criterion", ["E1e", "E12b"])
@each(TOLD)
def test_a_run_of_which_several_records_tell(
    resources: list[Json], expected: Expected, criterion: str
) -> None:
    found = finding(resources, criterion)
    assert (found.outcome, found.leaning) == expected, found.reason


@pytest.mark.parametrize(
    "pulse", [(METHYLPREDNISOLONE, INTRAVENOUS), (PREDNISONE, ORAL)], ids=["infusion", "tablets"]
)
def test_pulses_of_an_unknown_dose_beside_an_order_are_no_stable_background(pulse: tuple[str, str]) -> None:
    """NCT05247203 I6: a dose that is stable for 30 days; of three days it is not known."""
    drug, route = pulse
    pulses = [given(drug, None, when, route=route) for when in days("2026-06-05", 3)]
    found = finding([order(drug, dose(20), "2025-11-01"), *pulses], "I6")
    assert found.outcome == "review", found.reason


@pytest.mark.parametrize("said", [{"text": "100 mg daily for 14 days"}, {"text": "as directed"}])
def test_an_order_of_an_unknown_dose_beside_one_that_tells_it_is_no_stable_background(
    said: dict[str, Any],
) -> None:
    """NCT05247203 I6: that another order tells a dose does not show that the new one is the same."""
    found = finding([order(PREDNISONE, dose(5), "2025-11-01"), order(PREDNISONE, said, "2026-05-26")], "I6")
    assert (found.outcome, found.leaning) == ("review", "pass"), found.reason


def test_a_period_that_ends_before_it_begins_is_told_as_unread() -> None:
    [unread] = record([ordered_backwards("completed", FIRST)]).facts.unread
    assert unread.reference == "MedicationRequest/r1"
    assert "ends before it begins" in unread.why
