"""What if a protocol asked less: criteria by name, parts of criteria, and who would enter by group."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.rendering.cohort_words import move_name
from app.rendering.telling import speaking
from cohort.plan import Chosen, Plan
from cohort.what_if import UnknownCriterionError, WhatIf, what_if
from tests.cohort import runs
from tests.cohort.runs import FAIL, FOR_NOW, MISSING, PASS, Weight

PARTS = ("E8.hbv", "E8.hcv", "E8.hiv", "E8.syphilis")
"""Exclusion 8 of NCT07517536: every part has to be clear."""


def _asked(out: Path, *drop: str, parts: bool = False) -> WhatIf:
    return what_if(out, runs.plan(), runs.TRIAL, drop, parts=parts)


def _of(answer: WhatIf, criterion: str) -> tuple[int, int, int]:
    (found,) = (one for one in answer.alone if one.criterion == criterion)
    return found.blocks, found.enter, found.in_view


def _population(out: Path) -> Path:
    """Men and women, half of whom are kept out by inclusion 4 alone."""
    rows = []
    for at in range(80):
        name = f"Patient/{at}"
        sex = "male" if at < 30 else "female"
        rows += [
            {"patients": [runs.patient(name, sex=sex, age=25 if at % 4 else 70)]},
            runs.screened(name, {"I4": FAIL if at % 2 else PASS, "E9": PASS}),
        ]
    return runs.written(out, rows)


def test_criteria_are_named_in_any_case_and_each_once(tmp_path: Path) -> None:
    answer = _asked(_population(tmp_path), "i4", " I4 ")
    assert answer.dropped is not None
    assert answer.dropped.criteria == ("I4",)
    assert answer.dropped.moved == (("ineligible", "potentially-eligible", 40),)


def test_a_criterion_that_the_protocol_lacks_is_refused_with_those_that_it_has(tmp_path: Path) -> None:
    with pytest.raises(UnknownCriterionError, match="no criterion 'I40'; there are: I1, I2"):
        _asked(_population(tmp_path), "I40")


def test_who_would_enter_is_counted_by_group_next_to_who_is_in_already(tmp_path: Path) -> None:
    answer = _asked(_population(tmp_path), "I4")
    by_sex = next(grouped for grouped in answer.groups if grouped.by == "sex")
    assert by_sex.columns == (("already",), ("enter",))
    assert [(group.name, group.counts, group.total) for group in by_sex.groups] == [
        ("female", (25, 25), 50),
        ("male", (15, 15), 30),
    ]


def test_groups_with_few_patients_are_withheld(tmp_path: Path) -> None:
    rows = []
    for at in range(60):
        name = f"Patient/{at}"
        race = "White" if at < 50 else "Asian"
        rows += [
            {"patients": [runs.patient(name, race=race)]},
            runs.screened(name, {"I4": FAIL if at % 2 else PASS}),
        ]
    answer = _asked(runs.written(tmp_path, rows), "I4")
    by_race = next(grouped for grouped in answer.groups if grouped.by == "race")
    assert (by_race.groups, by_race.totals) == ((), (30, 30))


def test_without_a_drop_each_criterion_of_the_protocol_is_weighed_and_no_group_is_counted(
    tmp_path: Path,
) -> None:
    answer = _asked(_population(tmp_path))
    assert len(answer.alone) == 23
    assert (answer.dropped, answer.groups) == (None, ())
    assert _of(answer, "I4") == (40, 40, 40)
    assert answer.screened == 80


class TestPartsOfACriterion:
    """A part can be dropped alone where its criterion asks for all of its parts."""

    def _written(self, out: Path, whole: Weight, **parts: Weight) -> Path:
        own = {part: parts.get(part.split(".")[1], PASS) for part in PARTS}
        return runs.written(out, [runs.screened("Patient/1", {"E8": whole}, parts={"E8": own})])

    def test_dropping_the_only_part_in_the_way_lets_the_patient_in(self, tmp_path: Path) -> None:
        answer = _asked(self._written(tmp_path, FAIL, hbv=FAIL), "E8.hbv")
        assert answer.dropped is not None
        assert answer.dropped.moved == (("ineligible", "potentially-eligible", 1),)
        assert _of(answer, "E8.hbv") == _of(answer, "E8") == (1, 1, 1)
        assert _of(answer, "E8.hcv") == (0, 0, 0)

    def test_another_part_in_the_way_stays_there(self, tmp_path: Path) -> None:
        answer = _asked(self._written(tmp_path, FAIL, hbv=FAIL, syphilis=MISSING), "E8.HBV")
        assert answer.dropped is not None
        assert answer.dropped.moved == (("ineligible", "undetermined", 1),)

    def test_dropping_the_criterion_drops_all_of_its_parts(self, tmp_path: Path) -> None:
        out = self._written(tmp_path, FAIL, hbv=FAIL, syphilis=FOR_NOW)
        answer = _asked(out, "E8", "E8.hbv")
        assert answer.dropped is not None
        assert answer.dropped.verdicts_after["potentially-eligible"] == 1

    def test_where_parts_do_not_tell_why_the_criterion_stands_in_the_way_none_is_blamed(
        self, tmp_path: Path
    ) -> None:
        answer = _asked(self._written(tmp_path, MISSING, hbv=FAIL), parts=True)
        assert _of(answer, "E8.hbv") == (0, 0, 0)
        assert _of(answer, "E8") == (1, 1, 0)

    def test_parts_are_counted_only_where_they_are_asked_for(self, tmp_path: Path) -> None:
        out = self._written(tmp_path, FAIL, hbv=FAIL)
        assert "E8.hbv" not in {one.criterion for one in _asked(out).alone}
        assert "E8.hbv" in {one.criterion for one in _asked(out, parts=True).alone}


def test_a_protocol_of_which_another_version_was_judged_aside_is_asked_in_the_version_screened(
    tmp_path: Path,
) -> None:
    rows = [
        runs.screened("Patient/1", {"I4": PASS}),
        runs.screened("Patient/1", {"I4": FAIL}, "1", aside=True),
    ]
    plan = Plan(as_of=runs.DAY, protocols=(runs.EARLIER, Chosen(id=runs.TRIAL, version="2")))
    answer = what_if(runs.written(tmp_path, rows), plan, runs.TRIAL)
    assert (answer.version, _of(answer, "I4")) == ("2", (0, 0, 0))


def test_moves_that_are_counted_together_have_a_heading_of_their_own() -> None:
    with speaking("en"):
        assert move_name(("in-view", "stay")) == "All others"
    with speaking("zh-CN"):
        assert move_name(("in-view", "stay")) == "其余患者"


def test_the_trial_is_named_in_the_language_asked_for(tmp_path: Path) -> None:
    answer = what_if(_population(tmp_path), runs.plan(), runs.TRIAL, language="zh-CN")
    assert answer.title != _asked(tmp_path).title
