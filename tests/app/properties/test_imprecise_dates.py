"""A date that is told less precisely may open a question; it never decides one, or decides it otherwise."""

from __future__ import annotations

import calendar
from datetime import date
from typing import Any

import msgspec
from hypothesis import assume, given, note
from hypothesis import strategies as st

from eligibility.example_notation import ExampleFacts
from fhir_mappings.intervals import DateSpan
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


def imprecise(facts: ExampleFacts, fact: Fact, element: str, to_year: bool) -> ExampleFacts:
    """The record with one date of one fact told as a month or a year."""
    changes: dict[str, Any] = {element: widened(getattr(fact, element), to_year)}
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
    to_year = draw(st.booleans())
    return case, imprecise(case.facts, fact, element, to_year), f"{element} of {fact}"


@given(cases_and_an_imprecise_date())
def test_a_date_told_less_precisely_decides_nothing(drawn: tuple[Case, ExampleFacts, str]) -> None:
    case, coarse, what = drawn
    before, after = case.judged(), case.judged(coarse)
    assume(not any(need.why == "conflicting" for need in before.needs))
    note(f"{case.name}: {what}")
    note(f"{before.outcome} {before.reason} -> {after.outcome} {after.reason}")
    assert not is_decided_otherwise(before.outcome, after.outcome)
