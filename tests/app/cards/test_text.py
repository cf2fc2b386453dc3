"""Text from a chart is shown as it stands: it cannot format a card, link, hide, or turn around."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.cards.text import markdown
from app.plain_text import plain

# GitHub Flavored Markdown as far as it matters: tables, strikethrough, raw HTML let through.
RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@given(st.text(max_size=60))
@example("**bold** _em_ `code` ~~gone~~ [a](http://x.example) ![i](x) <b>x</b> | a |")
@example("a & b < c > d &lt; &amp;")
@example("10*9/L, 500 m[IU]/mL, anti_dsdna, \\*")
@example("<script>alert(1)</script>")
def test_markdown_shows_exactly_the_plain_text(text: str) -> None:
    rendered = RENDERER.render(f"x {markdown(text)} x")
    assert not re.search(r"<(?!/?p>)", rendered.strip())
    shown = html.unescape(re.sub(r"</?p>", "", rendered))
    # Addresses are taken apart by spaces; nothing else may differ.
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", f"x {plain(text)} x")


@pytest.mark.parametrize(
    "address", ["http://evil.example/x", "https://evil.example", "www.evil.example", "WWW.x.y"]
)
def test_a_bare_address_is_not_left_to_be_turned_into_a_link(address: str) -> None:
    shown = markdown(f"see {address} now")
    assert "://" not in shown
    assert "www." not in shown.lower()


@pytest.mark.parametrize("address", ["a@b.c", "mailto:a@b.c", "xmpp:a@b.c", "first.last+x@mail.example.org"])
def test_a_mail_address_is_not_left_to_be_turned_into_a_link(address: str) -> None:
    shown = markdown(f"see {address}, now")
    assert address.replace("@", "@ ") in shown
    assert address not in shown


@pytest.mark.parametrize(
    "hidden",
    [
        "\u202e",
        "\u202d",
        "\u2066",
        "\u2069",
        "\u200e",
        "\u200f",
        "\u061c",
        "\u200b",
        "\ufeff",
        "\x00",
        "\x1b",
        "\x7f",
        "\x9b",
        "\U000e0041",
        "\ue000",
    ],
)
def test_signs_that_hide_or_turn_text_around_are_dropped(hidden: str) -> None:
    assert plain(f"left{hidden}right") == "leftright"


@pytest.mark.parametrize(
    "text", ["ذئبة حمامية", "狼疮性肾炎", "לופוס", "नेफ्रैटिस", "µmol/L ≥ 1:80 – ↑", "क\u200dष"]
)
def test_letters_of_every_script_are_kept(text: str) -> None:
    assert plain(text) == text


def test_lines_become_one_so_that_no_list_or_heading_can_begin() -> None:
    assert plain("a\n\n# b\r\n- c\u2028d\te") == "a # b - c d e"


def test_what_is_long_is_cut_at_a_word_with_an_ellipsis() -> None:
    assert plain("one two three four", 12) == "one two…"
    assert plain("x" * 30, 10) == "x" * 9 + "…"
    assert plain("short", 10) == "short"


@given(st.text(), st.integers(5, 50))
def test_the_limit_is_kept(text: str, limit: int) -> None:
    assert len(plain(text, limit)) <= limit
