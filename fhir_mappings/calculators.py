"""Published formulas as pure functions of numbers. Nothing is rounded.

Units are in the names of the arguments; results are floats in the unit that the docstring gives. The
callers combine measurements; here is arithmetic and its source.
"""

from __future__ import annotations

import math
from datetime import date

from fhir_mappings.patient_facts import Sex

CM_PER_INCH = 2.54

ADULT = 18
"""Completed years."""

DEVINE_FROM_CM = 152.4
"""60 inches: for shorter adults the ideal weight by Devine is an extrapolation."""

SEVERELY_THIN = 16
"""Body mass index, kg/m²."""


def ckd_epi_2021(creatinine_mg_dl: float, age: float, sex: Sex) -> float:
    """Estimated GFR of an adult, mL/min/1.73 m², from serum creatinine, without race.

    Inker LA et al., N Engl J Med 2021;385:1737 (CKD-EPI creatinine equation of 2021).
    """
    kappa, alpha, factor = (0.7, -0.241, 1.012) if sex == "female" else (0.9, -0.302, 1.0)
    ratio = creatinine_mg_dl / kappa
    return float(142 * min(ratio, 1) ** alpha * max(ratio, 1) ** -1.200 * 0.9938**age * factor)


def bedside_schwartz(creatinine_mg_dl: float, height_cm: float) -> float:
    """Estimated GFR of a child from 1 to below 18 years, mL/min/1.73 m².

    Schwartz GJ et al., J Am Soc Nephrol 2009;20:629.
    """
    return 0.413 * height_cm / creatinine_mg_dl


def cockcroft_gault(creatinine_mg_dl: float, age: float, weight_kg: float, sex: Sex) -> float:
    """Creatinine clearance of an adult, mL/min, not indexed to body surface.

    Cockcroft DW, Gault MH, Nephron 1976;16:31. The authors used actual weight.
    """
    clearance = (140 - age) * weight_kg / (72 * creatinine_mg_dl)
    return clearance * 0.85 if sex == "female" else clearance


def ideal_weight(height_cm: float, sex: Sex) -> float:
    """Ideal body weight, kg; the line is continued below 60 inches.

    Devine BJ, Drug Intell Clin Pharm 1974;8:650. It falls to nothing at about 100 cm, so it is never less
    than the weight of a body mass index of 16 kg/m², below which thinness is severe: WHO Technical Report
    Series 854, 1995.
    """
    base = 45.5 if sex == "female" else 50.0
    line = base + 2.3 * (height_cm / CM_PER_INCH - DEVINE_FROM_CM / CM_PER_INCH)
    return max(line, SEVERELY_THIN * (height_cm / 100) ** 2)


def adjusted_weight(actual_kg: float, ideal_kg: float) -> float:
    """Adjusted body weight of the overweight, kg: ideal weight and 40 % of the excess.

    Winter MA et al., Pharmacotherapy 2012;32:604.
    """
    return ideal_kg + 0.4 * (actual_kg - ideal_kg)


def body_mass_index(weight_kg: float, height_cm: float) -> float:
    """Body mass index, kg/m² (Keys A et al., J Chronic Dis 1972;25:329)."""
    return weight_kg / (height_cm / 100) ** 2


def surface_mosteller(weight_kg: float, height_cm: float) -> float:
    """Body surface area, m² (Mosteller RD, N Engl J Med 1987;317:1098)."""
    return math.sqrt(weight_kg * height_cm / 3600)


def surface_dubois(weight_kg: float, height_cm: float) -> float:
    """Body surface area, m² (Du Bois D, Du Bois EF, Arch Intern Med 1916;17:863)."""
    return float(0.007184 * weight_kg**0.425 * height_cm**0.725)


def completed_years(birth: date, on: date) -> int:
    """Age in completed years. Who was born on 29 February has the birthday on 1 March in common years."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def next_birthday(birth: date, after: date) -> date:
    """The first birthday later than ``after``."""
    year = after.year if completed_years(birth, after) < after.year - birth.year else after.year + 1
    try:
        return birth.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
