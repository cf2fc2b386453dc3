"""``trialcards protocols``: listed, shown and checked, with exit codes and one line for each problem."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.app.command_line import PROTOCOLS, Run, runner
from tests.app.service import TRIAL_A, TRIAL_B


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(capsys)


class TestProtocols:
    def test_list_names_both_trials(self, run: Run) -> None:
        ran = run("protocols", "list")
        assert ran.code == 0
        assert TRIAL_A in ran.out
        assert TRIAL_B in ran.out

    def test_show_gives_the_words_and_their_reading(self, run: Run) -> None:
        ran = run("protocols", "show", TRIAL_A)
        assert ran.code == 0
        assert "Age 18-65 years (inclusive)" in ran.out
        assert "Read as:" in ran.out

    def test_show_as_json_is_the_protocol_as_data(self, run: Run) -> None:
        shown = json.loads(run("protocols", "show", TRIAL_B, "--format", "json").out)
        assert shown["id"] == TRIAL_B
        assert shown["criteria"][0]["id"] == "I1"

    def test_the_bundled_protocols_pass_their_own_check(self, run: Run) -> None:
        files = sorted(PROTOCOLS.glob("*.yaml"))
        ran = run("protocols", "check", *files)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out == "".join(f"{file}: ok\n" for file in files)

    def test_a_problem_is_told_with_file_and_line_and_code_5(self, run: Run, tmp_path: Path) -> None:
        text = (PROTOCOLS / f"{TRIAL_A}.yaml").read_text("utf-8")
        broken = tmp_path / "broken.yaml"
        broken.write_text(text.replace("status:", "statos:", 1), "utf-8")
        ran = run("protocols", "check", broken)
        assert ran.code == 5
        assert ran.out == ""
        *problems, last = ran.err.splitlines()
        assert any(line.startswith(f"{broken}:") and "statos" in line for line in problems)
        assert last.startswith("trialcards: ")

    def test_one_bad_file_does_not_hide_that_another_is_good(self, run: Run, tmp_path: Path) -> None:
        good = PROTOCOLS / f"{TRIAL_B}.yaml"
        broken = tmp_path / "broken.yaml"
        broken.write_text("a: 1", "utf-8")
        ran = run("protocols", "check", broken, good)
        assert ran.code == 5
        assert ran.out == f"{good}: ok\n"
        assert "the key 'title' is missing" in ran.err

    def test_a_file_that_cannot_be_read_gives_code_3_and_hides_no_other(
        self, run: Run, tmp_path: Path
    ) -> None:
        good = PROTOCOLS / f"{TRIAL_B}.yaml"
        ran = run("protocols", "check", tmp_path / "nowhere.yaml", good)
        assert ran.code == 3
        assert ran.out == f"{good}: ok\n"
        first, last = ran.err.splitlines()
        assert "nowhere.yaml: cannot be read" in first
        assert last.startswith("trialcards: 1 file")

    def test_an_example_with_another_outcome_is_told_with_its_line(self, run: Run, tmp_path: Path) -> None:
        text = (PROTOCOLS / f"{TRIAL_A}.yaml").read_text("utf-8")
        broken = tmp_path / "broken.yaml"
        told = "{name: 18th birthday today, chart: {patient: {born: 2008-06-15}}, outcome: "
        broken.write_text(text.replace(f"{told}pass", f"{told}fail"), "utf-8")
        line = text[: text.index(told)].count("\n") + 1
        ran = run("protocols", "check", broken)
        assert ran.code == 5
        assert ran.err.startswith(f"{broken}:{line}:")
        assert "I1, outcome: example '18th birthday today': outcome is pass, not fail" in ran.err

    @pytest.mark.parametrize(
        ("chart", "reason"),
        [
            ("{results: [{upcr: 1 g/g, on: 2026-13}]}", "month must be in 1..12"),
            ("{results: [{hbsag: positive}]}", "result 0: needs a date ('on')"),
            ("{assessments: [{total: 4}]}", "'on' is missing"),
            ("{events: 5}", "the chart is not in the notation"),
            ("{results: [5]}", "the chart is not in the notation"),
        ],
    )
    def test_a_chart_that_is_not_in_the_notation_is_a_problem_of_the_file(
        self, run: Run, tmp_path: Path, chart: str, reason: str
    ) -> None:
        text = (PROTOCOLS / f"{TRIAL_A}.yaml").read_text("utf-8")
        broken = tmp_path / "broken.yaml"
        old = "{name: 18th birthday today, chart: {patient: {born: 2008-06-15}}"
        broken.write_text(text.replace(old, f"{{name: 18th birthday today, chart: {chart}"), "utf-8")
        ran = run("protocols", "check", broken)
        assert ran.code == 5
        assert reason in ran.err

    def test_warnings_give_code_0_and_with_strict_code_5(self, run: Run, tmp_path: Path) -> None:
        text = (PROTOCOLS / f"{TRIAL_B}.yaml").read_text("utf-8")
        doubtful = tmp_path / "doubtful.yaml"
        added = text.replace("\nfreshness:\n", "\nfreshness:\n  unused: {before: 3 d}\n")
        doubtful.write_text(added, "utf-8")
        ran = run("protocols", "check", doubtful)
        assert (ran.code, ran.out) == (0, f"{doubtful}: ok, 1 warning\n")
        line = added.splitlines().index("  unused: {before: 3 d}") + 1
        assert ran.err == (
            f"{doubtful}:{line}:3: warning: unused: the window 'unused' is never used;"
            " name it in 'fresh' or 'during', or remove it\n"
        )
        strict = run("protocols", "check", "--strict", doubtful)
        assert (strict.code, strict.out) == (5, "")

    def test_a_folder_and_standard_input_can_be_checked(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ran = run("protocols", "check", PROTOCOLS)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.count(": ok\n") == len(list(PROTOCOLS.glob("*.yaml")))
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a: 1")))
        ran = run("protocols", "check", "-")
        assert ran.code == 5
        assert ran.err.startswith("-:1:1: error: ")
        assert run("protocols", "check", tmp_path).code == 3

    def test_two_files_of_one_id_are_told(self, run: Run, tmp_path: Path) -> None:
        other = tmp_path / "other.yaml"
        other.write_text((PROTOCOLS / f"{TRIAL_A}.yaml").read_text("utf-8"), "utf-8")
        ran = run("protocols", "check", PROTOCOLS / f"{TRIAL_A}.yaml", other)
        assert ran.code == 5
        assert f"'{TRIAL_A}' is the id of {PROTOCOLS / f'{TRIAL_A}.yaml'} too" in ran.err

    def test_without_a_command_the_help_is_shown_as_it_is_for_help(self, run: Run) -> None:
        ran = run("protocols")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out == run("protocols", "--help").out

    def test_the_schema_is_json_schema(self, run: Run) -> None:
        assert json.loads(run("protocols", "schema").out)["$schema"].endswith("2020-12/schema")


class TestDiff:
    def test_it_tells_what_changed_and_marks_what_can_turn_a_finding(self, run: Run) -> None:
        ran = run("protocols", "diff", f"{TRIAL_B}@1", TRIAL_B)
        assert ran.code == 0
        assert "Asked otherwise: I1, I3" in " ".join(ran.out.split())
        assert "P15: assumption (new)" in ran.out
        assert "I1: what is asked *" in ran.out
        assert any(line.startswith("- ") for line in ran.out.splitlines())
        assert any(line.startswith("+ ") for line in ran.out.splitlines())

    def test_as_data_it_names_each_place_with_its_lines_before_and_after(self, run: Run) -> None:
        told = json.loads(run("protocols", "diff", f"{TRIAL_B}@1", TRIAL_B, "--format", "json").out)
        assert (told["protocol"], told["older"], told["newer"]) == (TRIAL_B, "1", "2")
        (added,) = (change for change in told["changes"] if change["of"] == "P15")
        assert (added["what"], added["before"], len(added["after"])) == ("assumption", [], 1)

    def test_a_file_can_be_compared_with_the_bundled_protocol(self, run: Run, tmp_path: Path) -> None:
        text = (PROTOCOLS / f"{TRIAL_A}.yaml").read_text("utf-8")
        amended = tmp_path / "amended.yaml"
        amended.write_text(text.replace("status: not-yet-recruiting", "status: recruiting", 1), "utf-8")
        ran = run("protocols", "diff", TRIAL_A, amended)
        assert ran.code == 0
        assert "no criterion asks anything else" in " ".join(ran.out.split())
        assert "+ recruiting" in ran.out

    @pytest.mark.parametrize(
        ("name", "code", "said"),
        [
            (f"{TRIAL_A}@9", 2, "there is no version '9' of nct07517536; there are: 1, 2"),
            ("nct1", 2, "there is no protocol 'nct1'; there are:"),
            ("none.yaml", 3, "none.yaml: cannot be read: No such file or directory"),
        ],
    )
    def test_a_name_of_nothing_is_one_line(self, run: Run, name: str, code: int, said: str) -> None:
        ran = run("protocols", "diff", name, TRIAL_A)
        assert (ran.code, ran.out) == (code, "")
        assert said in ran.err
        assert ran.err.count("\n") == 1

    def test_a_file_that_is_no_protocol_is_told_with_its_line(self, run: Run, tmp_path: Path) -> None:
        broken = tmp_path / "broken.yaml"
        broken.write_text("id: x\nversion: 1\n", "utf-8")
        ran = run("protocols", "diff", TRIAL_A, broken)
        assert ran.code == 5
        assert "broken.yaml:" in ran.err
        assert ran.err.count("\n") == 1
