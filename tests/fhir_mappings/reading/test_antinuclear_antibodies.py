"""Antinuclear antibodies from resource to input: a word under one code, a titre under another (B-I1)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir_mappings.inputs import compute_series
from tests.fhir_mappings.reading.written import INTERPRETATION, SNOMED, UCUM, concept, observation, read

PRESENCE, TITRE = "8061-4", "5048-4"


def asked(name: str, code: str, **value: Any) -> list[tuple[str | None, str]]:
    series = compute_series(name, read(observation(code, **value)), date(2026, 6, 15), None)
    return [(m.category, str(m.value)) for m in series.measurements]


@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "Negative"},
        {"valueString": "阴性"},
        {"valueString": "Not detected"},
        {"valueCodeableConcept": {"text": "Negative"}},
        {"valueCodeableConcept": concept("260385009", SNOMED)},
        {"interpretation": [concept("NEG", INTERPRETATION)]},
    ],
)
def test_a_negative_word_under_the_code_for_titres_is_a_negative_antibody(value: dict[str, Any]) -> None:
    assert asked("ana", TITRE, **value) == [("negative", "None")]
    assert asked("ana_titre", TITRE, **value) == []


def test_a_positive_word_under_the_code_for_titres_is_a_positive_antibody() -> None:
    assert asked("ana", TITRE, valueString="Positive") == [("positive", "None")]


@pytest.mark.parametrize("code", [PRESENCE, TITRE])
@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "1:640"},
        {"valueString": "1：640"},
        {"valueCodeableConcept": {"text": "1:640"}},
        {"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 640}}},
        {"valueQuantity": {"value": 640, "unit": "{titer}", "code": "{titer}", "system": UCUM}},
    ],
)
def test_a_bare_titre_is_a_titre_under_either_code(code: str, value: dict[str, Any]) -> None:
    """What a titre without a word says is left to the threshold of the protocol."""
    assert asked("ana_titre", code, **value) == [(None, "640")]
    assert asked("ana", code, **value) == []


@pytest.mark.parametrize("code", [PRESENCE, TITRE])
def test_below_the_first_dilution_is_negative_under_either_code(code: str) -> None:
    assert [category for category, _ in asked("ana", code, valueString="<1:80")] == ["negative"]
    assert asked("ana_titre", code, valueString="<1:80") == [("negative", "<80")]


@pytest.mark.parametrize("code", [PRESENCE, TITRE])
def test_a_word_beside_its_titre_answers_both(code: str) -> None:
    assert [category for category, _ in asked("ana", code, valueString="Positive 1:640")] == ["positive"]
    assert asked("ana_titre", code, valueString="Positive 1:640") == [("positive", "640")]
