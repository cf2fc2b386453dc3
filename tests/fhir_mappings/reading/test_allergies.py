"""Allergies and intolerances, and the statement that there are none."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_mappings.facts import Allergy
from tests.fhir_mappings.reading.written import SNOMED, concept, event, events
from tests.fhir_mappings.reading.written_care import allergy


def test_an_allergy_keeps_what_tells_how_bad_it_is() -> None:
    found = event(Allergy, allergy())
    assert found.statement == "allergy"
    assert found.category == ("medication",)
    assert found.criticality == "high"
    assert found.severity == "moderate"
    assert found.type == "allergy"
    assert found.label == "Penicillin G"
    assert found.ongoing


def test_anaphylaxis_is_told_by_its_code() -> None:
    assert event(Allergy, allergy()).manifestations


@pytest.mark.parametrize("status", ["refuted", "entered-in-error"])
def test_a_refuted_allergy_is_none(status: str) -> None:
    assert events(Allergy, allergy(verificationStatus=status)) == []


@pytest.mark.parametrize(
    "code",
    [
        concept("716186003", SNOMED, "No known allergy"),
        concept("409137002", SNOMED, "No known drug allergy"),
        concept("no-allergy-info", "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"),
    ],
)
def test_no_known_allergy_and_no_information_are_no_allergies(code: dict[str, Any]) -> None:
    assert all(found.statement == "none-known" for found in events(Allergy, allergy(code=code)))


def test_no_known_allergy_is_a_statement_and_no_information_is_none() -> None:
    known = allergy(
        code=concept("no-known-allergies", "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips")
    )
    silent = allergy(
        code=concept("no-allergy-info", "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips")
    )
    assert event(Allergy, known).statement == "none-known"
    assert events(Allergy, silent) == []


def test_the_statement_that_there_are_none_is_dated_by_its_record_and_an_allergy_is_not() -> None:
    none = allergy(code=concept("716186003", SNOMED, "No known allergy"), recordedDate="2026-02-01")
    assert str(event(Allergy, none).start) == "2026-02-01"
    assert event(Allergy, allergy(recordedDate="2026-02-01")).start is None


def test_a_refuted_statement_of_no_allergies_is_none() -> None:
    code = concept("716186003", SNOMED, "No known allergy")
    assert events(Allergy, allergy(code=code, verificationStatus="refuted")) == []


def test_an_allergy_to_something_unknown_is_still_an_allergy() -> None:
    found = event(Allergy, allergy(code=concept(text="glorbium"), category=None))
    assert found.label == "glorbium"
    assert found.category == ()


def test_the_substance_may_stand_in_the_reaction_alone() -> None:
    found = event(
        Allergy,
        allergy(code=None, reaction=[{"substance": concept(text="penicillin"), "severity": "severe"}]),
    )
    assert found.label == "penicillin"
    assert found.severity == "severe"
