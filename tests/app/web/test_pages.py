"""What every page is: in the reader's language, without inline script, and deaf to forms of other sites."""

from __future__ import annotations

import re

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.testclient import TestClient

from app.web.errors import PageError
from app.web.same_origin import must_be_same_origin
from app.web.site import add_site
from app.web.static_files import static_url
from app.web.words import page_words


@pytest.fixture
def client() -> TestClient:
    application = FastAPI()
    pages = add_site(application, "en", {"playground": "/"})
    routes = APIRouter()

    @routes.get("/page")
    async def page(request: Request) -> HTMLResponse:
        return pages.page(request, "error.html", said="<b>\u202eevil</b>")

    @routes.get("/refused")
    async def refused() -> None:
        raise PageError(404, "layout.error.not-found")

    @routes.post("/form", dependencies=[Depends(must_be_same_origin)])
    async def form() -> dict[str, bool]:
        return {"taken": True}

    application.include_router(routes)
    return TestClient(application, base_url="http://here.test")


def test_a_page_is_in_the_language_that_the_browser_asks_for(client: TestClient) -> None:
    english = client.get("/page", headers={"Accept-Language": "fr, en;q=0.5"})
    chinese = client.get("/page", headers={"Accept-Language": "zh-Hans-CN, en;q=0.5"})
    assert english.headers["content-language"] == "en"
    assert '<html lang="en">' in english.text
    assert chinese.headers["content-language"] == "zh-CN"
    assert '<html lang="zh-CN">' in chinese.text
    assert "Accept-Language" in chinese.headers["vary"]


def test_a_language_that_was_chosen_stays_chosen(client: TestClient) -> None:
    client.get("/page?lang=zh-CN")
    assert client.get("/page", headers={"Accept-Language": "en"}).headers["content-language"] == "zh-CN"
    assert client.get("/page?lang=en").headers["content-language"] == "en"


def test_the_link_to_the_other_language_leads_to_the_same_page_on_this_host(client: TestClient) -> None:
    found = re.search(r'class="language"[^>]*href="([^"]+)"', client.get("/page?of=x").text)
    assert found is not None
    assert found[1].replace("&amp;", "&") == "/page?of=x&lang=zh-CN"


def test_no_page_runs_or_loads_anything_but_our_own_files(client: TestClient) -> None:
    answer = client.get("/page")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in answer.text
    assert "<script>" not in answer.text
    for address in re.findall(r'(?:src|href)="([^"#]+)"', answer.text):
        assert address.startswith("/"), address


def test_markup_and_turning_signs_of_a_chart_are_shown_as_text(client: TestClient) -> None:
    text = client.get("/page").text
    assert "&lt;b&gt;evil&lt;/b&gt;" in text
    assert "\u202e" not in text


def test_a_page_that_cannot_be_shown_says_why_in_a_page(client: TestClient) -> None:
    answer = client.get("/refused", headers={"Accept-Language": "zh"})
    assert answer.status_code == 404
    assert page_words("zh-CN").say("layout.error.not-found") in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://here.test"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://here.test"}, 200),
        ({"Origin": "http://elsewhere.test"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_a_form_is_taken_from_a_page_of_this_service_only(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    assert client.post("/form", headers=headers).status_code == status


def test_files_may_be_kept_for_long_under_the_address_of_their_content(client: TestClient) -> None:
    answer = client.get(static_url("base.css"))
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    old = client.get("/static/0123456789ab/base.css")
    assert old.content == answer.content
    assert old.headers["cache-control"] == "no-cache"


def test_the_catalogues_of_both_languages_have_the_same_words_and_places() -> None:
    english, chinese = page_words("en"), page_words("zh-CN")
    assert english.keys == chinese.keys
    places = re.compile(r"\{(\w+)")
    for key in english.keys:
        assert set(places.findall(english.template(key))) == set(places.findall(chinese.template(key))), key
