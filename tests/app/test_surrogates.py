"""Half an emoji, left behind where a text was cut, costs that character and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli import main
from app.surrogates import without_lone_surrogates
from tests.app.service import HOOK, bundle_of, default_client, request_of


@given(st.text(st.characters(), max_size=20) | st.text("\\ud83da\ude00\ud83d\U0001f600\\", max_size=12))
def test_what_json_joins_stays_and_what_stays_alone_is_replaced(text: str) -> None:
    written = json.dumps(text)
    expected = re.sub("[\ud800-\udfff]", "\ufffd", json.loads(written))
    assert json.loads(without_lone_surrogates(written.encode())) == expected


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb'"a\ud83d"', "a\ufffd"),
        (rb'"\uDE00b"', "\ufffdb"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
        (rb'"\\ud83d"', "\\ud83d"),
        (rb'"\\\ud83d"', "\\\ufffd"),
        (rb'"\ud83d\n"', "\ufffd\n"),
    ],
)
def test_only_lone_halves_are_replaced(written: bytes, read: str) -> None:
    assert json.loads(without_lone_surrogates(written)) == read


def cut(document: Any) -> bytes:
    """The document with half an emoji in the family name of each patient."""
    return json.dumps(document).replace('"family": "', '"family": "\\ud83d').encode()


def test_the_hook_answers_as_without_it() -> None:
    http, request = default_client(), request_of()
    assert rb"\ud83d" in cut(request)
    answer = http.post(HOOK, content=cut(request), headers={"content-type": "application/json"})
    assert answer.status_code == 200
    whole = http.post(HOOK, json=request).json()["cards"]
    assert [card["summary"] for card in answer.json()["cards"]] == [card["summary"] for card in whole]


def test_a_screening_is_the_same_as_without_it() -> None:
    http = default_client()
    answer = http.post("/screenings", content=cut(bundle_of()))
    assert answer.status_code == 200
    assert answer.json() == http.post("/screenings", json=bundle_of()).json()


def test_a_file_is_screened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "chart.json"
    file.write_bytes(cut(bundle_of()))
    assert main(["screen", str(file), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["unread"] == []
