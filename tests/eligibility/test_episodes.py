"""When two records are two events, and when they tell one twice (``count`` with ``apart``)."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest

from fhir_mappings.facts import Diagnosis, Evidence
from fhir_mappings.intervals import DateSpan
from tests.eligibility.charts import HandChart, judged

RECURRENT = "excludes: {found: {kind: [diagnosis], of: [cond_mi], count: 2, apart: 12 wk}}"


def record(number: int, start: str | None, end: str | None = None) -> Diagnosis:
    return Diagnosis(
        reference=f"Condition/{number}",
        concepts=frozenset({"cond_mi"}),
        label="infarction",
        start=DateSpan.parse(start) if start is not None else None,
        end=DateSpan.parse(end) if end is not None else None,
        evidence=Evidence(reference=f"Condition/{number}", path="code"),
    )


DIFFERENT = {
    "the second begins on the day after the end of the first": [
        ("2020-01-01", "2020-01-09"),
        ("2020-01-10", None),
    ],
    "the second begins 12 weeks after the first": [("2020-01-01", None), ("2020-03-25", None)],
    "however late the first may have begun": [("2020-01", None), ("2020-04-24", None)],
    "the first is known to be over only": [("1990-01-01/2020-02-01", "2020-01-05"), ("2020-01-06", None)],
}
ONE = {
    "to the day and to the month": [("2020-01-03", None), ("2020-01", None)],
    "another day within weeks": [("2020-01-03", None), ("2020-01-22", None)],
    "within the time of the first": [("2020-01-03", "2020-02-10"), ("2020-01-22", "2020-03-01")],
    "a day less than 12 weeks": [("2020-01-01", None), ("2020-03-24", None)],
    "three of one month": [("2020-01-03", None), ("2020-01-10", None), ("2020-01", None)],
}
OPEN = {
    "only when it was written down is known": [("2020-01-01", "2020-03-01"), ("1990-01-01/2020-02-01", None)],
    "one without any date": [("2020-01-01", "2020-03-01"), (None, None)],
    "two without any date": [(None, None), (None, None)],
    "of one only the year is known": [("2020-06-01", None), ("2020", None)],
    "an end that nothing bounds": [("2019-01-01", "2019-02-01/.."), ("2019-03-20", None), ("2019", None)],
}


def outcomes(records: list[tuple[str | None, str | None]]) -> set[str]:
    """Of the records in every order, with the names that go with it."""
    found = set()
    for order in permutations(records):
        events = [record(number, *dates) for number, dates in enumerate(order)]
        found.add(judged(RECURRENT, HandChart(events=events), kind="E1").outcome)
    return found


@pytest.mark.parametrize("records", DIFFERENT.values(), ids=DIFFERENT)
def test_records_are_different_events_if_one_was_over_or_long_past(
    records: list[tuple[str | None, str | None]],
) -> None:
    assert outcomes(records) == {"fail"}


@pytest.mark.parametrize("records", ONE.values(), ids=ONE)
def test_records_that_began_close_to_each_other_are_one_event(
    records: list[tuple[str | None, str | None]],
) -> None:
    assert outcomes(records) == {"presumed"}


@pytest.mark.parametrize("records", OPEN.values(), ids=OPEN)
def test_where_the_dates_do_not_tell_it_stays_open(records: list[tuple[str | None, str | None]]) -> None:
    assert outcomes(records) == {"missing"}


def test_records_of_which_only_one_is_apart_are_two_of_three() -> None:
    three = RECURRENT.replace("count: 2", "count: 3")
    events = [record(1, "2015-01-01"), record(2, "2020-01-01"), record(3, "2020-01-09")]
    assert judged(three, HandChart(events=events), kind="E1").outcome == "presumed"
    assert judged(RECURRENT, HandChart(events=events), kind="E1").outcome == "fail"


def test_an_open_end_of_the_calendar_is_no_error() -> None:
    events = [record(1, "2020-01-01/.."), record(2, "2020-02-01", "2020-02-01/..")]
    assert judged(RECURRENT, HandChart(events=events), kind="E1").outcome == "missing"
    assert date.max == DateSpan.parse("2020-01-01/..").last
