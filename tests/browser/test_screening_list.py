"""The screening list, worked through as a coordinator would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from app.people.configured import people_of
from app.settings import Settings
from tests.app.service import HOOK, request_of
from tests.browser.accessibility import axe
from tests.browser.conftest import Browse
from tests.browser.keyboard import assert_walkable
from tests.browser.layout import assert_no_sideways_scrolling, printed
from tests.browser.serving import serving
from tests.browser.watch import Watch

PATH = "/screening-list"
PASSWORD = "a lamp beside the window"
PATIENTS = ("lin-mei", "daniel-okafor", "sofia-reyes")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("list")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The service with a screening list, after an EHR has opened three charts."""
    with serving(store=True, data_dir=folder, screening_list=True) as served:
        for patient in PATIENTS:
            assert httpx.post(f"{served}{HOOK}", json=request_of(patient)).status_code == 200
        yield served


@pytest.fixture(scope="module")
def set_up(folder: Path, address: str) -> str:
    """The path of a good set-up link of the local account."""
    people = people_of(Settings(store=True, data_dir=folder), lambda: datetime.now(UTC), hurried=False)
    try:
        token = people.reset()
        people.set_up(token, "Ana Müller", PASSWORD)
    finally:
        people.close()
    return address


def listed(page: Page) -> None:
    """Sign in, and be led to the list."""
    page.goto(PATH)
    page.get_by_label(re.compile("Password|密码")).fill(PASSWORD)
    page.get_by_role("button", name=re.compile("Sign in|登录")).click()
    expect(page.get_by_role("table")).to_be_visible()


@pytest.mark.usefixtures("set_up")
class TestList:
    def test_from_sign_in_to_a_patient_who_was_contacted(self, page: Page) -> None:
        listed(page)
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

    def test_it_is_accessible_and_fits_each_window(
        self, browse: Browse, size: tuple[int, int], dark: bool
    ) -> None:
        page = browse(size, dark=dark)
        listed(page)
        assert_no_sideways_scrolling(page)
        axe(page)

    def test_the_keyboard_reaches_every_status(self, page: Page) -> None:
        listed(page)
        names = [stop.name for stop in assert_walkable(page)]
        assert sum(name.startswith("Save the status") for name in names) >= 3

    def test_it_works_without_javascript_and_in_chinese(self, browse: Browse) -> None:
        page = browse(javascript=False, language="zh-CN")
        listed(page)
        page.locator("table.list tbody tr").last.get_by_role("combobox").select_option("declined")
        page.locator("table.list tbody tr").last.get_by_role("button").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("筛选名单")

    def test_the_csv_is_saved_as_a_file(self, page: Page) -> None:
        listed(page)
        with page.expect_download() as saved:
            page.get_by_role("link", name="CSV").click()
        text = saved.value.path().read_text("utf-8-sig")
        assert text.startswith("patient_id,name,")
        assert "lin-mei" in text

    def test_on_paper_each_entry_has_its_status_and_no_controls(self, page: Page) -> None:
        listed(page)
        words = " ".join(printed(page).sheets)
        assert "contact" in words
        assert "Save" not in words

    def test_it_weighs_less_than_150_kb(self, browse: Browse, page: Page, watch: Watch) -> None:
        listed(page)
        before = watch.transferred()
        page.goto(PATH)
        assert watch.transferred() - before < 150_000
