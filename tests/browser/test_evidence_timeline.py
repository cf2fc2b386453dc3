"""The timeline of the evidence page in a browser: a size for each window, told in words, on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import axe
from tests.browser.conftest import Browse
from tests.browser.layout import DESK, PHONE, assert_no_sideways_scrolling, printed
from tests.browser.serving import serving
from tests.browser.test_evidence_page import bare, evidence_of, opened

IN_WASH_OUT, UNREADABLE = "sofia-reyes", "amara-diallo"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service with a store, in which the charts behind links lie."""
    with serving(store=True, data_dir=tmp_path_factory.mktemp("store")) as served:
        yield served


def pictures(page: Page) -> Locator:
    return page.get_by_role("img", name=re.compile("over time, up to 2026-06-15"))


@pytest.mark.parametrize("patient", [IN_WASH_OUT, UNREADABLE])
def test_it_is_accessible_and_fits_each_window(
    browse: Browse, size: tuple[int, int], dark: bool, patient: str
) -> None:
    page = browse(size, dark=dark)
    page.goto(evidence_of(page, patient))
    opened(page)
    expect(pictures(page)).to_have_count(1)
    assert_no_sideways_scrolling(page)
    axe(page)


@pytest.mark.parametrize("window", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("patient", [IN_WASH_OUT, UNREADABLE])
@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_all_words_lie_within_the_picture_and_can_be_read(
    browse: Browse, window: tuple[int, int], patient: str, language: str
) -> None:
    address = evidence_of(browse(), patient)
    page = browse(window, language=language)
    page.goto(address)
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate(SMALLEST) >= 9  # CSS pixels


SHOWN = (
    "[...document.querySelectorAll('.overview figure svg')].find((svg) => svg.getBoundingClientRect().width)"
)
OUTSIDE = f"""() => {{
  const svg = {SHOWN};
  const box = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].filter((text) => {{
    const of = text.getBoundingClientRect();
    return of.left < box.left - 1 || of.right > box.right + 1 || of.bottom > box.bottom + 1;
  }}).map((text) => text.textContent);
}}"""
SMALLEST = f"""() => {{
  const svg = {SHOWN};
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  const sizes = [...svg.querySelectorAll("text")].map((text) => parseFloat(getComputedStyle(text).fontSize));
  return Math.min(...sizes) * scale;
}}"""


def test_the_words_below_it_open_by_the_keyboard(page: Page) -> None:
    page.goto(evidence_of(page, IN_WASH_OUT))
    table = page.get_by_role("region", name="Results")
    expect(table).not_to_be_visible()
    page.locator(".overview summary").focus()
    page.keyboard.press("Enter")
    expect(table).to_be_visible()
    expect(page.get_by_role("region", name="Treatments")).to_contain_text("clears on 2026-11-16")


def test_it_needs_no_javascript(browse: Browse, page: Page) -> None:
    address = evidence_of(page, IN_WASH_OUT)
    plain = browse(javascript=False)
    plain.goto(address)
    expect(pictures(plain)).to_have_count(1)


def test_on_paper_it_is_drawn_once(page: Page) -> None:
    page.goto(evidence_of(page, IN_WASH_OUT))
    words = bare("".join(printed(page).sheets))
    assert words.count("earliestbytimealone") == 1
    assert "todayalldatesofthetrial" in words
