"""``docs/writing-a-protocol.md`` holds what it promises to somebody who has read nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.cli import main
from fhir_mappings.catalogue import FOLDER, load_catalogue
from fhir_mappings.facts import EVENT_TYPES
from fhir_mappings.inputs import describe, input_names
from fhir_mappings.terminology import load_terminology

PAGE = (Path(__file__).parents[2] / "docs" / "writing-a-protocol.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
(WHOLE,) = [block for block in BLOCKS if block.startswith("id: nct99999999")]


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """The whole protocol of the page as a file."""
    file = tmp_path / "nct99999999.yaml"
    file.write_text(WHOLE, "utf-8")
    return file


def test_the_whole_protocol_of_the_page_passes_the_check_without_a_warning(
    whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["protocols", "check", str(whole)]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == (f"{whole}: ok\n", "")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("at_most: 4.8", "at_most: 4.9"),
        ("before: 8 wk", "before: 9 wk"),
        ("lasting: [positive]", "lasting: []"),
        ("absent: no", "absent: missing, label: x, unconfirmed: nonsense"),
        ("potassium, at_most", "kalium, at_most"),
    ],
)
def test_its_examples_hold_every_boundary_that_it_states(
    whole: Path, capsys: pytest.CaptureFixture[str], right: str, wrong: str
) -> None:
    assert right in WHOLE
    whole.write_text(WHOLE.replace(right, wrong, 1), "utf-8")
    assert main(["protocols", "check", str(whole)]) == 5
    assert str(whole) in capsys.readouterr().err


def test_every_name_of_an_input_or_code_set_on_the_page_exists() -> None:
    terminology = load_terminology()
    named = set(re.findall(r"\b(?:cond|drug|proc|report|class)_[a-z0-9_]+", PAGE))
    assert {name for name in named if terminology.expand(name) is None} == set()
    inputs = set(re.findall(r"\binput: ([a-z0-9_]+)", PAGE))
    assert inputs
    assert inputs <= set(input_names())


def test_potassium_is_what_the_page_says_it_is() -> None:
    potassium = load_catalogue().analytes["potassium"]
    assert (potassium.unit, [unit.code for unit in potassium.units]) == ("mmol/L", ["mmol/L", "meq/L"])
    assert potassium.order is not None
    assert potassium.order.code == "2823-3"


@pytest.mark.parametrize("name", ["potassium", "hba1c"])
def test_no_list_in_python_names_an_analyte_that_is_only_an_analyte(name: str) -> None:
    told = [path.name for path in FOLDER.rglob("*.py") if re.search(rf"\b{name}\b", path.read_text("utf-8"))]
    assert told == []


def test_the_vocabulary_lists_every_kind_of_event_with_its_attributes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["protocols", "vocabulary", "events"]) == 0
    out = capsys.readouterr().out
    assert set(EVENT_TYPES) <= {
        line.split()[0] for line in out.splitlines() if line and not line[0].isspace()
    }
    assert "study_ids" in out


def test_the_vocabulary_breaks_no_name_and_tells_what_a_computed_input_comes_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["protocols", "vocabulary"]) == 0
    first = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert set(input_names()) <= first
    biopsy = describe("lupus_nephritis_class")
    assert biopsy is not None
    assert biopsy.given_as is not None


def test_a_result_of_what_no_result_reports_is_refused_with_what_to_write(
    whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole.write_text(WHOLE.replace("{potassium: 4.8 mmol/L", "{lupus_nephritis_class: IV", 1), "utf-8")
    assert main(["protocols", "check", str(whole)]) == 5
    assert "report_kidney_biopsy" in capsys.readouterr().err


def test_merge_keys_are_refused_with_what_to_do(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole.write_text(WHOLE.replace("version:", "<<: {a: 1}\nversion:", 1), "utf-8")
    assert main(["protocols", "check", str(whole)]) == 5
    assert "write out what they stand for" in capsys.readouterr().err
