"""Dropping criteria: who would come out otherwise, by the verdict rule on the findings that are left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohort.dropping import MOST_CRITERIA, Alone, Dropping, Step, Together, TooManyCriteriaError, Unit
from cohort.tables import opened
from eligibility.judging import verdict_of
from tests.cohort import runs
from tests.cohort.runs import ATTEST, FAIL, FOR_NOW, LEANS, MISSING, PASS, PRESUMED, Weight

CRITERIA = ("I1", "I4", "E2", "E9")

Weights = Mapping[str, Weight]


@contextmanager
def _dropping(
    out: Path, patients: Sequence[Weights], criteria: Sequence[str] = CRITERIA
) -> Iterator[Dropping]:
    rows = [runs.screened(f"Patient/{at}", weights) for at, weights in enumerate(patients)]
    rows.append(runs.unscreened("Patient/other", "not-applicable"))
    rows += [{"patients": [runs.patient(f"Patient/{at}")]} for at in range(len(patients))]
    with opened(runs.written(out, rows)) as tables:
        yield Dropping(tables, runs.TRIAL, [Unit(one, one, (one,)) for one in criteria])


def _weights(**otherwise: Weight) -> Weights:
    return {criterion: otherwise.get(criterion, PASS) for criterion in CRITERIA}


def test_dropping_the_only_criterion_that_fails_makes_a_patient_potentially_eligible(tmp_path: Path) -> None:
    with _dropping(tmp_path, [_weights(I4=FAIL)]) as dropping:
        dropped = dropping.dropped(["I4"])
    assert dropped.moved == (("ineligible", "potentially-eligible", 1),)


def test_dropping_a_criterion_that_lacks_data_settles_who_lacks_nothing_else(tmp_path: Path) -> None:
    with _dropping(tmp_path, [_weights(I4=MISSING), _weights(I4=MISSING, E9=MISSING)]) as dropping:
        dropped = dropping.dropped(["I4"])
        alone = dropping.alone()
    assert dropped.moved == (("undetermined", "potentially-eligible", 1),)
    assert dropped.verdicts_after["undetermined"] == 1
    assert alone[1] == Alone(criterion="I4", blocks=2, enter=1, in_view=0)


def test_who_still_lacks_data_becomes_undetermined_and_no_more(tmp_path: Path) -> None:
    with _dropping(tmp_path, [_weights(I4=FAIL, E9=MISSING)]) as dropping:
        dropped = dropping.dropped(["I4"])
        alone = dropping.alone()
    assert dropped.moved == (("ineligible", "undetermined", 1),)
    assert alone[1] == Alone(criterion="I4", blocks=1, enter=0, in_view=1)


def test_a_failure_for_now_and_a_leaning_review_weigh_as_in_any_verdict(tmp_path: Path) -> None:
    with _dropping(tmp_path, [_weights(I4=FAIL, E2=FOR_NOW, E9=LEANS)]) as dropping:
        assert dropping.dropped(["I4"]).moved == (("ineligible", "ineligible-for-now", 1),)
        assert dropping.dropped(["I4", "E2"]).moved == (("ineligible", "probably-ineligible", 1),)


def test_what_a_person_has_to_confirm_stands_in_nobodys_way(tmp_path: Path) -> None:
    with _dropping(tmp_path, [_weights(I1=ATTEST, E2=PRESUMED)]) as dropping:
        assert [one.blocks for one in dropping.alone()] == [0, 0, 0, 0]
        assert dropping.dropped([]).verdicts_before["potentially-eligible"] == 1


def test_who_was_not_screened_is_let_in_by_no_drop(tmp_path: Path) -> None:
    with _dropping(tmp_path, [_weights()]) as dropping:
        assert sum(dropping.dropped(CRITERIA).verdicts_after.values()) == 1


def test_criteria_are_dropped_in_the_order_in_which_each_lets_most_further_patients_in(
    tmp_path: Path,
) -> None:
    patients = [
        *[_weights(I4=FAIL)] * 2,
        *[_weights(E9=MISSING)] * 3,
        *[_weights(E9=FAIL, E2=FOR_NOW)] * 4,
    ]
    with _dropping(tmp_path, patients) as dropping:
        assert dropping.sequence() == (
            Step(criteria=("E9",), enter=3, so_far=3),
            Step(criteria=("E2",), enter=4, so_far=7),
            Step(criteria=("I4",), enter=2, so_far=9),
        )
        assert dropping.pair() == Together(criteria=("E2", "E9"), enter=7)


def test_where_no_single_criterion_lets_anybody_in_the_best_two_are_one_step(tmp_path: Path) -> None:
    with _dropping(tmp_path, [_weights(I4=FAIL, E2=FAIL)]) as dropping:
        assert dropping.sequence() == (Step(criteria=("I4", "E2"), enter=1, so_far=1),)
        assert dropping.sequence(most=1) == ()


def test_where_nothing_stands_in_anybodys_way_there_is_nothing_to_drop(tmp_path: Path) -> None:
    with _dropping(tmp_path, [_weights()]) as dropping:
        assert (dropping.pair(), dropping.sequence()) == (None, ())


def test_as_many_criteria_as_can_be_told_apart_are_counted_each_for_itself(tmp_path: Path) -> None:
    criteria = [f"E{at}" for at in range(MOST_CRITERIA)]
    patients = [{one: FAIL if one == criteria[-1] else PASS for one in criteria}]
    with _dropping(tmp_path, patients, criteria) as dropping:
        assert dropping.alone()[-1] == Alone(criterion=criteria[-1], blocks=1, enter=1, in_view=1)
        assert dropping.sequence()[0].criteria == (criteria[-1],)
        with pytest.raises(TooManyCriteriaError, match="121 criteria"):
            Dropping(dropping._tables, runs.TRIAL, [*dropping.units, Unit("E999", "E999", ("E999",))])


_WEIGHTS = st.sampled_from([PASS, PRESUMED, ATTEST, MISSING, LEANS, FOR_NOW, FAIL])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*[_WEIGHTS] * len(CRITERIA)), min_size=1, max_size=12))
def test_any_drop_gives_the_verdicts_of_the_findings_that_are_left(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[Weight, ...]]
) -> None:
    patients = [dict(zip(CRITERIA, weights, strict=True)) for weights in found]

    def verdicts(dropped: Sequence[str]) -> list[str]:
        return [verdict_of([w for c, w in one.items() if c not in dropped]) for one in patients]

    before = verdicts(())
    with _dropping(tmp_path_factory.mktemp("run") / "out", patients) as dropping:
        gains = {}
        for size in range(len(CRITERIA) + 1):
            for criteria in combinations(CRITERIA, size):
                after = verdicts(criteria)
                counts = Counter(after)
                shown = dropping.dropped(criteria)
                assert {v: n for v, n in shown.verdicts_after.items() if n} == counts
                gains[criteria] = counts["potentially-eligible"] - before.count("potentially-eligible")
        assert {one.criterion: one.enter for one in dropping.alone()} == {c: gains[c,] for c in CRITERIA}
        pair = dropping.pair()
        best = max(gains[criteria] for criteria in combinations(CRITERIA, 2))
        assert (pair.enter if pair is not None else max(gains[c,] for c in CRITERIA)) == best
