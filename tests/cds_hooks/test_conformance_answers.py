"""CDS Hooks 2.0.1, item by item, against the running service: what it answers, and what becomes of it.

C54–C77 responses, C78–C85 feedback, C95 and C96 browsers and extensions; ``test_conformance.py`` has what
comes before. Numbers that lack are those of fetching and of security, which have tests of their own.
"""

# ruff: noqa: N802 – the items are called C1 … C96

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest

from app.cards.override_reasons import reasons
from app.demo.patients import demo_patients
from tests.app.service import (
    HOOK,
    LUPUS,
    NO_LUPUS,
    cards_of,
    client,
    default_client,
    fire,
    outcome_of,
    request_of,
    screening_of,
)


class TestResponse:
    def test_C54_success_is_200_with_an_array_of_cards(self) -> None:
        assert fire(request_of(NO_LUPUS)).json() == {"cards": []}
        assert isinstance(fire(request_of()).json()["cards"], list)

    def test_C55_no_system_actions_are_sent(self) -> None:
        assert list(fire(request_of()).json()) == ["cards"]

    @pytest.mark.parametrize(
        ("answer", "status"),
        [
            (lambda: fire({}), 400),
            (lambda: fire({**request_of(), "prefetch": {}}), 412),
            (lambda: default_client().post("/cds-services/nope", json={}), 404),
            (lambda: default_client().get(HOOK), 405),
            (lambda: default_client().post(HOOK, content=b"<a/>", headers={"content-type": "text/xml"}), 415),
            (lambda: client(max_body_bytes=10).post(HOOK, json=request_of()), 413),
        ],
    )
    def test_C57_every_error_is_a_valid_operation_outcome(self, answer: Any, status: int) -> None:
        outcome_of(answer(), status)

    def test_C58_every_card_has_a_uuid_of_its_own(self) -> None:
        ids = [card["uuid"] for _ in range(2) for card in cards_of(request_of())]
        assert len(set(ids)) == 4
        assert all(uuid.UUID(identifier).version == 4 for identifier in ids)

    def test_C59_summaries_are_one_sentence_below_140_characters(self) -> None:
        for patient in (LUPUS, "amara-diallo", "wang-jianguo", "sofia-reyes", "nguyen-lan", "daniel-okafor"):
            for card in cards_of(request_of(patient)):
                assert 0 < len(card["summary"]) < 140
                assert "\n" not in card["summary"]

    def test_C60_details_are_markdown_without_html(self) -> None:
        for card in cards_of(request_of()):
            assert not re.search(r"<[A-Za-z/!]", card["detail"])

    def test_C61_the_indicator_is_info(self) -> None:
        assert {card["indicator"] for card in cards_of(request_of())} == {"info"}

    def test_C62_C63_the_source_has_a_label_and_an_absolute_url(self) -> None:
        for card in cards_of(request_of()):
            assert card["source"]["label"]
            assert card["source"]["url"].startswith("https://")

    def test_C64_no_icon_is_better_than_one_of_the_wrong_size(self) -> None:
        assert all("icon" not in card["source"] for card in cards_of(request_of()))

    def test_C65_the_topic_is_static_for_each_trial_and_alphanumeric(self) -> None:
        topics = {
            (screening_of(card)["protocol"], card["source"]["topic"]["code"])
            for patient in (LUPUS, "amara-diallo", "daniel-okafor")
            for card in cards_of(request_of(patient))
        }
        assert topics == {("nct05247203", "NCT05247203"), ("nct07517536", "NCT07517536")}

    def test_C66_a_coding_has_code_and_system(self) -> None:
        for card in cards_of(request_of()):
            assert card["source"]["topic"].keys() == {"system", "code", "display"}

    def test_C67_a_card_has_a_selection_behavior_if_and_only_if_it_has_suggestions(self) -> None:
        found = [card for patient in demo_patients() for card in cards_of(request_of(patient))]
        assert {"suggestions" in card for card in found} == {True, False}
        for card in found:
            assert card.get("selectionBehavior") == ("any" if "suggestions" in card else None)

    def test_C68_C69_C70_a_suggestion_has_label_uuid_and_actions_that_create_a_resource(self) -> None:
        for card in cards_of(request_of()):
            for suggestion in card["suggestions"]:
                assert suggestion["label"]
                assert uuid.UUID(suggestion["uuid"]).version == 4
                for action in suggestion["actions"]:
                    assert action.keys() == {"type", "description", "resource"}
                    assert action["type"] == "create"
                    ServiceRequest.model_validate(action["resource"])

    def test_C71_no_action_selection_behavior_is_sent(self) -> None:
        assert b"actionSelectionBehavior" not in fire(request_of()).content

    def test_C72_an_override_reason_has_a_display(self) -> None:
        for card in cards_of(request_of()):
            assert all(reason["display"] for reason in card["overrideReasons"])

    def test_C77_each_override_reason_is_mapped_to_the_non_adherence_reasons(self) -> None:
        for card in cards_of(request_of()):
            assert all(reasons()[reason["code"]].hl7.code for reason in card["overrideReasons"])

    def test_C73_C74_C75_links_are_absolute_and_carry_nothing_for_smart_apps(self) -> None:
        for card in cards_of(request_of()):
            for link in card["links"]:
                assert link.keys() == {"label", "url", "type"}
                assert link["type"] == "absolute"
                assert link["url"].startswith("https://")


class TestFeedback:
    ITEM: dict[str, Any] = {
        "card": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
        "outcome": "overridden",
        "outcomeTimestamp": "2026-11-22T07:28:46.254Z",
        "overrideReason": {"reason": {"code": "pt-declined", "system": "http://example.org/or"}},
    }

    def _send(self, body: Any) -> Any:
        return default_client().post(f"{HOOK}/feedback", json=body)

    def test_C78_feedback_is_acknowledged(self) -> None:
        assert self._send({"feedback": [self.ITEM]}).status_code == 200

    def test_C79_feedback_is_an_array(self) -> None:
        outcome_of(self._send({"feedback": self.ITEM}), 400)

    def test_C80_C81_unknown_cards_repeats_and_batches_are_no_errors(self) -> None:
        for _ in range(2):
            assert (
                self._send({"feedback": [self.ITEM, self.ITEM, {**self.ITEM, "card": "9"}]}).status_code
                == 200
            )

    def test_C82_other_outcomes_are_refused(self) -> None:
        outcome_of(self._send({"feedback": [{**self.ITEM, "outcome": "ignored"}]}), 400)

    def test_C83_acceptance_names_the_suggestions(self) -> None:
        accepted = {k: v for k, v in self.ITEM.items() if k != "overrideReason"} | {"outcome": "accepted"}
        outcome_of(self._send({"feedback": [accepted]}), 400)
        assert (
            self._send({"feedback": [{**accepted, "acceptedSuggestions": [{"id": "1"}]}]}).status_code == 200
        )

    def test_C84_the_time_is_rfc_3339(self) -> None:
        outcome_of(self._send({"feedback": [{**self.ITEM, "outcomeTimestamp": "22/11/2026"}]}), 400)

    def test_C85_a_reason_needs_a_code_or_words(self) -> None:
        outcome_of(self._send({"feedback": [{**self.ITEM, "overrideReason": {}}]}), 400)
        words = {**self.ITEM, "overrideReason": {"userComment": "not now"}}
        assert self._send({"feedback": [words]}).status_code == 200

    def test_feedback_for_a_service_that_does_not_exist_is_not_found(self) -> None:
        answer = default_client().post("/cds-services/nope/feedback", json={"feedback": [self.ITEM]})
        outcome_of(answer, 404)


def test_C95_browser_clients_of_listed_origins_may_call() -> None:
    origin = "https://sandbox.cds-hooks.org"
    http = client(allowed_origins=origin)
    asked = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    answer = http.options(HOOK, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert "access-control-allow-origin" not in default_client().options(HOOK, headers=asked).headers


def test_C96_extensions_are_objects_under_reverse_dns_names() -> None:
    for card in cards_of(request_of()):
        assert list(card["extension"]) == ["org.trialcards.screening"]
        assert isinstance(screening_of(card), dict)


def test_the_answer_is_encoded_as_utf8_and_not_escaped() -> None:
    answer = fire(request_of())
    assert "面部蝶形红斑" in answer.content.decode("utf-8")
    assert json.loads(answer.content) == answer.json()
