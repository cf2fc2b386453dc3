"""The pictures of the documents, taken of the pages; ``make picture`` puts them where they belong."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page

from tests.browser.conftest import Browse

Take = Callable[[Locator | Page, str], None]


def test_the_first_card_that_a_demonstration_patient_gets(browse: Browse, take: Take) -> None:
    page = browse((780, 1000), sharpness=2)
    page.goto("/#lin-mei")
    take(page.locator("article.card").first, "card.png")
