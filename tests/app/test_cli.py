"""The command line as integrators script it: commands, options, exit codes, one line for each error."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import app.cli_screen
from app import __version__
from app.demo.patients import demo_patients
from app.prefetch_table import BY_CATEGORY, TEMPLATES
from app.screening import ScreeningService
from fhir_mappings.record import PatientRecord
from tests.app.command_line import Ran, Run, one_line, runner, screened, written
from tests.app.service import AS_OF, TRIAL_A, TRIAL_B


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(capsys)


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """Lin Mei's chart as a file."""
    return written(tmp_path / "chart.json", demo_patients()["lin-mei"].bundle(AS_OF))


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


class TestPrefetch:
    def test_every_template_is_printed_unbroken_with_its_purpose(self, run: Run) -> None:
        lines = run("prefetch").out.splitlines()
        for key, template in TEMPLATES.items():
            assert any(line.split() == [key, template] for line in lines)

    def test_for_epic_each_line_is_key_and_template(self, run: Run) -> None:
        lines = run("prefetch", "--for", "epic").out.splitlines()
        assert dict(line.split("\t") for line in lines) == dict(BY_CATEGORY)

    def test_for_oracle_health_the_search_for_observations_names_categories(self, run: Run) -> None:
        lines = run("prefetch", "--for", "oracle-health").out.splitlines()
        assert any(line.split() == ["observations", BY_CATEGORY["observations"]] for line in lines)


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
