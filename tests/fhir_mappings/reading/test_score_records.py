"""Recorded scores: totals, items, forms with points, classes."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_mappings.facts import Assessment
from fhir_mappings.intervals import point
from tests.fhir_mappings.reading.written import (
    JUNE,
    LOINC,
    concept,
    loinc,
    observation,
    quantity,
    read,
    resource,
    snomed,
)
from tests.fhir_mappings.reading.written_forms import PATIENT, item, response


def score_form(*items: dict[str, Any], name: str = "sledai-2k", **elements: Any) -> dict[str, Any]:
    url = f"https://hospital.example.org/Questionnaire/{name}"
    return response(*items, questionnaire=url, **elements)


def test_an_activity_score_that_the_patient_filled_in_is_told_and_does_not_count() -> None:
    """SLEDAI-2K (Gladman 2002) is scored by a physician."""
    facts = read(score_form(item("seizure", valueBoolean=True), **PATIENT))
    assert not facts.assessments
    assert [told.why for told in facts.unread] == [
        "SLEDAI-2K is filled in by the patient; it takes a clinician"
    ]


@pytest.mark.parametrize("number", [-1, -9, -99])
def test_a_number_below_zero_on_a_score_form_is_not_absence(number: int) -> None:
    facts = read(score_form(item("seizure", valueInteger=number)))
    assert not facts.assessments
    assert [told.why for told in facts.unread] == ["the answer to item seizure cannot be read"]
    component = {"code": {"text": "seizure"}, "valueInteger": number}
    (found,) = assessments(observation(concept(text="SLEDAI-2K"), valueInteger=8, component=[component]))
    assert not found.items


def test_one_form_of_a_visit_may_hold_several_instruments() -> None:
    visit = score_form(
        {"linkId": "1", "text": "SLEDAI-2K total", "answer": [{"valueInteger": 8}]},
        {"linkId": "2", "text": "BILAG-2004 renal", "answer": [{"valueString": "A"}]},
        name="visit",
    )
    sledai, bilag = assessments(visit)
    assert (sledai.instrument, sledai.total) == ("sledai_2k", point(8))
    assert (bilag.instrument, [one.grade for one in bilag.items]) == ("bilag_2004", ["A"])


def assessments(*resources: dict[str, Any]) -> list[Assessment]:
    return list(read(*resources).assessments)


def test_a_recorded_total_is_an_assessment() -> None:
    (found,) = assessments(observation(concept(text="SLEDAI-2K"), valueInteger=8))
    assert found.instrument == "sledai_2k"
    assert found.total == point(8)
    assert found.when == JUNE
    assert found.by_text
    assert found.evidence.reference == "Observation/o1"


@pytest.mark.parametrize("unit", ["{score}", "1", "points", "分"])
def test_a_score_is_in_points(unit: str) -> None:
    (found,) = assessments(observation(concept(text="SLEDAI-2K"), valueQuantity=quantity(8, unit)))
    assert found.total == point(8)


def test_a_score_needs_no_unit_and_one_spelling_of_it_is_enough() -> None:
    for written in ({"value": 8}, {"value": 8, "unit": "SLEDAI points", "code": "{score}"}):
        (found,) = assessments(observation(concept(text="SLEDAI-2K"), valueQuantity=written))
        assert found.total == point(8)


@pytest.mark.parametrize("unit", ["mg/dL", "%", "furlong"])
def test_a_score_in_another_unit_is_told_and_not_used(unit: str) -> None:
    facts = read(observation(concept(text="SLEDAI-2K"), valueQuantity=quantity(8, unit)))
    assert not facts.assessments
    assert [told.why for told in facts.unread] == [f"a recorded score in the unit '{unit}'"]


def test_an_item_in_another_unit_counts_neither_as_present_nor_as_absent() -> None:
    (found,) = assessments(
        observation(
            concept(text="SLEDAI-2K total score"),
            valueInteger=8,
            component=[{"code": {"text": "proteinuria"}, "valueQuantity": quantity(4, "g/L")}],
        )
    )
    assert not found.items


def test_a_total_in_another_unit_within_a_form_is_none() -> None:
    found = assessments(
        resource(
            "QuestionnaireResponse",
            "q1",
            status="completed",
            questionnaire="https://hospital.example.org/Questionnaire/sledai-2k",
            authored="2026-06-01",
            item=[{"linkId": "2", "text": "Total score", "answer": [{"valueQuantity": quantity(16, "%")}]}],
        )
    )
    assert all(one.total is None for one in found)


@pytest.mark.parametrize("status", ["preliminary", "registered", "unknown"])
def test_a_score_that_is_not_final_is_told_and_not_used(status: str) -> None:
    facts = read(observation(concept(text="SLEDAI-2K"), valueInteger=8, status=status))
    assert not facts.assessments
    assert facts.unread


def test_a_score_entered_in_error_is_none() -> None:
    assert (
        assessments(observation(concept(text="SLEDAI-2K"), valueInteger=8, status="entered-in-error")) == []
    )


def test_items_of_a_score_are_its_components() -> None:
    (found,) = assessments(
        observation(
            concept(text="SLEDAI-2K total score"),
            valueQuantity=quantity(8, "{score}"),
            component=[
                {"code": {"text": "arthritis"}, "valueBoolean": True},
                {"code": {"text": "proteinuria"}, "valueInteger": 4},
                {"code": {"text": "seizure"}, "valueCodeableConcept": snomed("260385009")},
            ],
        )
    )
    ticked = {one.item: one for one in found.items}
    assert ticked["arthritis"].present is True
    assert ticked["proteinuria"].number == 4
    assert ticked["seizure"].present is False
    assert found.total == point(8)


def test_a_form_has_its_items_and_total() -> None:
    (found,) = assessments(
        resource(
            "QuestionnaireResponse",
            "q1",
            status="completed",
            questionnaire="https://hospital.example.org/Questionnaire/sledai-2k",
            authored="2026-06-01",
            item=[
                {"linkId": "1", "text": "Arthritis", "answer": [{"valueBoolean": True}]},
                {"linkId": "2", "text": "Total score", "answer": [{"valueInteger": 4}]},
            ],
        )
    )
    assert found.instrument == "sledai_2k"
    assert found.total == point(4)
    assert [(one.item, one.present) for one in found.items] == [("arthritis", True)]


def test_the_ninth_item_of_the_phq_9_is_a_result_of_its_own() -> None:
    (found,) = read(observation("44260-8", valueInteger=1)).measurements["phq9_item9"]
    assert found.value == point(1)


@pytest.mark.parametrize(
    ("code", "points"), [("LA6568-5", 0), ("LA6569-3", 1), ("LA6570-1", 2), ("LA6571-9", 3)]
)
def test_a_coded_answer_has_the_points_of_the_phq_9(code: str, points: int) -> None:
    (found,) = read(observation("44260-8", valueCodeableConcept=loinc(code))).measurements["phq9_item9"]
    assert found.value == point(points)


@pytest.mark.parametrize(
    "answer",
    [
        {"valueCoding": {"system": LOINC, "code": "LA6569-3"}},
        {"valueInteger": 1},
        {
            "valueCoding": {
                "code": "at1",
                "extension": [
                    {"url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": 1}
                ],
            }
        },
    ],
)
def test_a_form_named_by_loinc_gives_results_of_its_items(answer: dict[str, Any]) -> None:
    written = resource(
        "QuestionnaireResponse",
        "q1",
        status="completed",
        authored="2026-06-01",
        item=[{"linkId": "/44260-8", "text": "Thoughts of death", "answer": [answer]}],
    )
    (found,) = read(written).measurements["phq9_item9"]
    assert found.value == point(1)


def test_an_answer_that_has_no_points_is_told() -> None:
    facts = read(observation("44260-8", valueCodeableConcept={"text": "prefers not to say"}))
    assert not facts.measurements
    assert facts.unusable["phq9_item9"]


@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "NYHA class III"},
        {"valueString": "III"},
        {"valueInteger": 3},
        {"valueCodeableConcept": {"text": "Class III"}},
        {"valueCodeableConcept": snomed("420913000")},
    ],
)
@pytest.mark.parametrize("code", [concept(text="NYHA classification"), loinc("88020-3"), snomed("420816009")])
def test_a_class_of_heart_failure_is_a_category(code: dict[str, Any], value: dict[str, Any]) -> None:
    """NCT07517536 E3: heart failure of NYHA class III or IV."""
    (found,) = read(observation(code, **value)).measurements["nyha_class"]
    assert found.category == "III"
