"""Re-screening: who is judged anew since an earlier run, and what has changed for whom."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest

from cohort.changes import Changes
from cohort.errors import ChangedError, NoInputError
from cohort.local import screen_locally
from cohort.outputs import finish
from cohort.plan import Plan
from cohort.record import Result
from tests.cohort.populations import (
    AS_OF,
    everything,
    plan,
    population,
    resources,
    table,
    verdicts,
    write_bulk_data,
)

TRIAL = "nct07517536"
HBV_DNA = {
    "resourceType": "Observation",
    "id": "new-hbv-dna",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "42595-9"}]},
    "subject": {"reference": "Patient/lin-mei"},
    "effectiveDateTime": "2026-06-15",
    "valueString": "not detected",
}


def run(
    out: Path, *directories: Path, since: Path | None = None, asked: Plan | None = None
) -> tuple[Result, Changes | None]:
    record = screen_locally(directories, out, asked or plan(), workers=1, since=since)
    _, changes = finish(out, record)
    assert record.result is not None
    return record.result, changes


def changed(out: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(out / "changes.parquet").to_pylist()
    return rows


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bulk_data(tmp_path_factory.mktemp("bulk"), population(8))


@pytest.fixture(scope="module")
def last(bulk: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("last") / "out"
    run(out, bulk)
    return out


class TestTheSameDay:
    def test_nobody_is_judged_anew_and_nothing_has_changed(
        self, bulk: Path, last: Path, tmp_path: Path
    ) -> None:
        result, changes = run(tmp_path / "out", bulk, since=last)
        assert (result.patients, result.carried) == (8, 8)
        assert changes is not None
        assert changes.counts == ()
        assert everything(tmp_path / "out") == everything(last)

    def test_a_new_result_is_judged_and_told(self, bulk: Path, last: Path, tmp_path: Path) -> None:
        new = write_bulk_data(tmp_path / "new", [HBV_DNA])
        result, _ = run(tmp_path / "out", bulk, new, since=last)
        assert result.carried == 7
        assert verdicts(last, "lin-mei")[TRIAL] == "undetermined"
        (row,) = (row for row in changed(tmp_path / "out") if row["protocol"] == TRIAL)
        assert row == {
            "patient": "Patient/lin-mei",
            "protocol": TRIAL,
            "why": "data",
            "status_before": "screened",
            "status_now": "screened",
            "verdict_before": "undetermined",
            "verdict_now": "potentially-eligible",
            "criteria": [{"criterion": "E8", "before": "missing", "now": "pass"}],
        }

    def test_new_data_that_change_no_finding_are_no_change(
        self, bulk: Path, last: Path, tmp_path: Path
    ) -> None:
        weight = {
            "resourceType": "Observation",
            "id": "w",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "1988-5"}]},
            "subject": {"reference": "Patient/lin-mei"},
            "effectiveDateTime": "2026-06-15",
            "valueQuantity": {
                "value": 3,
                "unit": "mg/L",
                "system": "http://unitsofmeasure.org",
                "code": "mg/L",
            },
        }
        result, changes = run(tmp_path / "out", bulk, write_bulk_data(tmp_path / "new", [weight]), since=last)
        assert result.carried == 7
        assert changes is not None
        assert changes.counts == ()


class TestBundles:
    def test_of_one_patient_and_of_several_are_carried_over(self, tmp_path: Path) -> None:
        (tmp_path / "bulk").mkdir()
        several = [*resources("peter-novak"), *resources("lin-mei")]
        several[0]["generalPractitioner"] = [{"reference": "urn:uuid:6d1c9a2e-0000-4000-8000-000000000001"}]
        bundles = [
            {"resourceType": "Bundle", "entry": [{"resource": one} for one in given]}
            for given in (resources("sofia-reyes"), several)
        ]
        lines = "".join(f"{json.dumps(bundle)}\n" for bundle in bundles)
        (tmp_path / "bulk" / "bundles.ndjson").write_text(lines, encoding="utf-8")
        run(tmp_path / "a", tmp_path / "bulk")
        result, changes = run(tmp_path / "b", tmp_path / "bulk", since=tmp_path / "a")
        assert (result.patients, result.carried) == (3, 3)
        assert changes is not None
        assert changes.counts == ()
        assert everything(tmp_path / "a") == everything(tmp_path / "b")


class TestPatientsWhoComeAndGo:
    def test_are_told(self, last: Path, tmp_path: Path) -> None:
        others = [one for name in ("lin-mei", "daniel-okafor") for one in resources(name)]
        fewer = write_bulk_data(tmp_path / "bulk", [*others, *resources("lin-mei", 1)])
        run(tmp_path / "out", fewer, since=last)
        told = {(row["patient"], row["why"]) for row in changed(tmp_path / "out") if row["protocol"] == TRIAL}
        assert ("Patient/lin-mei-1", "new") in told
        assert ("Patient/sofia-reyes", "gone") in told
        assert {patient for patient, _ in told}.isdisjoint({"Patient/lin-mei", "Patient/daniel-okafor"})


class TestWhoIsToldOfInChangesAlone:
    def test_has_no_history_that_is_known_to_be_whole(self, bulk: Path, last: Path, tmp_path: Path) -> None:
        new = write_bulk_data(tmp_path / "new", resources("lin-mei", 1))
        asked = msgspec.structs.replace(plan(), changes_from=1)
        result, _ = run(tmp_path / "out", bulk, new, since=last, asked=asked)
        assert result.carried == 8
        assert "presumed" in outcomes(tmp_path / "out", "lin-mei")
        assert "presumed" not in outcomes(tmp_path / "out", "lin-mei-1")
        assert verdicts(tmp_path / "out", "lin-mei-1")[TRIAL] == "undetermined"

    def test_is_still_so_in_the_next_run(self, bulk: Path, last: Path, tmp_path: Path) -> None:
        new = write_bulk_data(tmp_path / "new", resources("lin-mei", 1))
        asked = msgspec.structs.replace(plan(), changes_from=1)
        run(tmp_path / "second", bulk, new, since=last, asked=asked)
        result, _ = run(tmp_path / "third", bulk, new, since=tmp_path / "second", asked=asked)
        assert result.carried == 9
        assert "presumed" not in outcomes(tmp_path / "third", "lin-mei-1")


def outcomes(out: Path, patient: str) -> set[str]:
    return {row["outcome"] for row in table(out, "findings") if row["patient"] == f"Patient/{patient}"}


class TestALaterDay:
    def test_judges_those_whose_findings_stand_no_longer_and_is_as_if_all_were_judged(
        self, bulk: Path, last: Path, tmp_path: Path
    ) -> None:
        for days in (1, 5, 20):
            day = AS_OF + timedelta(days=days)
            result, _ = run(tmp_path / f"since{days}", bulk, since=last, asked=plan(day))
            run(tmp_path / f"all{days}", bulk, asked=plan(day))
            due = {
                row["patient"]
                for row in table(last, "screenings")
                if row["stands_until"] is not None and row["stands_until"] <= day
            }
            assert result.patients - result.carried == len(due)
            assert _outcomes(tmp_path / f"since{days}") == _outcomes(tmp_path / f"all{days}"), days

    def test_tells_that_time_has_changed_a_finding(self, bulk: Path, last: Path, tmp_path: Path) -> None:
        run(tmp_path / "out", bulk, since=last, asked=plan(AS_OF + timedelta(days=20)))
        assert {row["why"] for row in changed(tmp_path / "out")} == {"time"}

    def test_an_age_is_that_of_today_though_findings_are_of_an_earlier_day(self, tmp_path: Path) -> None:
        own = resources("peter-novak")
        own[0]["birthDate"] = "1970-06-20"
        bulk = write_bulk_data(tmp_path / "bulk", own)
        run(tmp_path / "a", bulk)
        result, _ = run(tmp_path / "b", bulk, since=tmp_path / "a", asked=plan(date(2026, 6, 20)))
        assert result.carried == 1
        assert [table(tmp_path / name, "patients")[0]["age"] for name in "ab"] == [55, 56]
        assert table(tmp_path / "b", "screenings")[0]["judged_on"] == AS_OF

    def test_beyond_a_year_everybody_is_judged_anew(self, bulk: Path, last: Path, tmp_path: Path) -> None:
        result, _ = run(tmp_path / "out", bulk, since=last, asked=plan(AS_OF + timedelta(days=366)))
        assert result.carried == 0

    def test_before_the_earlier_run_everybody_is_judged_anew(
        self, bulk: Path, last: Path, tmp_path: Path
    ) -> None:
        result, _ = run(tmp_path / "out", bulk, since=last, asked=plan(AS_OF - timedelta(days=1)))
        assert result.carried == 0


class TestAnotherPlan:
    @pytest.mark.parametrize(
        "other",
        [plan(everyone=True), plan(retrieved=["Patient", "Observation"]), plan(language="zh")],
        ids=["everyone", "retrieved", "language"],
    )
    def test_carries_nothing_over(self, other: Plan, bulk: Path, last: Path, tmp_path: Path) -> None:
        result, _ = run(tmp_path / "out", bulk, since=last, asked=other)
        assert result.carried == 0

    def test_of_another_version_is_told_as_a_change_of_the_protocol(self, tmp_path: Path) -> None:
        bulk = write_bulk_data(tmp_path / "bulk", resources("lin-mei"))
        now = plan(protocols=[TRIAL])
        earlier = msgspec.structs.replace(
            now, protocols=(msgspec.structs.replace(now.protocols[0], version="1"),)
        )
        run(tmp_path / "a", bulk, asked=earlier)
        lost = write_bulk_data(tmp_path / "new", [HBV_DNA])
        run(tmp_path / "b", bulk, lost, since=tmp_path / "a", asked=now)
        (row,) = changed(tmp_path / "b")
        assert row["why"] == "protocol"


class TestAnEarlierRun:
    def test_must_be_finished(self, bulk: Path, tmp_path: Path) -> None:
        with pytest.raises(NoInputError, match="no finished run"):
            run(tmp_path / "out", bulk, since=tmp_path / "nowhere")
        assert not (tmp_path / "out").exists()

    def test_must_be_the_same_when_a_run_is_resumed(self, bulk: Path, last: Path, tmp_path: Path) -> None:
        def stop(*_: object) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            screen_locally([bulk], tmp_path / "out", plan(), workers=1, since=last, progress=stop)
        with pytest.raises(ChangedError, match="another --since"):
            screen_locally([bulk], tmp_path / "out", plan(), workers=1, resume=True)


def _outcomes(out: Path) -> list[tuple[object, ...]]:
    """What is found, without the words, which name the day on which it was found."""
    told = [
        tuple(row[name] for name in ("patient", "protocol", "criterion", "outcome", "leaning", "clears_on"))
        for row in table(out, "findings")
    ]
    states = [
        tuple(row[name] for name in ("patient", "protocol", "status", "gate", "verdict", "earliest"))
        for row in table(out, "screenings")
    ]
    return sorted([*told, *states], key=str)
