"""A report on paper and in the terminal speaks one language, headings and all."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from app.rendering.page import html_page
from app.rendering.table import print_report
from app.rendering.telling import speaking, spoken, tell
from eligibility.course import Anchors
from eligibility.findings import ScreeningReport
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from tests.app.command_line import runner, written
from tests.app.service import AS_OF, as_body, bundle_of, screening_service

OURS = re.compile(
    r"In the way|Work-list|Time alone|Counted from|clears on|Clears on|Not used|Contradictions in|"
    r"never measured|could not be|at least|Would decide|For display|going on|Decision support|→ order|"
    r"Potentially|Undetermined|Ineligible|\bmonths\b|<th scope=\"col\">[A-Z]"
)
"""Words of the English report that would catch the eye."""


def report(patient: str) -> ScreeningReport:
    record = PatientRecord(read_patients(as_body(bundle_of(patient)))[0])
    return screening_service().screen_record(record, AS_OF, Anchors(), None, "zh-CN")


def terminal(shown: ScreeningReport, width: int) -> str:
    out = io.StringIO()
    print_report(shown, Console(file=out, width=width), "zh-CN")
    return re.sub(r"\s+", " ", out.getvalue())


def without_the_words_of_the_registry(text: str) -> str:
    return re.sub(r'<p class="text">.*?</p>', "", text, flags=re.DOTALL)


@pytest.mark.parametrize("patient", ["amara-diallo", "daniel-okafor", "hanna-lindqvist", "sofia-reyes"])
def test_a_page_in_chinese_says_so_and_holds_no_heading_in_english(patient: str) -> None:
    page = html_page([report(patient)], "zh-CN")
    assert '<html lang="zh-CN">' in page
    assert '<th scope="col">标准</th>' in page
    assert not OURS.findall(without_the_words_of_the_registry(page))


@pytest.mark.parametrize("width", [60, 120])
def test_a_terminal_in_chinese_holds_no_heading_in_english(width: int) -> None:
    shown = terminal(report("daniel-okafor"), width)
    assert "可能符合条件；由研究者决定" in shown.replace(" ", "")
    for heading in ("In the way", "Work-list", "Counted from", "could not be retrieved", "→ order"):
        assert heading not in shown


def test_the_language_is_that_of_one_rendering_and_no_longer() -> None:
    with speaking("zh-CN"):
        assert spoken() == "zh-CN"
        assert tell("work-list") == "待办清单"
    assert spoken() == "en"
    assert tell("work-list") == "Work-list"


@pytest.mark.parametrize(("form", "heading"), [("html", "待办清单"), ("table", "待办清单")])
def test_the_command_line_prints_reports_in_chinese(
    form: str, heading: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chart = written(tmp_path / "chart.json", bundle_of("lin-mei"))
    command = ("screen", chart, "--as-of", "2026-06-15", "--format", form)
    assert heading in runner(capsys)(*command, "--language", "zh-CN").out
    assert heading not in runner(capsys)(*command).out
