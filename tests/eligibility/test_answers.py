"""What compounds carry: evidence, needs and dates. Their truth tables are in ``properties/``."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility.answers import Answer, State, at_least, conjoin, disjoin
from eligibility.messages import message
from fhir_mappings.facts import Evidence, Need

T, F, U = State.TRUE, State.FALSE, State.MISSING


def answer(state: State, **more: object) -> Answer:
    return Answer(state=state, reason=message("text", text=state.name), **more)  # type: ignore[arg-type]


answers = st.lists(st.sampled_from(State).map(answer), min_size=1, max_size=6)


@given(answers, st.sampled_from([State.MISSING, State.ATTEST]))
def test_an_open_part_never_makes_a_conjunction_true_or_a_disjunction_false(
    parts: list[Answer], state: State
) -> None:
    assert conjoin([*parts, answer(state)]).state <= State.ATTEST
    assert disjoin([*parts, answer(state)]).state >= State.MISSING


@given(answers)
def test_at_least_one_is_any_and_at_least_all_is_all(parts: list[Answer]) -> None:
    assert at_least(1, parts).state is disjoin(parts).state
    assert at_least(len(parts), parts).state is conjoin(parts).state


@given(st.lists(st.sampled_from([T, F, U]).map(answer), min_size=1, max_size=7), st.data())
def test_at_least_counts_as_a_naive_count_does(parts: list[Answer], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(parts)))
    certain = sum(part.state is T for part in parts)
    possible = sum(part.state is not F for part in parts)
    expected = T if certain >= count else F if possible < count else U
    assert at_least(count, parts).state is expected


def test_at_least_more_than_there_are_cannot_be_asked() -> None:
    with pytest.raises(ValueError, match="at least 2 of 1"):
        at_least(2, [answer(T)])


def test_nothing_cannot_be_combined() -> None:
    with pytest.raises(ValueError, match="nothing to combine"):
        conjoin([])


def evidence(name: str) -> tuple[Evidence, ...]:
    return (Evidence(reference=name, path="value"),)


def test_a_false_conjunction_carries_the_smallest_evidence_that_decides() -> None:
    one, two = evidence("Observation/1"), evidence("Observation/2")
    combined = conjoin([answer(F, evidence=one + two), answer(T, evidence=two), answer(F, evidence=one)])
    assert combined.evidence == one


def test_a_true_conjunction_carries_the_evidence_of_every_part() -> None:
    one, two = evidence("Observation/1"), evidence("Observation/2")
    assert conjoin([answer(T, evidence=one), answer(T, evidence=two)]).evidence == one + two


def need(name: str) -> Need:
    return Need(input=name, why="never-measured", detail=name)


def test_an_open_conjunction_needs_all_its_open_parts() -> None:
    combined = conjoin([answer(U, needs=(need("a"),)), answer(T), answer(U, needs=(need("b"), need("a")))])
    assert [n.input for n in combined.needs] == ["a", "b"]


def test_an_open_disjunction_needs_only_the_cheapest_part() -> None:
    combined = disjoin([answer(U, needs=(need("a"), need("b"))), answer(U, needs=(need("c"),))])
    assert [n.input for n in combined.needs] == ["c"]


DAY1, DAY2 = date(2026, 7, 1), date(2026, 8, 1)


def test_a_conjunction_clears_when_the_last_of_its_failing_parts_has_cleared() -> None:
    assert conjoin([answer(F, flips_on=DAY1), answer(F, flips_on=DAY2), answer(T)]).flips_on == DAY2


def test_a_conjunction_with_one_lasting_failure_never_clears() -> None:
    assert conjoin([answer(F, flips_on=DAY1), answer(F)]).flips_on is None


def test_a_disjunction_of_failures_clears_with_the_first() -> None:
    assert disjoin([answer(F, flips_on=DAY1), answer(F, flips_on=DAY2)]).flips_on == DAY1
