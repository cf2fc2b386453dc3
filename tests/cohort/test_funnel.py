"""The funnel of a population: what data show, what is not known, and the rest, are three things."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from app.demo.patients import demo_patients
from cohort.funnel import Step, prepare
from cohort.judging import Judge
from cohort.rows import Line
from cohort.schema import table
from cohort.summary import Summary, Trial, summarise
from cohort.tables import opened
from tests.cohort.crowd import crowd
from tests.cohort.made import AS_OF, FAIL, OTHER, PLAN, REVIEW, TRIAL, Made, Said, missing, until
from tests.cohort.populations import resources


def first_trial(made: Made, folder: Path, parts: int = 1) -> Trial:
    return summarise(made.write(folder, parts), PLAN).trials[0]


def steps(made: Made, folder: Path) -> dict[str, Step]:
    return {step.criterion: step for step in first_trial(made, folder).funnel}


@pytest.fixture(scope="module")
def of_a_crowd(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    return summarise(crowd(800).write(tmp_path_factory.mktemp("crowd"), parts=3), PLAN)


def test_each_step_adds_up(of_a_crowd: Summary) -> None:
    for trial in of_a_crowd.trials:
        before = trial.screened
        for step in trial.funnel:
            assert step.entering == before
            assert step.lost + step.clear + step.open == step.entering
            assert 0 <= step.lost_for_now <= step.lost
            assert 0 <= step.unknown <= step.open
            before = step.clear + step.open


def test_what_is_left_at_the_end_is_what_the_verdicts_say(of_a_crowd: Summary) -> None:
    for trial in of_a_crowd.trials:
        last, verdicts = trial.funnel[-1], trial.verdicts
        assert last.clear == verdicts["potentially-eligible"]
        assert last.open == verdicts["undetermined"] + verdicts["probably-ineligible"]
        lost = sum(step.lost for step in trial.funnel)
        assert lost == verdicts["ineligible"] + verdicts["ineligible-for-now"]
        assert sum(verdicts.values()) == trial.screened


def test_the_steps_come_in_the_order_of_the_protocol(of_a_crowd: Summary) -> None:
    names = [step.criterion for step in of_a_crowd.trials[0].funnel]
    assert names[:2] == ["I1", "I2"]
    assert names[-1].startswith("E")
    assert names.index("I10") == names.index("I9") + 1


@pytest.mark.parametrize("unknown", [missing(upcr="stale"), REVIEW], ids=["missing", "leans to failing"])
def test_whoever_is_unknown_stays_in_and_is_never_counted_as_lost(unknown: Said, tmp_path: Path) -> None:
    found = steps(Made().patient("a", **{TRIAL: {"I4": unknown}}), tmp_path)
    assert all(step.lost == step.fails == 0 for step in found.values())
    assert (found["I3"].clear, found["I3"].open) == (1, 0)
    assert (found["I4"].clear, found["I4"].open, found["I4"].unknown) == (0, 1, 1)
    assert (found["E1"].clear, found["E1"].open, found["E1"].unknown) == (0, 1, 0)
    assert found["I4"].only_unknown == 1


def test_a_patient_drops_out_once_at_the_first_criterion_that_fails(tmp_path: Path) -> None:
    found = steps(Made().patient("a", **{TRIAL: {"I4": FAIL, "E2": FAIL}}), tmp_path)
    assert (found["I4"].lost, found["E2"].lost, found["E2"].entering) == (1, 0, 0)
    assert (found["I4"].fails, found["E2"].fails) == (1, 1)
    assert (found["I4"].only_fails, found["E2"].only_fails) == (0, 0)


def test_what_is_unknown_before_a_criterion_fails_is_told_and_what_is_after_is_not(tmp_path: Path) -> None:
    said = {"I3": missing(upcr="stale"), "I4": FAIL, "E2": missing(upcr="stale")}
    found = steps(Made().patient("a", **{TRIAL: said}), tmp_path)
    assert (found["I3"].unknown, found["I4"].lost, found["E2"].unknown) == (1, 1, 0)
    assert found["E2"].missing == 1, "by itself it is unknown"


def test_a_fail_until_a_day_is_lost_for_now(tmp_path: Path) -> None:
    made = (
        Made().patient("a", **{TRIAL: {"E2": until(date(2026, 8, 1))}}).patient("b", **{TRIAL: {"E2": FAIL}})
    )
    step = steps(made, tmp_path)["E2"]
    assert (step.lost, step.lost_for_now, step.fails, step.fails_for_now, step.only_fails) == (2, 1, 2, 1, 2)


@pytest.mark.parametrize("shown", [Said("presumed"), Said("attest"), Said("review", "pass")])
def test_what_a_person_confirms_does_not_block(shown: Said, tmp_path: Path) -> None:
    found = steps(Made().patient("a", **{TRIAL: {"E3": shown}}), tmp_path)
    assert (found["E3"].confirm, found["E3"].clear, found["E3"].unknown) == (1, 1, 0)


def test_what_blocks_is_what_the_engine_says(tmp_path: Path) -> None:
    """On the demonstration patients, from lines to tables."""
    judge = Judge(PLAN)
    for name in demo_patients():
        lines = [
            Line("all.ndjson", number, json.dumps(resource).encode())
            for number, resource in enumerate(resources(name), 1)
        ]
        for kind, rows in judge.judge(f"Patient/{name}", lines).items():
            (tmp_path / kind).mkdir(exist_ok=True)
            pq.write_table(table(kind, rows), tmp_path / kind / f"{name}.parquet")
    with opened(tmp_path) as tables:
        prepare(tables)
        screened = tables.ask("SELECT patient, protocol, blocking FROM screenings WHERE status = 'screened'")
        counted = tables.ask(
            "SELECT patient, protocol, list(criterion ORDER BY position) FROM blocking GROUP BY ALL"
        )
        told = tables.ask("SELECT patient, protocol, unnest(decided_by) FROM screenings")
        alone = tables.ask("SELECT DISTINCT patient, protocol, input FROM needs WHERE alone")
        asking = tables.ask("SELECT DISTINCT patient, protocol FROM needs")
    assert sorted(row for row in screened if row[2]) == sorted(counted)
    assert len(screened) > len(counted) > 5
    assert sorted(told) == sorted(alone) != []
    assert {row[:2] for row in asking} <= {row[:2] for row in counted}, "who is in asks for nothing"


def test_a_population_without_anybody_has_a_funnel_of_noughts(tmp_path: Path) -> None:
    for folder in (tmp_path / "nothing", Made().write(tmp_path / "files without rows")):
        folder.mkdir(exist_ok=True)
        found = summarise(folder, PLAN)
        assert found.patients == 0
        assert [trial.screened for trial in found.trials] == [0, 0]
        assert all(step.entering == step.fails == 0 for trial in found.trials for step in trial.funnel)
        assert all(grouped.groups == () for trial in found.trials for grouped in trial.groups)


def test_whoever_has_not_the_disease_is_in_no_funnel(tmp_path: Path) -> None:
    made = Made().patient("a").patient("b", deceased=True, **{TRIAL: "deceased", OTHER: "deceased"})
    made.patient("c", failed="why", **{TRIAL: "failed", OTHER: "failed"})
    made.patient("d", incomplete=True, **{TRIAL: "not-known"})
    found = first_trial(made, tmp_path)
    assert (found.screened, found.not_applicable, found.deceased, found.failed, found.not_known) == (
        0,
        1,
        1,
        1,
        1,
    )
    assert found.funnel[0].entering == 0


def test_both_protocols_are_counted_apart(tmp_path: Path) -> None:
    made = Made().patient("a", **{TRIAL: {"I1": FAIL}, OTHER: {}})
    one, other = summarise(made.write(tmp_path), PLAN).trials
    assert (one.protocol, other.protocol) == (TRIAL, OTHER)
    assert (one.verdicts["ineligible"], other.verdicts["potentially-eligible"]) == (1, 1)
    assert one.calendar.first == AS_OF.isoformat()
