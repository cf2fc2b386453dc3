"""Oedema that adds to the weight is told from oedema of one organ (the 30-day rule for weights)."""

from __future__ import annotations

import pytest

from fhir_mappings.terminology import load_terminology

SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"


def concepts(*codings: tuple[str, str], text: str | None = None) -> frozenset[str]:
    return load_terminology().concepts_of(codings, text, kinds="condition").concepts


@pytest.mark.parametrize(
    "coding", [(ICD10CM, "R60.0"), (ICD10CM, "R60.1"), (ICD10CM, "R60.9"), (SNOMED, "267038008")]
)
def test_oedema_is_known_by_code(coding: tuple[str, str]) -> None:
    assert "cond_edema" in concepts(coding)


@pytest.mark.parametrize(
    "text",
    [
        "Edema",
        "Oedema of both legs",
        "Peripheral edema",
        "Generalised oedema",
        "Anasarca",
        "双下肢水肿",
        "颜面浮肿",
    ],
)
def test_oedema_is_known_by_its_words(text: str) -> None:
    assert "cond_edema" in concepts(text=text)


@pytest.mark.parametrize(
    "text",
    [
        "Angioedema",
        "Angioneurotic oedema",
        "Macular edema",
        "Diabetic macular oedema",
        "Cerebral edema",
        "Pulmonary edema",
        "Acute pulmonary oedema",
        "No edema",
        "Bone marrow edema",
        "血管性水肿",
        "黄斑水肿",
        "脑水肿",
        "肺水肿",
        "无水肿",
    ],
)
def test_oedema_of_one_organ_or_denied_is_none(text: str) -> None:
    assert "cond_edema" not in concepts(text=text)
