"""The pages on protocols, walked as a person would."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import axe
from tests.browser.conftest import Browse
from tests.browser.keyboard import assert_walkable
from tests.browser.layout import assert_no_sideways_scrolling, printed

PAGES = (
    "/trials",
    "/trials/nct07517536",
    "/trials/nct07517536/criteria/E9",
    "/trials/nct05247203/changes/1/2",
    "/codes/upcr",
)


def test_from_the_list_to_a_criterion_to_its_codes_and_to_what_changed(page: Page) -> None:
    page.goto("/trials")
    page.get_by_role("link", name="CHT105 CAR-T").click()
    page.get_by_role("link", name="Criterion I4").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Criterion I4")
    page.get_by_role("link", name="urine protein/creatinine ratio").first.click()
    expect(page.get_by_role("cell", name="2890-2")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="I5 →").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Criterion I5")
    page.get_by_role("link", name="CHT105 CAR-T").click()
    page.get_by_role("link", name="what changed since 1").click()
    expect(page.get_by_role("insertion").first).to_be_visible()


@pytest.mark.parametrize("path", PAGES)
def test_each_is_accessible_and_fits_each_window(
    browse: Browse, size: tuple[int, int], dark: bool, path: str
) -> None:
    page = browse(size, dark=dark)
    page.goto(path)
    assert_no_sideways_scrolling(page)
    axe(page)


@pytest.mark.parametrize("path", PAGES)
def test_each_is_whole_without_javascript_and_in_chinese(browse: Browse, path: str) -> None:
    page = browse(javascript=False, language="zh-CN")
    page.goto(path)
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_the_keyboard_reaches_every_criterion(page: Page) -> None:
    page.goto("/trials/nct05247203")
    names = [stop.name for stop in assert_walkable(page)]
    assert "Criterion I1" in names
    assert "Criterion E16" in names


def test_on_paper_what_changed_is_told_without_colour(page: Page) -> None:
    page.goto("/trials/nct05247203/changes/1/2")
    words = "".join(printed(page).sheets)
    assert "+ " in words
    assert "− " in words
