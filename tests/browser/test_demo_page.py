"""The demonstration page at ``/``: whoever opens a chart there sees the cards, and can answer them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from app.demo.patients import demo_patients
from tests.browser.accessibility import axe
from tests.browser.conftest import Browse
from tests.browser.keyboard import assert_walkable
from tests.browser.layout import assert_no_sideways_scrolling
from tests.browser.watch import Watch


def choose(page: Page, patient: str) -> None:
    with page.expect_response("**/demo/cards"):
        page.get_by_role("button", name=demo_patients()[patient].name).click()
    expect(page.locator("#status")).to_contain_text(" in ")


def test_each_patient_can_be_chosen_and_the_page_stays_accessible(page: Page) -> None:
    page.goto("/")
    drawn = 0
    for patient in demo_patients():
        choose(page, patient)
        drawn += page.locator("article.card").count()
        axe(page)
    assert drawn > len(demo_patients())


def test_a_card_can_be_dismissed_with_a_reason(page: Page) -> None:
    page.goto("/")
    choose(page, "lin-mei")
    card = page.locator("article.card").first
    card.get_by_text("Dismiss").click()
    card.locator("button[data-reason]").first.click()
    expect(page.locator("#status")).to_have_text("Feedback sent: overridden.")
    expect(card.locator("button[data-reason]").first).to_be_disabled()


def test_the_page_fits_each_window_in_both_colour_schemes(
    browse: Browse, size: tuple[int, int], dark: bool
) -> None:
    page = browse(size, dark=dark)
    page.goto("/")
    choose(page, "lin-mei")
    assert_no_sideways_scrolling(page)
    axe(page)


def test_the_keyboard_reaches_every_patient_and_every_answer(page: Page) -> None:
    page.goto("/")
    choose(page, "lin-mei")
    names = [stop.name for stop in assert_walkable(page)]
    for patient in demo_patients().values():
        assert any(patient.name in name for name in names)
    assert "Dismiss" in names


@pytest.mark.parametrize("patient", ["lin-mei", "wang-jianguo"])
def test_the_page_and_its_cards_weigh_less_than_150_kb(page: Page, watch: Watch, patient: str) -> None:
    page.goto("/")
    choose(page, patient)
    assert watch.transferred() < 150_000
