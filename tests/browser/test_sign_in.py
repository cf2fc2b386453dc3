"""Signing in as a person does: by the set-up link, by the password, and out again; with no script at all."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.people.configured import people_of
from app.request_heads import BoundedHeads
from app.settings import Settings
from tests.app.people.coming_in import PASSWORD, add_private_pages
from tests.app.service import application
from tests.browser.accessibility import axe
from tests.browser.conftest import Browse
from tests.browser.keyboard import assert_walkable
from tests.browser.layout import assert_no_sideways_scrolling
from tests.browser.watch import Watch
from tests.listening import listening


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("people")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The service with a page behind sign-in."""
    with socket.socket() as at:
        at.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{at.getsockname()[1]}"
        served = application(log_level="error", base_url=address, store=True, data_dir=folder)
        add_private_pages(served)
        with listening(served, at, http=BoundedHeads, ws="none", server_header=False):
            yield address


@pytest.fixture
def link(folder: Path) -> str:
    """A new set-up link."""
    people = people_of(Settings(store=True, data_dir=folder), lambda: datetime.now(UTC))
    try:
        return f"/sign-in/set-up?token={people.reset()}"
    finally:
        people.close()


def set_up(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Your name").fill("Ana Müller")
    page.get_by_label("Password", exact=True).or_(page.locator("#password")).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()


def test_the_link_leads_in_and_the_password_in_again_without_javascript(browse: Browse, link: str) -> None:
    page = browse(javascript=False)
    set_up(page, link)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.context.clear_cookies()
    page.goto("/private")
    expect(page).to_have_title("Sign in · Trialcards")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("Ana Müller")
    assert page.url.endswith("/private")


def test_a_wrong_password_is_told_at_its_field(page: Page, link: str, watch: Watch) -> None:
    watch.expect("status of 403")
    page.goto(link)
    page.goto("/sign-in?next=/private")
    page.get_by_label("Password").fill("another password")
    with page.expect_response("**/sign-in") as answer:
        page.get_by_role("button", name="Sign in").click()
    assert answer.value.status == 403
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.get_by_label("Password").get_attribute("aria-describedby") == "fault"


def test_the_pages_are_accessible_and_fit_each_window(
    browse: Browse, size: tuple[int, int], dark: bool, link: str
) -> None:
    page = browse(size, dark=dark)
    for path in ("/sign-in", link):
        page.goto(path)
        axe(page)
        assert_no_sideways_scrolling(page)


@pytest.mark.parametrize("path", ["/sign-in", "set-up"])
def test_the_forms_are_walked_by_keyboard(page: Page, link: str, path: str) -> None:
    page.goto(link if path == "set-up" else path)
    assert_walkable(page)
