"""The pictures of the documents, taken of the pages; ``make picture`` puts them where they belong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page

from app.cohort_outputs import REPORT_FILE, write_outputs
from tests.browser.conftest import Browse
from tests.browser.listing import enter, listing
from tests.browser.serving import serving
from tests.browser.watch import Watch
from tests.cohort.crowd import crowd
from tests.cohort.made import PLAN

Take = Callable[[Locator | Page, str], None]


def test_the_first_card_that_a_demonstration_patient_gets(browse: Browse, take: Take) -> None:
    page = browse((780, 1000), sharpness=2)
    page.goto("/?patient=lin-mei")
    take(page.locator("article.card").first, "card.png")


def test_the_evidence_behind_that_card(browse: Browse, watch: Watch, take: Take, tmp_path: Path) -> None:
    with serving(store=True, data_dir=tmp_path) as watch.address:
        page = browse((1000, 1250))
        page.goto("/?patient=lin-mei")
        link = page.locator("article.card").first.get_by_role("link", name=re.compile("Show the evidence"))
        page.goto(link.get_attribute("href") or "")
        take(page, "evidence.png")


def test_the_playground(browse: Browse, watch: Watch, take: Take, tmp_path: Path) -> None:
    with serving(store=True, data_dir=tmp_path) as watch.address:
        page = browse((1280, 1000))
        page.goto("/?patient=daniel-okafor&hook=order-sign&order=rituximab")
        take(page, "playground.png")


def test_what_changed_between_two_versions_of_a_protocol(browse: Browse, take: Take) -> None:
    page = browse((1000, 900))
    page.goto("/trials/nct05247203/changes/1/2")
    take(page, "changes.png")


def test_a_chart_over_time(browse: Browse, watch: Watch, take: Take, tmp_path: Path) -> None:
    with serving(store=True, data_dir=tmp_path) as watch.address:
        page = browse((1000, 1100), sharpness=1.5)
        page.goto("/?patient=sofia-reyes")
        link = page.locator("article.card").first.get_by_role("link", name=re.compile("Show the evidence"))
        page.goto(link.get_attribute("href") or "")
        take(page.locator(".overview figure"), "timeline.png")


def test_the_screening_list(browse: Browse, watch: Watch, take: Take, tmp_path: Path) -> None:
    with listing(tmp_path) as watch.address:
        page = browse((1280, 800))
        enter(page)
        take(page, "screening-list.png")


def test_where_a_population_is_lost(browse: Browse, take: Take, tmp_path: Path) -> None:
    write_outputs(crowd(2000).write(tmp_path), PLAN)
    page = browse((1000, 1000))
    page.goto((tmp_path / REPORT_FILE).as_uri())
    take(page.locator("section.trial").first.locator("figure.picture").nth(1), "population-funnel.png")
    take(page.locator("section.trial").first.locator("figure.calendar"), "population-calendar.png")


def test_an_answer_of_a_person(browse: Browse, watch: Watch, take: Take, tmp_path: Path) -> None:
    with serving(store=True, data_dir=tmp_path) as watch.address:
        page = browse((1000, 900))
        page.goto("/?patient=daniel-okafor")
        link = page.locator("article.card a[href*='/evidence/']").last
        page.goto(link.get_attribute("href") or "")
        criterion = page.locator("details.criterion[id='E10']")
        criterion.locator(".answer a").click()
        criterion.get_by_label("No", exact=True).check()
        criterion.get_by_label("Name of whoever answers").fill("Dr Wu Lan")
        criterion.get_by_label("Reason").fill("Severe depression, treated elsewhere since March")
        take(criterion, "answers.png")


def test_what_would_change_with_another_first_dose(
    browse: Browse, watch: Watch, take: Take, tmp_path: Path
) -> None:
    with serving(store=True, show_ineligible=True, data_dir=tmp_path) as watch.address:
        page = browse((1000, 900))
        page.goto("/?patient=sofia-reyes")
        link = page.locator("article.card a[href*='/evidence/'][href$='/nct05247203']")
        page.goto(f"{link.get_attribute('href')}/what-if")
        page.get_by_label("First dose").fill("2026-08-14")
        page.get_by_role("button", name="Show what would change").click()
        take(page, "what-if.png")
