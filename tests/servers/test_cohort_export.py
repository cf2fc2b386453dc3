"""``trialcards cohort --bulk-export`` beside real FHIR servers: judged as the same population in files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from sandbox.charts import charts
from sandbox.loading import load
from tests.app.command_line import Run, runner
from tests.app.service import AS_OF
from tests.lacking import lacking
from tests.servers import another_server

pytestmark = pytest.mark.xdist_group("servers")

COMMAND = (sys.executable, "-c", "from app.cli import main; raise SystemExit(main())")
SORTED = ("patient", "protocol", "criterion", "input")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(capsys)


@pytest.fixture(scope="module")
def own_address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A server of this module alone, whose patients may change."""
    if not another_server.PYTHON.exists():
        lacking("the second FHIR server is not installed; `make build/servers/.installed` does it")
    base_url = another_server.start(tmp_path_factory.mktemp("own"), os.getpid())
    load(base_url, charts().values(), AS_OF)
    return base_url


@pytest.fixture(scope="module")
def from_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same charts, screened from a file."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "data").mkdir()
    rows = {
        f"{resource['resourceType']}/{resource['id']}": json.dumps(resource)
        for patient in charts().values()
        for resource in patient.chart(AS_OF)
    }
    (folder / "data" / "all.ndjson").write_text("\n".join(rows.values()), "utf-8")
    arguments = [*COMMAND, *asked(folder / "out"), str(folder / "data")]
    subprocess.run(arguments, check=True, capture_output=True)
    return folder / "out"


def asked(out: Path) -> list[str]:
    return ["cohort", "--out", str(out), "--as-of", str(AS_OF), "--workers", "1"]


def rows_of(out: Path, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(out / table).to_pylist()
    return sorted(rows, key=lambda row: [str(row.get(column)) for column in SORTED])


@pytest.mark.parametrize("server", ["hapi", "own"])
def test_a_population_on_a_server_is_judged_as_the_same_in_a_file(
    server: str, hapi_address: str, own_address: str, from_files: Path, run: Run, tmp_path: Path
) -> None:
    base_url = own_address if server == "own" else f"{hapi_address}/fhir"
    ran = run(*asked(tmp_path / "out"), "--bulk-export", f"{base_url}/Patient")
    assert ran.code == 0, ran.err
    for table in ("screenings", "needs"):
        assert rows_of(tmp_path / "out", table) == rows_of(from_files, table)


def test_a_run_that_is_killed_while_it_exports_goes_on(
    own_address: str, from_files: Path, run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    arguments = [*asked(out), "--bulk-export", f"{own_address}/Patient"]
    state = out / "export" / "export.json"
    with subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.DEVNULL) as process:
        until(lambda: state.exists() and b'"statusUrl"' in state.read_bytes())
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    begun = json.loads(state.read_bytes())["statusUrl"]
    ran = run(*arguments, "--resume")
    assert ran.code == 0, ran.err
    assert json.loads(state.read_bytes())["statusUrl"] == begun
    assert rows_of(out, "screenings") == rows_of(from_files, "screenings")


def until(true: Callable[[], bool]) -> None:
    patience = time.monotonic() + 60
    while not true():
        assert time.monotonic() < patience
        time.sleep(0.005)


def test_only_who_has_new_data_is_judged_anew(own_address: str, run: Run, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert run(*asked(first), "--bulk-export", f"{own_address}/Patient").code == 0
    chart = charts()["lin-mei"].chart(AS_OF)
    patient = next(resource for resource in chart if resource["resourceType"] == "Patient")
    httpx.put(
        f"{own_address}/Patient/lin-mei", json=patient | {"deceasedBoolean": True}, timeout=60
    ).raise_for_status()
    ran = run(*asked(second), "--bulk-export", f"{own_address}/Patient", "--since", first)
    assert ran.code == 0, ran.err
    assert [file.name for file in (second / "export").glob("*.ndjson")] == ["Patient-0001.ndjson"]
    before, after = rows_of(first, "screenings"), rows_of(second, "screenings")
    changed = {new["patient"] for old, new in zip(before, after, strict=True) if old != new}
    assert changed == {"Patient/lin-mei"}
