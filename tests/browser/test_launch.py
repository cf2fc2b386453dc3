"""A user opens a chart in an EHR, follows the link on a card, and sees the evidence (SMART App Launch)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from sandbox.smart_ehr import SmartEhr
from tests.app.ehr import Ehr
from tests.app.launch.launching import fhir_server, service_beside
from tests.app.service import LUPUS
from tests.browser.accessibility import axe
from tests.browser.conftest import Browse
from tests.browser.layout import assert_no_sideways_scrolling
from tests.browser.watch import Watch
from tests.listening import listening


class Launching(NamedTuple):
    """The EHR, and the service that it launches."""

    ehr: SmartEhr
    pages: str


@pytest.fixture(scope="module")
def launching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launching]:
    folder = tmp_path_factory.mktemp("launching")
    with (
        listening(fhir_server(Ehr())) as port,
        service_beside(f"http://127.0.0.1:{port}/fhir", folder, (LUPUS,)) as (ehr, pages),
    ):
        yield Launching(ehr, pages)


@pytest.fixture
def watch(launching: Launching) -> Watch:
    """The EHR's own pages are another site, to which the browser has to go."""
    seen = Watch(launching.pages)
    seen.expect(re.escape(f"request to elsewhere: {launching.ehr.authorization.issuer}/"))
    return seen


def opened(page: Page, launching: Launching) -> None:
    """Open the chart in the EHR, and follow the link of the first card."""
    page.goto(f"{launching.ehr.authorization.issuer}/")
    page.get_by_role("link", name=LUPUS).click()
    page.locator("article").first.get_by_role("link", name=re.compile("Look into")).click()
    page.wait_for_url(f"{launching.pages}/**")


def test_a_card_leads_to_the_evidence_for_the_patient_whose_chart_is_open(
    page: Page, launching: Launching
) -> None:
    page.goto(f"{launching.ehr.authorization.issuer}/?patient={LUPUS}")
    summary = page.locator("article h2").first.inner_text()
    opened(page, launching)
    expect(page.locator("p.verdict")).to_be_visible()
    assert page.url.rpartition("/")[2].upper() in summary
    assert page.locator("details.criterion").count() > 10
    sources = page.locator(f"a[href^='{launching.ehr.authorization.fhir}/']").all()
    assert sources
    axe(page)


def test_nothing_of_the_launch_is_left_in_the_browser(page: Page, launching: Launching) -> None:
    opened(page, launching)
    assert re.fullmatch(rf"{launching.pages}/evidence/[^/?]+/[a-z0-9]+", page.url)
    assert [cookie for cookie in page.context.cookies() if cookie.get("name", "").startswith("launch")] == []


def test_where_the_ehr_does_not_hand_the_trial_on_it_is_chosen(
    browse: Browse, launching: Launching, size: tuple[int, int], dark: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launching.ehr, "hands_on", False)
    page = browse(size, dark=dark)
    opened(page, launching)
    expect(page.get_by_role("heading", name="Choose a trial")).to_be_visible()
    assert_no_sideways_scrolling(page)
    axe(page)
    page.locator("main h2 a").first.click()
    expect(page.locator("details.criterion").first).to_be_visible()


def test_without_javascript_it_is_the_same(browse: Browse, launching: Launching) -> None:
    page = browse(javascript=False)
    opened(page, launching)
    expect(page.locator("p.verdict")).to_be_visible()


def test_going_back_and_forth_does_not_show_a_launch_that_is_over(
    page: Page, launching: Launching, watch: Watch
) -> None:
    watch.expect("status of 400")
    with page.expect_response(re.compile("/launch/callback")) as back:
        opened(page, launching)
    page.goto(back.value.url)
    expect(page.get_by_text("was used before")).to_be_visible()
    assert page.url == f"{launching.pages}/launch/failed/state"
    axe(page)
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", name="无法显示此页面")).to_be_visible()
