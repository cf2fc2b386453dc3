"""Nothing lost, nothing twice: a run that is killed and resumed leaves what an undisturbed one leaves."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cohort.errors import ChangedError, NoInputError, OccupiedError
from cohort.local import screen_locally
from tests.cohort.populations import AS_OF, everything, plan, population, table, write_bulk_data

_SCRIPT = Path(__file__).parent / "run_in_parts.py"
_ROOT = Path(__file__).parent.parent.parent
PATIENTS = 24


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = write_bulk_data(tmp_path_factory.mktemp("bulk"), population(PATIENTS), {"Observation": 3})
    write_bulk_data(directory / "packed", population(PATIENTS // 2), packed=True)
    (directory / "broken.ndjson").write_text(
        '{"resourceType":"Condition","subject":{"reference":"Patient/lin-mei"'
    )
    return directory


class Undisturbed:
    def __init__(self, out: Path, told: int, seconds: float) -> None:
        self.found = everything(out)
        self.told = told
        self.seconds = seconds


@pytest.fixture(scope="module")
def undisturbed(bulk: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    began = time.monotonic()
    done = _run(bulk, out)
    return Undisturbed(out, int(done.stdout), time.monotonic() - began)


def _command(bulk: Path, out: Path, *more: str) -> list[str]:
    return [sys.executable, str(_SCRIPT), str(bulk), str(out), *more]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(_ROOT)}


def _run(bulk: Path, out: Path, *more: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        _command(bulk, out, *more), capture_output=True, text=True, env=_environment(), timeout=300
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def _find(out: Path) -> dict[str, Any]:
    return everything(out)


class TestARunThatIsKilled:
    def test_has_everybody_once_where_nothing_disturbs_it(self, undisturbed: Undisturbed) -> None:
        patients = [row["patient"] for row in undisturbed.found["patients"]]
        assert len(patients) == len(set(patients)) == PATIENTS
        assert len(undisturbed.found["screenings"]) == 2 * PATIENTS
        (row,) = undisturbed.found["rejected"]
        assert row["reason"] == "not JSON: Input data was truncated"

    @pytest.mark.parametrize("attempt", range(4))
    def test_between_two_steps_goes_on_to_the_same_result(
        self, attempt: int, bulk: Path, undisturbed: Undisturbed, tmp_path: Path
    ) -> None:
        chance = random.Random()  # noqa: S311  # another instant in each run
        out = tmp_path / "out"
        resume: list[str] = []
        points = [chance.randrange(undisturbed.told) for _ in range(2)]
        for at in points:
            stopped = _run(bulk, out, *resume, "--die-at", str(at), check=False)
            assert stopped.returncode in (0, -signal.SIGKILL), stopped.stderr
            resume = ["--resume"]
        _run(bulk, out, "--resume")
        assert _find(out) == undisturbed.found, points

    @pytest.mark.parametrize("attempt", range(3))
    def test_with_its_workers_at_any_instant_goes_on_to_the_same_result(
        self, attempt: int, bulk: Path, undisturbed: Undisturbed, tmp_path: Path
    ) -> None:
        chance = random.Random()  # noqa: S311  # another instant in each run
        out = tmp_path / "out"
        running = subprocess.Popen(
            _command(bulk, out),
            env=_environment(),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        instant = chance.uniform(0.2, 1.0) * undisturbed.seconds
        try:
            running.wait(instant)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
        _run(bulk, out, *(["--resume"] if (out / "run.json").exists() else []))
        assert _find(out) == undisturbed.found, instant


class TestWhatAKillLeavesBehind:
    def test_of_a_partition_and_of_a_piece_is_not_taken_for_done(
        self, bulk: Path, undisturbed: Undisturbed, tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        _run(bulk, out, "--die-at", str(undisturbed.told - 3), check=False)
        judged, grouped = out / "work" / "judged", out / "work" / "grouped"
        whole = min(path for path in judged.iterdir() if "." not in path.name)
        shutil.copytree(whole, judged / f"{whole.name}.4711")
        (judged / f"{whole.name}.4711" / "rejected.parquet").write_bytes(b"PAR1 half")
        (grouped / "00000-00000-00000-last.4711").write_bytes(b"half")
        _run(bulk, out, "--resume")
        assert _find(out) == undisturbed.found


class TestResuming:
    def test_from_another_working_directory_finds_the_same_input(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bulk = write_bulk_data(tmp_path / "bulk", population(1))
        monkeypatch.chdir(tmp_path)
        with pytest.raises(KeyboardInterrupt):
            screen_locally([Path("bulk")], tmp_path / "out", plan(), workers=1, progress=_stop)
        monkeypatch.chdir("/")
        record = screen_locally([bulk], tmp_path / "out", plan(), workers=1, resume=True)
        assert record.result is not None

    def test_a_finished_run_does_nothing(self, bulk: Path, undisturbed: Undisturbed, tmp_path: Path) -> None:
        out = tmp_path / "out"
        _run(bulk, out)
        assert int(_run(bulk, out, "--resume").stdout) == 0
        assert _find(out) == undisturbed.found

    def test_is_refused_where_another_day_is_asked(self, bulk: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        _run(bulk, out, "--die-at", "1", check=False)
        other = plan(as_of=AS_OF.replace(day=16))
        with pytest.raises(ChangedError, match="another as_of"):
            screen_locally([bulk], out, other, resume=True)

    def test_is_refused_where_the_input_has_changed(self, tmp_path: Path) -> None:
        bulk = write_bulk_data(tmp_path / "bulk", population(1))
        out = tmp_path / "out"
        _run(bulk, out, "--die-at", "1", check=False)
        with (bulk / "Patient.0.ndjson").open("a") as file:
            file.write("\n")
        with pytest.raises(ChangedError, match=r"Patient\.0\.ndjson has changed"):
            screen_locally([bulk], out, plan(), resume=True)

    def test_is_refused_where_there_is_nothing_to_resume(self, bulk: Path, tmp_path: Path) -> None:
        with pytest.raises(OccupiedError, match="no run to go on with"):
            screen_locally([bulk], tmp_path / "out", plan(), resume=True)


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


class TestADirectoryThatIsNotEmpty:
    def test_is_not_written_to(self, bulk: Path, tmp_path: Path) -> None:
        (tmp_path / "letter.txt").write_text("mine")
        with pytest.raises(OccupiedError, match="not empty"):
            screen_locally([bulk], tmp_path, plan())

    def test_with_an_unfinished_run_tells_of_resuming(self, bulk: Path, tmp_path: Path) -> None:
        _run(bulk, tmp_path / "out", "--die-at", "1", check=False)
        with pytest.raises(OccupiedError, match="--resume"):
            screen_locally([bulk], tmp_path / "out", plan())

    def test_with_a_finished_one_tells_that(self, tmp_path: Path) -> None:
        bulk = write_bulk_data(tmp_path / "bulk", population(1))
        _run(bulk, tmp_path / "out")
        assert table(tmp_path / "out", "patients")
        with pytest.raises(OccupiedError, match="a finished run"):
            screen_locally([bulk], tmp_path / "out", plan())


class TestNoInput:
    def test_is_told_where_there_is_no_directory(self, tmp_path: Path) -> None:
        with pytest.raises(NoInputError, match="no directory"):
            screen_locally([tmp_path / "nowhere"], tmp_path / "out", plan())

    def test_is_told_where_no_file_is_bulk_data(self, tmp_path: Path) -> None:
        (tmp_path / "bulk").mkdir()
        (tmp_path / "bulk" / "notes.txt").write_text("x")
        with pytest.raises(NoInputError, match="no FHIR bulk data"):
            screen_locally([tmp_path / "bulk"], tmp_path / "out", plan())
        assert not (tmp_path / "out").exists()
