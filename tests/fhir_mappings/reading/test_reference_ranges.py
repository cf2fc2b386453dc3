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


# A range that is no normal one must never be taken for the limit of normal (A-E9b, A-E9d)

INR, BILIRUBIN, IGG = "6301-6", "1975-2", "2465-3"


def limits_of(
    name: str, code: str, value: float, unit: str, *ranges: dict[str, Any]
) -> tuple[float | None, float | None]:
    found = result(name, observation(code, valueQuantity=quantity(value, unit), referenceRange=list(ranges)))
    return found.lower_limit, found.upper_limit


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        (2, 3, (None, None)),
        (2.5, 3.5, (None, None)),
        (1.5, 2, (None, None)),
        (None, 3, (None, None)),
        (2, None, (None, None)),
        (0.8, 1.2, (0.8, 1.2)),
        (None, 1.6, (None, 1.6)),
        (None, 1.61, (None, None)),
        (0.9, 0.9, (0.9, 0.9)),
        (0.5, 0.89, (None, None)),
    ],
)
def test_a_therapeutic_range_of_an_inr_is_no_normal_range(
    lower: float | None, upper: float | None, expected: tuple[float | None, float | None]
) -> None:
    """INR 4.4 under warfarin with the range 2–3 is not at or below 1.5 × 3."""
    given = {side: {"value": value} for side, value in (("low", lower), ("high", upper)) if value is not None}
    assert limits_of("inr", INR, 4.4, "1", given) == expected


def test_the_report_tells_that_a_range_was_not_used() -> None:
    given = {"low": quantity(2, "1"), "high": quantity(3, "1")}
    found = result("inr", observation(INR, valueQuantity=quantity(4.4, "1"), referenceRange=[given]))
    assert found.notes == ("The reference range 2–3 is not a normal range (therapeutic?); it was not used.",)


def test_a_therapeutic_range_in_words_is_none_either() -> None:
    assert limits_of("inr", INR, 4.4, "1", {"text": "2.0-3.0"}) == (None, None)


def test_a_normal_range_beside_a_therapeutic_one_is_taken() -> None:
    therapeutic = {"low": {"value": 2}, "high": {"value": 3}}
    normal = {"low": {"value": 0.8}, "high": {"value": 1.2}}
    assert limits_of("inr", INR, 4.4, "1", therapeutic, normal) == (0.8, 1.2)


@pytest.mark.parametrize(("upper", "kept"), [(15, 15), (40, 40), (120, 120), (121, None), (5000, None)])
def test_the_end_of_a_measuring_range_is_no_upper_limit(upper: float, kept: float | None) -> None:
    assert limits_of("alt", ALT, 90, "U/L", {"high": quantity(upper, "U/L")}) == (None, kept)


def test_a_limit_is_judged_in_the_canonical_unit() -> None:
    """A bilirubin of up to 21 µmol/L is 1.2 mg/dL; up to 21 mg/dL there is no normal one."""
    molar = {"high": quantity(21, "umol/L")}
    assert limits_of("bilirubin_total", "14631-6", 30, "umol/L", molar)[1] == pytest.approx(1.228, abs=0.001)
    assert limits_of("bilirubin_total", BILIRUBIN, 2, "mg/dL", {"high": quantity(21, "mg/dL")})[1] is None


def test_a_lower_limit_of_nothing_is_none_where_low_is_asked_for() -> None:
    """An IgG can never be below 0: such a range would show that it is not low."""
    assert limits_of("igg", IGG, 300, "mg/dL", {"low": quantity(0, "mg/dL")}) == (None, None)
