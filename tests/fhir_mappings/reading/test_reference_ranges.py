"""The reference range that comes with a result: of the patient's sex and age, in the canonical unit."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_mappings.intervals import point
from tests.fhir_mappings.reading.written import (
    ALT,
    CREATININE_MOLAR,
    SNOMED,
    concept,
    observation,
    patient,
    quantity,
    result,
)

# Reference ranges: the result's own, in the canonical unit


def ranged(*ranges: dict[str, Any], **elements: Any) -> dict[str, Any]:
    value = {"valueQuantity": quantity(50, "U/L"), **elements}
    return observation(ALT, referenceRange=list(ranges), **value)


def test_limits_come_in_the_canonical_unit() -> None:
    found = result(
        "serum_creatinine",
        observation(
            CREATININE_MOLAR,
            valueQuantity=quantity(100, "umol/L"),
            referenceRange=[{"low": quantity(44.2, "umol/L"), "high": quantity(88.4, "umol/L")}],
        ),
    )
    assert found.lower_limit == pytest.approx(0.5, abs=0.001)
    assert found.upper_limit == pytest.approx(1.0, abs=0.001)


def test_a_limit_without_a_unit_is_in_the_unit_of_the_value() -> None:
    found = result("alt", ranged({"high": {"value": 40}}))
    assert (found.lower_limit, found.upper_limit) == (None, 40)


def test_a_limit_in_an_unknown_unit_is_no_limit() -> None:
    assert result("alt", ranged({"high": quantity(40, "foo")})).upper_limit is None


def test_only_normal_ranges_count() -> None:
    kind = {"type": concept("treatment", "http://terminology.hl7.org/CodeSystem/referencerange-meaning")}
    assert result("alt", ranged({"high": quantity(100, "U/L"), **kind})).upper_limit is None


def test_the_range_of_the_patients_sex_is_taken() -> None:
    of_men = {"high": quantity(50, "U/L"), "appliesTo": [concept("248153007", SNOMED)]}
    of_women = {"high": quantity(35, "U/L"), "appliesTo": [concept("248152002", SNOMED)]}
    assert result("alt", ranged(of_men, of_women)).upper_limit == 35
    assert result("alt", ranged(of_men, of_women), who=patient(gender="male")).upper_limit == 50


def test_with_the_sex_unknown_ranges_that_differ_by_sex_do_not_count() -> None:
    of_men = {"high": quantity(50, "U/L"), "appliesTo": [{"text": "male"}]}
    of_women = {"high": quantity(35, "U/L"), "appliesTo": [{"text": "female"}]}
    assert result("alt", ranged(of_men, of_women), who=patient(gender="unknown")).upper_limit is None


def test_the_range_of_the_patients_age_is_taken() -> None:
    of_children = {"high": quantity(60, "U/L"), "age": {"high": quantity(17, "a")}}
    of_adults = {"high": quantity(40, "U/L"), "age": {"low": quantity(18, "a")}}
    assert result("alt", ranged(of_children, of_adults)).upper_limit == 40
    assert result("alt", ranged(of_children, of_adults), who=patient(birthDate="2015")).upper_limit == 60


def test_with_the_birth_date_unknown_ranges_that_differ_by_age_do_not_count() -> None:
    of_children = {"high": quantity(60, "U/L"), "age": {"high": quantity(17, "a")}}
    of_adults = {"high": quantity(40, "U/L"), "age": {"low": quantity(18, "a")}}
    assert result("alt", ranged(of_children, of_adults), who=patient(birthDate=None)).upper_limit is None


def test_a_range_of_children_alone_is_none_of_an_adult() -> None:
    of_children = {"high": quantity(60, "U/L"), "age": {"high": quantity(17, "a")}}
    assert result("alt", ranged(of_children)).upper_limit is None
    assert result("alt", ranged(of_children), who=patient(birthDate="2008-06-02")).upper_limit == 60
    assert result("alt", ranged(of_children), who=patient(birthDate="2008-06-01")).upper_limit is None


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [("0–40", 0, 40), ("7 - 56 U/L", 7, 56), ("<40", None, 40), ("up to 40", None, 40), ("> 5", 5, None)],
)
def test_a_range_in_words_is_read_with_a_remark(text: str, lower: float | None, upper: float | None) -> None:
    found = result("alt", ranged({"text": text}))
    assert (found.lower_limit, found.upper_limit) == (lower, upper)
    assert any(text in note for note in found.notes)


@pytest.mark.parametrize(
    "text", ["12-14 y Male: 4.4 - 5.2 ; 12-14 y Female: 4.2 - 4.8", "see note", "negative", "40"]
)
def test_words_that_are_no_plain_range_give_no_limit(text: str) -> None:
    found = result("alt", ranged({"text": text}))
    assert (found.lower_limit, found.upper_limit) == (None, None)


def test_an_upper_limit_below_the_lower_one_is_no_range() -> None:
    found = result("alt", ranged({"low": quantity(40, "U/L"), "high": quantity(4, "U/L")}))
    assert (found.lower_limit, found.upper_limit) == (None, None)


def test_an_own_scale_is_judged_by_its_own_range_only() -> None:
    found = result(
        "anti_dsdna",
        observation(
            "5130-0",
            valueQuantity={"value": 80, "unit": "U/mL", "code": "U/mL"},
            referenceRange=[{"high": {"value": 30, "unit": "U/mL", "code": "U/mL"}}],
        ),
    )
    assert found.value is None
    assert found.upper_limit is None
    assert found.reported == point(80)
    assert found.category in ("high", "positive")
