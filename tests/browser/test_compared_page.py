"""Two versions of a protocol over a population: one file that is read on any screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from app.cohort_compared import PAGE_FILE, write_compared
from app.language import LANGUAGES, Language
from tests.browser.accessibility import axe
from tests.browser.conftest import Browse
from tests.browser.keyboard import assert_walkable
from tests.browser.layout import PHONE, assert_no_sideways_scrolling
from tests.cohort import runs
from tests.cohort.runs import EARLIER, FAIL, FOR_NOW, MISSING, PASS


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[Language, Path]:
    """Patients who come nearer, go farther, stay, and are screened by one version alone."""
    rows = []
    turns = ((PASS, FAIL), (FAIL, PASS), (MISSING, PASS), (FOR_NOW, MISSING), (PASS, PASS))
    for at in range(200):
        name = f"Patient/{at}"
        before, after = turns[at % len(turns)]
        rows += [
            {"patients": [runs.patient(name, sex="male" if at % 3 else "female", age=20 + at % 60)]},
            runs.screened(name, {"I4": before, "E9": PASS}, "1", aside=True),
            runs.screened(name, {"I4": after, "E9": after}, "2"),
        ]
    rows += [
        runs.unscreened("Patient/other", "not-applicable", "1", aside=True),
        runs.screened("Patient/other", {"I4": PASS, "E9": PASS}, "2"),
    ]
    folder = runs.written(tmp_path_factory.mktemp("compared"), rows)
    found = {}
    for language in LANGUAGES:
        write_compared(folder, runs.plan(EARLIER), language)
        found[language] = (folder / PAGE_FILE).rename(folder / f"{language}.html")
    return found


def test_the_page_is_accessible_in_each_colour_scheme(
    browse: Browse, pages: dict[Language, Path], dark: bool
) -> None:
    page = browse(dark=dark)
    page.goto(pages["en"].as_uri())
    axe(page)


def test_the_page_is_accessible_on_a_phone_and_in_chinese(
    browse: Browse, pages: dict[Language, Path]
) -> None:
    page = browse(PHONE)
    page.goto(pages["zh-CN"].as_uri())
    axe(page)


def test_the_page_can_be_walked(page: Page, pages: dict[Language, Path]) -> None:
    page.goto(pages["en"].as_uri())
    assert_walkable(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_fits_each_window(
    browse: Browse, pages: dict[Language, Path], size: tuple[int, int], language: Language
) -> None:
    page = browse(size)
    page.goto(pages[language].as_uri())
    assert_no_sideways_scrolling(page)


def test_the_page_tells_who_flips_and_by_what_and_names_nobody(
    page: Page, pages: dict[Language, Path]
) -> None:
    page.goto(pages["en"].as_uri())
    read = page.locator("body").inner_text()
    flips = page.get_by_role("table", name="From which verdict to which")
    potentially_eligible = flips.get_by_role("row").filter(has_text="Potentially eligible").last
    assert potentially_eligible.get_by_role("cell").all_inner_texts()[0].startswith("40")
    criteria = page.get_by_role("table", name="By which criterion")
    assert criteria.get_by_role("rowheader").all_inner_texts() == ["I4", "E9", "Evidence of the disease"]
    assert "Patient/" not in read
    assert "eligible" in read
