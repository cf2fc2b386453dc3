"""The evidence page: whoever follows the link on a card sees what it rests on, in any window, on paper."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import axe
from tests.browser.conftest import Browse
from tests.browser.keyboard import assert_walkable
from tests.browser.layout import assert_no_sideways_scrolling, printed
from tests.browser.serving import serving
from tests.browser.watch import Watch

LINK = "Show the evidence"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service with a store, in which the charts behind links lie."""
    with serving(store=True, data_dir=tmp_path_factory.mktemp("store")) as served:
        yield served


def evidence_of(page: Page, patient: str = "lin-mei") -> str:
    """The address of the evidence behind the first card of a patient."""
    page.goto(f"/?patient={patient}")
    link = page.locator("article.card").first.get_by_role("link", name=re.compile(LINK))
    expect(link).to_be_visible()
    address = link.get_attribute("href")
    assert address is not None
    return address


def opened(page: Page) -> None:
    """Open every part of the page that can be."""
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")


def test_the_link_on_a_card_leads_to_every_criterion(page: Page) -> None:
    evidence_of(page)
    link = page.locator("article.card").first.get_by_role("link", name=re.compile(LINK))
    with page.context.expect_page() as following:
        link.click()
    tab = following.value
    expect(tab.locator("p.verdict")).to_be_visible()
    assert tab.locator("details.criterion").count() > 10
    tab.close()


def test_a_closed_criterion_is_opened_by_the_keyboard(page: Page) -> None:
    page.goto(evidence_of(page))
    name = page.locator("details.criterion:not([open])").first.get_attribute("id")
    criterion = page.locator(f"details.criterion[id='{name}']")
    expect(criterion.locator("> blockquote")).not_to_be_visible()
    criterion.locator("> summary").focus()
    page.keyboard.press("Enter")
    expect(criterion.locator("> blockquote")).to_be_visible()


@pytest.mark.parametrize("patient", ["lin-mei", "daniel-okafor"])
def test_the_page_is_accessible_and_fits_each_window(
    browse: Browse, size: tuple[int, int], dark: bool, patient: str
) -> None:
    page = browse(size, dark=dark)
    page.goto(evidence_of(page, patient))
    opened(page)
    assert_no_sideways_scrolling(page)
    axe(page)


def test_the_keyboard_reaches_every_criterion(page: Page) -> None:
    page.goto(evidence_of(page))
    names = " ".join(stop.name for stop in assert_walkable(page))
    for criterion in page.locator("details.criterion").all():
        assert (criterion.get_attribute("id") or "") in names


def test_it_can_be_read_without_javascript(browse: Browse, page: Page) -> None:
    address = evidence_of(page)
    plain = browse(javascript=False)
    plain.goto(address)
    criteria = plain.locator("details.criterion")
    assert criteria.count() > 10
    for criterion in criteria.all():
        if criterion.get_attribute("open") is None:
            criterion.locator("> summary").click()
        expect(criterion.locator("> blockquote")).to_be_visible()


def test_on_paper_every_criterion_is_open(page: Page) -> None:
    page.goto(evidence_of(page))
    words = bare("".join(printed(page).sheets))
    told = page.locator("details.criterion > blockquote, details.criterion td, .need, .note").all()
    assert len(told) > 40
    for words_of_it in told:
        assert bare(words_of_it.text_content() or "")[:20] in words


def bare(text: str) -> str:
    """Latin letters alone: paper has ligatures and broken words, and tells Chinese signs by glyphs."""
    kept = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in kept if sign.isascii() and sign.isalpha())


def test_it_speaks_both_languages(page: Page) -> None:
    page.goto(evidence_of(page))
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.get_by_role("heading", name=re.compile("缺失"))).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("change", ["none", "forged"])
def test_a_link_that_is_none_says_so(page: Page, watch: Watch, change: str) -> None:
    address = evidence_of(page)
    watch.expect("404")
    base, token, trial = address.rsplit("/", 2)
    page.goto(f"{base}/{'not-a-link' if change == 'none' else token[:-2] + 'xx'}/{trial}")
    expect(page.get_by_text("no link of this service")).to_be_visible()
    axe(page)


def test_it_weighs_less_than_150_kb(browse: Browse, page: Page, watch: Watch) -> None:
    address = evidence_of(page)
    before = watch.transferred()
    page.goto(address)
    assert watch.transferred() - before < 150_000
