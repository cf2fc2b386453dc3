"""Formulas against worked examples computed independently (medcalc-bench 1.7.0, clincalc 0.4.0)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.calculators import (
    adjusted_weight,
    bedside_schwartz,
    body_mass_index,
    ckd_epi_2021,
    cockcroft_gault,
    completed_years,
    ideal_weight,
    next_birthday,
    surface_dubois,
    surface_mosteller,
)
from fhir_mappings.patient_facts import Sex

UMOL_PER_MG = 88.4


@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "expected"),
    [
        (0.5, 25, "female", 133.40),
        (0.7, 30, "female", 119.24),
        (1.0, 30, "female", 77.72),
        (2.0, 65, "female", 27.21),
        (0.8, 40, "male", 114.74),
        (0.9, 40, "male", 110.73),
        (2.5, 45, "male", 31.50),
        (4.0, 60, "male", 16.32),
    ],
)
def test_ckd_epi_2021(creatinine: float, age: float, sex: Sex, expected: float) -> None:
    assert ckd_epi_2021(creatinine, age, sex) == pytest.approx(expected, abs=0.005)


def test_a_result_is_not_rounded_to_the_digit_that_a_library_prints() -> None:
    assert ckd_epi_2021(2.5, 45, "male") == pytest.approx(31.4997, abs=0.00005)


@pytest.mark.parametrize(
    ("height", "creatinine", "expected"),
    [
        (100, 0.4, 103.25),
        (120, 0.5, 99.12),
        (140, 0.7, 82.60),
        (150, 1.2, 51.62),
        (160, 2.0, 33.04),
        (150, 106 / UMOL_PER_MG, 51.66),
    ],
)
def test_bedside_schwartz(height: float, creatinine: float, expected: float) -> None:
    assert bedside_schwartz(creatinine, height) == pytest.approx(expected, abs=0.0075)


@pytest.mark.parametrize(
    (
        "age",
        "sex",
        "weight",
        "height",
        "creatinine",
        "ideal",
        "adjusted",
        "by_actual",
        "by_ideal",
        "by_adjusted",
    ),
    [
        (30, "female", 60, 165, 0.8, 56.91, 58.15, 97.40, 92.38, 94.39),
        (65, "female", 50, 155, 2.0, 47.85, 48.71, 22.14, 21.19, 21.57),
        (45, "male", 80, 178, 221 / UMOL_PER_MG, 73.18, 75.91, 42.22, 38.62, 40.06),
        (52, "female", 110, 160, 2.6, 52.38, 75.43, 43.95, 20.93, 30.14),
        (60, "female", 45, 150, 1.9, 43.33, 44.00, 22.37, 21.54, 21.87),
        (18, "male", 70, 175, 70 / UMOL_PER_MG, 70.46, 70.28, 149.79, 150.78, 150.39),
        (65, "male", 90, 170, 2.5, 65.94, 75.56, 37.50, 27.47, 31.48),
        (40, "female", 55, 160, 1.53, 52.38, 53.43, 42.44, 40.42, 41.23),
    ],
)
def test_cockcroft_gault_by_each_weight(
    age: float,
    sex: Sex,
    weight: float,
    height: float,
    creatinine: float,
    ideal: float,
    adjusted: float,
    by_actual: float,
    by_ideal: float,
    by_adjusted: float,
) -> None:
    devine = ideal_weight(height, sex)
    between = adjusted_weight(weight, devine)
    assert devine == pytest.approx(ideal, abs=0.006)
    assert between == pytest.approx(adjusted, abs=0.006)
    weights = (weight, devine, between)
    clearances = [cockcroft_gault(creatinine, age, kg, sex) for kg in weights]
    assert clearances == pytest.approx([by_actual, by_ideal, by_adjusted], abs=0.006)


@pytest.mark.parametrize(
    ("weight", "height", "bmi", "mosteller", "dubois"),
    [
        (60, 165, 22.04, 1.658, 1.659),
        (50, 155, 20.81, 1.467, 1.467),
        (80, 178, 25.25, 1.989, 1.980),
        (110, 160, 42.97, 2.211, 2.099),
        (45, 150, 20.00, 1.369, 1.370),
    ],
)
def test_body_measures(weight: float, height: float, bmi: float, mosteller: float, dubois: float) -> None:
    assert body_mass_index(weight, height) == pytest.approx(bmi, abs=0.005)
    assert surface_mosteller(weight, height) == pytest.approx(mosteller, abs=0.0006)
    assert surface_dubois(weight, height) == pytest.approx(dubois, abs=0.0006)


@pytest.mark.parametrize(
    ("birth", "on", "age"),
    [
        (date(1960, 6, 1), date(2026, 5, 31), 65),
        (date(1960, 6, 1), date(2026, 6, 1), 66),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
        (date(2026, 1, 1), date(2026, 1, 1), 0),
    ],
)
def test_completed_years(birth: date, on: date, age: int) -> None:
    assert completed_years(birth, on) == age


@pytest.mark.parametrize(
    ("birth", "after", "birthday"),
    [
        (date(1960, 6, 1), date(2026, 5, 31), date(2026, 6, 1)),
        (date(1960, 6, 1), date(2026, 6, 1), date(2027, 6, 1)),
        (date(2008, 2, 29), date(2026, 2, 28), date(2026, 3, 1)),
        (date(2008, 2, 29), date(2027, 3, 1), date(2028, 2, 29)),
    ],
)
def test_the_next_birthday(birth: date, after: date, birthday: date) -> None:
    assert next_birthday(birth, after) == birthday


@given(
    birth=st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    days=st.integers(0, 40000),
)
def test_the_age_rises_by_one_on_the_next_birthday_and_not_before(birth: date, days: int) -> None:
    on = date.fromordinal(birth.toordinal() + days)
    birthday = next_birthday(birth, on)
    eve = date.fromordinal(birthday.toordinal() - 1)
    assert completed_years(birth, eve) == completed_years(birth, on)
    assert completed_years(birth, birthday) == completed_years(birth, on) + 1
