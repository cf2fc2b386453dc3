"""The override reasons are published as FHIR R4, as cards name them."""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.R4B.codesystem import CodeSystem
from fhir.resources.R4B.conceptmap import ConceptMap
from fhir.resources.R4B.valueset import ValueSet

from app.cards.override_reasons import HL7_SYSTEM, SYSTEM, override_reasons, reasons
from tests.app.service import cards_of, default_client, outcome_of, request_of

MODELS = {"CodeSystem": CodeSystem, "ValueSet": ValueSet, "ConceptMap": ConceptMap}


def published(kind: str) -> dict[str, Any]:
    answer = default_client().get(f"/fhir/{kind}/override-reasons")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/fhir+json"
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("kind", MODELS)
def test_each_resource_is_valid_r4_under_a_canonical_name_of_its_own(kind: str) -> None:
    resource = published(kind)
    MODELS[kind].model_validate(resource)
    assert resource["url"] == f"https://trialcards.org/fhir/{kind}/override-reasons"
    assert (resource["id"], resource["status"]) == ("override-reasons", "active")
    assert resource["version"]


def test_every_reason_that_a_card_offers_is_a_concept_with_the_same_words() -> None:
    system = published("CodeSystem")
    assert (system["url"], system["content"], system["count"]) == (SYSTEM, "complete", len(reasons()))
    words = {concept["code"]: concept["display"] for concept in system["concept"]}
    for subject in ("trial", "order"):
        for offered in override_reasons(subject, "en"):
            assert words[offered.code] == offered.display
    (card, *_) = cards_of(request_of())
    for reason in card["overrideReasons"]:
        assert reason["system"] == SYSTEM
        assert words[reason["code"]] == reason["display"]


def test_properties_tell_on_which_cards_it_is_offered_and_whether_it_silences_the_trial() -> None:
    system = published("CodeSystem")
    declared = {each["code"] for each in system["property"]}
    told = {
        concept["code"]: [
            (each["code"], each.get("valueCode", each.get("valueBoolean"))) for each in concept["property"]
        ]
        for concept in system["concept"]
    }
    assert {name for properties in told.values() for name, _ in properties} == declared
    assert told["not-my-part"] == [("card", "trial"), ("card", "order"), ("silences", False)]
    assert told["treatment-needed"] == [("card", "order"), ("silences", True)]


def test_the_value_set_has_all_codes_and_the_code_system_names_it() -> None:
    assert published("ValueSet")["compose"] == {"include": [{"system": SYSTEM}]}
    assert published("CodeSystem")["valueSet"] == published("ValueSet")["url"]


def test_the_map_tells_the_code_of_hl7_and_whether_it_takes_in_more() -> None:
    mapped = published("ConceptMap")
    (group,) = mapped["group"]
    assert (group["source"], group["target"]) == (SYSTEM, HL7_SYSTEM)
    targets = {each["code"]: each["target"] for each in group["element"]}
    assert targets.keys() == reasons().keys()
    assert targets["patient-declines"] == [{"code": "patient-refuses", "equivalence": "equivalent"}]
    assert targets["record-wrong"] == [{"code": "cds-not-applicable", "equivalence": "wider"}]


@pytest.mark.parametrize(
    "path", ["CodeSystem/none", "Patient/override-reasons", "CodeSystem/override-reasons/x"]
)
def test_anything_else_is_not_found(path: str) -> None:
    outcome_of(default_client().get(f"/fhir/{path}"), 404)
