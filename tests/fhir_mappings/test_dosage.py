"""mg per calendar day from FHIR ``Dosage``: amounts, units, limits, infusions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.datatypes import Dosage
from fhir_mappings.dosage import mean_per_day
from fhir_mappings.intervals import INFINITY, Interval, point
from tests.fhir_mappings.written_dosages import DAILY, FIVE_MG_TABLET, dosage, quantity, read, repeat

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
