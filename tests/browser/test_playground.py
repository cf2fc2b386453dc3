"""The playground at ``/``, walked as a person would: pick, change, drop, copy; without JavaScript too."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.demo.patients import demo_patients
from tests.app.service import bundle_of, but_for_ids
from tests.browser.accessibility import axe
from tests.browser.conftest import Browse
from tests.browser.keyboard import assert_walkable
from tests.browser.layout import PHONE, assert_no_sideways_scrolling, printed
from tests.browser.watch import Watch

TRICKS = (
    "<img src=x onerror=alert(1)> **bold** [x](javascript:alert(1)) \u202egnp.exe </pre><script>x()</script>"
)


def choose(page: Page, patient: str) -> None:
    page.get_by_role("radio", name=demo_patients()[patient].name).check()
    expect(page.locator(".chart-bar")).to_contain_text(demo_patients()[patient].name)


def told(page: Page, words: str | re.Pattern[str]) -> None:
    """The page says what came, also to whoever does not see it."""
    expect(page.locator("#told")).to_contain_text(words)


def written(folder: Path, document: Any) -> Path:
    path = folder / "chart.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return path


def tricky() -> dict[str, Any]:
    """A chart whose names of diagnoses, drugs and patient would do harm if they were more than text."""
    document = bundle_of()
    for entry in document["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "Patient":
            resource["name"] = [{"text": TRICKS}]
        if resource["resourceType"] == "Condition":
            resource["code"]["text"] = f"{resource['code'].get('text', '')} {TRICKS}"
        if resource["resourceType"] == "MedicationRequest":
            resource["medicationCodeableConcept"]["text"] = TRICKS
    return document


def test_each_patient_can_be_chosen_without_a_reload_and_the_page_stays_accessible(page: Page) -> None:
    page.goto("/")
    page.evaluate("document.body.dataset.same = 'yes'")
    drawn = 0
    for patient in demo_patients():
        choose(page, patient)
        told(page, "200 OK")
        drawn += page.locator("article.card").count()
        axe(page)
    assert drawn > len(demo_patients())
    assert page.locator("body").get_attribute("data-same") == "yes"


def test_another_day_shows_another_verdict_and_the_browser_goes_back(page: Page) -> None:
    page.goto("/")
    expect(page.locator("article.card h3").first).to_contain_text("missing: hepatitis B virus DNA")
    page.get_by_label("As of").fill("2027-03-01")
    expect(page.locator("article.card h3").first).to_contain_text("data are missing for")
    assert "date=2027-03-01" in page.url
    page.go_back()
    expect(page.locator("article.card h3").first).to_contain_text("missing: hepatitis B virus DNA")
    expect(page.get_by_label("As of")).to_have_value("2026-06-15")


def test_a_draft_order_is_chosen_where_the_hook_has_one(page: Page) -> None:
    page.goto("/?patient=daniel-okafor")
    expect(page.get_by_label("Draft order")).to_be_hidden()
    page.get_by_label("Hook").select_option("order-sign")
    expect(page.locator("article.card").first).to_contain_text("▲ Warning")
    expect(page.locator("article.card h3")).to_contain_text("would be closed until 2027-06-16")
    page.get_by_label("Draft order").select_option("paracetamol")
    expect(page.get_by_text("No card:")).to_be_visible()
    axe(page)


def test_prefetch_decides_what_is_known(page: Page) -> None:
    page.goto("/?patient=daniel-okafor")
    page.get_by_role("radio", name="half").check()
    expect(page.locator("article.card h3").first).to_contain_text("data are missing")
    page.get_by_role("radio", name="none", exact=True).check()
    told(page, "412 Precondition Failed")
    expect(page.locator(".ehr")).to_contain_text("the patient is needed")


def test_a_bundle_is_brought_and_harms_nobody(page: Page, tmp_path: Path) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto("/")
    page.get_by_label("File").set_input_files(written(tmp_path, tricky()))
    expect(page.locator(".chart-bar")).to_contain_text(
        "Your own Bundle <img src=x onerror=alert(1)> **bold**"
    )
    told(page, "200 OK")
    expect(page.get_by_role("radio", name="Your own Bundle")).to_be_checked()
    assert page.locator("article.card").count() == 2
    words = page.locator("#result").inner_text()
    assert "<img src=x onerror=alert(1)>" in words
    assert "\u202e" not in words
    assert page.locator("#result img, #result script, #result a[href^=javascript]").count() == 0
    assert dialogs == []
    assert page.url.endswith("/")
    axe(page)


def test_a_bundle_is_dropped(page: Page, tmp_path: Path) -> None:
    page.goto("/")
    content = json.dumps(bundle_of("sofia-reyes"))
    page.evaluate(
        """(content) => {
          const dropped = new DataTransfer();
          dropped.items.add(new File([content], "chart.json", { type: "application/json" }));
          const event = new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true });
          document.getElementById("drop").dispatchEvent(event);
        }""",
        content,
    )
    expect(page.locator(".chart-bar")).to_contain_text("Your own Bundle")
    expect(page.locator("article.card h3").first).to_contain_text("ineligible for now")


def test_of_several_patients_one_is_chosen(page: Page, tmp_path: Path) -> None:
    both = {"resourceType": "Bundle", "entry": bundle_of()["entry"] + bundle_of("sofia-reyes")["entry"]}
    page.goto("/")
    page.get_by_label("File").set_input_files(written(tmp_path, both))
    people = page.get_by_role("group", name="The Bundle has 2 patients")
    expect(people).to_be_visible()
    axe(page)
    people.get_by_role("radio", name=re.compile("sofia-reyes")).check()
    expect(page.locator("article.card h3").first).to_contain_text("ineligible for now")
    people.get_by_role("radio", name=re.compile("lin-mei")).check()
    expect(page.locator("article.card h3").first).to_contain_text("hepatitis B virus DNA")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("no JSON", "The file is not JSON"),
        ('{"resourceType": "Observation"}', "Bring a Bundle"),
        ('{"resourceType": "Bundle"}', "holds no Patient"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    page: Page, watch: Watch, tmp_path: Path, content: str, says: str
) -> None:
    watch.expect("status of 400")
    page.goto("/")
    page.get_by_label("File").set_input_files(written(tmp_path, content))
    expect(page.get_by_role("alert")).to_contain_text(says)
    told(page, says)
    axe(page)


def test_the_command_that_is_copied_prints_what_the_page_shows(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for chosen in (
        "patient=daniel-okafor&hook=order-sign&order=rituximab",
        "date=2026-09-01",
        "prefetch=none",
    ):
        page.goto(f"/?{chosen}")
        page.get_by_role("button", name="Copy").click()
        told(page, "Copied.")
        command = page.evaluate("navigator.clipboard.readText()")
        printed_out = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, check=True
        ).stdout
        with page.expect_download() as download:
            page.get_by_role("link", name="Save response.json").click()
        saved = download.value.path().read_text("utf-8")
        assert but_for_ids(printed_out) == but_for_ids(saved)
        summaries = page.locator("article.card h3").all_inner_texts()
        assert [card["summary"] for card in json.loads(printed_out).get("cards", [])] == summaries


def test_the_command_for_a_bundle_takes_the_request_that_is_saved(page: Page, tmp_path: Path) -> None:
    page.goto("/")
    page.get_by_label("File").set_input_files(written(tmp_path, bundle_of("daniel-okafor")))
    told(page, "200 OK")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save request.json").click()
    download.value.save_as(tmp_path / "request.json")
    command = page.locator("#curl").inner_text()
    answer = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True)
    summaries = page.locator("article.card h3").all_inner_texts()
    assert [card["summary"] for card in json.loads(answer.stdout)["cards"]] == summaries != []


def test_all_of_it_works_without_javascript(browse: Browse, tmp_path: Path) -> None:
    page = browse(javascript=False)
    page.goto("/")
    page.get_by_role("radio", name=demo_patients()["sofia-reyes"].name).check()
    page.get_by_label("As of").fill("2026-12-01")
    page.get_by_role("button", name="Fire the hook").click()
    expect(page.locator(".chart-bar")).to_contain_text("2026-12-01")
    assert "patient=sofia-reyes" in page.url
    assert page.url.endswith("#result")
    page.get_by_label("File").set_input_files(written(tmp_path, tricky()))
    page.get_by_role("button", name="Fire the hook").click()
    expect(page.locator(".chart-bar")).to_contain_text("Your own Bundle")
    assert page.locator("article.card").count() == 2
    expect(page.get_by_text("choose the file again first")).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()


def test_it_is_worked_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/")
    page.get_by_role("radio", name=demo_patients()["lin-mei"].name).focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".chart-bar")).to_contain_text(demo_patients()["amara-diallo"].name)
    page.get_by_label("Hook").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".chart-bar")).to_contain_text("encounter-start")
    page.locator("article.card summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("article.card .dismiss button").first).to_be_visible()
    names = [stop.name for stop in assert_walkable(page)]
    for name in ("Copy", "Save request.json", "Fire the hook"):
        assert name in names


def test_in_a_narrow_window_the_button_leads_to_what_came(browse: Browse) -> None:
    page = browse(PHONE)
    page.goto("/")
    page.get_by_role("button", name="Fire the hook").click()
    expect(page.locator(".chart-bar")).to_be_in_viewport()


def test_it_fits_each_window_in_both_colour_schemes(
    browse: Browse, size: tuple[int, int], dark: bool
) -> None:
    page = browse(size, dark=dark)
    for chosen in (
        "patient=amara-diallo",
        "patient=daniel-okafor&hook=order-select",
        "prefetch=none&lang=zh-CN",
    ):
        page.goto(f"/?{chosen}")
        assert_no_sideways_scrolling(page)
        axe(page)


def test_on_paper_are_the_cards_alone(page: Page) -> None:
    page.goto("/?patient=daniel-okafor&hook=order-sign")
    paper = "".join(printed(page).sheets)
    assert "would be closed" in paper
    assert "curl" not in paper
    assert "Sofia" not in paper


def test_it_speaks_both_languages_and_keeps_what_is_chosen(page: Page) -> None:
    page.goto("/")
    choose(page, "wang-jianguo")
    page.get_by_role("link", name="中文").click()
    expect(page.locator(".chart-bar")).to_contain_text("王建国（Wang Jianguo）")
    expect(page.locator("article.card h3")).to_contain_text("很可能不符合条件")
    axe(page)


@pytest.mark.parametrize("patient", ["lin-mei", "amara-diallo"])
def test_the_page_and_its_cards_weigh_less_than_150_kb(page: Page, watch: Watch, patient: str) -> None:
    page.goto(f"/?patient={patient}")
    expect(page.locator("article.card").first).to_be_visible()
    assert watch.transferred() < 150_000


def test_a_large_chart_weighs_no_more(page: Page, watch: Watch, tmp_path: Path) -> None:
    document = bundle_of()
    observations = [
        e["resource"] for e in document["entry"] if e["resource"]["resourceType"] == "Observation"
    ]
    document["entry"] += [
        {"resource": {**each, "id": f"{each['id']}-{n}"}} for n in range(40) for each in observations
    ]
    page.goto("/")
    before = watch.transferred()
    page.get_by_label("File").set_input_files(written(tmp_path, document))
    told(page, "200 OK")
    assert watch.transferred() - before < 100_000
