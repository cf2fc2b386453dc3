"""Dose runs: so many days in a row at or above an amount, certain, possible or unknown."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from fhir_mappings.facts import DayDose, DoseHistory, Exposure, Retrieval
from fhir_mappings.intervals import Interval, day, point
from tests.eligibility.charts import HandChart, evidence, judged

RUN = """
excludes:
  dose_run:
    {history: prednisone_equivalent, at_least: 100 mg, length: 14 d, during: {anchor: day0, before: 28 d}}
"""


def course(label: str = "Prednisone") -> Exposure:
    return Exposure(
        reference="MedicationRequest/m",
        concepts=frozenset(["drug_prednisone"]),
        label=label,
        evidence=evidence("MedicationRequest/m"),
        dose_unreadable="only a text",
    )


def doses(
    amounts: dict[date, Interval], unknown: tuple[Exposure, ...] = (), retrieval: Retrieval = "complete"
) -> HandChart:
    days = tuple(DayDose(d, amount, (0,)) for d, amount in sorted(amounts.items()))
    return HandChart(
        doses=DoseHistory(days=days, exposures=(course(),), unknown=unknown, retrieval=retrieval)
    )


def stretch(first: date, count: int, amount: Interval) -> dict[date, Interval]:
    return {first + timedelta(days=i): amount for i in range(count)}


def test_fourteen_days_in_a_row_fail_and_clear_28_days_after_the_last() -> None:
    finding = judged(RUN, doses(stretch(date(2026, 5, 20), 14, point(100))), kind="E1")
    assert (finding.outcome, finding.clears_on) == ("fail", "2026-07-01")


def test_thirteen_days_or_a_gap_do_not() -> None:
    assert judged(RUN, doses(stretch(date(2026, 5, 20), 13, point(100))), kind="E1").outcome == "presumed"
    gap = stretch(date(2026, 5, 20), 15, point(100))
    del gap[date(2026, 5, 27)]
    finding = judged(RUN, doses(gap), kind="E1")
    assert (finding.outcome, finding.leaning) == ("review", "fail")  # 14 days, not in a row


def test_a_run_that_ended_before_the_window_does_not_count_and_one_that_reaches_into_it_does() -> None:
    # 28 days before 15 June is 18 May.
    assert judged(RUN, doses(stretch(date(2026, 5, 4), 14, point(100))), kind="E1").outcome == "presumed"
    assert judged(RUN, doses(stretch(date(2026, 5, 5), 14, point(100))), kind="E1").outcome == "fail"


def test_a_run_only_under_upper_bounds_goes_to_review() -> None:
    finding = judged(RUN, doses(stretch(date(2026, 5, 20), 14, Interval(0, 120))), kind="E1")
    assert (finding.outcome, finding.leaning) == ("review", "fail")


def test_an_unreadable_dose_or_an_unretrieved_record_leaves_the_run_open() -> None:
    unreadable = judged(RUN, doses({}, (course(),)), kind="E1")
    assert (unreadable.outcome, unreadable.needs[0].why) == ("missing", "unreadable")
    failed = judged(RUN, doses({}, retrieval="failed"), kind="E1")
    assert (failed.outcome, failed.needs[0].why) == ("missing", "not-retrieved")


def unreadable(first: date, last: date) -> Exposure:
    return msgspec.structs.replace(course(), start=day(first), end=day(last))


def test_an_unreadable_dose_of_too_few_days_leaves_no_run_open() -> None:
    thirteen = unreadable(date(2026, 5, 20), date(2026, 6, 1))
    assert judged(RUN, doses({}, (thirteen,)), kind="E1").outcome == "presumed"
    fourteen = unreadable(date(2026, 5, 20), date(2026, 6, 2))
    finding = judged(RUN, doses({}, (fourteen,)), kind="E1")
    assert (finding.outcome, finding.needs[0].why) == ("missing", "unreadable")


def test_an_unreadable_dose_may_make_a_run_with_the_days_beside_it() -> None:
    three = unreadable(date(2026, 5, 20), date(2026, 5, 22))
    eleven = stretch(date(2026, 5, 23), 11, point(100))
    assert judged(RUN, doses(eleven, (three,)), kind="E1").outcome == "missing"
    del eleven[date(2026, 6, 2)]
    assert judged(RUN, doses(eleven, (three,)), kind="E1").outcome == "presumed"


def test_an_unreadable_dose_before_the_window_leaves_no_run_open() -> None:
    # 28 days before 15 June is 18 May.
    long_ago = unreadable(date(2026, 3, 20), date(2026, 5, 17))
    assert judged(RUN, doses({}, (long_ago,)), kind="E1").outcome == "presumed"
    into_it = unreadable(date(2026, 3, 20), date(2026, 5, 18))
    assert judged(RUN, doses({}, (into_it,)), kind="E1").outcome == "missing"
