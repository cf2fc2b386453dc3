"""A date that is told less precisely, or not at all, may open a question; it never decides one otherwise."""

from __future__ import annotations

import calendar
from datetime import date
from typing import Any

import msgspec
from hypothesis import assume, given, note
from hypothesis import strategies as st

from eligibility.example_notation import ExampleFacts
from fhir_mappings.facts import Measurement
from fhir_mappings.intervals import UNDATED, DateSpan, up_to
from tests.app.properties.example_records import GROUPS, Case, Fact, facts_of, has_rivals, mixed_cases

SIDES = {"pass": True, "presumed": True, "fail": False}
DATED = ("when", "start", "end", "last_dose")


def is_decided_otherwise(before: str, after: str) -> bool:
    """Whether less precision made a decision of an open question, or another decision."""
    return after in SIDES and before in (*SIDES, "missing") and SIDES.get(before) is not SIDES[after]


def widened(when: DateSpan, to_year: bool) -> DateSpan:
    """The month, or the year, of a date."""
    first, last = when.first, when.last
    if to_year:
        return DateSpan(date(first.year, 1, 1), date(last.year, 12, 31))
    end = calendar.monthrange(last.year, last.month)[1]
    return DateSpan(first.replace(day=1), last.replace(day=end))


def imprecise(facts: ExampleFacts, fact: Fact, element: str, told_as: DateSpan) -> ExampleFacts:
    """The record with one date of one fact told as another."""
    changes: dict[str, Any] = {element: told_as}
    if element == "when" and hasattr(fact, "at"):
        changes["at"] = None
    coarse = msgspec.structs.replace(fact, **changes)
    told: dict[str, Any] = {
        group: tuple(coarse if f is fact else f for f in getattr(facts, group)) for group in GROUPS
    }
    told["measurements"] = tuple(sorted(told["measurements"], key=lambda m: m.when.last, reverse=True))
    return msgspec.structs.replace(facts, **told)


@st.composite
def cases_and_an_imprecise_date(draw: st.DrawFn) -> tuple[Case, ExampleFacts, str]:
    case = draw(mixed_cases())
    dated = [
        (fact, element)
        for fact in facts_of(case.facts)
        for element in DATED
        if isinstance(getattr(fact, element, None), DateSpan) and getattr(fact, element).first.year > 1900
    ]
    # One of several results of a day that contradict each other may be of another day, once imprecise.
    dated = [(fact, element) for fact, element in dated if not has_rivals(case.facts, fact)]
    assume(dated)
    fact, element = draw(st.sampled_from(dated))
    told_as = widened(getattr(fact, element), draw(st.booleans()))
    return case, imprecise(case.facts, fact, element, told_as), f"{element} of {fact}"


@st.composite
def cases_and_an_undated_result(draw: st.DrawFn) -> tuple[Case, ExampleFacts, str]:
    case = draw(mixed_cases())
    results = [m for m in case.facts.measurements if not has_rivals(case.facts, m)]
    assume(results)
    result = draw(st.sampled_from(results))
    # Without any date, or with the day alone on which it was issued.
    told_as = draw(st.sampled_from([UNDATED, up_to(result.when.last), up_to(case.as_of)]))
    return case, imprecise(case.facts, result, "when", told_as), f"{told_as} of {result}"


@given(cases_and_an_undated_result())
def test_a_result_without_a_date_decides_nothing(drawn: tuple[Case, ExampleFacts, str]) -> None:
    case, undated, what = drawn
    before, after = case.judged(), case.judged(undated)
    assume(not any(need.why == "conflicting" for need in before.needs))
    note(f"{case.name}: {what}")
    note(f"{before.outcome} {before.reason} -> {after.outcome} {after.reason}")
    assert not is_decided_otherwise(before.outcome, after.outcome)


@given(mixed_cases(), st.data())
def test_an_undated_result_beside_others_changes_no_decision_into_another(
    case: Case, data: st.DataObject
) -> None:
    """It may be newer or older than any of them: where it decides otherwise, the question is open."""
    assume(case.facts.measurements)
    result = data.draw(st.sampled_from(case.facts.measurements))
    of_another = data.draw(st.sampled_from([m for m in case.facts.measurements if m.input == result.input]))
    added = told_again(result, of_another)
    more = msgspec.structs.replace(case.facts, measurements=(added, *case.facts.measurements))
    before, after = case.judged(), case.judged(more)
    note(f"{case.name}: {added}")
    note(f"{before.outcome} {before.reason} -> {after.outcome} {after.reason}")
    if before.outcome in SIDES and after.outcome in SIDES:
        assert SIDES[before.outcome] is SIDES[after.outcome]


def told_again(result: Measurement, other: Measurement) -> Measurement:
    """The value of another result of the input, without a date."""
    evidence = tuple(msgspec.structs.replace(e, reference=f"{e.reference}-undated") for e in other.evidence)
    return msgspec.structs.replace(other, input=result.input, when=UNDATED, at=None, evidence=evidence)


@given(cases_and_an_imprecise_date())
def test_a_date_told_less_precisely_decides_nothing(drawn: tuple[Case, ExampleFacts, str]) -> None:
    case, coarse, what = drawn
    before, after = case.judged(), case.judged(coarse)
    assume(not any(need.why == "conflicting" for need in before.needs))
    note(f"{case.name}: {what}")
    note(f"{before.outcome} {before.reason} -> {after.outcome} {after.reason}")
    assert not is_decided_otherwise(before.outcome, after.outcome)
