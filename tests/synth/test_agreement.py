"""The screening agrees with every intended finding of a deck."""

from __future__ import annotations

import random

import pytest

from synth.patients import DeckPlan, Patients
from synth.recipes import recipes
from synth.terms import terms

from .judged import AS_OF, disagreements

STYLES = tuple(terms().styles)


@pytest.fixture(scope="module")
def patients() -> Patients:
    return Patients(DeckPlan(as_of=AS_OF, seed=1))


@pytest.mark.parametrize("style", STYLES)
def test_the_base_may_join_both_trials_in_every_dialect_and_sex(patients: Patients, style: str) -> None:
    group = recipes().groups[0]
    for number, variant in enumerate(recipes().variants):
        chosen = patients.combined(group, variant, (), style)
        assert chosen is not None
        written, label = patients.written(chosen, number, random.Random(number))
        assert {trial.verdict for trial in label.trials.values()} == {"potentially-eligible"}
        assert disagreements(patients, written, label) == []


@pytest.mark.parametrize("deviation", recipes().deviations, ids=lambda deviation: deviation.id)
def test_each_deviation_alone_comes_out_as_intended(patients: Patients, deviation: object) -> None:
    place = recipes().deviations.index(deviation)  # type: ignore[arg-type]
    # A dialect of each kind, in turn: all of them would take minutes.
    for style in (STYLES[place % 2], STYLES[2 + place % 3]):
        possible = [
            chosen
            for variant in recipes().variants
            if (
                chosen := patients.combined(
                    recipes().groups[0], variant, (recipes().deviations[place],), style
                )
            )
        ]
        assert possible, "no variant takes this deviation"
        written, label = patients.written(possible[place % len(possible)], place, random.Random(place))
        assert disagreements(patients, written, label) == []


@pytest.mark.parametrize("group", recipes().groups, ids=lambda group: group.id)
def test_each_group_comes_out_as_intended(patients: Patients, group: object) -> None:
    place = recipes().groups.index(group)  # type: ignore[arg-type]
    for number, style in enumerate(STYLES):
        chosen = patients.combined(recipes().groups[place], recipes().variants[number % 3], (), style)
        assert chosen is not None
        written, label = patients.written(chosen, number, random.Random(number))
        assert disagreements(patients, written, label) == []


@pytest.mark.parametrize("first", range(0, 300, 100))
def test_a_deck_comes_out_as_intended(patients: Patients, first: int) -> None:
    told = [
        line
        for number in range(first, first + 100)
        for line in disagreements(patients, *patients.made(number))
    ]
    assert told == []
