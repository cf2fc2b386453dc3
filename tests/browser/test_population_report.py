"""The report on a whole population: one file that is read, walked and printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from app.cohort_outputs import REPORT_FILE, write_outputs
from app.language import LANGUAGES, Language
from tests.browser.accessibility import axe
from tests.browser.conftest import Browse
from tests.browser.keyboard import assert_walkable
from tests.browser.layout import PHONE, assert_no_sideways_scrolling, printed
from tests.cohort.crowd import crowd
from tests.cohort.made import BOUND, PLAN

_SHEET = (690, 1000)
"""What the margins of A4 leave, in CSS pixels."""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[Language, Path]:
    """A crowd of 1200 with all that a report can show, in each language."""
    folder = crowd(1200).write(tmp_path_factory.mktemp("population"))
    found = {}
    for language in LANGUAGES:
        write_outputs(folder, PLAN, rejected=31, absent=("Procedure",), language=language)
        found[language] = (folder / REPORT_FILE).rename(folder / f"{language}.html")
    return found


def test_the_report_is_accessible_in_each_colour_scheme(
    browse: Browse, reports: dict[Language, Path], dark: bool
) -> None:
    page = browse(dark=dark)
    page.goto(reports["en"].as_uri())
    axe(page)


def test_the_report_is_accessible_on_a_phone_and_in_chinese(
    browse: Browse, reports: dict[Language, Path]
) -> None:
    page = browse(PHONE)
    page.goto(reports["zh-CN"].as_uri())
    axe(page)


def test_the_report_can_be_walked(page: Page, reports: dict[Language, Path]) -> None:
    page.goto(reports["en"].as_uri())
    assert_walkable(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_fits_each_window(
    browse: Browse, reports: dict[Language, Path], size: tuple[int, int], language: Language
) -> None:
    page = browse(size)
    page.goto(reports[language].as_uri())
    assert_no_sideways_scrolling(page)


def test_each_picture_has_a_name_and_its_figures_as_a_table(
    page: Page, reports: dict[Language, Path]
) -> None:
    page.goto(reports["en"].as_uri())
    for trial in page.locator("section.trial").all():
        pictures = trial.get_by_role("img")
        assert pictures.count() == 10
        assert trial.get_by_role("table").count() >= pictures.count() - 1
        assert all(name.strip() for name in pictures.locator("title").all_text_contents())


def test_each_protocol_begins_on_a_sheet_of_its_own(browse: Browse, reports: dict[Language, Path]) -> None:
    page = browse()
    page.goto(reports["en"].as_uri())
    sheets = printed(page).sheets
    titles = [str(bound.protocol.short_title) for bound in BOUND.values()]
    assert [title for title in titles if any(sheet.startswith(title) for sheet in sheets)] == titles
    paper = " ".join(" ".join(sheets).split())
    assert "Only this unknown" in paper
    assert "Days (patients)" in paper


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_sticks_out_of_a_sheet(
    browse: Browse, reports: dict[Language, Path], language: Language
) -> None:
    page = browse(_SHEET)
    page.emulate_media(media="print")
    page.goto(reports[language].as_uri())
    assert_no_sideways_scrolling(page)


def test_the_report_reads_the_same_without_javascript(browse: Browse, reports: dict[Language, Path]) -> None:
    read = []
    for javascript in (True, False):
        page = browse(javascript=javascript)
        page.goto(reports["en"].as_uri())
        read.append(page.locator("body").inner_text())
    assert read[0] == read[1] != ""
