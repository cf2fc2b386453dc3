"""Dropping a criterion gives the verdicts that a protocol without it gives, on real charts."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo.patients import demo_patients
from cohort.judging import Judge
from cohort.plan import Chosen, Plan
from cohort.rows import Line
from cohort.schema import Rows
from cohort.what_if import what_if
from eligibility.versions import text_of
from tests.cohort import runs


def _judged(chosen: Chosen) -> Iterator[Rows]:
    judge = Judge(Plan(as_of=runs.DAY, protocols=(chosen,)))
    for patient in demo_patients().values():
        entries = patient.bundle(runs.DAY)["entry"]
        lines = [Line("f", at, json.dumps(entry["resource"]).encode()) for at, entry in enumerate(entries)]
        yield judge.judge(f"Patient/{patient.id}", lines)


def _verdicts(rows: Iterator[Rows]) -> dict[object, object]:
    return {row[0]: row[5] for own in rows for row in own["screenings"]}


def _without(criterion: str) -> str:
    """The protocol's file, from which the lines of a criterion or part are gone."""
    text = text_of(runs.TRIAL, "2").partition("\ntranslations:")[0] + "\n"
    begin = re.search(rf"^ +- id: {re.escape(criterion)}\n", text, re.MULTILINE)
    assert begin is not None
    indent = len(begin[0]) - len(begin[0].lstrip())
    end = re.compile(rf"^ {{0,{indent}}}(?:- id: |[a-z])", re.MULTILINE).search(text, begin.end())
    return text[: begin.start()] + (text[end.start() :] if end is not None else "")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runs.written(tmp_path_factory.mktemp("run"), list(_judged(Chosen(id=runs.TRIAL, version="2"))))


@pytest.fixture(scope="module")
def before() -> dict[object, object]:
    return _verdicts(_judged(Chosen(id=runs.TRIAL, version="2")))


@pytest.mark.parametrize("criterion", ["I3", "E2", "E8", "E8.hbv", "E9a.ii"])
def test_dropping_a_criterion_is_judging_by_a_protocol_without_it(
    out: Path, before: dict[object, object], criterion: str
) -> None:
    after = _verdicts(_judged(Chosen(id=runs.TRIAL, version="without", text=_without(criterion))))
    flips = Counter(
        (before[patient], after[patient]) for patient in before if before[patient] != after[patient]
    )
    dropped = what_if(out, runs.plan(), runs.TRIAL, [criterion]).dropped
    assert dropped is not None
    assert {(was, now): patients for was, now, patients in dropped.moved} == flips
