"""JSON on a page: every sign is visible, what is long is shortened and says so, and it means the same."""

from __future__ import annotations

import json
import shlex

import pytest

from app.playground.command import curl
from app.playground.excerpts import LONGEST, excerpt, visible


def test_what_is_short_is_shown_wholly_and_with_its_digits() -> None:
    body = b'{"value":1.890,"list":[1,2,3],"words":"\xe7\x8b\xbc\xe7\x96\xae"}'
    shown = excerpt(body)
    assert not shown.shortened
    assert shown.size == len(body)
    assert '"value": 1.890' in shown.text
    assert "狼疮" in shown.text
    assert json.loads(shown.text) == json.loads(body)


def test_of_what_is_long_lists_and_texts_are_shortened_and_say_so() -> None:
    body = json.dumps({"entry": [{"x": 1.5} for _ in range(2000)], "last": "y" * 5000}).encode()
    shown = excerpt(body)
    assert shown.shortened
    assert shown.size == len(body)
    document = json.loads(shown.text)
    assert document["entry"] == [{"x": 1.5}, {"x": 1.5}, "… 1998 more"]
    assert document["last"] == "y" * 300 + "…"


@pytest.mark.parametrize("body", [json.dumps({f"k{n}": n for n in range(5000)}).encode(), b"<html>" * 5000])
def test_what_is_long_all_the_same_ends_early(body: bytes) -> None:
    shown = excerpt(body)
    assert len(shown.text) <= LONGEST + 2
    assert shown.text.endswith("…")
    assert shown.shortened


@pytest.mark.parametrize("sign", ["\u202e", "\u200d", "\u2028", "\U000e0041", "\x9f"])
def test_signs_that_hide_or_turn_text_are_shown_as_escapes_of_the_same_meaning(sign: str) -> None:
    document = json.dumps({"text": f"a{sign}b"}, ensure_ascii=False)
    assert sign not in visible(document)
    assert json.loads(visible(document)) == json.loads(document)


def test_no_request_breaks_out_of_the_command() -> None:
    request = json.dumps({"text": "it's '; rm -rf ~ #\u202e $(x) `y`"}, ensure_ascii=False).encode()
    words = shlex.split(curl("http://here.test/'; x", request, "en", None))
    assert words[:3] == ["curl", "-s", "http://here.test/'; x/cds-services/lupus-trials"]
    assert words[-2] == "--data-binary"
    assert json.loads(words[-1]) == json.loads(request)
