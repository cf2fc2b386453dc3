"""The report of ``trialcards screen --format html``: one file that is read, walked and printed."""

from __future__ import annotations

from contextlib import redirect_stdout
from pathlib import Path

import pytest
from playwright.sync_api import Page

from app.cli import main
from tests.app.command_line import written
from tests.app.service import AS_OF, bundle_of
from tests.browser.accessibility import axe
from tests.browser.conftest import Browse
from tests.browser.keyboard import assert_walkable
from tests.browser.layout import assert_no_sideways_scrolling, printed

PATIENTS = ("lin-mei", "wang-jianguo")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two demonstration patients, one after another."""
    folder = tmp_path_factory.mktemp("report")
    charts = written(folder / "charts.ndjson", *map(bundle_of, PATIENTS))
    page = folder / "report.html"
    with page.open("w", encoding="utf-8") as out, redirect_stdout(out):
        assert main(["screen", str(charts), "--format", "html", "--as-of", str(AS_OF)]) == 0
    return page


def test_the_report_is_accessible_and_can_be_walked(page: Page, report: Path) -> None:
    page.goto(report.as_uri())
    axe(page)
    assert_walkable(page)


def test_the_report_fits_each_window(browse: Browse, report: Path, size: tuple[int, int]) -> None:
    page = browse(size)
    page.goto(report.as_uri())
    assert_no_sideways_scrolling(page)


def test_each_patient_begins_on_a_sheet_of_its_own(browse: Browse, report: Path) -> None:
    page = browse()
    page.goto(report.as_uri())
    paper = printed(page)
    begins = [sheet for sheet in paper.sheets if "Screened as of 2026-06-15" in sheet]
    assert [sheet.split("\n")[0] for sheet in begins] == [f"Patient/{patient}" for patient in PATIENTS]


def test_the_report_reads_the_same_without_javascript(browse: Browse, report: Path) -> None:
    read = []
    for javascript in (True, False):
        page = browse(javascript=javascript)
        page.goto(report.as_uri())
        read.append(page.locator("body").inner_text())
    assert read[0] == read[1] != ""
