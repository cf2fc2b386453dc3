"""Values of an analyte, converted to its canonical unit."""

from __future__ import annotations

from fhir_mappings.catalogue import Analyte, load_catalogue
from fhir_mappings.intervals import point
from fhir_mappings.units import Converted, UnitProblem, to_canonical

UCUM = "http://unitsofmeasure.org"
CATALOGUE = load_catalogue()
VARIANTS = list(CATALOGUE.by_role.values())


def analyte(name: str, role: str = "") -> Analyte:
    return CATALOGUE.by_role[name, role]


def convert(name: str, number: float, unit: str | None, role: str = "") -> Converted | UnitProblem:
    return to_canonical(analyte(name, role), point(number), None, None, unit)


def value_of(name: str, number: float, unit: str | None, role: str = "") -> float:
    converted = convert(name, number, unit, role)
    assert isinstance(converted, Converted), converted
    assert converted.value.exact
    return converted.value.low
