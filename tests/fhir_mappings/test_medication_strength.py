"""The strength of a product, from its name or its ratio, and what is read through it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fhir_mappings.datatypes import Quantity
from fhir_mappings.intervals import Interval, point
from fhir_mappings.medication_strength import Strength, strength_of_name, strength_of_ratio
from tests.fhir_mappings.written_dosages import DAILY, dosage, quantity, read, repeat

NAMES = [
    ("prednisone 5 MG Oral Tablet", Strength(point(5), "solid")),
    ("Prednisone 20 MG Oral Tablet [Deltasone]", Strength(point(20), "solid")),
    ("tacrolimus 0.5 MG Oral Capsule", Strength(point(0.5), "solid")),
    ("24 HR tacrolimus 1 MG Extended Release Oral Capsule", Strength(point(1), "solid")),
    ("levothyroxine 50 MCG Oral Tablet", Strength(point(0.05), "solid")),
    ("{21 (methylprednisolone 4 MG Oral Tablet) } Pack [Medrol]", Strength(point(4), "solid")),
    ("prednisolone 15 MG/5 ML Oral Solution", Strength(point(3), "volume")),
    ("prednisolone 15 mg per 5 mL oral solution", Strength(point(3), "volume")),
    ("methylprednisolone 40 MG/ML Injectable Suspension", Strength(point(40), "volume")),
    ("1 ML abatacept 125 MG/ML Prefilled Syringe", Strength(point(125), "volume", 1.0)),
    ("rituximab 10 MG/ML 50 ML Injection", Strength(point(10), "volume", 50.0)),
    ("cyclophosphamide 1,000 MG Injection", Strength(point(1000), "any")),
    ("fluticasone 0.05 MG/ACTUAT Nasal Spray", Strength(point(0.05), "puff")),
    ("泼尼松片 5mg", Strength(point(5), "solid")),
    ("醋酸泼尼松片 5毫克", Strength(point(5), "solid")),
]


@pytest.mark.parametrize(("name", "strength"), NAMES)
def test_a_product_name_tells_its_strength(name: str, strength: Strength) -> None:
    read_strength = strength_of_name(name)
    assert read_strength is not None
    assert read_strength.mg.low == pytest.approx(strength.mg.low)
    assert (read_strength.per, read_strength.container_ml) == (strength.per, strength.container_ml)


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        "prednisone",
        "hydrocortisone 1 % Topical Cream",
        "insulin 100 UNT/ML Injectable Solution",
        "sulfamethoxazole 400 MG / trimethoprim 80 MG Oral Tablet",
        "olmesartan 20 MG / amlodipine 20 MG Oral Tablet",
        "estradiol 0.05 MG/HR Transdermal System",
        "{10 (varenicline 0.5 MG Oral Tablet) / 42 (varenicline 1 MG Oral Tablet) } Pack",
    ],
)  # fmt: skip
def test_a_name_without_one_mass_strength_tells_none(name: str | None) -> None:
    assert strength_of_name(name) is None


def test_tablets_are_read_through_the_name_of_the_product() -> None:
    strength = strength_of_name("prednisone 5 MG Oral Tablet")
    assert strength is not None
    assert read(dosage((4, "TAB"), timing=DAILY), strengths=(strength,)).segments[0].per_day == point(20)


def test_a_syringe_holds_its_volume_times_its_concentration() -> None:
    strength = strength_of_name("0.8 ML adalimumab 50 MG/ML Prefilled Syringe")
    weekly = repeat(frequency=1, period=2, periodUnit="wk")
    doses = read(dosage((1, "syringe"), timing=weekly), strengths=(strength,))
    assert doses.segments[0].per_day == point(40)


def test_a_tablet_has_no_strength_per_millilitre() -> None:
    doses = read(dosage((1, "tablet"), timing=DAILY), strengths=((quantity(5, "mg"), quantity(1, "mL")),))
    assert doses.unreadable == "the strength per tablet is not known"


def test_several_strengths_of_one_product_are_spanned() -> None:
    strengths = ((quantity(5, "mg"), quantity(1, "tablet")), (quantity(10, "mg"), quantity(1, "tablet")))
    assert read(dosage((1, "tablet"), timing=DAILY), strengths=strengths).segments[0].per_day == Interval(
        5, 10
    )


@pytest.mark.parametrize(
    ("denominator", "kind"),
    [
        (Quantity(value=Decimal(1), unit="tablet", code="{tbl}"), "solid"),
        (Quantity(value=Decimal(1), code="732936001", unit="Tablet (unit of presentation)"), "solid"),
        (Quantity(value=Decimal(1)), "any"),
        (Quantity(value=Decimal(1), code="1", unit="1"), "any"),
        (Quantity(value=Decimal(1), code="{depottabletter}"), "any"),
    ],
)
def test_the_denominator_of_a_strength_names_what_is_counted(denominator: Quantity, kind: str) -> None:
    strength = strength_of_ratio(quantity(2.5, "mg"), denominator)
    assert strength == Strength(point(2.5), kind)


def test_a_strength_per_two_units_is_divided() -> None:
    assert strength_of_ratio(quantity(500, "mg"), quantity(10, "mL")) == Strength(point(50), "volume")


def test_a_strength_by_weight_of_cream_tells_nothing_of_a_dose() -> None:
    assert strength_of_ratio(quantity(1, "g"), quantity(100, "g")) is None
