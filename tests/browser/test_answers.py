"""Whoever has the link answers what only a person can say, as a person would, and sees the verdict follow."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import axe
from tests.browser.conftest import Browse
from tests.browser.keyboard import assert_walkable
from tests.browser.layout import PHONE, assert_no_sideways_scrolling
from tests.browser.serving import serving
from tests.browser.watch import Watch

EXCLUSION = "E10"


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory, watch: Watch) -> Iterator[str]:
    """The service with a store of its own: what one test answers is none of another's business."""
    with serving(store=True, data_dir=tmp_path_factory.mktemp("store")) as watch.address:
        yield watch.address


def evidence_of(page: Page, patient: str = "daniel-okafor") -> str:
    """The address of the evidence behind the last card of a patient."""
    page.goto(f"/?patient={patient}")
    return page.locator("article.card a[href*='/evidence/']").last.get_attribute("href") or ""


def form_of(page: Page, criterion: str = EXCLUSION) -> Locator:
    """The form of the judgement of a criterion, opened."""
    form = page.locator(f".answer[id$='/{criterion}/judged']")
    if not form.locator("form").count():
        form.get_by_role("link").click()
    return form


def exclude(page: Page, why: str = "Treated for severe depression") -> None:
    """Answer that the exclusion applies."""
    form = form_of(page)
    form.get_by_label("No", exact=True).check()
    form.get_by_label("Name of whoever answers").fill("Dr Wu Lan")
    form.get_by_label("Reason").fill(why)
    form.get_by_role("button", name="Record the answer").click()


@pytest.mark.usefixtures("served")
def test_an_answer_turns_the_verdict_and_outlives_a_reload_until_it_is_taken_back(page: Page) -> None:
    page.goto(evidence_of(page))
    verdict = page.locator("p.verdict")
    before = verdict.inner_text()
    exclude(page)
    expect(verdict).to_have_class(re.compile(r"\bineligible\b"))
    expect(page.get_by_role("status")).to_contain_text("Recorded")
    page.reload()
    expect(verdict).to_have_class(re.compile(r"\bineligible\b"))
    row = page.locator("section.answers tbody tr")
    for told in ("Dr Wu Lan", "2026-06-15", "Treated for severe depression"):
        expect(row).to_contain_text(told)
    row.get_by_role("button", name=re.compile("Take back")).click()
    expect(verdict).to_have_text(before)
    expect(row).to_contain_text("Taken back")


@pytest.mark.usefixtures("served")
def test_the_page_with_answers_and_open_forms_is_accessible_and_fits(
    browse: Browse, size: tuple[int, int], dark: bool
) -> None:
    page = browse(size, dark=dark)
    page.goto(evidence_of(page))
    exclude(page)
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert_no_sideways_scrolling(page)
    axe(page)


@pytest.mark.usefixtures("served")
def test_what_is_wrong_is_told_beside_the_field_with_what_was_typed(page: Page, watch: Watch) -> None:
    watch.expect("422")
    page.goto(evidence_of(page))
    exclude(page, why="")
    form = page.locator(f".answer[id$='/{EXCLUSION}/judged']")
    expect(form.get_by_label("Name of whoever answers")).to_have_value("Dr Wu Lan")
    expect(form.get_by_label("No", exact=True)).to_be_checked()
    expect(form.get_by_label("Reason")).to_have_accessible_description(re.compile("goes against"))
    expect(form.locator(".error")).to_be_visible()
    axe(page)
    form.get_by_label("Reason").fill("Treated for severe depression")
    form.get_by_role("button", name="Record the answer").click()
    expect(page.locator("p.verdict")).to_have_class(re.compile(r"\bineligible\b"))


@pytest.mark.usefixtures("served")
def test_it_is_answered_without_javascript_on_a_phone(browse: Browse) -> None:
    page = browse(PHONE, javascript=False)
    page.goto("/?patient=daniel-okafor")
    address = page.locator("article.card").get_by_role("link", name=re.compile("Show the evidence")).last
    page.goto(address.get_attribute("href") or "")
    exclude(page)
    expect(page.locator("p.verdict")).to_have_class(re.compile(r"\bineligible\b"))


@pytest.mark.usefixtures("served")
def test_it_is_answered_by_the_keyboard_alone(page: Page) -> None:
    page.goto(evidence_of(page))
    form = page.locator(f".answer[id$='/{EXCLUSION}/judged']")
    form.get_by_role("link").focus()
    page.keyboard.press("Enter")
    form.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Dr Wu Lan")
    form.get_by_role("button", name="Record the answer").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Yes")
    assert_walkable(page)


@pytest.mark.usefixtures("served")
def test_it_speaks_chinese(browse: Browse) -> None:
    page = browse(language="zh-CN")
    page.goto(evidence_of(page))
    form = form_of(page)
    form.get_by_label("是", exact=True).check()
    form.get_by_label("回答者姓名").fill("吴医生")
    form.get_by_role("button", name="记录回答").click()
    expect(page.get_by_role("status")).to_contain_text("已记录")
    axe(page)


@pytest.mark.usefixtures("served")
def test_an_answer_is_downloaded_as_fhir(page: Page) -> None:
    page.goto(evidence_of(page))
    exclude(page)
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download as FHIR").click()
    assert "QuestionnaireResponse" in begun.value.path().read_text()


@pytest.mark.usefixtures("served")
def test_the_page_with_its_forms_weighs_less_than_150_kb(page: Page, watch: Watch) -> None:
    address = evidence_of(page, "lin-mei")
    before = watch.transferred()
    page.goto(address)
    assert watch.transferred() - before < 150_000
