"""What has no code, or what a modifier may turn, is told and not used, whatever its kind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fhir_mappings.reading.written import RXNORM, SNOMED, concept, read, resource
from tests.fhir_mappings.reading.written_care import allergy, encounter, procedure, report, vaccine


@pytest.mark.parametrize(
    "written",
    [
        procedure(code=None),
        vaccine(vaccineCode=None),
        report(code=None),
        resource("ServiceRequest", "s1", status="active", intent="order"),
    ],
)
def test_what_has_no_code_is_told_and_leaves_the_history_open(written: dict[str, Any]) -> None:
    facts = read(written)
    assert not facts.events
    assert [u.reference for u in facts.unread] == [f"{written['resourceType']}/{written['id']}"]
    assert facts.retrieval_of([written["resourceType"]]) == "truncated"


@pytest.mark.parametrize(
    "written", [procedure(), vaccine(), encounter(), allergy(), report()], ids=lambda one: one["resourceType"]
)
def test_what_a_modifier_may_turn_is_told_and_not_used(written: dict[str, Any]) -> None:
    assert read(written).events
    facts = read({**written, "modifierExtension": [{"url": "http://example.org/not", "valueBoolean": True}]})
    assert not facts.events
    assert [u.reference for u in facts.unread] == [f"{written['resourceType']}/{written['id']}"]


def test_a_drug_that_only_an_unknown_code_tells_is_told() -> None:
    """NCT05247203 E10: it may be any drug, and whoever relies on its absence should know of it."""
    for code, system in (("999999999", SNOMED), ("197361", RXNORM)):
        (told,) = read(given(medicationCodeableConcept=concept(code, system))).unread
        assert told.why == f"no known code or name tells which drugs these are: {code}"
        assert not read(given(medicationCodeableConcept=concept(code, system, "Amlodipine"))).unread
    assert not read(given(medicationCodeableConcept=concept("C08CA01", "http://www.whocc.no/atc"))).unread


@pytest.mark.parametrize("code", ["386919002", "108809004"])
def test_rituximab_is_known_by_its_codes_alone(code: str) -> None:
    (found,) = read(given(medicationCodeableConcept=concept(code, SNOMED))).events
    assert found.concepts == {"drug_rituximab"}


def given(**elements: Any) -> dict[str, Any]:
    return resource(
        "MedicationAdministration", "m1", status="completed", effectiveDateTime="2026-01-10", **elements
    )
