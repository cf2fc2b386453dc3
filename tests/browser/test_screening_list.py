"""The screening list, worked through as a coordinator would."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import axe
from tests.browser.conftest import Browse
from tests.browser.keyboard import assert_walkable
from tests.browser.layout import assert_no_sideways_scrolling, printed
from tests.browser.listing import PATH, enter, listing
from tests.browser.watch import Watch


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with listing(tmp_path_factory.mktemp("list")) as served:
        yield served


def test_from_sign_in_to_a_patient_who_was_contacted(page: Page) -> None:
    enter(page)
    rows = page.locator("table.list tbody tr")
    before = rows.count()
    assert before >= 3
    page.get_by_label("Trial").select_option(label="Telitacicept PK in SLE (NCT05247203)")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("trial=nct05247203"))
    assert 0 < rows.count() < before
    first = rows.first
    first.get_by_label(re.compile("^Status of")).select_option("contacted")
    first.get_by_role("button", name=re.compile("^Save the status")).click()
    expect(page).to_have_url(re.compile("trial=nct05247203"))
    expect(rows.first.locator("select")).to_have_value("contacted")
    expect(rows.first).to_contain_text("since")


def test_it_is_accessible_and_fits_each_window(browse: Browse, size: tuple[int, int], dark: bool) -> None:
    page = browse(size, dark=dark)
    enter(page)
    assert_no_sideways_scrolling(page)
    axe(page)


def test_the_keyboard_reaches_every_status(page: Page) -> None:
    enter(page)
    names = [stop.name for stop in assert_walkable(page)]
    assert sum(name.startswith("Save the status") for name in names) >= 3


def test_it_works_without_javascript_and_in_chinese(browse: Browse) -> None:
    page = browse(javascript=False, language="zh-CN")
    enter(page)
    page.locator("table.list tbody tr").last.get_by_role("combobox").select_option("declined")
    page.locator("table.list tbody tr").last.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("筛选名单")


def test_the_csv_is_saved_as_a_file(page: Page) -> None:
    enter(page)
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV").click()
    text = saved.value.path().read_text("utf-8-sig")
    assert text.startswith("patient_id,name,")
    assert "lin-mei" in text


def test_on_paper_each_entry_has_its_status_and_no_controls(page: Page) -> None:
    enter(page)
    words = " ".join(printed(page).sheets)
    assert "contact" in words
    assert "Save" not in words


def test_it_weighs_less_than_150_kb(browse: Browse, page: Page, watch: Watch) -> None:
    enter(page)
    before = watch.transferred()
    page.goto(PATH)
    assert watch.transferred() - before < 150_000
