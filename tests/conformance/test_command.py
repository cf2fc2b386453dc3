"""``trialcards conformance``: the report on standard output, one line of error, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization

import conformance.caller
from app.cli import main
from tests.conformance.tiny_service import BASE, HOOK, ISSUER, Tiny, signing_key


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """A service under ``BASE``."""
    service = Tiny()
    client = httpx.Client

    def calling_it(**how: Any) -> httpx.Client:
        return client(**{**how, "transport": httpx.MockTransport(service)})

    monkeypatch.setattr(conformance.caller.httpx, "Client", calling_it)  # type: ignore[attr-defined]
    return service


def test_a_good_service_ends_with_0_and_every_rule_is_told(
    tiny: Tiny, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["conformance", BASE]) == 0
    printed = capsys.readouterr()
    rows = [line.split()[0] for line in printed.out.splitlines() if line.startswith("C")]
    assert rows == [f"C{number}" for number in range(1, 97)]
    assert printed.out.rstrip().endswith("no MUST that binds a service is broken")
    assert printed.err == ""


def test_a_broken_rule_that_binds_the_service_ends_with_7_and_is_told_with_its_place(
    tiny: Tiny, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.card["indicator"] = "hard-stop"
    assert main(["conformance", BASE]) == 7
    printed = capsys.readouterr()
    assert "cards[0].indicator: it is none of info, warning, critical" in " ".join(printed.out.split())
    assert printed.err == f"trialcards: {BASE} breaks C61\n"


def test_a_broken_rule_that_only_recommends_ends_with_0(tiny: Tiny) -> None:
    del tiny.services[0]["title"]
    assert main(["conformance", BASE]) == 0


def test_the_report_for_machines_is_json(tiny: Tiny, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", f"{BASE}/cds-services", "--format", "json", "--no-feedback"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["baseUrl"] == BASE
    assert len(report["results"]) == 96
    statuses = {result["number"]: result["status"] for result in report["results"]}
    assert (statuses["C59"], statuses["C79"]) == ("passed", "skipped")


def test_a_request_of_ones_own_takes_the_place_of_the_built_in_one(
    tiny: Tiny, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[bytes] = []

    def listening(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        asked.append(request.content)
        return answer

    tiny.spoil = listening
    own = {
        "hook": HOOK,
        "hookInstance": "x",
        "context": {"userId": "Practitioner/1", "patientId": "own-patient"},
        "prefetch": {"patient": {"resourceType": "Patient", "id": "own-patient"}, "conditions": None},
    }
    file = tmp_path / "own.json"
    file.write_text(json.dumps(own), "utf-8")
    assert main(["conformance", BASE, "--request", str(file)]) == 0
    about = [body for body in asked if b'"context": {' in body]
    assert about
    assert all(b"own-patient" in body for body in about)


def test_a_key_signs_every_call(tiny: Tiny, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny.key = signing_key()
    file = tmp_path / "key.pem"
    file.write_bytes(
        tiny.key.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    told = ["--key", str(file), "--kid", "k1", "--issuer", ISSUER]
    assert main(["conformance", BASE, *told]) == 0
    assert "0 failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["ftp://cds.example"], 2, "no address"),
        ([BASE, "--issuer", ISSUER], 2, "--key"),
        ([BASE, "--key", "/no/such/key.pem", "--issuer", ISSUER], 3, "cannot be read"),
        ([BASE, "--bearer-from", "NO_SUCH_VARIABLE"], 2, "NO_SUCH_VARIABLE"),
        ([BASE, "--request", "/no/such/request.json"], 3, "cannot be read"),
        (["http://127.0.0.1:9"], 8, "cannot be reached"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    arguments: list[str], code: int, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["conformance", *arguments]) == code
    printed = capsys.readouterr()
    assert word in printed.err
    assert printed.err.count("\n") == 1
