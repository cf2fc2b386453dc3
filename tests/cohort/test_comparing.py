"""Comparing two versions of a protocol: who flips, and by which criterion."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohort.comparing import FILE, Compared, compare_versions
from cohort.deciding import Pair, Weight, decide
from eligibility.judging import verdict_of
from tests.cohort import runs
from tests.cohort.runs import DRAFT, EARLIER, FAIL, FOR_NOW, LEANS, MISSING, PASS, PRESUMED


def _compared(
    out: Path, *pairs: tuple[dict[str, runs.Weight], dict[str, runs.Weight]]
) -> tuple[Compared, list[dict[str, Any]]]:
    """The first of each pair by version 1, the second by version 2."""
    rows = []
    for number, (before, after) in enumerate(pairs):
        name = f"Patient/{number}"
        rows += [
            {"patients": [runs.patient(name)]},
            runs.screened(name, before, "1", aside=True),
            runs.screened(name, after, "2"),
        ]
    (compared,) = compare_versions(runs.written(out, rows), runs.plan(EARLIER))
    return compared, pq.read_table(out / FILE).to_pylist()


def test_the_criterion_that_alone_turns_the_verdict_is_needed_and_enough(tmp_path: Path) -> None:
    compared, (row,) = _compared(tmp_path, ({"I1": PASS, "I4": FAIL}, {"I1": PASS, "I4": PASS}))
    assert (row["verdict_before"], row["verdict_after"]) == ("ineligible", "potentially-eligible")
    assert (row["needed"], row["enough"], row["flipped"]) == (["I4"], ["I4"], True)
    assert [(one["criterion"], one["before"], one["after"]) for one in row["changed"]] == [
        ("I4", "fail", "pass")
    ]
    assert (compared.older, compared.newer) == ("1", "2")
    assert (compared.flipped, compared.nearer, compared.farther) == (1, 1, 0)


def test_two_criteria_that_both_had_to_change_are_both_needed_and_neither_is_enough(tmp_path: Path) -> None:
    _, (row,) = _compared(tmp_path, ({"I4": FAIL, "E9": FAIL}, {"I4": PASS, "E9": PASS}))
    assert (row["needed"], row["enough"]) == (["I4", "E9"], [])


def test_two_criteria_each_of_which_closes_are_both_enough_and_neither_is_needed(tmp_path: Path) -> None:
    compared, (row,) = _compared(tmp_path, ({"I4": PASS, "E9": PASS}, {"I4": FAIL, "E9": FAIL}))
    assert (row["needed"], row["enough"]) == ([], ["I4", "E9"])
    assert [(one.criterion, one.enough, one.farther) for one in compared.criteria] == [
        ("E9", 1, 1),
        ("I4", 1, 1),
    ]


def test_a_change_that_something_else_outweighs_decides_nothing(tmp_path: Path) -> None:
    compared, (row,) = _compared(tmp_path, ({"I4": FAIL, "E9": FAIL}, {"I4": FAIL, "E9": PASS}))
    assert (row["flipped"], row["needed"], row["enough"]) == (False, [], [])
    assert (compared.flipped, compared.differing) == (0, 1)
    assert compared.criteria[0].changed == 1


def test_unknown_that_becomes_known_is_a_flip_from_undetermined(tmp_path: Path) -> None:
    compared, _ = _compared(tmp_path, ({"I4": MISSING}, {"I4": PASS}), ({"I4": MISSING}, {"I4": MISSING}))
    assert [(flip.before, flip.after, flip.patients) for flip in compared.flips] == [
        ("undetermined", "potentially-eligible", 1),
        ("undetermined", "undetermined", 1),
    ]


def test_a_failure_that_time_mends_now_is_a_flip_by_that_criterion(tmp_path: Path) -> None:
    _, (row,) = _compared(tmp_path, ({"I1": LEANS, "E2": FAIL}, {"I1": LEANS, "E2": FOR_NOW}))
    assert (row["verdict_before"], row["verdict_after"]) == ("ineligible", "ineligible-for-now")
    assert row["needed"] == ["E2"]
    assert row["changed"][0]["clears_after"] == FOR_NOW.clears_on


def test_a_criterion_that_only_one_version_has_counts_as_none_in_the_other(tmp_path: Path) -> None:
    _, (row,) = _compared(tmp_path, ({"I1": PASS, "E13": MISSING}, {"I1": PASS}))
    assert (row["verdict_after"], row["needed"]) == ("potentially-eligible", ["E13"])
    assert row["changed"][0]["after"] is None


def test_patients_of_whom_nothing_differs_have_no_row_and_count(tmp_path: Path) -> None:
    compared, rows = _compared(tmp_path, ({"I1": PASS}, {"I1": PASS}), ({"I1": FAIL}, {"I1": FAIL}))
    assert rows == []
    assert (compared.patients, compared.differing, compared.flipped) == (2, 0, 0)


def test_who_is_screened_by_one_version_alone_flips_by_the_gate(tmp_path: Path) -> None:
    rows = [
        runs.unscreened("Patient/1", "not-applicable", "1", aside=True),
        runs.screened("Patient/1", {"I1": PASS, "I4": MISSING}, "2"),
    ]
    (compared,) = compare_versions(runs.written(tmp_path, rows), runs.plan(EARLIER))
    (row,) = pq.read_table(tmp_path / FILE).to_pylist()
    assert (row["status_before"], row["verdict_after"]) == ("not-applicable", "undetermined")
    assert (row["changed"], row["needed"], row["enough"]) == ([], ["gate"], ["gate"])
    assert [(one.criterion, one.nearer) for one in compared.criteria] == [("gate", 1)]


def test_a_draft_from_a_file_is_the_newer_of_the_two(tmp_path: Path) -> None:
    rows = [
        runs.screened("Patient/1", {"I4": FAIL}, "2"),
        runs.screened("Patient/1", {"I4": PASS}, "3", aside=True),
    ]
    (compared,) = compare_versions(runs.written(tmp_path, rows), runs.plan(DRAFT))
    assert (compared.older, compared.newer) == ("2", "3")
    assert (compared.flips[0].before, compared.flips[0].after) == ("ineligible", "potentially-eligible")


def test_a_run_without_another_version_compares_nothing(tmp_path: Path) -> None:
    assert compare_versions(runs.written(tmp_path, []), runs.plan()) == ()
    assert not (tmp_path / FILE).exists()


def test_what_is_written_is_for_its_owner_alone(tmp_path: Path) -> None:
    _compared(tmp_path, ({"I4": FAIL}, {"I4": PASS}))
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


_WEIGHTS = st.sampled_from([PASS, PRESUMED, MISSING, LEANS, FOR_NOW, FAIL])


@given(st.lists(st.tuples(_WEIGHTS, _WEIGHTS), min_size=1, max_size=5))
def test_every_flip_is_decided_by_some_criterion_and_only_by_those_that_changed(
    weights: list[tuple[runs.Weight, runs.Weight]],
) -> None:
    pairs = [Pair(f"I{at}", Weight(*before), Weight(*after)) for at, (before, after) in enumerate(weights)]
    needed, enough = decide(pairs)
    flips = verdict_of([before for before, _ in weights]) != verdict_of([after for _, after in weights])
    assert bool(needed or enough) is flips
    changed = {pair.criterion for pair in pairs if pair.before != pair.after}
    assert changed.issuperset({*needed, *enough})


@pytest.mark.parametrize("weight", [PASS, PRESUMED])
def test_criteria_that_stand_in_nobodys_way_may_be_left_out(weight: runs.Weight) -> None:
    turned = Pair("I4", Weight(*FAIL), Weight(*MISSING))
    harmless = Pair("I1", Weight(*weight), Weight(*weight))
    assert decide([turned]) == decide([turned, harmless])
