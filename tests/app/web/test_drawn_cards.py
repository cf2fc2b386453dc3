"""Cards as the playground draws them: all of a card is there, and nothing in it is more than text."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from starlette.datastructures import Headers

from app.playground.firing import Fired
from app.playground.in_process import Answer
from app.rendering.cards import cards_of, markdown
from app.web.pages import templates
from app.web.playground_view import result_of
from app.web.words import page_words


def body(**card: object) -> bytes:
    given = {"summary": "Lupus trials", "indicator": "info", "source": {"label": "Trialcards"}, **card}
    return json.dumps({"cards": [given]}).encode()


def drawn(language: str = "en", **card: object) -> str:
    """A card as HTML."""
    template = templates().from_string(
        '{% from "playground_cards.html" import drawn with context %}{{ drawn(card) }}'
    )
    (one,) = cards_of(body(**card))
    return template.render(card=one, say=page_words(language).say)


def test_summary_detail_suggestions_links_reasons_and_source_are_shown() -> None:
    html = drawn(
        detail="**bold** and\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        suggestions=[{"label": "Order HBV DNA", "actions": [{"type": "create", "description": "A draft"}]}],
        links=[{"label": "Evidence", "url": "https://trials.example/e", "type": "absolute"}],
        overrideReasons=[{"code": "later", "system": "urn:x", "display": "Not now"}],
    )
    assert "<h3>Lupus trials</h3>" in html
    assert "<strong>bold</strong>" in html
    assert "<table>" in html
    assert ">Order HBV DNA</button>" in html
    assert "A draft" in html
    assert 'href="https://trials.example/e"' in html
    assert ">Not now</button>" in html
    assert "Trialcards" in html


@pytest.mark.parametrize(
    ("indicator", "english", "chinese", "sign"),
    [
        ("info", "Information", "信息", "●"),
        ("warning", "Warning", "警告", "▲"),
        ("critical", "Critical", "紧急", "◆"),
    ],
)
def test_an_indicator_is_told_by_a_word_and_a_shape(
    indicator: str, english: str, chinese: str, sign: str
) -> None:
    assert english in drawn(indicator=indicator)
    assert chinese in drawn("zh-CN", indicator=indicator)
    assert sign in drawn(indicator=indicator)


def test_buttons_say_that_they_do_nothing_here() -> None:
    html = drawn(
        suggestions=[{"label": "Order"}], overrideReasons=[{"code": "a", "system": "b", "display": "c"}]
    )
    assert html.count("<button") == html.count('aria-disabled="true" aria-describedby="unwired"') == 2


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>"])
def test_markup_in_a_card_is_shown_and_not_run(text: str) -> None:
    html = drawn(summary=text, detail=text, suggestions=[{"label": text}])
    assert "<script" not in html
    assert "<img" not in html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "JavaScript:x"])
def test_only_web_addresses_become_links(url: str) -> None:
    html = drawn(detail=f"[x]({url})", links=[{"label": "L", "url": url}], source={"label": "S", "url": url})
    assert "<a " not in html


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200b", "\x07"])
def test_signs_that_turn_or_hide_text_are_left_out(sign: str) -> None:
    assert sign not in drawn(summary=f"a{sign}b", detail=f"**a{sign}b**\n\n- c{sign}d")
    assert markdown(f"- a{sign}\n- b") == "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"


@pytest.mark.parametrize("content", [b"", b"[]", b'{"cards": [{}]}', b'{"cards": [{"summary": 1}]}'])
def test_what_is_no_hook_response_is_refused(content: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        cards_of(content)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"resourceType": "OperationOutcome", "issue": [{"diagnostics": "why"}]}, ("why",)),
        ({"resourceType": "OperationOutcome"}, ()),
        ([], ()),
    ],
)
def test_an_answer_without_cards_tells_why_in_the_services_words(answer: Any, told: tuple[str, ...]) -> None:
    refused = Answer(412, Headers(), json.dumps(answer).encode())
    result = result_of(Fired(b"{}", refused, 1), "http://here.test", "en", None)
    assert (result.cards, result.diagnostics, result.status) == (None, told, "412 Precondition Failed")
