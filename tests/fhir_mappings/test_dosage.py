"""mg per calendar day from FHIR ``Dosage``: amounts, units, strengths, limits, tapers."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.datatypes import (
    CodeableConcept,
    Dosage,
    DoseAndRate,
    Period,
    Quantity,
    Range,
    Ratio,
    Timing,
    TimingRepeat,
)
from fhir_mappings.dosage import Doses, mean_per_day, read_doses
from fhir_mappings.dosing_terms import route_of, route_of_name
from fhir_mappings.intervals import INFINITY, DateSpan, Interval, day, point
from fhir_mappings.medication_strength import Strength, strength_of_name, strength_of_ratio

START = day(date(2026, 3, 2))  # a Monday
OPEN = DateSpan(START.first, date.max)
DAILY = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}


def dosage(dose: Any = None, **elements: Any) -> Dosage:
    """A dosage; ``dose`` is (value, unit) or doseAndRate entries."""
    if isinstance(dose, tuple):
        dose = [{"doseQuantity": {"value": dose[0], "unit": dose[1]}}]
    if dose is not None:
        elements["doseAndRate"] = dose
    return msgspec.json.decode(json.dumps(elements), type=Dosage)


def quantity(value: float, unit: str) -> Quantity:
    return Quantity(value=Decimal(str(value)), unit=unit)


def repeat(**elements: Any) -> dict[str, Any]:
    return {"repeat": elements}


def read(
    *dosages: Dosage,
    start: DateSpan | None = START,
    end: DateSpan | None = None,
    strengths: Any = (),
    weight_kg: Interval | None = None,
    bsa: Interval | None = None,
) -> Doses:
    return read_doses(dosages, start, end, "drug_prednisone", strengths, weight_kg, bsa)


FIVE_MG_TABLET = ((quantity(5, "mg"), quantity(1, "tablet")),)

WORKED = [
    pytest.param(
        dosage((50, "mg"), timing=repeat(frequency=2, period=1, periodUnit="d")), {}, 100, 100, id="1"
    ),
    pytest.param(dosage((4, "{tbl}"), timing=DAILY), {"strengths": FIVE_MG_TABLET}, 20, 20, id="2"),
    pytest.param(
        dosage((40, "mg"), timing=repeat(frequency=1, period=12, periodUnit="h")), {}, 80, 80, id="3"
    ),
    pytest.param(
        dosage((20, "mg"), timing=repeat(frequency=1, period=2, periodUnit="d")), {}, 20, 10, id="4"
    ),
    pytest.param(dosage((30, "mg"), timing={"code": {"coding": [{"code": "BID"}]}}), {}, 60, 60, id="5"),
    pytest.param(dosage((10, "mg"), timing=repeat(dayOfWeek=["mon", "wed", "fri"])), {}, 10, 30 / 7, id="6"),
    pytest.param(dosage((15, "mg"), timing=repeat(timeOfDay=["08:00:00", "16:00:00"])), {}, 30, 30, id="7"),
    pytest.param(
        dosage(
            (10, "mg"),
            timing=repeat(frequency=1, period=6, periodUnit="h"),
            asNeededBoolean=True,
            maxDosePerPeriod={
                "numerator": {"value": 30, "unit": "mg"},
                "denominator": {"value": 1, "unit": "d"},
            },
        ),
        {},
        Interval(0, 30),
        Interval(0, 30),
        id="8",
    ),
    pytest.param(
        dosage(
            [{"doseRange": {"low": {"value": 5, "unit": "mg"}, "high": {"value": 10, "unit": "mg"}}}],
            timing=repeat(frequency=1, frequencyMax=2, period=1, periodUnit="d"),
        ),
        {},
        Interval(5, 20),
        Interval(5, 20),
        id="9",
    ),
    pytest.param(dosage((1, "mg/kg/d"), timing=DAILY), {"weight_kg": point(60)}, 60, 60, id="10"),
    pytest.param(
        dosage(
            (20, "mg"),
            timing=repeat(frequency=1, period=4, periodUnit="h"),
            maxDosePerPeriod={
                "numerator": {"value": 60, "unit": "mg"},
                "denominator": {"value": 1, "unit": "d"},
            },
        ),
        {},
        60,
        60,
        id="11",
    ),
    pytest.param(
        dosage((15, "mg"), timing=repeat(frequency=1, period=1, periodUnit="wk")), {}, 15, 15 / 7, id="13"
    ),
]


@pytest.mark.parametrize(("given_dosage", "knowing", "per_day", "mean"), WORKED)
def test_a_dosage_is_so_many_mg_on_a_day_and_on_average(
    given_dosage: Dosage, knowing: dict[str, Any], per_day: float | Interval, mean: float | Interval
) -> None:
    doses = read(given_dosage, **knowing)
    assert doses.unreadable is None
    (segment,) = doses.segments
    assert segment.per_day == (per_day if isinstance(per_day, Interval) else point(per_day))
    average = mean if isinstance(mean, Interval) else point(mean)
    assert mean_per_day(segment).low == pytest.approx(average.low)
    assert mean_per_day(segment).high == pytest.approx(average.high)


def test_a_taper_is_a_schedule_and_not_an_average() -> None:
    """60 mg for 7 days, then 40 mg for 7 days."""
    week = repeat(frequency=1, period=1, periodUnit="d", boundsDuration={"value": 7, "code": "d"})
    doses = read(dosage((60, "mg"), sequence=1, timing=week), dosage((40, "mg"), sequence=2, timing=week))
    assert [(str(s.start), str(s.end), s.per_day.low) for s in doses.segments] == [
        ("2026-03-02", "2026-03-08", 60),
        ("2026-03-09", "2026-03-15", 40),
    ]
    assert doses.unreadable is None


def test_steps_are_ordered_by_their_sequence_not_by_their_place() -> None:
    week = repeat(frequency=1, period=1, periodUnit="d", boundsDuration={"value": 7, "code": "d"})
    doses = read(dosage((40, "mg"), sequence=2, timing=DAILY), dosage((60, "mg"), sequence=1, timing=week))
    assert [(str(s.start), s.per_day.low) for s in doses.segments] == [("2026-03-02", 60), ("2026-03-09", 40)]
    assert doses.segments[1].end == DateSpan(date(2026, 3, 9), date.max)


def test_a_step_of_uncertain_length_makes_the_next_start_uncertain() -> None:
    bounds = {"low": {"value": 5, "code": "d"}, "high": {"value": 7, "code": "d"}}
    first = repeat(frequency=1, period=1, periodUnit="d", boundsRange=bounds)
    doses = read(dosage((60, "mg"), sequence=1, timing=first), dosage((40, "mg"), sequence=2, timing=DAILY))
    assert doses.segments[1].start == DateSpan(date(2026, 3, 7), date(2026, 3, 9))


def test_a_step_may_name_its_days() -> None:
    until = repeat(
        frequency=1, period=1, periodUnit="d", boundsPeriod={"start": "2026-03-02", "end": "2026-03-20"}
    )
    doses = read(dosage((60, "mg"), sequence=1, timing=until), dosage((40, "mg"), sequence=2, timing=DAILY))
    assert str(doses.segments[0].end) == "2026-03-20"
    assert str(doses.segments[1].start) == "2026-03-21"


def test_numbered_dosages_without_lengths_are_from_the_smallest_to_the_sum() -> None:
    """10 mg (1) and 5 mg (2) may be a taper, or morning and evening: systems number both."""
    doses = read(dosage((10, "mg"), sequence=1, timing=DAILY), dosage((5, "mg"), sequence=2, timing=DAILY))
    (segment,) = doses.segments
    assert segment.per_day == Interval(5, 15)
    assert segment.varies


def test_dosages_without_sequence_are_taken_together() -> None:
    doses = read(dosage((10, "mg"), timing=DAILY), dosage((5, "mg"), timing=DAILY))
    assert [s.per_day for s in doses.segments] == [point(10), point(5)]
    assert {s.start for s in doses.segments} == {START}


def test_an_end_of_the_resource_cuts_the_steps_off() -> None:
    week = repeat(frequency=1, period=1, periodUnit="d", boundsDuration={"value": 7, "code": "d"})
    steps = (dosage((60, "mg"), sequence=1, timing=week), dosage((40, "mg"), sequence=2, timing=week))
    doses = read(*steps, end=day(date(2026, 3, 5)))
    assert [(str(s.start), str(s.end)) for s in doses.segments] == [("2026-03-02", "2026-03-05")]


def test_without_any_end_the_last_day_is_open() -> None:
    assert read(dosage((5, "mg"), timing=DAILY)).segments[0].end == OPEN


def test_without_a_start_any_day_may_be_the_first() -> None:
    (segment,) = read(dosage((5, "mg"), timing=DAILY), start=None, end=day(date(2026, 3, 9))).segments
    assert segment.start == DateSpan(date.min, date(2026, 3, 9))
    assert str(segment.end) == "2026-03-09"


def test_named_days_become_one_segment_each() -> None:
    doses = read(dosage((750, "mg"), timing={"event": ["2026-03-02", "2026-03-30"]}))
    assert [(str(s.start), s.start == s.end, s.per_day.low) for s in doses.segments] == [
        ("2026-03-02", True, 750),
        ("2026-03-30", True, 750),
    ]


MASSES = [
    ("mg", 500), ("g", 500_000), ("ug", 0.5), ("mcg", 0.5), ("MG", 500), ("gram", 500_000), ("毫克", 500),
    ("μg", 0.5), ("µg", 0.5), ("kg", 500_000_000), ("[lb_av]", 500 * 453_592.37), (" mg ", 500),
]  # fmt: skip


@pytest.mark.parametrize(("unit", "mg"), MASSES)
def test_units_of_mass_are_converted_exactly(unit: str, mg: float) -> None:
    (segment,) = read(dosage((500, unit), timing=DAILY)).segments
    assert segment.per_day.low == pytest.approx(mg)


@given(value=st.decimals(min_value="0.001", max_value="1000", places=3))
def test_the_same_amount_in_grams_and_milligrams_is_the_same_dose(value: Decimal) -> None:
    """Unit invariance."""
    in_g = read(dosage((float(value), "g"), timing=DAILY)).segments[0].per_day
    in_mg = read(dosage((float(value * 1000), "mg"), timing=DAILY)).segments[0].per_day
    assert in_g.low == pytest.approx(in_mg.low, rel=1e-12)


@pytest.mark.parametrize(
    ("dose", "why"),
    [
        ((500, "U"), "'U', is not a mass"),
        ((500, "[iU]"), "is not a mass"),
        ((5, "mL"), "the strength per mL is not known"),
        ((1, "tablet"), "the strength per tablet is not known"),
        ((1, "Mg"), "is not a mass"),
        ((5, "mmol"), "is not a mass"),
        ((1, "mg/kg"), "body weight"),
        ((500, "mg/m2"), "body surface area"),
        ((-5, "mg"), "negative"),
        ([{"doseQuantity": {"value": 5}}], "no unit"),
        ([{"doseQuantity": {"unit": "mg"}}], "no value"),
        ([{"doseQuantity": {"value": 5, "unit": "mg", "comparator": "ad"}}], "comparator 'ad'"),
        ([{}], "no amount"),
        (None, "no amount"),
    ],
)
def test_an_amount_that_cannot_be_read_is_unreadable_with_its_reason(dose: Any, why: str) -> None:
    doses = read(dosage(dose, timing=DAILY))
    assert doses.segments == ()
    assert doses.unreadable is not None
    assert why in doses.unreadable


@pytest.mark.parametrize(
    "text", ["take 4 tablets (20 mg) daily", "60 mg daily, taper over 2 weeks", "as directed"]
)
def test_a_sig_in_words_is_never_parsed_into_a_dose(text: str) -> None:
    doses = read(dosage(text=text))
    assert doses.segments == ()
    assert doses.unreadable is not None
    assert doses.text == text


def test_the_patient_instruction_stands_in_for_a_missing_text() -> None:
    assert read(dosage(patientInstruction="with food")).text == "with food"


def test_an_amount_without_how_often_is_unreadable() -> None:
    doses = read(dosage((5, "mg")))
    assert doses.unreadable == "the dosage does not say how often"


def test_no_dosage_at_all_is_unreadable() -> None:
    assert read().unreadable == "no dosage is recorded"


def test_the_readable_part_of_concurrent_dosages_is_kept_beside_the_reason() -> None:
    doses = read(dosage((5, "mg"), timing=DAILY), dosage((1, "puff"), timing=DAILY))
    assert [s.per_day for s in doses.segments] == [point(5)]
    assert doses.unreadable is not None


@pytest.mark.parametrize(("comparator", "expected"), [
    ("<", Interval(0, 5, high_open=True)),
    ("<=", Interval(0, 5)),
    (">", Interval(5, INFINITY, low_open=True, high_open=True)),
    (">=", Interval(5, INFINITY, high_open=True)),
])  # fmt: skip
def test_a_comparator_makes_an_interval(comparator: str, expected: Interval) -> None:
    dose = [{"doseQuantity": {"value": 5, "unit": "mg", "comparator": comparator}}]
    assert read(dosage(dose, timing=DAILY)).segments[0].per_day == expected


@pytest.mark.parametrize(
    ("code", "unit", "reads"),
    [
        ("mg", "milligram", True),
        ("mg", "mg", True),
        ("mg", "MG tablets", True),
        ("mg/kg/d", "mg/kg/day", True),
        ("ML", "UNT/ML", False),
        ("mg", "g", False),
        ("mg", "mg/kg", False),
        ("{tbl}", "mg", False),
    ],
)
def test_a_code_that_contradicts_the_printed_unit_is_unreadable(code: str, unit: str, reads: bool) -> None:
    dose = [{"doseQuantity": {"value": 5, "unit": unit, "code": code}}]
    doses = read(dosage(dose, timing=DAILY), strengths=FIVE_MG_TABLET, weight_kg=point(60))
    assert (doses.unreadable is None) is reads


def test_a_range_without_an_upper_end_is_open_above() -> None:
    dose = [{"doseRange": {"low": {"value": 5, "unit": "mg"}}}]
    assert read(dosage(dose, timing=DAILY)).segments[0].per_day.high == INFINITY


def test_ordered_and_calculated_amounts_state_one_dose() -> None:
    dose = [{"doseQuantity": {"value": 1, "unit": "mg/kg"}}, {"doseQuantity": {"value": 62, "unit": "mg"}}]
    doses = read(dosage(dose, timing=DAILY), weight_kg=point(60))
    assert doses.segments[0].per_day == Interval(60, 62)


def test_mg_per_kg_spans_an_uncertain_weight() -> None:
    doses = read(dosage((1, "mg/kg"), timing=DAILY), weight_kg=Interval(58, 62))
    assert doses.segments[0].per_day == Interval(58, 62)


def test_mg_per_square_metre_uses_the_body_surface() -> None:
    doses = read(dosage((500, "mg/m2"), timing=repeat(count=1)), bsa=point(1.6))
    assert doses.segments[0].per_day == point(800)


def test_an_amount_per_day_is_not_multiplied_by_the_frequency() -> None:
    """1 mg/kg/d in two doses is 1 mg/kg/d."""
    doses = read(
        dosage((1, "mg/kg/d"), timing=repeat(frequency=2, period=1, periodUnit="d")), weight_kg=point(60)
    )
    assert doses.segments[0].per_day == point(60)


def test_an_amount_per_day_once_a_week_contradicts_itself() -> None:
    doses = read(dosage((60, "mg/d"), timing=repeat(frequency=1, period=1, periodUnit="wk")))
    assert doses.unreadable == "an amount per day does not fit a schedule of several days"


def test_an_infusion_is_its_rate_times_its_duration() -> None:
    timing = repeat(frequency=1, period=1, periodUnit="d", duration=2, durationUnit="h")
    dose = [
        {"rateRatio": {"numerator": {"value": 250, "unit": "mg"}, "denominator": {"value": 1, "unit": "h"}}}
    ]
    assert read(dosage(dose, timing=timing)).segments[0].per_day == point(500)
    dose = [{"rateQuantity": {"value": 250, "unit": "mg/h"}}]
    assert read(dosage(dose, timing=timing)).segments[0].per_day == point(500)


def test_a_volume_is_read_through_the_strength() -> None:
    timing = repeat(frequency=1, period=1, periodUnit="d", duration=2, durationUnit="h")
    strength = ((quantity(500, "mg"), quantity(100, "mL")),)
    doses = read(dosage([{"rateQuantity": {"value": 50, "unit": "mL/h"}}], timing=timing), strengths=strength)
    assert doses.segments[0].per_day == point(500)


def test_a_rate_without_a_duration_is_at_most_all_day() -> None:
    doses = read(dosage([{"rateQuantity": {"value": 10, "unit": "mg/h"}}], timing=DAILY))
    assert doses.segments[0].per_day.low == 0
    assert doses.segments[0].per_day.high == pytest.approx(240)


def test_as_needed_may_be_none_at_all() -> None:
    for prn in ({"asNeededBoolean": True}, {"asNeededCodeableConcept": {"text": "pain"}}):
        doses = read(dosage((10, "mg"), timing=DAILY, **prn))
        assert doses.as_needed
        assert doses.segments[0].per_day == Interval(0, 10)


def test_as_needed_false_is_a_fixed_dose() -> None:
    doses = read(dosage((10, "mg"), timing=DAILY, asNeededBoolean=False))
    assert not doses.as_needed
    assert doses.segments[0].per_day == point(10)


def test_a_limit_per_day_bounds_what_cannot_be_read() -> None:
    limit = {"numerator": {"value": 30, "unit": "mg"}, "denominator": {"value": 24, "unit": "h"}}
    doses = read(dosage((10, "mg"), asNeededBoolean=True, maxDosePerPeriod=limit))
    assert doses.segments[0].per_day == Interval(0, 30)
    assert doses.unreadable is None


def test_a_limit_per_week_bounds_a_day_and_the_average() -> None:
    limit = {"numerator": {"value": 70, "unit": "mg"}, "denominator": {"value": 1, "unit": "wk"}}
    (segment,) = read(dosage((100, "mg"), timing=DAILY, maxDosePerPeriod=limit)).segments
    assert segment.per_day == Interval(0, 70)  # not on every day
    assert mean_per_day(segment) == point(10)


def test_a_limit_that_cannot_be_read_does_not_limit() -> None:
    limit = {"numerator": {"value": 3, "unit": "U"}, "denominator": {"value": 1, "unit": "d"}}
    assert read(dosage((10, "mg"), timing=DAILY, maxDosePerPeriod=limit)).segments[0].per_day == point(10)


def test_a_limit_per_administration_caps_each_dose() -> None:
    """1 mg/kg twice a day, 80 mg at most each time, in a patient of 100 kg."""
    doses = read(
        dosage(
            (1, "mg/kg"),
            timing=repeat(frequency=2, period=1, periodUnit="d"),
            maxDosePerAdministration={"value": 80, "unit": "mg"},
        ),
        weight_kg=point(100),
    )
    assert doses.segments[0].per_day == point(160)


def administration(value: float, unit: str) -> Dosage:
    return Dosage(dose=quantity(value, unit))


def test_an_administration_is_one_amount_on_its_day() -> None:
    (segment,) = read(administration(500, "mg")).segments
    assert (segment.start, segment.end, segment.per_day) == (START, START, point(500))


def test_an_infusion_over_midnight_has_a_part_on_each_day() -> None:
    (segment,) = read(administration(1, "g"), end=day(date(2026, 3, 3))).segments
    assert segment.per_day == Interval(0, 1000)
    assert (segment.start, segment.end) == (START, day(date(2026, 3, 3)))


def test_one_amount_recorded_for_many_days_is_unreadable() -> None:
    assert read(administration(40, "mg"), end=day(date(2026, 3, 31))).unreadable == (
        "one amount was recorded for 30 days"
    )


def test_an_administration_with_a_rate_alone_is_unreadable() -> None:
    doses = read(Dosage(rate_quantity=quantity(10, "mg/h")))
    assert doses.unreadable == "the administration has a rate and no amount"


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


ROUTES = [
    ({"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]}, "oral"),
    ({"coding": [{"code": "PO"}]}, "oral"),
    ({"coding": [{"system": "http://standardterms.edqm.eu", "code": "20053000"}]}, "oral"),
    ({"coding": [{"code": "47625008", "display": "Intravenous route (qualifier value)"}]}, "intravenous"),
    ({"coding": [{"code": "x", "display": "Intravenous route (qualifier value)"}]}, "intravenous"),
    ({"text": "IV"}, "intravenous"),
    ({"text": "静脉滴注"}, "intravenous"),
    ({"coding": [{"code": "12130007"}]}, "intraarticular"),
    ({"coding": [{"code": "54485002"}]}, "ophthalmic"),
    ({"coding": [{"code": "447694001"}]}, "inhaled"),
    ({"coding": [{"code": "46713006"}]}, "nasal"),
    ({"coding": [{"code": "6064005"}]}, "topical"),
    ({"coding": [{"code": "37161004"}]}, "other"),
    ({"text": "Intravenous Push"}, "intravenous"),
    ({"text": "Intravenous Piggyback"}, "intravenous"),
    ({"text": "IVPB"}, "intravenous"),
    ({"text": "IV drip"}, "intravenous"),
    ({"text": "Slow IV"}, "intravenous"),
    ({"text": "Intravenous bolus"}, "intravenous"),
    ({"text": "ivgtt"}, "intravenous"),
    ({"text": "iv gtt"}, "intravenous"),
    ({"text": "静脉推注"}, "intravenous"),
    ({"text": "静推"}, "intravenous"),
    ({"text": "静脉泵入"}, "intravenous"),
    ({"text": "Central line"}, "intravenous"),
    ({"coding": [{"code": "IVDRIP"}]}, "intravenous"),
    ({"text": "Intravitreal"}, "ophthalmic"),
    ({"text": "Intravitreal injection, right eye"}, "ophthalmic"),
    ({"text": "玻璃体腔注射"}, "ophthalmic"),
    ({"text": "Intrathecal injection"}, "other"),
    ({"text": "Nebulizer solution"}, "inhaled"),
    ({"text": "Subcutaneous injection"}, "subcutaneous"),
    ({"text": "肌内注射"}, "intramuscular"),
    ({"text": "Oral (with food)"}, "oral"),
    ({"text": "PO/NG"}, "oral"),
    ({"text": "鼻饲"}, "oral"),
    ({"text": "PEG tube"}, "oral"),
    ({"text": "Not specified"}, None),
    ({"text": "不详"}, None),
    ({"text": "somehow"}, "other"),  # stated, and not understood
    ({"coding": [{"code": "L-77"}]}, "other"),
    ({}, None),
]


@pytest.mark.parametrize(("concept", "route"), ROUTES)
def test_routes_are_known_by_code_or_words(concept: dict[str, Any], route: str | None) -> None:
    assert route_of(msgspec.convert(concept, CodeableConcept)) == route


@pytest.mark.parametrize(
    ("name", "route"),
    [
        ("prednisone 5 MG Oral Tablet", "oral"),
        ("hydrocortisone 10 MG/ML Topical Cream", "topical"),
        ("dexamethasone 1 MG/ML Ophthalmic Suspension", "ophthalmic"),
        ("budesonide 0.032 MG/ACTUAT Nasal Spray", "nasal"),
        ("fluticasone 0.1 MG/ACTUAT Dry Powder Inhaler", "inhaled"),
        ("methylprednisolone 40 MG/ML Injectable Suspension", "systemic"),
        ("hydrocortisone 100 MG Rectal Enema", "other"),
        ("泼尼松片", "oral"),
        ("vancomycin 1 g IVPB", "intravenous"),
        ("fluconazole (IV)", "intravenous"),
        ("ivermectin 3 MG", None),
        ("ranibizumab intravitreal injection", "ophthalmic"),
        ("ceftriaxone 1 g injection", "systemic"),
        ("注射用美罗培南", "systemic"),
        ("hydrocortisone", None),
        (None, None),
    ],
)
def test_the_dose_form_in_a_name_tells_the_route(name: str | None, route: str | None) -> None:
    assert route_of_name(name) == route


def test_the_route_of_a_dosage_is_reported() -> None:
    assert read(dosage((5, "mg"), timing=DAILY, route={"text": "oral"})).route == "oral"
    assert read(dosage((5, "mg"), timing=DAILY)).route is None


def test_two_systemic_routes_are_systemic() -> None:
    doses = read(
        dosage((5, "mg"), timing=DAILY, route={"text": "oral"}),
        dosage((5, "mg"), timing=DAILY, route={"text": "IV"}),
    )
    assert doses.route == "systemic"


NUMBERS = st.one_of(
    st.none(), st.sampled_from(["0", "-1", "1", "0.5", "3", "1E-30", "1E+12", "1E+999"]).map(Decimal)
)
QUANTITIES = st.builds(
    Quantity,
    value=NUMBERS,
    comparator=st.sampled_from([None, "<", ">=", "ad"]),
    unit=st.sampled_from([None, "mg", "g", "tablet", "mL", "mg/kg/d", "mg/h", "d", "mo", "a", "h", "x"]),
    code=st.sampled_from([None, "mg", "{tbl}", "d", "wk", "1"]),
)
PERIODS = st.builds(
    Period,
    start=st.sampled_from([None, "2026", "2026-03", "2026-03-02", "soon", "0001-01-01", "9999-12-31"]),
    end=st.sampled_from([None, "2026", "2026-02-30", "2026-03-09T10:00:00.123456789Z", "9999-12-31"]),
)
RANGES = st.builds(Range, low=st.none() | QUANTITIES, high=st.none() | QUANTITIES)
RATIOS = st.builds(Ratio, numerator=st.none() | QUANTITIES, denominator=st.none() | QUANTITIES)
REPEATS = st.builds(
    TimingRepeat,
    bounds_duration=st.none() | QUANTITIES,
    bounds_range=st.none() | RANGES,
    bounds_period=st.none() | PERIODS,
    count=st.sampled_from([None, 0, 1, 10, 10**12]),
    count_max=st.sampled_from([None, 1, 20]),
    duration=NUMBERS,
    duration_unit=st.sampled_from([None, "h", "wk", "x"]),
    frequency=st.sampled_from([None, 0, 1, 3]),
    frequency_max=st.sampled_from([None, 1, 5]),
    period=NUMBERS,
    period_max=NUMBERS,
    period_unit=st.sampled_from([None, "h", "d", "wk", "mo", "x"]),
    day_of_week=st.sampled_from([(), ("mon",), ("mon", "thu"), ("x",)]),
    time_of_day=st.sampled_from([(), ("08:00:00", "20:00:00")]),
    when=st.sampled_from([(), ("MORN", "C")]),
)
TIMINGS = st.builds(
    Timing, event=st.sampled_from([(), ("2026-03-02", "x"), ("2026",)]), repeat=st.none() | REPEATS
)
DOSAGES = st.builds(
    Dosage,
    sequence=st.sampled_from([None, 1, 2, 3]),
    timing=st.none() | TIMINGS,
    as_needed_boolean=st.none() | st.booleans(),
    dose_and_rate=st.lists(
        st.builds(
            DoseAndRate,
            dose_quantity=st.none() | QUANTITIES,
            dose_range=st.none() | RANGES,
            rate_ratio=st.none() | RATIOS,
            rate_quantity=st.none() | QUANTITIES,
        ),
        max_size=2,
    ).map(tuple),
    max_dose_per_period=st.none() | RATIOS,
    max_dose_per_administration=st.none() | QUANTITIES,
    dose=st.sampled_from([None, None, None, quantity(5, "mg")]),
)
SPANS = st.sampled_from(
    [None, START, DateSpan(date(2026, 1, 1), date(2026, 12, 31)), DateSpan(date.min, date.max)]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(DOSAGES, max_size=3), SPANS, SPANS)
def test_whatever_a_dosage_holds_it_is_read_or_refused_with_a_reason(
    dosages: list[Dosage], start: DateSpan | None, end: DateSpan | None
) -> None:
    doses = read(*dosages, start=start, end=end, strengths=FIVE_MG_TABLET, weight_kg=point(60))
    assert doses.segments or doses.unreadable is not None or end is not None
    for segment in doses.segments:
        assert 0 <= segment.per_day.low <= segment.per_day.high
        assert segment.start.first <= segment.start.last
        assert segment.end.first <= segment.end.last
        assert segment.every >= 1
