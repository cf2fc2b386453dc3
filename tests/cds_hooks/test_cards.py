"""A card that breaks the specification cannot be made; one that keeps it has no empty elements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cds_hooks.cards import Action, Card, CardsResponse, Coding, Link, Source, Suggestion
from cds_hooks.discovery import Discovery

CASES = Path(__file__).parents[1] / "data" / "cds-hooks" / "hl7-validator"


def card(**given: Any) -> Card:
    elements: dict[str, Any] = {"summary": "A card", "indicator": "info", "source": Source(label="Us")}
    return Card(**{**elements, **given})


def test_a_card_without_more_is_three_elements() -> None:
    assert json.loads(msgspec.json.encode(card())) == {
        "summary": "A card",
        "indicator": "info",
        "source": {"label": "Us"},
    }


def test_elements_are_spelt_as_in_the_specification() -> None:
    made = card(
        override_reasons=(Coding(system="urn:x", code="a", display="A"),),
        suggestions=(Suggestion(label="S", is_recommended=True),),
        selection_behavior="any",
    )
    document = json.loads(msgspec.json.encode(made))
    assert {"overrideReasons", "selectionBehavior", "suggestions"} <= document.keys()
    assert document["suggestions"][0]["isRecommended"] is True


@pytest.mark.parametrize("length", [0, 140, 200])
def test_a_summary_has_from_1_to_139_characters(length: int) -> None:
    with pytest.raises(ValueError, match="summary"):
        card(summary="x" * length)
    assert card(summary="x" * 139).summary


@pytest.mark.parametrize(
    "url", ["evidence", "/evidence", "javascript:alert(1)", "ftp://x.example/y", "https:///x"]
)
def test_links_and_sources_are_absolute_web_addresses(url: str) -> None:
    with pytest.raises(ValueError, match="absolute"):
        Link(label="L", url=url, type="absolute")
    with pytest.raises(ValueError, match="absolute"):
        Source(label="S", url=url)


def test_app_context_belongs_to_smart_links_only() -> None:
    with pytest.raises(ValueError, match="appContext"):
        Link(label="L", url="https://x.example", type="absolute", app_context="x")
    assert Link(label="L", url="https://x.example", type="smart", app_context="x").app_context == "x"


def test_suggestions_say_how_they_may_be_selected_and_recommend_one_of_which_one_may_be_chosen() -> None:
    several = (Suggestion(label="A", is_recommended=True), Suggestion(label="B", is_recommended=True))
    with pytest.raises(ValueError, match="selected"):
        card(suggestions=several)
    with pytest.raises(ValueError, match="recommended"):
        card(suggestions=several, selection_behavior="at-most-one")
    assert card(suggestions=several, selection_behavior="any").suggestions == several


def test_an_override_reason_has_a_display() -> None:
    with pytest.raises(ValueError, match="display"):
        card(override_reasons=(Coding(system="urn:x", code="a"),))


def test_an_action_carries_a_resource_unless_it_deletes() -> None:
    with pytest.raises(ValueError, match="resource"):
        Action(type="create", description="D")
    with pytest.raises(ValueError, match="resource"):
        Action(type="delete", description="D", resource={"resourceType": "Task"})
    assert Action(type="delete", description="D", resource_id="Task/1").resource_id == "Task/1"


@pytest.mark.parametrize("name", ["suggestions", "links", "override_reasons", "extension"])
def test_what_is_empty_is_left_out_and_not_sent_empty(name: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        card(**{name: {} if name == "extension" else ()})


@pytest.mark.parametrize("case", ["response-good", "response-empty", "response-two-cards"])
def test_what_the_hl7_validator_accepts_is_understood(case: str) -> None:
    msgspec.json.decode((CASES / f"{case}.json").read_bytes(), type=CardsResponse)


@pytest.mark.parametrize("case", ["response-empty2", "response-empty-source", "response-suggestion"])
def test_what_the_hl7_validator_refuses_cannot_be_made(case: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode((CASES / f"{case}.json").read_bytes(), type=CardsResponse)


def test_the_discovery_document_of_the_hl7_cases_is_understood() -> None:
    found = msgspec.json.decode((CASES / "services-good.json").read_bytes(), type=Discovery)
    assert [service.hook for service in found.services] == ["patient-view", "order-select", "order-sign"]


def test_no_services_is_said_as_an_empty_list() -> None:
    assert msgspec.json.encode(Discovery(())) == b'{"services":[]}'
