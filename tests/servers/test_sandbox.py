"""The sandbox: what it is loaded with, and what it says where it cannot be had."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import httpx
import pytest

from sandbox import hapi
from sandbox.__main__ import serve
from sandbox.charts import bundled_id, charts
from sandbox.loading import LoadingError, load
from tests.app.service import AS_OF

NOBODY = "http://127.0.0.1:9/fhir"


def test_each_dialect_holds_the_same_chart_under_names_of_its_own() -> None:
    for name, patient in charts().items():
        here = patient.chart(AS_OF)
        kinds = Counter(resource["resourceType"] for resource in here)
        if name.endswith("-statements"):
            assert "MedicationRequest" not in kinds
        if name.endswith("-requests"):
            assert "MedicationStatement" not in kinds
        assert f'"Patient/{name}"' in json.dumps(here)
        assert len(here) - kinds["Medication"] == len(charts()[bundled_id(name)].resources)
    names = [(r["resourceType"], r["id"]) for patient in charts().values() for r in patient.resources]
    assert len(set(names)) == len(names)


def test_loading_twice_changes_nothing(hapi_address: str) -> None:
    base_url = f"{hapi_address}/fhir"
    load(base_url, [charts()["lin-mei"]], AS_OF)
    patient = httpx.get(f"{base_url}/Patient/lin-mei").json()
    assert patient["meta"]["versionId"] == "1"


def test_a_server_that_refuses_a_chart_is_told_with_the_chart_and_its_answer(hapi_address: str) -> None:
    with pytest.raises(LoadingError, match=r"refused the chart of lin-mei: 405"):
        load(f"{hapi_address}/nowhere", [charts()["lin-mei"]], AS_OF)


def test_a_server_that_is_not_there_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exception, match="1"):
        serve(load_into=NOBODY)
    said = capsys.readouterr().err.strip()
    assert said.startswith(f"sandbox: {NOBODY} cannot be reached")
    assert "\n" not in said


def test_without_a_jdk_it_says_in_one_line_what_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(hapi.UnavailableError) as refused:
        hapi.build()
    assert "JDK (17 or newer) and Maven" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_old_jdk_is_refused_with_its_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for tool, answer in {"javac": "javac 11.0.2", "mvn": ""}.items():
        script = tmp_path / tool
        script.write_text(f"#!/bin/sh\necho {answer}\n")
        script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(hapi.UnavailableError, match=r"17 or newer; here is javac 11\.0\.2"):
        hapi.build()
