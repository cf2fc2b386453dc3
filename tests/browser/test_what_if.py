"""Whoever wonders what would change moves a day, or supposes a result, and sees it marked as hypothetical."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import axe
from tests.browser.conftest import Browse
from tests.browser.keyboard import assert_walkable
from tests.browser.layout import PHONE, assert_no_sideways_scrolling, printed
from tests.browser.serving import serving
from tests.browser.watch import Watch

WASHING_OUT = "sofia-reyes"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(store=True, show_ineligible=True, data_dir=tmp_path_factory.mktemp("store")) as served:
        yield served


def what_if_of(page: Page, patient: str = WASHING_OUT, trial: str = "nct07517536") -> Page:
    """The page, by the link on the evidence page of a patient and a trial."""
    page.goto(f"/?patient={patient}")
    page.goto(page.locator(f"article.card a[href*='/{trial}']").first.get_attribute("href") or "")
    page.get_by_role("link", name=re.compile("What if|如果")).click()
    return page


def suppose(page: Page) -> None:
    """A first dose, and a day of judging, forty days on."""
    page.get_by_label("Judged on").fill("2026-07-25")
    page.get_by_label("First dose").fill("2026-07-25")
    page.get_by_role("button", name="Show what would change").click()


def test_another_first_dose_changes_a_wash_out_and_the_chart_stays_as_it_is(page: Page) -> None:
    what_if_of(page)
    really = page.locator("p.verdict").first
    expect(really).to_have_class(re.compile("ineligible-for-now"))
    suppose(page)
    result = page.locator("section.hypothetical")
    expect(result).to_contain_text("This is hypothetical.")
    expect(result).to_have_css("border-top-style", "dashed")
    expect(result.locator("p.verdict")).not_to_have_class(re.compile("ineligible-for-now"))
    expect(result.locator("td .outcome.fail").first).to_be_visible()
    expect(page.get_by_label("First dose")).to_have_value("2026-07-25")
    assert "2026-07-25" not in page.url
    page.get_by_role("link", name="Back to the evidence").click()
    expect(page.locator("p.verdict")).to_have_class(re.compile("ineligible-for-now"))


def test_a_supposed_result_is_refused_beside_its_field_where_no_laboratory_could_send_it(
    page: Page, watch: Watch
) -> None:
    watch.expect("422")
    what_if_of(page)
    first = page.get_by_role("group", name="Result 1")
    first.get_by_label("Measure", exact=True).select_option("upcr")
    first.get_by_label("Value").fill("1.2")
    first.get_by_label("Unit (UCUM)").fill("parsec")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(first.locator(".error")).to_contain_text("could not be used")
    axe(page)
    first.get_by_label("Unit (UCUM)").fill("")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.locator("section.hypothetical")).to_be_visible()


def test_it_is_accessible_and_fits_each_window(browse: Browse, size: tuple[int, int], dark: bool) -> None:
    page = what_if_of(browse(size, dark=dark))
    suppose(page)
    assert_no_sideways_scrolling(page)
    axe(page)


def test_it_works_without_javascript_on_a_phone(browse: Browse) -> None:
    page = what_if_of(browse(PHONE, javascript=False))
    suppose(page)
    expect(page.locator("section.hypothetical")).to_be_visible()


def test_the_keyboard_reaches_every_field(page: Page) -> None:
    what_if_of(page)
    names = " ".join(stop.name for stop in assert_walkable(page))
    for name in ("Judged on", "First dose", "Measure", "Show what would change"):
        assert name in names


def test_on_paper_it_says_that_it_is_hypothetical(page: Page) -> None:
    what_if_of(page)
    suppose(page)
    assert "hypothetical" in "".join(printed(page).sheets)


def test_it_speaks_chinese(browse: Browse) -> None:
    page = what_if_of(browse(language="zh-CN"))
    page.get_by_role("button", name="显示会有哪些变化").click()
    expect(page.locator("section.hypothetical")).to_contain_text("以下为假设")
    axe(page)


def test_it_weighs_less_than_150_kb(page: Page, watch: Watch) -> None:
    what_if_of(page)
    before = watch.transferred()
    suppose(page)
    assert watch.transferred() - before < 150_000
