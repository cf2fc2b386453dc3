"""The logic of answers against its truth tables, which stand beside this file as data, and its algebra.

Kleene's strong tables: S. C. Kleene, Introduction to Metamathematics (1952), § 64. The shades around them are
those of ``docs/writing-a-protocol.md``: what decides comes first, and an open part never decides.
"""

from __future__ import annotations

import csv
from itertools import combinations, permutations, product
from pathlib import Path

import pytest

from eligibility.answers import Answer, State, at_least, conjoin, disjoin, negate
from eligibility.messages import message

STATES = {state.name.lower().replace("_", "-"): state for state in State}
TRUTH = {
    State.TRUE: "true",
    State.PRESUMED_TRUE: "true",
    State.REVIEW_TRUE: "unknown",
    State.ATTEST: "unknown",
    State.MISSING: "unknown",
    State.REVIEW_FALSE: "unknown",
    State.PRESUMED_FALSE: "false",
    State.FALSE: "false",
}
"""What a state says of the truth: a presumption says as much as a proof, a leaning says nothing."""
BY_TRUTH = {truth: [s for s in State if TRUTH[s] == truth] for truth in ("true", "unknown", "false")}


def table(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def grid(name: str, corner: str) -> dict[tuple[State, State], State]:
    return {
        (STATES[row[corner]], STATES[column]): STATES[entry]
        for row in table(name)
        for column, entry in row.items()
        if column != corner
    }


AND, OR = grid("conjunction.csv", "and"), grid("disjunction.csv", "or")
NOT = {STATES[row["statement"]]: STATES[row["not"]] for row in table("negation.csv")}


def answer(state: State) -> Answer:
    return Answer(state=state, reason=message("text", text=state.name))


def both(*states: State) -> State:
    return conjoin([answer(state) for state in states]).state


def either(*states: State) -> State:
    return disjoin([answer(state) for state in states]).state


def negated(state: State) -> State:
    return negate(answer(state)).state


def counted(count: int, *states: State) -> State:
    return at_least(count, [answer(state) for state in states]).state


# -- the tables ------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", table("kleene.csv"), ids=lambda row: f"{row['left']} {row['right']}")
def test_every_state_combines_as_kleenes_table_says_of_its_truth(row: dict[str, str]) -> None:
    for left, right in product(BY_TRUTH[row["left"]], BY_TRUTH[row["right"]]):
        assert TRUTH[both(left, right)] == row["and"], (left, right)
        assert TRUTH[either(left, right)] == row["or"], (left, right)
        assert TRUTH[negated(left)] == row["not left"]


def test_the_tables_name_every_pair_of_states() -> None:
    assert set(AND) == set(OR) == set(product(State, State))
    assert set(NOT) == set(State)


@pytest.mark.parametrize(("left", "right"), list(AND), ids=lambda state: state.name)
def test_two_answers_combine_as_the_tables_of_shades_say(left: State, right: State) -> None:
    assert both(left, right) is AND[left, right]
    assert either(left, right) is OR[left, right]


@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
def test_an_answer_is_turned_round_as_the_table_says(state: State) -> None:
    assert negated(state) is NOT[state]


@pytest.mark.parametrize(
    "row", table("at_least.csv"), ids=lambda row: "-".join(row[t] for t in ("true", "unknown", "false"))
)
def test_at_least_so_many_of_three_counts_as_the_table_says(row: dict[str, str]) -> None:
    truths = [truth for truth in ("true", "unknown", "false") for _ in range(int(row[truth]))]
    for states in product(*(BY_TRUTH[truth] for truth in truths)):
        for count in (1, 2, 3):
            assert TRUTH[counted(count, *states)] == row[f"at least {count}"], states


# -- the algebra -----------------------------------------------------------------------------------

TRIPLES = list(product(State, repeat=3))


def test_the_order_of_parts_does_not_matter() -> None:
    for states in TRIPLES:
        for other in permutations(states):
            assert both(*states) is both(*other)
            assert either(*states) is either(*other)
            assert counted(2, *states) is counted(2, *other)


def test_grouping_does_not_matter() -> None:
    for one, two, three in TRIPLES:
        assert both(both(one, two), three) is both(one, both(two, three)) is both(one, two, three)
        assert either(either(one, two), three) is either(one, either(two, three)) is either(one, two, three)


def test_saying_a_thing_twice_adds_nothing() -> None:
    for state in State:
        assert both(state, state) is either(state, state) is both(state) is state


def test_true_is_neutral_for_all_and_false_for_any() -> None:
    for state in State:
        assert both(state, State.TRUE) is either(state, State.FALSE) is state
        assert both(state, State.FALSE) is State.FALSE
        assert either(state, State.TRUE) is State.TRUE


def test_not_twice_is_nothing_done() -> None:
    for state in State:
        assert negated(negated(state)) is state


def test_de_morgan_holds_for_every_three_answers() -> None:
    for states in TRIPLES:
        assert negated(both(*states)) is either(*map(negated, states))
        assert negated(either(*states)) is both(*map(negated, states))


def test_at_least_is_any_of_the_ways_to_take_so_many() -> None:
    for states in product(State, repeat=4):
        for count in (1, 2, 3, 4):
            ways = [both(*chosen) for chosen in combinations(states, count)]
            assert counted(count, *states) is either(*ways), states


def test_failing_to_have_so_many_is_having_enough_that_do_not_hold() -> None:
    for states in product(State, repeat=4):
        for count in (1, 2, 3, 4):
            assert negated(counted(count, *states)) is counted(5 - count, *map(negated, states)), states


# -- the order of information ----------------------------------------------------------------------


def knows_no_less(better: State, worse: State) -> bool:
    """Whether an answer only adds to another: the same, or anything in place of an open one."""
    return better is worse or TRUTH[worse] == "unknown"


def test_learning_more_of_a_part_never_undoes_what_was_decided() -> None:
    for one, two in product(State, repeat=2):
        for learnt in State:
            if not knows_no_less(learnt, one):
                continue
            for combine in (both, either):
                before, after = TRUTH[combine(one, two)], TRUTH[combine(learnt, two)]
                assert before in ("unknown", after), (combine.__name__, one, two, learnt)


def test_forgetting_a_part_never_turns_a_decision_round() -> None:
    opposite = {"true": "false", "false": "true"}
    for states in TRIPLES:
        for count in (1, 2, 3):
            known = TRUTH[counted(count, *states)]
            for i in range(3):
                forgotten = [*states[:i], State.MISSING, *states[i + 1 :]]
                assert TRUTH[counted(count, *forgotten)] != opposite.get(known), (states, i)
