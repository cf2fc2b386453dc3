"""The tests of pages would fail on a faulty page: each kind of fault, on a page that has it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from tests.browser.accessibility import axe, violations
from tests.browser.conftest import Browse
from tests.browser.keyboard import walk
from tests.browser.layout import PHONE, assert_no_sideways_scrolling, printed
from tests.browser.watch import Watch


def shows(page: Page, body: str, policy: str = "") -> None:
    """Answer each request with this body, as the service would, and open it."""
    html = f"<!doctype html><html lang=en><title>A page</title><main>{body}</main></html>"
    headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": policy}
    page.route("**/*", lambda route: route.fulfill(body=html, headers=headers))
    page.goto("/")


@pytest.mark.parametrize(
    ("body", "policy", "fault"),
    [
        ("<script>console.error('broken')</script>", "", "console: broken"),
        ("<script>nowhere()</script>", "", "exception: .*nowhere is not defined"),
        ("<script>Promise.reject(new Error('late'))</script>", "", "exception: .*late"),
        ("<p style='color: red'>Text</p>", "default-src 'none'", "console: .*Content Security Policy"),
        (
            "<img src='http://elsewhere.example/picture' alt=''>",
            "",
            "request to elsewhere: http://elsewhere.example/picture",
        ),
        ("<link rel='stylesheet' href='file:///other'>", "", "console: .*file:///other"),
    ],
)
def test_a_fault_of_a_page_is_noticed(page: Page, watch: Watch, body: str, policy: str, fault: str) -> None:
    shows(page, f"<h1>A page</h1>{body}", policy)
    page.wait_for_timeout(50)
    assert any(re.search(fault, found) for found in watch.faults), watch.faults
    watch.expect("")


def test_a_refused_request_is_a_fault_and_one_that_was_expected_must_come(page: Page, watch: Watch) -> None:
    watch.expect("status of 404")
    assert watch.faults == ["expected: status of 404"]
    page.goto("/nowhere")
    assert watch.faults == []


def test_a_violation_of_an_accessibility_rule_is_told_with_the_element(page: Page) -> None:
    shows(page, "<h1>A page</h1><button style='color: #999; background: #fff'>Go</button><img src='data:,'>")
    found = "\n".join(violations(page))
    assert "color-contrast (serious)" in found
    assert "image-alt (critical)" in found
    assert "<img" in found
    with pytest.raises(AssertionError, match="image-alt"):
        axe(page)


def test_axe_runs_under_a_policy_that_forbids_all_scripts(page: Page) -> None:
    shows(page, "<h1>A page</h1>", "default-src 'none'")
    axe(page)


def test_a_page_that_is_wider_than_its_window_is_told(browse: Browse) -> None:
    page = browse(PHONE)
    shows(page, "<h1>A page</h1><p><span style='display: inline-block; width: 500px'>wide</span></p>")
    with pytest.raises(AssertionError, match="wide"):
        assert_no_sideways_scrolling(page)


def test_the_walk_meets_each_stop_once_and_sees_what_is_wrong_with_it(page: Page) -> None:
    shows(
        page,
        """<h1>A page</h1><a href='/'>Home</a> <button>Go</button>
        <button style='outline: none'>Unmarked</button> <button></button>
        <p style='position: relative'><button>Covered</button>
        <span style='position: absolute; inset: 0; background: #fff'></span></p>""",
    )
    assert walk(page) == [
        ("link", "Home", True, True),
        ("button", "Go", True, True),
        ("button", "Unmarked", False, True),
        ("button", "", True, True),
        ("button", "Covered", True, False),
    ]


def test_print_is_counted_in_sheets_of_a4(page: Page) -> None:
    shows(page, "<h1>One</h1><h2 style='break-before: page'>Two 狼疮</h2>")
    paper = printed(page)
    assert len(paper.sheets) == 2
    assert "Two" in paper.sheets[1]


def test_what_a_page_loads_is_counted(page: Page, watch: Watch) -> None:
    shows(page, "x" * 50_000)
    assert 50_000 < watch.transferred() < 51_000


def test_chinese_is_drawn_in_a_font_that_has_it(page: Page) -> None:
    shows(page, "<h1><span id='a'>狼疮</span> <span id='b'>\U000f0000\U000f0001</span></h1>")
    assert page.locator("#a").screenshot() != page.locator("#b").screenshot()


def test_where_there_is_no_javascript_no_script_of_a_page_runs(browse: Browse) -> None:
    page = browse(javascript=False)
    shows(page, "<h1>Before</h1><script>document.querySelector('h1').textContent = 'After'</script>")
    assert page.get_by_role("heading").text_content() == "Before"


def test_the_clock_of_the_page_is_that_of_the_service(page: Page) -> None:
    shows(page, "<h1>A page</h1>")
    assert page.evaluate("new Date().toISOString()") == "2026-06-15T12:00:00.000Z"
