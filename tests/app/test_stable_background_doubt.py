"""What may or may not have been a change of background treatment, from whole medication resources.

NCT05247203 I6, 30 days before day 0, 15 June 2026: neither `pass` nor `fail` where a course of events that
fits the record says otherwise.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.medication_records import (
    HYDROXYCHLOROQUINE,
    PREDNISONE,
    Json,
    dose,
    drug,
    ends,
    every,
    finding,
    order,
    quantity,
    statement,
    supplied,
    taken,
)

HCQ = HYDROXYCHLOROQUINE
BASE = statement(HCQ, dose(400), "2025-01-01")
OPEN = {"missing", "review"}
LONG_AGO, LATELY = "2025-11-20", "2026-05-20"


def burst(mg: float | None, start: str, **bounds: Any) -> Json:
    timing = every(1, 1, "d", **bounds)
    dosage = dose(mg, timing=timing) if mg is not None else {"timing": timing}
    return order(PREDNISONE, dosage, start, "completed")


def period(start: str, end: str) -> Json:
    return {"boundsPeriod": {"start": start, "end": end}}


FORTNIGHT = {"boundsDuration": quantity(14, "d")}
REFILL = supplied(PREDNISONE, dose(5), "2026-05-10", 60)
MAINTENANCE = statement(PREDNISONE, dose(5), "2025-01-01")

IN_DOUBT: dict[str, list[Json]] = {
    "a statement that ended on some day in June is not carried on by a supply that awaits its refill": [
        statement(HCQ, dose(400), "2025-01-01", "2026-06", "completed"),
        supplied(HCQ, dose(400), "2026-05-12", 30),
    ],
    "a supply of some day of the year may have bridged to a statement of June": [
        supplied(HCQ, dose(400), "2026", 30),
        statement(HCQ, dose(400), "2026-06-03", "2026-06", "stopped"),
    ],
    "an order of some day in June may follow the end of a statement in June at once, or weeks later": [
        statement(HCQ, dose(400), "2025-06-01", "2026-06", "completed"),
        order(HCQ, dose(400), "2026-06"),
    ],
    "an order of some day in June may follow an end of some day in May": [
        statement(HCQ, dose(400), "2026-04", "2026-05", "stopped"),
        order(HCQ, dose(400), "2026-05"),
    ],
    "a statement that began and ended in some year may have gone on when the order ended": [
        statement(HCQ, dose(400), "2026", "2026", "stopped"),
        order(HCQ, ends(dose(400), "2025-12-01", "2026-06-05"), "2025-12-01"),
    ],
    "begun on a day in May; a record of the same drug may tell of years before": [
        order(HCQ, dose(400), "2026-05-25"),
        statement(HCQ, dose(400), "2026", "2026-05", "completed"),
    ],
    "an order of 100 mg that ran out in the period, beside refills of 5 mg": [
        REFILL,
        burst(100, LONG_AGO, **period(LONG_AGO, "2026-06-02")),
    ],
    "the same beside a statement of 5 mg": [
        MAINTENANCE,
        burst(100, LONG_AGO, **period(LONG_AGO, "2026-06-02")),
    ],
    "a burst of unknown dose within the period, beside a statement of 5 mg": [
        MAINTENANCE,
        burst(None, LATELY, **FORTNIGHT),
    ],
    "a statement of 100 mg that ended, beside an order of 5 mg": [
        order(PREDNISONE, dose(5), "2025-01-01"),
        statement(PREDNISONE, dose(100), LONG_AGO, "2026-06-02", "completed"),
    ],
    "taken on a day of it, over by now": [BASE, taken(5, "2026-06-10", PREDNISONE, status="completed")],
    "half the dose taken on a day of the period, over by now": [
        BASE,
        taken(200, "2026-06-10", status="completed"),
    ],
    "an order on hold, while a statement says that the same drug is taken": [
        BASE,
        order(HCQ, dose(400), "2026-06-08", "on-hold"),
    ],
    "an unconfirmed order of another dose": [BASE, order(HCQ, dose(200), "2026-06-08", "unknown")],
}  # fmt: skip


@pytest.mark.parametrize("backwards", [False, True], ids=["", "in the other order"])
@pytest.mark.parametrize("resources", IN_DOUBT.values(), ids=IN_DOUBT)
def test_what_may_have_been_a_change_is_left_open(resources: list[Json], backwards: bool) -> None:
    found = finding(resources[::-1] if backwards else resources, "I6")
    assert found.outcome in OPEN, found.reason
    assert (found.outcome, found.leaning) != ("review", "pass"), found.reason


AGREEING: dict[str, list[Json]] = {
    "the same course from another feed, that tells the month alone": [BASE, order(HCQ, dose(400), "2026-06")],
    "and the year alone": [BASE, order(HCQ, dose(400), "2026")],
    "a supply of June of what was ordered long ago": [
        order(HCQ, dose(400), "2025-01-01"),
        supplied(HCQ, dose(400), "2026-06", 30),
    ],
    "taken on a day of the period as a statement tells, over by now": [
        BASE,
        taken(400, "2026-06-10", status="completed"),
    ],
    "an order of the same dose that ran out while the statement goes on": [
        BASE,
        order(HCQ, ends(dose(400), "2025-06-01", "2026-06-02"), "2025-06-01", "completed"),
    ],
    "two tablets ordered separately ran out; the statement tells their sum": [
        statement(PREDNISONE, dose(7.5), "2025-01-01"),
        burst(5, LONG_AGO, **period(LONG_AGO, "2026-06-02")),
        burst(2.5, LONG_AGO, **period(LONG_AGO, "2026-06-02")),
    ],
}


@pytest.mark.parametrize("resources", AGREEING.values(), ids=AGREEING)
def test_what_is_told_twice_or_ends_on_paper_is_no_change(resources: list[Json]) -> None:
    found = finding(resources, "I6")
    assert found.outcome == "pass", found.reason


SURE: dict[str, list[Json]] = {
    "a burst of a fortnight beside refills": [REFILL, burst(100, LATELY, **FORTNIGHT)],
    "a burst of fourteen doses beside a statement": [MAINTENANCE, burst(100, LATELY, count=14)],
    "a burst with a period beside an order": [
        order(PREDNISONE, dose(5), "2025-01-01"),
        burst(100, LATELY, **period(LATELY, "2026-06-02")),
    ],
}


@pytest.mark.parametrize("resources", SURE.values(), ids=SURE)
def test_a_burst_within_the_period_is_a_change(resources: list[Json]) -> None:
    assert finding(resources, "I6").outcome == "fail"


# FHIR R4, MedicationStatement.effective[x]: the day on which it was taken; `completed`: no longer taken.
def test_a_day_within_a_course_that_is_over_does_not_hide_a_run_before_it() -> None:
    found = finding([taken(100, "2026-06-10", PREDNISONE, status="completed")], "E1e")
    assert (found.outcome, found.leaning) == ("review", "fail")


@pytest.mark.parametrize(
    ("on", "outcome", "clears_on"),
    [
        # From then on nothing proves it any more: when it ended is not recorded.
        ("2026-06-10", "fail", "2027-06-11"),
        ("2025-10-01", "fail", "2026-10-02"),
        ("2024-06-01", "missing", None),
        ("2026-06", "missing", None),
    ],
)
def test_a_day_on_which_it_was_taken_fails_a_wash_out_for_as_long_as_it_lies_in_it(
    on: str, outcome: str, clears_on: str | None
) -> None:
    found = finding([taken(None, on, drug(None, "rituximab"), status="completed")], "E10")
    assert (found.outcome, found.clears_on) == (outcome, clears_on), found.reason


def test_the_reason_tells_the_day_and_that_the_rest_is_not_recorded() -> None:
    found = finding([taken(None, "2026-06-10", drug(None, "rituximab"), status="completed")], "E10")
    assert found.reason == "rituximab on 2026-06-10 (since when and until when is not recorded)"
