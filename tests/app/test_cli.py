"""The command line as integrators script it: commands, options, exit codes, one line for each error."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import app.cli_screen
from app import __version__
from app.cli import main
from app.demo.patients import demo_patients
from app.prefetch_table import TEMPLATES
from app.screening import ScreeningService
from fhir_mappings.record import PatientRecord

AS_OF = date(2026, 6, 15)
PROTOCOLS = Path(__file__).parents[2] / "eligibility" / "protocols"
TRIAL_A, TRIAL_B = "nct07517536", "nct05247203"


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str | Path) -> Ran:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """Lin Mei's chart as a file."""
    return written(tmp_path / "chart.json", demo_patients()["lin-mei"].bundle(AS_OF))


def written(file: Path, *documents: Any) -> Path:
    file.write_text("\n".join(json.dumps(document) for document in documents), "utf-8")
    return file


def screened(ran: Ran) -> dict[str, Any]:
    assert (ran.code, ran.err) == (0, "")
    report: dict[str, Any] = json.loads(ran.out)
    return report


def one_line(text: str) -> bool:
    return text.startswith("trialcards: ") and text.count("\n") == 1 and text.endswith("\n")


class TestHelp:
    @pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
    def test_the_root_names_every_command_and_the_exit_codes(self, run: Run, arguments: list[str]) -> None:
        ran = run(*arguments)
        assert ran.code == 0
        for expected in ("serve", "screen", "protocols", "prefetch", "Exit codes: 0", "5 invalid protocol"):
            assert expected in " ".join(ran.out.split())

    @pytest.mark.parametrize(
        "command",
        [
            ["serve"],
            ["screen"],
            ["protocols", "show"],
            ["protocols", "check"],
            ["protocols", "schema"],
            ["prefetch"],
        ],
    )
    def test_every_command_shows_an_example_on_a_line_of_its_own(self, run: Run, command: list[str]) -> None:
        ran = run(*command, "--help")
        assert ran.code == 0
        assert f"\n    trialcards {' '.join(command)}" in ran.out.replace(
            "\n  trialcards", "\n    trialcards"
        )

    def test_the_version_is_that_of_the_package(self, run: Run) -> None:
        assert run("--version").out == f"trialcards {__version__}\n"

    def test_the_module_runs_as_the_installed_command_does(self) -> None:
        code = "import sys; from app.cli import main; sys.exit(main())"
        ran = subprocess.run([sys.executable, "-c", code, "--version"], capture_output=True, check=False)
        assert ran.returncode == 0

    @pytest.mark.parametrize("command", ["prefetch", "protocols schema"])
    def test_a_reader_that_goes_away_is_no_error(self, command: str) -> None:
        code = f"import sys; from app.cli import main; sys.exit(main({command.split()!r}))"
        ran = subprocess.run(
            ["/bin/bash", "-c", 'set -o pipefail; "$1" -c "$2" | exec true', "-", sys.executable, code],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, "")


class TestUsage:
    """Exit code 2, one line on standard error, nothing on standard output."""

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            (["nonsense"], "nonsense"),
            (["screen"], "FILE"),
            (["screen", "x.json", "--as-of", "yesterday"], "as in 2026-06-15"),
            (["screen", "x.json", "--as-of", "20260615"], "as in 2026-06-15"),
            (["screen", "x.json", "--day0", "2026-02-30"], "--day0"),
            (["screen", "x.json", "--as-of", "9999-12-31"], "between 1900 and 2200"),
            (["screen", "x.json", "--baseline-date", "0001-01-01"], "between 1900 and 2200"),
            (["screen", "x.json", "--format", "pdf"], "pdf"),
            (["screen", "x.json", "--unknown"], "--unknown"),
            (["protocols", "show", "nct0"], "nct0"),
            (["serve", "--port", "0"], "port"),
        ],
    )
    def test_a_fault_in_the_arguments_is_told_in_one_line(
        self, run: Run, arguments: Sequence[str], expected: str
    ) -> None:
        ran = run(*arguments)
        assert ran.code == 2
        assert ran.out == ""
        assert one_line(ran.err), ran.err
        assert expected in ran.err

    def test_an_unknown_protocol_names_the_known_ones(self, run: Run, chart: Path) -> None:
        ran = run("screen", chart, "--protocol", "nct00000000")
        assert ran.code == 2
        assert one_line(ran.err)
        assert TRIAL_A in ran.err
        assert TRIAL_B in ran.err

    @pytest.mark.parametrize("types", ["observation", "Observation,", "Observation;Condition", "Foo", ""])
    def test_a_misspelt_resource_type_is_refused_and_not_taken_for_an_empty_record(
        self, run: Run, chart: Path, types: str
    ) -> None:
        ran = run("screen", chart, "--retrieved", types)
        assert ran.code == 2
        assert one_line(ran.err)
        assert "--retrieved" in ran.err


class TestScreen:
    def test_json_is_the_published_report(self, run: Run, chart: Path) -> None:
        report = screened(run("screen", chart, "--as-of", "2026-06-15", "--format", "json"))
        assert list(report) == [
            "patient",
            "asOf",
            "engine",
            "screenings",
            "unread",
            "workList",
            "contradictions",
        ]
        assert report["patient"] == "Patient/lin-mei"
        assert report["asOf"] == "2026-06-15"
        assert report["engine"] == f"trialcards {__version__}"
        assert {screening["protocol"] for screening in report["screenings"]} == {TRIAL_A, TRIAL_B}
        assert list(report["screenings"][0]["findings"][0])[:11] == [
            "criterion",
            "kind",
            "text",
            "outcome",
            "leaning",
            "reason",
            "clearsOn",
            "evidence",
            "needs",
            "notes",
            "parts",
        ]

    def test_only_the_chosen_protocols_whatever_their_case(self, run: Run, chart: Path) -> None:
        ran = run("screen", chart, "--protocol", TRIAL_A.upper(), "--format", "json")
        assert [screening["protocol"] for screening in screened(ran)["screenings"]] == [TRIAL_A]

    def test_anchors_follow_the_as_of_date_unless_given(self, run: Run, chart: Path) -> None:
        ran = run(
            *("screen", chart, "--as-of", "2026-06-15", "--screening-date", "2026-06-01", "--format", "json"),
            *("--baseline-date", "2026-06-16", "--enrolment-date", "2026-06-17", "--day0", "2026-06-20"),
        )
        assert screened(ran)["screenings"][0]["anchors"] == {
            "screening": "2026-06-01",
            "baseline": "2026-06-16",
            "enrolment": "2026-06-17",
            "day0": "2026-06-20",
        }
        plain = screened(run("screen", chart, "--as-of", "2026-06-15", "--format", "json"))
        assert set(plain["screenings"][0]["anchors"].values()) == {"2026-06-15"}

    def test_the_chart_is_judged_as_of_the_day_that_was_asked_for(self, run: Run, chart: Path) -> None:
        later = screened(run("screen", chart, "--as-of", "2027-06-15", "--format", "json"))
        i4 = next(f for s in later["screenings"] for f in s["findings"] if f["criterion"] == "I4")
        assert i4["outcome"] == "missing"
        assert "stale" in {need["why"] for need in i4["needs"]}

    def test_standard_input_is_read_for_a_dash(
        self, run: Run, chart: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(chart.read_bytes())))
        assert screened(run("screen", "-", "--format", "json"))["patient"] == "Patient/lin-mei"

    def test_the_table_is_the_default_and_the_page_prints_alone(self, run: Run, chart: Path) -> None:
        table = run("screen", chart, "--as-of", "2026-06-15")
        assert table.code == 0
        assert "Patient/lin-mei · as of 2026-06-15" in table.out
        page = run("screen", chart, "--as-of", "2026-06-15", "--format", "html")
        assert page.out.startswith("<!doctype html>")

    def test_a_file_is_the_whole_record_unless_retrieved_says_otherwise(self, run: Run, chart: Path) -> None:
        def live_vaccine(*options: str) -> dict[str, Any]:
            ran = run("screen", chart, "--protocol", TRIAL_B, "--format", "json", *options)
            findings = screened(ran)["screenings"][0]["findings"]
            found: dict[str, Any] = next(f for f in findings if f["criterion"] == "E8")
            return found

        assert live_vaccine()["outcome"] == "presumed"
        for options in (
            ["--retrieved", "Patient,Condition,Observation"],
            ["--retrieved", "Patient", "--retrieved", "Condition, Observation"],
        ):
            narrowed = live_vaccine(*options)
            assert narrowed["outcome"] == "missing"
            assert {need["why"] for need in narrowed["needs"]} == {"not-retrieved"}
        assert live_vaccine("--retrieved", "Immunization")["outcome"] == "presumed"

    def test_ndjson_of_many_patients_gives_one_report_each(self, run: Run, tmp_path: Path) -> None:
        resources = [r for patient in demo_patients().values() for r in patient.chart(AS_OF)]
        file = written(tmp_path / "all.ndjson", *resources)
        ran = run("screen", file, "--as-of", "2026-06-15", "--format", "json")
        assert (ran.code, ran.err) == (0, "")
        patients = [json.loads(line)["patient"] for line in ran.out.splitlines()]
        assert sorted(patients) == sorted(f"Patient/{name}" for name in demo_patients())

    def test_progress_is_silent_where_standard_error_is_no_terminal(self, run: Run, tmp_path: Path) -> None:
        patients = [{"resourceType": "Patient", "id": f"p{n}", "birthDate": "1980-01-01"} for n in range(30)]
        ran = run("screen", written(tmp_path / "many.ndjson", *patients), "--format", "json")
        assert (ran.code, ran.err) == (0, "")
        assert len(ran.out.splitlines()) == 30


class TestUnreadableInput:
    """Exit code 3."""

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            ("", "empty"),
            ("<html>", "JSON"),
            ("[]", "array"),
            ("{}", "resourceType"),
            ('{"resourceType": "Bundle", "type": "collection"}', "patient"),
        ],
    )
    def test_a_file_without_a_patient_is_told_in_one_line(
        self, run: Run, tmp_path: Path, content: str, expected: str
    ) -> None:
        file = tmp_path / "input.json"
        file.write_text(content)
        ran = run("screen", file)
        assert ran.code == 3
        assert ran.out == ""
        assert one_line(ran.err), ran.err
        assert "input.json" in ran.err
        assert expected in ran.err

    def test_a_file_that_is_not_there(self, run: Run, tmp_path: Path) -> None:
        ran = run("screen", tmp_path / "nowhere.json")
        assert ran.code == 3
        assert one_line(ran.err)
        assert "No such file" in ran.err

    def test_strict_refuses_what_the_lenient_reader_takes(self, run: Run, tmp_path: Path) -> None:
        bundle = demo_patients()["lin-mei"].bundle(AS_OF)
        report = next(
            e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "DiagnosticReport"
        )
        report["category"] = report["category"][0]
        file = written(tmp_path / "epic.json", bundle)
        assert run("screen", file, "--format", "json").code == 0
        ran = run("screen", file, "--strict")
        assert ran.code == 3
        assert ran.out == ""
        told = ran.err.splitlines()
        assert "DiagnosticReport/lin-renal-biopsy: category" in told[0]
        assert told[-1].endswith("1 departure from FHIR R4; without --strict they are tolerated")

    def test_strict_lets_a_valid_chart_pass(self, run: Run, chart: Path) -> None:
        assert screened(run("screen", chart, "--strict", "--format", "json"))["patient"] == "Patient/lin-mei"


@pytest.mark.parametrize("form", ["table", "html", "json"])
def test_a_terminal_without_unicode_is_no_reason_to_fail(chart: Path, form: str) -> None:
    arguments = ["screen", str(chart), "--format", form]
    code = f"import sys; from app.cli import main; sys.exit(main({arguments!r}))"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env={**os.environ, "PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"lin-mei" in ran.stdout


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


class TestPrefetch:
    def test_every_template_is_printed_unbroken_with_its_purpose(self, run: Run) -> None:
        lines = run("prefetch").out.splitlines()
        for key, template in TEMPLATES.items():
            assert any(line.split() == [key, template] for line in lines)

    def test_for_epic_each_line_is_key_and_template(self, run: Run) -> None:
        lines = run("prefetch", "--for", "epic").out.splitlines()
        assert dict(line.split("\t") for line in lines) == dict(TEMPLATES)


class TestAFaultOfTheProgram:
    """One line that repeats nothing of the chart; what others of the file have to hear, they hear."""

    @pytest.fixture
    def failing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        screen_record = ScreeningService.screen_record

        def fails_for_lin_mei(self: ScreeningService, record: PatientRecord, *more: Any) -> Any:
            if record.reference == "Patient/lin-mei":
                raise IndexError("Lin Mei, 1.2 mg/dL")
            return screen_record(self, record, *more)

        monkeypatch.setattr(ScreeningService, "screen_record", fails_for_lin_mei)

    @pytest.mark.usefixtures("failing")
    def test_in_one_file_is_told_with_its_name(self, run: Run, chart: Path) -> None:
        ran = run("screen", chart, "--format", "json")
        told = f"trialcards: {chart}: could not be screened: IndexError; please report it\n"
        assert ran == Ran(3, "", told)

    @pytest.mark.usefixtures("failing")
    def test_in_one_patient_does_not_cost_the_reports_of_the_others(self, run: Run, tmp_path: Path) -> None:
        names = ("lin-mei", "peter-novak")
        file = written(tmp_path / "two.ndjson", *(demo_patients()[name].bundle(AS_OF) for name in names))
        ran = run("screen", file, "--as-of", "2026-06-15", "--format", "json")
        assert ran.code == 3
        assert "Patient/lin-mei: could not be screened: IndexError" in ran.err
        assert one_line(ran.err)
        assert [json.loads(line)["patient"] for line in ran.out.splitlines()] == ["Patient/peter-novak"]

    def test_elsewhere_is_one_line_too(self, run: Run, monkeypatch: pytest.MonkeyPatch, chart: Path) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise KeyError("Lin Mei")

        monkeypatch.setattr(app.cli_screen, "_show", fail)
        told = "trialcards: a fault of this program: KeyError; please report it\n"
        assert run("screen", chart) == Ran(70, "", told)
