"""``cohort --compare``: versions as people name them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from app.cli_errors import ArgumentError, InvalidProtocolError, UnreadableFileError
from app.cli_service import bundled_service
from app.cohort_compare import compared_with
from app.demo.patients import demo_patients
from cohort.plan import Chosen
from tests.app.command_line import PROTOCOLS, Run, runner
from tests.app.service import TRIAL_A, TRIAL_B

BOTH = (Chosen(id=TRIAL_A, version="2"), Chosen(id=TRIAL_B, version="2"))


def _compared(*names: str | Path, chosen: tuple[Chosen, ...] = BOTH) -> list[tuple[str, str]]:
    found = compared_with([str(name) for name in names], chosen, bundled_service().protocols)
    assert all(one.aside for one in found)
    return [(one.id, one.version) for one in found]


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    text = (PROTOCOLS / f"{TRIAL_A}.yaml").read_text("utf-8")
    file = tmp_path / "draft.yaml"
    file.write_text(text.replace('version: "2"', 'version: "3"', 1), "utf-8")
    return file


def test_a_version_alone_is_that_of_each_protocol_that_has_it() -> None:
    assert _compared("1") == [(TRIAL_A, "1"), (TRIAL_B, "1")]


def test_an_id_with_a_version_is_that_of_one_protocol() -> None:
    assert _compared(f"{TRIAL_B.upper()}@1") == [(TRIAL_B, "1")]


def test_a_file_is_an_amendment_and_brings_its_text_along(draft: Path) -> None:
    assert _compared(draft) == [(TRIAL_A, "3")]
    (one,) = compared_with([str(draft)], BOTH, bundled_service().protocols)
    assert one.text is not None
    assert one.source == str(draft)


def test_where_a_file_is_screened_against_the_bundled_version_can_be_compared(draft: Path) -> None:
    chosen = (Chosen(id=TRIAL_A, version="3", text=draft.read_text("utf-8")),)
    assert _compared("2", chosen=chosen) == [(TRIAL_A, "2")]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("9", f"no protocol of this run has another version '9'; there are: {TRIAL_A}: 1; {TRIAL_B}: 1"),
        (f"{TRIAL_A}@9", f"there is no version '9' of {TRIAL_A}; there are: 1, 2"),
        (f"{TRIAL_A}@2", "that is the version that is screened against; there are besides: 1"),
        ("nct01639339@1", "this run does not screen against nct01639339, so there is nothing to compare"),
    ],
)
def test_a_version_that_cannot_be_compared_is_refused_with_those_that_can(name: str, words: str) -> None:
    with pytest.raises(ArgumentError, match=r"^--compare ") as refused:
        _compared(name)
    assert words in str(refused.value)


def test_two_versions_of_one_protocol_are_refused(draft: Path) -> None:
    with pytest.raises(ArgumentError, match="compared with version 1 already"):
        _compared("1", draft)


def test_a_file_with_the_version_that_is_screened_against_is_refused() -> None:
    with pytest.raises(ArgumentError, match="give it one of its own"):
        _compared(PROTOCOLS / f"{TRIAL_A}.yaml")


def test_a_file_of_a_protocol_that_is_not_screened_against_is_refused(draft: Path) -> None:
    with pytest.raises(ArgumentError, match="does not screen against"):
        _compared(draft, chosen=BOTH[1:])


def test_a_file_that_is_no_protocol_or_not_there_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "no.yaml"
    with pytest.raises(UnreadableFileError, match="cannot be read"):
        _compared(file)
    file.write_text("id: x\n", "utf-8")
    with pytest.raises(InvalidProtocolError, match=r"no\.yaml:1"):
        _compared(file)


class TestARun:
    """From lines to the page, on the records of demonstration patients."""

    @pytest.fixture
    def run(self, capsys: pytest.CaptureFixture[str]) -> Run:
        return runner(capsys)

    @pytest.fixture
    def demo_lines(self, tmp_path: Path) -> Path:
        folder = tmp_path / "in"
        folder.mkdir()
        with (folder / "all.ndjson").open("w", encoding="utf-8") as file:
            for patient in list(demo_patients().values())[:3]:
                entries = patient.bundle(date(2026, 6, 15))["entry"]
                file.writelines(json.dumps(entry["resource"]) + "\n" for entry in entries)
        return folder

    def test_a_run_that_compares_a_draft_tells_who_flips_and_by_what(
        self, run: Run, draft: Path, demo_lines: Path, tmp_path: Path
    ) -> None:
        text = draft.read_text("utf-8")
        # Nobody has been that old: a draft that closes the trial to everybody by inclusion 1.
        draft.write_text(text.replace("input: age, at_least: 18", "input: age, at_least: 100", 1), "utf-8")
        out = tmp_path / "out"
        ran = run(
            "cohort", demo_lines, "--out", out, "--as-of", "2026-06-15",
            "--protocol", TRIAL_A, "--compare", draft, "--workers", "1",
        )  # fmt: skip
        assert ran.code == 0, ran.err
        (compared,) = json.loads((out / "compared.json").read_text("utf-8"))
        assert (compared["older"], compared["newer"]) == ("2", "3")
        assert compared["flipped"] == compared["farther"] > 0
        assert [one["criterion"] for one in compared["criteria"]] == ["I1"]
        page = (out / "compare.html").read_text("utf-8")
        assert "I1: what is asked" in page
        assert "Patient/" not in page
        assert "version 3 against version 2" in " ".join(ran.out.split())
        asked = run("what-if", out, "--drop", "I4", "--by", "sex", "--format", "json")
        assert json.loads(asked.out)["version"] == "2"

    def test_a_run_without_another_version_writes_nothing_of_it(
        self, run: Run, demo_lines: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        ran = run(
            "cohort", demo_lines, "--out", out, "--as-of", "2026-06-15",
            "--protocol", TRIAL_A, "--workers", "1",
        )  # fmt: skip
        assert ran.code == 0, ran.err
        assert not list(out.glob("compare*"))
        assert run("what-if", out, "--drop", "I99").code == 2
        assert run("what-if", out, "--protocol", TRIAL_B).code == 2
        assert run("what-if", tmp_path).code == 2

    def test_relaxing_judges_the_input_anew_and_tells_who_would_enter(
        self, run: Run, demo_lines: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        ran = run(
            "cohort", demo_lines, "--out", out, "--as-of", "2026-06-15",
            "--protocol", TRIAL_A, "--workers", "1",
        )  # fmt: skip
        assert ran.code == 0, ran.err
        listed = run("what-if", out, "--list", "i1")
        assert "I1: age at_least 18" in listed.out
        edit = ("--relax", "I1: age at_least 100")
        asked = run("what-if", out, *edit, "--workers", "1", "--format", "json")
        assert asked.code == 0, asked.err
        compared = json.loads(asked.out)
        assert (compared["older"], compared["newer"]) == ("2", "2+relaxed")
        assert compared["flipped"] > 0
        assert [one["criterion"] for one in compared["criteria"]] == ["I1"]
        assert 'version: "2+relaxed"' in (out / "relaxed-1" / "relaxed.yaml").read_text("utf-8")
        assert run("what-if", out, "--relax", "I1: age at_least 200").code == 5
        assert run("what-if", out, *edit, "--out", out).code == 2
        assert run("what-if", out, *edit, "--drop", "I4").code == 2
        (demo_lines / "more.ndjson").write_text("{}\n", "utf-8")
        changed = run("what-if", out, *edit)
        assert changed.code == 2
        assert "more.ndjson has changed since the run" in changed.err
