"""``trialcards bulk-export``: what it says and writes, and that a run which was killed is gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.bulk_export import EXPORTED_TYPES
from tests.app.command_line import Run, one_line, runner
from tests.fhir_mappings.client.bulk_server import BulkServer, bulk_server, contents, ndjson, outcome

COMMAND = (sys.executable, "-c", "from app.cli import main; raise SystemExit(main())", "bulk-export")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(capsys)


@pytest.fixture
def server() -> Iterator[BulkServer]:
    with bulk_server() as running:
        running.retry_after = "0"
        yield running


def until(true: Callable[[], bool]) -> None:
    patience = time.monotonic() + 30
    while not true():
        assert time.monotonic() < patience
        time.sleep(0.01)


def killed(server: BulkServer, out: Path, when: Callable[[], bool]) -> None:
    """Run the command, and kill it without warning at this point."""
    with subprocess.Popen([*COMMAND, server.base, "--out", str(out)], stderr=subprocess.DEVNULL) as process:
        until(when)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)


def test_each_resource_type_is_a_line(run: Run, server: BulkServer, tmp_path: Path) -> None:
    ran = run("bulk-export", f"{server.base}/Patient", "--out", tmp_path / "out")
    sizes = {kind: len(body) for kind, body in server.files.items()}
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"Observation\t1\t9\t{sizes['Observation']}\nPatient\t1\t3\t{sizes['Patient']}\n"


def test_all_types_that_a_screening_reads_are_asked_for(run: Run, server: BulkServer, tmp_path: Path) -> None:
    run("bulk-export", server.base, "--out", tmp_path / "out")
    assert f"_type={','.join(sorted(EXPORTED_TYPES))}" in server.kicked[0]


def test_options_say_what_is_asked_for(run: Run, server: BulkServer, tmp_path: Path) -> None:
    ran = run(
        "bulk-export",
        f"{server.base}/Group/lupus",
        *("--out", tmp_path / "out"),
        *("--type", "Patient,Observation"),
        *("--since", "2026-06-01T00:00:00Z"),
        *("--type-filter", "Observation?category=laboratory"),
    )
    assert server.kicked == [
        "_outputFormat=application/fhir%2Bndjson&_type=Observation,Patient&_since=2026-06-01T00:00:00Z"
        "&_typeFilter=Observation%3Fcategory%3Dlaboratory"
    ]
    assert ran.err == "trialcards: not wholly exported: Observation (narrowed by --type-filter)\n"


def test_a_type_that_the_server_does_not_have_is_absent_as_when_it_is_searched(
    run: Run, server: BulkServer, tmp_path: Path
) -> None:
    server.has = tuple(EXPORTED_TYPES - {"Consent", "Device", "MedicationStatement"})
    assert run("bulk-export", server.base, "--out", tmp_path / "out").err == ""


def test_that_a_server_has_no_medications_at_all_or_no_diagnoses_is_not_believed(
    run: Run, server: BulkServer, tmp_path: Path
) -> None:
    server.has = ("Patient", "Observation")
    ran = run("bulk-export", server.base, "--out", tmp_path / "out")
    assert ran.err == (
        "trialcards: not wholly exported: Condition, MedicationAdministration, MedicationDispense, "
        "MedicationRequest, MedicationStatement (the server does not have it)\n"
    )


def test_what_the_server_did_not_export_is_told(run: Run, server: BulkServer, tmp_path: Path) -> None:
    server.errors = [outcome("Observation: timed out") + b"\n"]
    ran = run("bulk-export", server.base, "--out", tmp_path / "out")
    assert ran.code == 0
    assert ran.err.splitlines() == [
        "trialcards: the server tells: Observation: timed out (1 times)",
        "trialcards: not wholly exported: Observation (the server tells an error: Observation: timed out)",
    ]


@pytest.fixture
def ordering(server: BulkServer) -> BulkServer:
    """Orders name three Medications, none of which is exported; one is made of the fourth."""

    def order(number: int, reference: str) -> bytes:
        named = {"medicationReference": {"reference": reference}}
        return json.dumps({"resourceType": "MedicationRequest", "id": f"o{number}", **named}).encode() + b"\n"

    names = ["Medication/m1", f"{server.base}/Medication/m2/_history/3", "Medication/m3", "Medication/m1"]
    names += ["#contained", "https://other.example/fhir/Medication/m9"]
    server.files["MedicationRequest"] = b"".join(map(order, range(len(names)), names))
    server.resources = {name: {"resourceType": "Medication", "id": name} for name in ("m1", "m2", "m3", "m4")}
    server.resources["m3"]["ingredient"] = [{"itemReference": {"reference": "Medication/m4"}}]
    server.refuses = frozenset({"Medication"})
    return server


def test_medications_that_orders_name_are_asked_for_by_id(
    run: Run, ordering: BulkServer, tmp_path: Path
) -> None:
    ran = run("bulk-export", ordering.base, "--out", tmp_path / "out")
    assert [json.loads(line)["id"] for line in medications(tmp_path / "out")] == ["m1", "m2", "m3", "m4"]
    assert "Medication\t1\t4\t" in ran.out
    # All that is named is there, though the server did not export the type.
    assert "not wholly exported" not in ran.err
    asked = len(ordering.asked)
    assert run("bulk-export", ordering.base, "--out", tmp_path / "out").out == ran.out
    assert len(ordering.asked) == asked


def test_medications_of_another_export_are_not_taken_for_those_of_this_one(
    run: Run, ordering: BulkServer, tmp_path: Path
) -> None:
    run("bulk-export", ordering.base, "--out", tmp_path / "out")
    (tmp_path / "out" / "export.json").unlink()
    ordering.manifest = {"transactionTime": "2026-06-16T00:00:00Z"}
    ordering.resources["m1"]["status"] = "inactive"
    run("bulk-export", ordering.base, "--out", tmp_path / "out")
    assert json.loads(medications(tmp_path / "out")[0])["status"] == "inactive"


def test_a_medication_that_cannot_be_had_leaves_the_type_incomplete(
    run: Run, ordering: BulkServer, tmp_path: Path
) -> None:
    del ordering.resources["m2"]
    ran = run("bulk-export", ordering.base, "--out", tmp_path / "out")
    assert len(medications(tmp_path / "out")) == 3
    assert "not wholly exported: Medication (1 that orders name cannot be had: not-found)" in ran.err


def medications(out: Path) -> list[bytes]:
    return (out / "Medication-named.ndjson").read_bytes().splitlines()


def test_an_export_that_is_refused_is_one_line_and_exit_code_4(
    run: Run, server: BulkServer, tmp_path: Path
) -> None:
    server.faults["kick-off"] = [("403 Forbidden", (), outcome("no such scope"))]
    ran = run("bulk-export", server.base, "--out", tmp_path / "out")
    assert (ran.code, ran.out) == (4, "")
    assert one_line(ran.err)
    assert "no such scope" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("ftp://ehr.example/fhir",),
        ("http://ehr.example/fhir",),
        ("https://ehr.example/fhir", "--since", "2026-06-01"),
        ("https://ehr.example/fhir", "--type", "Observations"),
    ],
)
def test_what_cannot_be_asked_is_a_matter_of_usage(
    run: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    ran = run("bulk-export", *arguments, "--out", tmp_path / "out")
    assert ran.code == 2
    assert one_line(ran.err)
    assert not (tmp_path / "out").exists()


def test_the_token_of_the_environment_is_shown(
    run: Run, server: BulkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIALCARDS_BEARER_TOKEN", "secret")
    run("bulk-export", server.base, "--out", tmp_path / "out")
    assert all("authorization: Bearer secret" in head for head in server.heads["Patient"])


def test_a_run_that_was_killed_while_it_asked_asks_again(
    run: Run, server: BulkServer, tmp_path: Path
) -> None:
    server.silent_at = "kick-off"
    killed(server, tmp_path / "out", lambda: "kick-off" in server.asked)
    server.silent_at = None
    assert run("bulk-export", server.base, "--out", tmp_path / "out").code == 0
    assert contents(tmp_path / "out")["Patient-0001.ndjson"] == server.files["Patient"]


def test_a_run_that_was_killed_while_it_waited_waits_for_the_same_export(
    run: Run, server: BulkServer, tmp_path: Path
) -> None:
    server.polls = 10**9
    killed(server, tmp_path / "out", lambda: server.asked.count("status") > 1)
    server.polls = 0
    assert run("bulk-export", server.base, "--out", tmp_path / "out").code == 0
    assert server.jobs == 1
    assert server.deleted_jobs == ["1"]


def test_a_run_that_was_killed_in_the_midst_of_a_file_goes_on_there(
    run: Run, server: BulkServer, tmp_path: Path
) -> None:
    server.files["Observation"] = ndjson("Observation", 5_000, padding=200)
    out = tmp_path / "out"
    part = out / "Observation-0001.ndjson.part"
    server.stalls = {"Observation": 700_000}
    killed(
        server,
        out,
        lambda: part.exists() and part.stat().st_size >= 700_000 and (out / "Patient-0001.ndjson").exists(),
    )
    server.stalls = {}
    assert run("bulk-export", server.base, "--out", out).code == 0
    assert contents(out) == {
        "Observation-0001.ndjson": server.files["Observation"],
        "Patient-0001.ndjson": server.files["Patient"],
    }
    assert server.jobs == 1
    assert server.asked.count("Patient") == 1
    assert "range: bytes=" in server.heads["Observation"][1].lower()


def test_an_interrupt_from_the_keyboard_is_no_fault_and_leaves_the_export_to_be_gone_on_with(
    run: Run, server: BulkServer, tmp_path: Path
) -> None:
    server.polls = 10**9
    command = [*COMMAND, server.base, "--out", str(tmp_path / "out")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: server.asked.count("status") > 1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)
    assert (process.returncode, err.strip()) == (130, "")
    assert server.deleted_jobs == []
    server.polls = 0
    assert run("bulk-export", server.base, "--out", tmp_path / "out").code == 0
    assert server.jobs == 1


def test_a_population_since_an_earlier_export_asks_for_what_was_changed(
    run: Run, server: BulkServer, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    asked = ("cohort", "--bulk-export", f"{server.base}/Group/7", "--as-of", "2026-06-15", "--workers", "1")
    assert run(*asked, "--out", first).code == 0
    assert run(*asked, "--out", second, "--since", first).code == 0
    assert server.kicked[1].endswith("&_since=2026-06-15T00:00:00Z")
    # Who is in the group only now may have a history that such an export leaves out.
    assert [
        json.loads((out / "run.json").read_bytes())["plan"].get("changes_from") for out in (first, second)
    ] == [None, 1]


def test_two_runs_do_not_export_into_one_directory_at_once(
    run: Run, server: BulkServer, tmp_path: Path
) -> None:
    server.polls = 10**9
    command = [*COMMAND, server.base, "--out", str(tmp_path / "out")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        until(lambda: "status" in server.asked)
        ran = run("bulk-export", server.base, "--out", tmp_path / "out")
        process.kill()
    assert ran.code == 4
    assert "another run" in ran.err
    assert server.jobs == 1
