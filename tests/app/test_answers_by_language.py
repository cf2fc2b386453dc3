"""A caller is answered in the language of its profile, else in the one it asks for, else in the default one.

RFC 9110: 12.5.4 (Accept-Language), 8.5 (Content-Language), 12.5.5 (Vary).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from app.clients.profile import ClientProfile
from app.clients.registry import Clients
from app.demo.patients import demo_patients
from app.language import Language
from app.server import create_app
from app.settings import Settings
from cds_hooks.cards import SUMMARY_LIMIT
from tests.app.command_line import runner, written
from tests.app.draft_orders import order_request, prednisone
from tests.app.service import AS_OF, HOOK, as_body, bundle_of, default_client, request_of, screening_service

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ASKS_FOR_CHINESE = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}


def served(profile_language: Language | None = None, setting: Language = "en") -> TestClient:
    settings = Settings(open=True, tune_garbage_collection=False, language=setting)
    clients = Clients(open_mode=ClientProfile(id="a-client", language=profile_language))
    application = create_app(settings, service=screening_service(), clients=clients, today=lambda: AS_OF)
    return TestClient(application, raise_server_exceptions=False)


def hook(http: TestClient, headers: dict[str, str] | None = None) -> Response:
    answer = http.post(HOOK, json=request_of(), headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def screening(http: TestClient, headers: dict[str, str] | None = None) -> Response:
    whole = {"content-type": "application/fhir+json", **(headers or {})}
    answer = http.post("/screenings?asOf=2026-06-15", content=as_body(bundle_of()), headers=whole)
    assert answer.status_code == 200, answer.text
    return answer


def summaries(answer: Response) -> str:
    return " ".join(card["summary"] for card in answer.json()["cards"])


def reasons(answer: Response) -> str:
    return " ".join(f["reason"] for s in answer.json()["screenings"] for f in s["findings"])


class TestWhichLanguage:
    @pytest.mark.parametrize("ask", [hook, screening])
    def test_what_the_request_asks_for_is_answered_and_told_to_caches(self, ask: Any) -> None:
        answer = ask(served(), ASKS_FOR_CHINESE)
        assert answer.headers["content-language"] == "zh-CN"
        assert "accept-language" in answer.headers["vary"].lower()
        assert CHINESE.search(answer.text)

    @pytest.mark.parametrize("ask", [hook, screening])
    def test_the_setting_is_for_whoever_asks_for_nothing_that_we_have(self, ask: Any) -> None:
        for header in ({}, {"accept-language": "de"}):
            assert ask(served(setting="zh-CN"), header).headers["content-language"] == "zh-CN"
            assert ask(served(), header).headers["content-language"] == "en"

    @pytest.mark.parametrize("ask", [hook, screening])
    def test_the_profile_of_the_client_wins_and_then_the_header_does_not_matter(self, ask: Any) -> None:
        answer = ask(served("zh-CN"), {"accept-language": "en"})
        assert answer.headers["content-language"] == "zh-CN"
        assert "vary" not in answer.headers

    def test_english_is_told_as_such(self) -> None:
        answer = hook(default_client(), {"accept-language": "en-GB, zh;q=0.5"})
        assert answer.headers["content-language"] == "en"
        assert not CHINESE.search(summaries(answer))

    def test_several_headers_count_as_one(self) -> None:
        answer = default_client().post(
            HOOK,
            json=request_of(),
            headers=[("accept-language", "en;q=0.4"), ("accept-language", "zh;q=0.6")],
        )
        assert answer.headers["content-language"] == "zh-CN"


class TestTheSameAnswer:
    """A language changes words and nothing else."""

    @pytest.mark.parametrize("patient", demo_patients())
    def test_verdicts_outcomes_days_and_evidence_are_the_same(self, patient: str) -> None:
        english, chinese = (
            default_client()
            .post(
                "/screenings?asOf=2026-06-15",
                content=as_body(bundle_of(patient)),
                headers={"content-type": "application/json", "accept-language": language},
            )
            .json()
            for language in ("en", "zh-CN")
        )
        assert _without_words(english) == _without_words(chinese)

    @pytest.mark.parametrize("patient", demo_patients())
    def test_the_same_cards_are_shown_with_summaries_that_fit(self, patient: str) -> None:
        english, chinese = (
            default_client()
            .post(HOOK, json=request_of(patient), headers={"accept-language": language})
            .json()["cards"]
            for language in ("en", "zh-CN")
        )
        assert [c["source"]["topic"]["code"] for c in english] == [
            c["source"]["topic"]["code"] for c in chinese
        ]
        for card in chinese:
            assert re.match(r"(CHT105 CAR-T治疗|泰它西普治疗)", card["summary"])
            assert len(card["summary"]) < SUMMARY_LIMIT
            assert all(CHINESE.search(reason["display"]) for reason in card["overrideReasons"])
            assert all(CHINESE.search(link["label"]) for link in card["links"])
            assert all(CHINESE.search(suggestion["label"]) for suggestion in card.get("suggestions", []))

    def test_a_suggested_order_names_the_test_as_loinc_does(self) -> None:
        cards = hook(default_client(), ASKS_FOR_CHINESE).json()["cards"]
        drafts = [a["resource"] for c in cards for s in c.get("suggestions", []) for a in s["actions"]]
        assert drafts
        for draft in drafts:
            (coding,) = draft["code"]["coding"]
            assert not CHINESE.search(coding["display"])

    def test_what_a_person_reads_of_the_order_is_chinese(self) -> None:
        cards = hook(default_client(), ASKS_FOR_CHINESE).json()["cards"]
        labels = {suggestion["label"] for card in cards for suggestion in card.get("suggestions", [])}
        assert labels == {"开具 乙型肝炎病毒DNA"}
        assert all("开具 **乙型肝炎病毒DNA**（LOINC 42595-9）" in card["detail"] for card in cards)

    def test_a_card_on_an_order_is_in_chinese_too(self) -> None:
        answer = default_client().post(
            HOOK, json=order_request([prednisone(150, 90)]), headers=ASKS_FOR_CHINESE
        )
        (card, *_) = answer.json()["cards"]
        assert CHINESE.search(card["summary"])
        assert len(card["summary"]) < SUMMARY_LIMIT


def test_the_command_line_takes_the_language_or_the_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    chart = written(tmp_path / "chart.json", bundle_of("daniel-okafor"))
    command = ("screen", chart, "--as-of", "2026-06-15", "--format", "json")
    run = runner(capsys)
    assert "需由人确认" not in run(*command).out
    assert "需由人确认" in run(*command, "--language", "zh-CN").out
    monkeypatch.setenv("TRIALCARDS_LANGUAGE", "zh-CN")
    assert "需由人确认" in run(*command).out
    assert "需由人确认" not in run(*command, "--language", "en").out
    assert run(*command, "--language", "de").code == 2


_WORDS = {"reason", "detail", "label", "labels", "because", "remark", "words", "what", "conflict", "missing"}
_WORDS |= {"notes", "title", "text", "display", "recorded", "domain"}


def _without_words(node: Any) -> Any:
    if isinstance(node, dict):
        if node.keys() == {"reference", "why"}:  # of what was not read; of a need, "why" is a code
            return node["reference"]
        return {key: _without_words(value) for key, value in node.items() if key not in _WORDS}
    if isinstance(node, list):
        return [_without_words(item) for item in node]
    return node
