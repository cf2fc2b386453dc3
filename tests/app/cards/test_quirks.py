"""Quirks of clients: what becomes of a card for each, and that a plain client gets it as it is."""

from __future__ import annotations

import json
import uuid
from typing import Any

import msgspec
import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest
from msgspec.structs import replace
from pydantic import ValidationError

from app.cards.quirks import for_client, plain_detail
from app.cards.suggestions import draft_order
from app.cards.trial import TrialCard, source
from app.cards.wording import wording
from app.clients.profile import ClientProfile
from cds_hooks.cards import Action, Card, Coding, Link, Suggestion
from fhir_mappings.facts import Coding as FactCoding
from tests.app.service import screening_service

DETAIL = "**Missing**\n\n- first *line* with \\*stars\\* &lt;b&gt;\n- second\n\nThe end."
APP = "https://app.example/launch"


def suggestion(label: str, recommended: bool = False, actions: int = 1) -> Suggestion:
    action = Action(type="create", description=f"Do {label}", resource={"resourceType": "ServiceRequest"})
    return Suggestion(
        label=label,
        uuid=str(uuid.uuid4()),
        is_recommended=recommended or None,
        actions=tuple(msgspec.structs.replace(action, description=f"{label} {n}") for n in range(actions)),
    )


def order(code: str) -> Suggestion:
    """A suggested order of a test."""
    resource = draft_order(FactCoding("http://loinc.org", code, "A test"), "Patient/1", None)
    action = Action(type="create", description="Order it", resource=resource)
    return Suggestion(label=code, uuid=str(uuid.uuid4()), actions=(action,))


def card(*suggested: Suggestion) -> TrialCard:
    protocol = screening_service().protocols["nct05247203"].protocol
    made = Card(
        uuid=str(uuid.uuid4()),
        summary="A trial",
        detail=DETAIL,
        indicator="info",
        source=source(protocol, wording()),
        suggestions=suggested or None,
        selection_behavior="any" if suggested else None,
        override_reasons=(Coding(system="urn:x", code="no", display="No"),),
        links=(Link(label="Registry", url=protocol.registry_url, type="absolute"),),
        extension={"org.trialcards.screening": {}},
    )
    return TrialCard(protocol, "undetermined", made)


def sent(made: TrialCard, **profile: Any) -> Card:
    (found,) = for_client([made], ClientProfile(id="a-client", **profile), wording())
    return found


def test_a_client_that_follows_the_specification_gets_the_card_as_it_is() -> None:
    made = card(suggestion("a"))
    assert sent(made) == made.card
    assert sent(made, preset="sandbox") == made.card


class TestRecommendedOnce:
    """Epic ticks what is recommended on each card, and orders what is ticked on any."""

    def recommended(self, *cards: TrialCard, **profile: Any) -> list[list[bool | None]]:
        found = for_client(cards, ClientProfile(id="a-client", **profile), wording())
        return [[one.is_recommended for one in each.suggestions or ()] for each in found]

    def ordering(self, *codes: str) -> TrialCard:
        return card(*(replace(order(code), is_recommended=True) for code in codes))

    @pytest.mark.parametrize("preset", ["standard", "epic"])
    def test_what_an_earlier_card_recommends_is_suggested_by_a_later_one_but_not_recommended(
        self, preset: str
    ) -> None:
        cards = (self.ordering("42595-9", "2160-0"), self.ordering("42595-9"), self.ordering("2947-0"))
        assert self.recommended(*cards, preset=preset) == [[True, True], [None], [True]]

    def test_two_tests_that_are_one_order_of_the_client_are_recommended_once(self) -> None:
        codes = {"42595-9": "urn:x|7", "29615-2": "urn:x|7"}
        found = self.recommended(self.ordering("42595-9"), self.ordering("29615-2"), order_codes=codes)
        assert found == [[True], [None]]


class TestEpic:
    """Epic's CDS Hooks tutorial: ``any`` alone, one action for each suggestion, a static topic."""

    def test_suggestions_may_be_selected_freely(self) -> None:
        assert sent(card(suggestion("a")), preset="epic").selection_behavior == "any"

    def test_each_suggestion_has_one_action(self) -> None:
        found = sent(card(suggestion("a", True, actions=2), suggestion("b")), preset="epic").suggestions or ()
        assert [len(one.actions or ()) for one in found] == [1, 1, 1]
        assert [one.label for one in found] == ["a 0", "a 1", "b"]
        assert len({one.uuid for one in found}) == 3

    def test_the_topic_is_alphanumeric_and_at_most_100_characters(self) -> None:
        topic = sent(card(), preset="epic").source.topic
        assert topic is not None
        assert topic.code.isalnum()
        assert len(topic.code) <= 100

    def test_markdown_is_its_default_and_needs_no_extension(self) -> None:
        extension = sent(card(), preset="epic").extension or {}
        assert extension.keys() == {"org.trialcards.screening"}

    @pytest.mark.parametrize(("kind", "told"), [("plain", "text/plain"), ("html", "text/html")])
    def test_any_other_content_type_is_told_in_its_extension(self, kind: str, told: str) -> None:
        found = sent(card(), preset="epic", detail_content_type=kind).extension or {}
        assert found["com.epic.cdshooks.card.detail.content-type"] == told
        assert "org.trialcards.screening" in found

    def test_a_suggested_order_is_coded_as_the_client_knows_the_test(self) -> None:
        preference_list = "urn:com.epic.cdshooks.action.code.system.preference-list-item"
        codes = {"42595-9": f"{preference_list}|123456", "2160-0": "urn:x|7"}
        made = card(order("42595-9"), order("2947-0"))
        found = sent(made, preset="epic", order_codes=codes).suggestions or ()
        first, second = ((one.actions or ())[0].resource or {} for one in found)
        assert first["code"]["coding"] == [
            {"system": preference_list, "code": "123456"},
            {"system": "http://loinc.org", "code": "42595-9", "display": "A test"},
        ]
        assert [coding["code"] for coding in second["code"]["coding"]] == ["2947-0"]
        ServiceRequest.model_validate(first)

    @pytest.mark.parametrize("token", ["123456", "|123456", "urn:x|"])
    def test_a_code_without_a_system_is_refused(self, token: str) -> None:
        with pytest.raises(ValidationError, match=r"system\|code"):
            ClientProfile(id="a", order_codes={"42595-9": token})


class TestOracleHealth:
    """Documentation of 2021: cards and registered links, nothing to choose from."""

    def test_there_is_nothing_to_choose_from(self) -> None:
        found = json.loads(msgspec.json.encode(sent(card(suggestion("a")), preset="oracle-health")))
        assert not found.keys() & {"suggestions", "selectionBehavior", "overrideReasons"}
        assert found["links"][0]["label"] == "Registry"


class TestSelection:
    def test_where_one_may_be_selected_one_is_recommended_at_most(self) -> None:
        made = card(suggestion("a"), suggestion("b", True), suggestion("c", True))
        found = sent(made, selection_behavior="at-most-one")
        assert found.selection_behavior == "at-most-one"
        assert [one.is_recommended for one in found.suggestions or ()] == [None, True, None]

    def test_a_card_without_suggestions_has_no_selection_behavior(self) -> None:
        assert sent(card(), selection_behavior="at-most-one").selection_behavior is None


class TestSmartLink:
    def test_a_client_with_a_smart_app_gets_a_link_that_carries_the_trial_and_no_patient(self) -> None:
        links = sent(card(), smart_app_url=APP).links or ()
        assert [(link.type, link.url) for link in links][1] == ("smart", APP)
        context = json.loads(links[1].app_context or "")
        assert context == {"protocol": "nct05247203", "version": card().protocol.version}

    def test_absolute_links_carry_nothing(self) -> None:
        links = sent(card(), smart_app_url=APP).links or ()
        assert links[0].app_context is None


class TestDetail:
    def test_as_plain_text_it_has_no_signs_of_markdown(self) -> None:
        found = sent(card(), detail_content_type="plain").detail
        assert found == "Missing\n- first line with *stars* <b>\n- second\nThe end."
        assert plain_detail("one\ntwo") == "one two"

    def test_as_html_what_a_chart_says_stays_text(self) -> None:
        found = sent(card(), detail_content_type="html").detail or ""
        assert "<strong>Missing</strong>" in found
        assert "&lt;b&gt;" in found
        assert "<b>" not in found
