"""``trialcards screen --protocol FILE``: a protocol of one's own, before anything is installed."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from app.cli import main
from app.demo.patients import demo_patients

EXAMPLE = Path(__file__).parents[2] / "docs" / "writing-a-protocol.md"


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    path = tmp_path / "chart.json"
    path.write_text(json.dumps(demo_patients()["lin-mei"].bundle(date(2026, 6, 15))), "utf-8")
    return path


@pytest.fixture
def protocol(tmp_path: Path) -> Path:
    """The whole protocol that the documentation shows."""
    blocks = re.findall(r"```yaml\n(.*?)```", EXAMPLE.read_text("utf-8"), re.DOTALL)
    text = next(block for block in blocks if "I1" in block)
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_chart_is_screened_by_a_protocol_in_a_file(
    chart: Path, protocol: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["screen", str(chart), "--protocol", str(protocol), "--format", "json"]) == 0
    [screening] = json.loads(capsys.readouterr().out)["screenings"]
    assert screening["protocol"] == "nct99999999"


def test_a_file_stands_beside_a_bundled_protocol(
    chart: Path, protocol: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--protocol", str(protocol), "--protocol", "nct07517536"]
    assert main(["screen", str(chart), *asked, "--format", "json"]) == 0
    told = {s["protocol"] for s in json.loads(capsys.readouterr().out)["screenings"]}
    assert told == {"nct99999999", "nct07517536"}


def test_a_faulty_file_is_told_with_its_line_and_code_5(
    chart: Path, protocol: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    protocol.write_text(protocol.read_text("utf-8").replace("4.8 mmol/L,", "4.8 furlong,", 1), "utf-8")
    assert main(["screen", str(chart), "--protocol", str(protocol)]) == 5
    error = capsys.readouterr().err.strip()
    assert re.search(r"mine\.yaml:\d+:\d+: error: I1.*furlong", error)
    assert "\n" not in error


def test_a_file_that_is_not_there_is_told_with_code_3(
    chart: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["screen", str(chart), "--protocol", "nowhere.yaml"]) == 3
    assert capsys.readouterr().err.strip().endswith("nowhere.yaml: cannot be read: No such file or directory")
