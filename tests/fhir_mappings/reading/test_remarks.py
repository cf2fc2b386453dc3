"""Results that stand in the record and still tell nothing: remarks and interpretations against the value."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_mappings.intervals import Interval, point
from tests.fhir_mappings.reading.written import (
    ALT,
    INTERPRETATION,
    concept,
    loinc,
    observation,
    quantity,
    refused,
    result,
)

PLATELETS = "777-3"
DSDNA = "5130-0"
ANA = "5048-4"


def platelets(**elements: Any) -> dict[str, Any]:
    return observation(PLATELETS, valueQuantity=quantity(40, "10*9/L"), **elements)


@pytest.mark.parametrize(
    "words",
    [
        "EDTA-dependent platelet clumping; count unreliable",
        "Platelet aggregates present.",
        "Clumps seen on the smear",
        "血小板聚集，结果仅供参考",
        "No hemolysis, platelet clumps present",
    ],
)
def test_a_count_of_clumped_platelets_is_none(words: str) -> None:
    found = refused("platelets", platelets(note=[{"text": words}]))
    assert found.why == "unreadable"
    assert words in found.detail


@pytest.mark.parametrize(
    "words",
    [
        "No clumping",
        "no platelet clumps seen; count confirmed on the smear",
        "Platelet clumping: not seen",
        "未见血小板聚集",
        "Hemolytic anemia, on prednisone",
        "history of blood clots",
    ],
)
def test_a_remark_that_is_denied_or_of_something_else_takes_nothing_away(words: str) -> None:
    assert result("platelets", platelets(note=[{"text": words}])).value == point(40)


@pytest.mark.parametrize(
    "words", ["Specimen hemolyzed", "Clotted", "Specimen unsatisfactory", "QNS", "标本溶血", "标本不合格"]
)
def test_a_specimen_that_was_no_good_gives_no_result(words: str) -> None:
    alt = observation(ALT, valueQuantity=quantity(20, "U/L"), interpretation=[concept(text=words)])
    assert refused("alt", alt).why == "unreadable"


def test_clumped_platelets_say_nothing_of_other_counts() -> None:
    wbc = observation("6690-2", valueQuantity=quantity(5, "10*9/L"), note=[{"text": "platelet clumps"}])
    assert result("wbc", wbc).value == point(5)


def test_a_remark_may_be_a_component() -> None:
    remark = {"code": concept(text="Comment"), "valueString": "Platelet clumps seen"}
    assert refused("platelets", platelets(component=[remark])).why == "unreadable"


def dsdna(value: float, flag: str, high: float | None = 30) -> dict[str, Any]:
    limits: dict[str, Any] = {"low": quantity(0, "[IU]/mL")}
    if high is not None:
        limits["high"] = quantity(high, "[IU]/mL")
    return observation(
        DSDNA,
        valueQuantity=quantity(value, "[IU]/mL"),
        interpretation=[concept(flag, INTERPRETATION)],
        referenceRange=[limits],
    )


@pytest.mark.parametrize(
    ("value", "flag"), [(12, "H"), (12, "POS"), (50, "N"), (50, "NEG"), (50, "L"), (12, "HH")]
)
def test_a_flag_that_contradicts_the_range_beside_it_is_a_conflict(value: float, flag: str) -> None:
    assert refused("anti_dsdna", dsdna(value, flag)).why == "conflicting"


@pytest.mark.parametrize(
    ("value", "flag"),
    [(50, "H"), (50, "POS"), (12, "N"), (12, "NEG"), (30, "H"), (30, "N"), (12, "IND")],
)
def test_a_flag_that_agrees_or_a_value_on_the_limit_is_none(value: float, flag: str) -> None:
    assert result("anti_dsdna", dsdna(value, flag)).value == point(value)


def test_without_an_upper_limit_nothing_contradicts_a_high_value() -> None:
    assert result("anti_dsdna", dsdna(12, "H", high=None)).value == point(12)


def test_any_result_with_a_range_may_be_in_conflict_with_its_flag() -> None:
    alt = observation(
        ALT,
        valueQuantity=quantity(200, "U/L"),
        interpretation=[concept("N", INTERPRETATION)],
        referenceRange=[{"high": quantity(40, "U/L")}],
    )
    assert refused("alt", alt).why == "conflicting"


@pytest.mark.parametrize("words", ["1:40-1:80", "1:40 – 1:80", "ANA 1:40 to 1:80"])
def test_a_titre_between_two_steps_is_an_interval(words: str) -> None:
    found = result("ana_titre", observation(loinc(ANA), valueString=words))
    assert found.value == Interval(40, 80)


def test_of_several_titres_the_highest_counts() -> None:
    found = result("ana_titre", observation(ANA, valueString="1:40 speckled, 1:160 homogeneous"))
    assert found.value == point(160)
