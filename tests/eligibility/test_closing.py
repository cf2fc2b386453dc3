"""What is about to be done, judged with and without: what closes a trial, from when, until when."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from eligibility.closing import AHEAD, Closed, closed_by
from fhir_mappings.facts import Exposure
from fhir_mappings.intervals import day
from tests.eligibility.charts import AS_OF, HandChart, evidence, protocol, value

EXCLUDED = """
excludes: {found: {kind: [exposure], of: [drug_a], during: {anchor: day0, before: 28 d}}}
"""
LEANING = """
cases:
  of:
    - when: {found: {kind: [exposure], of: [drug_a], during: {anchor: day0, before: 28 d}}}
      then: review-fail
      because: A person has to say.
  otherwise: presumed
"""
EVER = "excludes: {found: {kind: [exposure], of: [drug_a]}}"
NEEDS = "requires: {number: {input: upcr, at_least: 1 g/g, fresh: lab}}"


def taken(since: date, until: date | None = None, drug: str = "drug_a") -> Exposure:
    return Exposure(
        reference="draft:1",
        concepts=frozenset({drug}),
        label=drug,
        evidence=evidence("draft:1"),
        start=day(since),
        end=day(until) if until is not None else None,
        ongoing=until is None,
    )


def closed(
    statement: str, planned: Exposure, *before: Exposure, kind: str = "E1", retrieved: bool = True
) -> Closed | None:
    state = "complete" if retrieved else "not-asked"

    def done_until(last: date) -> HandChart:
        over = msgspec.structs.replace(planned, ongoing=False, end=planned.end or day(last))
        return HandChart(events=(*before, over), retrieval=state)

    return closed_by(
        protocol(statement, kind=kind),
        HandChart(events=before, retrieval=state),
        HandChart(events=(*before, planned), retrieval=state),
        done_until,
        AS_OF,
    )


def only(found: Closed | None) -> tuple[date, date | None, str]:
    assert found is not None
    (closing,) = found.closings
    return closing.since, closing.until, closing.finding.outcome


def test_a_course_without_an_end_closes_until_the_wash_out_after_a_single_day() -> None:
    assert only(closed(EXCLUDED, taken(AS_OF))) == (AS_OF, date(2026, 7, 14), "fail")


def test_a_course_with_an_end_closes_until_the_wash_out_after_it() -> None:
    assert only(closed(EXCLUDED, taken(AS_OF, date(2026, 6, 20)))) == (AS_OF, date(2026, 7, 19), "fail")


def test_a_course_that_begins_later_closes_from_then_on() -> None:
    assert only(closed(EXCLUDED, taken(date(2026, 7, 1)))) == (date(2026, 7, 1), date(2026, 7, 30), "fail")


def test_so_far_ahead_is_looked_and_no_further() -> None:
    assert only(closed(EXCLUDED, taken(AS_OF + AHEAD)))[0] == AS_OF + AHEAD
    assert closed(EXCLUDED, taken(date.fromordinal((AS_OF + AHEAD).toordinal() + 1))) is None


def test_what_leans_to_fail_closes_too() -> None:
    assert only(closed(LEANING, taken(AS_OF))) == (AS_OF, date(2026, 7, 14), "review")


def test_what_excludes_for_good_has_no_day() -> None:
    assert only(closed(EVER, taken(AS_OF))) == (AS_OF, None, "fail")


def test_another_drug_closes_nothing() -> None:
    assert closed(EXCLUDED, taken(AS_OF, drug="drug_b")) is None


def test_what_is_taken_already_closes_nothing_more() -> None:
    assert closed(EXCLUDED, taken(AS_OF), taken(date(2026, 1, 1))) is None


def test_an_inclusion_is_not_asked() -> None:
    statement = "requires: {not: {found: {kind: [exposure], of: [drug_a]}}}"
    assert closed(statement, taken(AS_OF), kind="I1") is None
    assert closed(statement, taken(AS_OF), kind="E1") is not None


def test_a_trial_of_which_data_are_missing_is_open() -> None:
    assert only(closed(EXCLUDED, taken(AS_OF), retrieved=False))[0] == AS_OF


@pytest.mark.parametrize(("upcr", "verdict"), [(2.0, "potentially-eligible"), (0.2, None)])
def test_a_trial_that_is_closed_otherwise_stays_silent(upcr: float, verdict: str | None) -> None:
    excluding = protocol(EXCLUDED, kind="E1")
    both = msgspec.structs.replace(excluding, criteria=(*protocol(NEEDS).criteria, *excluding.criteria))
    result = (value("upcr", upcr, date(2026, 6, 1)),)
    later = HandChart(result, (taken(AS_OF),))
    found = closed_by(both, HandChart(result), later, lambda _: later, AS_OF)
    assert (found.verdict if found is not None else None) == verdict
