"""Bulk exports from real FHIR servers: HAPI FHIR, and SEKMET with its own authorization server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from app.bulk_export import EXPORTED_TYPES
from sandbox.charts import charts
from sandbox.loading import load
from tests.app.command_line import Run, runner
from tests.app.service import AS_OF
from tests.cds_hooks.signing import EC, RSA, private_jwk, public_jwk
from tests.lacking import lacking
from tests.servers import another_server

pytestmark = pytest.mark.xdist_group("servers")

COMMAND = (sys.executable, "-c", "from app.cli import main; raise SystemExit(main())", "bulk-export")
CLIENT_ID = "trialcards"
LOADING = "for-loading-alone"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    ran = runner(capsys)
    return lambda *arguments: ran("bulk-export", *arguments)


@pytest.fixture
def base_url(request: pytest.FixtureRequest, hapi_address: str, another_address: str) -> str:
    return another_address if request.param == "another" else f"{hapi_address}/fhir"


class Guarded(NamedTuple):
    """SEKMET that lets in whoever has a token of its authorization server.

    Attributes:
        base_url: of the FHIR server.
        folder: of its files.
    """

    base_url: str
    folder: Path


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    if not another_server.PYTHON.exists():
        lacking("the second FHIR server is not installed; `make build/servers/.installed` does it")
    folder = tmp_path_factory.mktemp("guarded")
    clients = [
        {"client_id": f"{CLIENT_ID}-{key}", "jwks": {"keys": [public_jwk(key)]}, "scopes": "system/*.cruds"}
        for key in (EC, RSA)
    ]
    access: dict[str, object] = {"types": ["bearer", "smart"], "tokens": [LOADING], "smart_clients": clients}
    # Seconds of a token's life: fewer than any export takes.
    access["token_lifetime"] = 2
    base_url = another_server.start(folder, os.getpid(), server_auth=access)
    load(base_url, charts().values(), AS_OF, LOADING)
    return Guarded(base_url, folder)


@pytest.fixture
def registered(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a client that the guarded server knows by this key."""
    key = getattr(request, "param", EC)
    (tmp_path / "key.jwk").write_text(json.dumps(private_jwk(key)), "utf-8")
    monkeypatch.setenv("TRIALCARDS_CLIENT_ID", f"{CLIENT_ID}-{key}")
    monkeypatch.setenv("TRIALCARDS_PRIVATE_KEY_FILE", str(tmp_path / "key.jwk"))
    # It wants leave for all types of who asks for an export of whichever.
    monkeypatch.setenv("TRIALCARDS_SCOPE", "system/*.cruds")


def names(directory: Path) -> Counter[str]:
    """How often each resource is there."""
    lines = (line for file in directory.glob("*.ndjson") for line in file.read_bytes().splitlines())
    resources = map(json.loads, lines)
    return Counter(f"{resource['resourceType']}/{resource['id']}" for resource in resources)


def expected(patients: Callable[[str], bool] = lambda _: True) -> Counter[str]:
    """The resources that were loaded for these patients, each once."""
    loaded = {
        f"{resource['resourceType']}/{resource['id']}"
        for name, patient in charts().items()
        if patients(name)
        for resource in patient.chart(AS_OF)
        if resource["resourceType"] in EXPORTED_TYPES
    }
    return Counter(loaded)


@pytest.mark.parametrize("base_url", ["hapi", "another"], indirect=True)
def test_all_that_was_loaded_comes_once(base_url: str, run: Run, tmp_path: Path) -> None:
    assert run(base_url, "--out", tmp_path / "out").code == 0
    assert names(tmp_path / "out") == expected()


@pytest.mark.parametrize("base_url", ["hapi", "another"], indirect=True)
def test_patients_are_exported_with_all_that_is_theirs(base_url: str, run: Run, tmp_path: Path) -> None:
    assert run(f"{base_url}/Patient", "--out", tmp_path / "out").code == 0
    # Medications belong to nobody; those that orders name are asked for by id.
    assert names(tmp_path / "out") == expected()


@pytest.mark.parametrize("base_url", ["hapi", "another"], indirect=True)
def test_a_groups_patients_are_exported(base_url: str, run: Run, tmp_path: Path) -> None:
    members = ("lin-mei-named", "sofia-reyes")
    group = {
        "resourceType": "Group",
        "id": "bulk-two",
        "type": "person",
        "actual": True,
        "member": [{"entity": {"reference": f"Patient/{name}"}} for name in members],
    }
    httpx.put(f"{base_url}/Group/bulk-two", json=group, timeout=60).raise_for_status()
    assert run(f"{base_url}/Group/bulk-two", "--out", tmp_path / "out").code == 0
    assert names(tmp_path / "out") == expected(lambda name: name in members)


def test_hapi_names_the_types_that_it_does_not_export_of_patients(
    hapi_address: str, run: Run, tmp_path: Path
) -> None:
    ran = run(f"{hapi_address}/fhir/Patient", "--out", tmp_path / "out")
    assert "the server does not export Medication, ResearchStudy, Substance (400: HAPI-0512" in ran.err
    # All that orders name were had by their ids, and the others are told.
    assert "not wholly exported: ResearchStudy, Substance (the server does not export it)" in ran.err


@pytest.mark.parametrize("base_url", ["hapi", "another"], indirect=True)
def test_nothing_has_changed_since_tomorrow(base_url: str, run: Run, tmp_path: Path) -> None:
    ran = run(base_url, "--out", tmp_path / "out", "--since", "2199-01-01T00:00:00Z")
    assert (ran.code, ran.out) == (0, "")


@pytest.mark.parametrize("base_url", ["hapi", "another"], indirect=True)
def test_a_group_that_is_not_there_is_told(base_url: str, run: Run, tmp_path: Path) -> None:
    ran = run(f"{base_url}/Group/nobody", "--out", tmp_path / "out")
    assert ran.code == 4
    assert "Group/nobody" in ran.err


@pytest.mark.parametrize("base_url", ["hapi", "another"], indirect=True)
@pytest.mark.parametrize("written", ["listed", "done"])
def test_a_run_that_is_killed_again_and_again_brings_the_same(
    base_url: str, written: str, run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for stop in ("statusUrl", written):
        with subprocess.Popen([*COMMAND, base_url, "--out", str(out)], stderr=subprocess.DEVNULL) as process:
            until(lambda stop=stop: has_come_to(out, stop))
            os.kill(process.pid, signal.SIGKILL)
            process.wait(10)
    status_url = json.loads((out / "export.json").read_bytes())["statusUrl"]
    assert run(base_url, "--out", out).code == 0
    assert names(out) == expected()
    assert json.loads((out / "export.json").read_bytes())["statusUrl"] == status_url


def has_come_to(out: Path, written: str) -> bool:
    state = out / "export.json"
    return state.exists() and f'"{written}"'.encode() in state.read_bytes()


def until(true: Callable[[], bool]) -> None:
    patience = time.monotonic() + 60
    while not true():
        assert time.monotonic() < patience
        time.sleep(0.005)


@pytest.mark.parametrize("registered", [EC, RSA], indirect=True)
def test_a_registered_client_exports_with_tokens_that_it_renews(
    registered: None, guarded: Guarded, run: Run, tmp_path: Path
) -> None:
    ran = run(guarded.base_url, "--out", tmp_path / "out")
    assert ran.code == 0
    assert names(tmp_path / "out") == expected()
    # With the export its files are deleted on the server.
    assert list((guarded.folder / "bulk").iterdir()) == []


def test_a_client_without_leave_for_all_is_told_in_the_servers_words(
    registered: None, guarded: Guarded, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIALCARDS_SCOPE", "system/Patient.rs")
    ran = run(guarded.base_url, "--out", tmp_path / "out")
    assert ran.code == 4
    assert "does not let these credentials export (403: Token scopes" in ran.err


def test_without_a_token_nobody_exports(guarded: Guarded, run: Run, tmp_path: Path) -> None:
    ran = run(guarded.base_url, "--out", tmp_path / "out")
    assert ran.code == 4
    assert "does not let these credentials export (401: Authentication required)" in ran.err
