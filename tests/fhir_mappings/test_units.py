"""Units: every factor that is shipped against a UCUM library, and values known within bounds."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import pytest

from fhir_mappings.catalogue import Analyte, UnitRule
from fhir_mappings.intervals import INFINITY, Interval, point
from fhir_mappings.units import Converted, to_canonical
from tests.fhir_mappings.converted_values import CATALOGUE, UCUM, VARIANTS, analyte, value_of


@cache
def ucum() -> Any:
    """A UCUM library that others keep: the oracle for the factors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ucumvert import PintUcumRegistry

        return PintUcumRegistry()


def shipped() -> list[tuple[Analyte, UnitRule]]:
    """Each conversion once, whatever analyte ships it."""
    found: dict[tuple[object, ...], tuple[Analyte, UnitRule]] = {}
    for variant in VARIANTS:
        for rule in variant.units:
            if not rule.own_scale:
                found.setdefault((rule.code, variant.unit, rule.factor, variant.molar_mass), (variant, rule))
    return list(found.values())


BRIDGED = {
    ("mL/min", "mL/min/{1.73_m2}"),
    ("g", "g/(24.h)"),
    ("mg", "g/(24.h)"),
    ("mL/(24.h)", "mL"),
    ("L/(24.h)", "mL"),
}
"""Units of another dimension that a code implies: an eGFR is per 1.73 m², an amount is that of the day."""
PURE_ANNOTATION = {"{titer}", "{score}", "{ratio}", "{copies}/mL"}


class TestFactorsAgainstAUcumLibrary:
    """Every shipped factor is recomputed by ucumvert and pint."""

    @pytest.mark.parametrize(
        ("owner", "rule"), shipped(), ids=lambda x: x.code if isinstance(x, UnitRule) else x.name
    )
    def test_the_factor_is_right(self, owner: Analyte, rule: UnitRule) -> None:
        if rule.code in PURE_ANNOTATION or rule.log10:
            assert rule.factor == 1
            return
        if (rule.code, owner.unit) in BRIDGED:
            numerator = {"mL/min": "mL/min/{1.73_m2}", "g": "g/(24.h)", "mg": "mg/(24.h)"}
            other = numerator.get(rule.code, rule.code.partition("/")[0])
            assert self.factor(other, owner, rule) == pytest.approx(rule.factor, rel=1e-9)
            return
        assert self.factor(rule.code, owner, rule) == pytest.approx(rule.factor, rel=1e-9)

    def factor(self, code: str, owner: Analyte, rule: UnitRule) -> float:
        registry = ucum()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            source, target = registry.from_ucum(code), registry.from_ucum(owner.unit)
            if rule.dimension == "temperature":
                low, high = (
                    registry.Quantity(t, source.units).to(target.units).magnitude for t in (50.0, 150.0)
                )
                assert rule.offset == pytest.approx(low - 50 * rule.factor, abs=1e-9)
                return float((high - low) / 100)
            ratio = (source / target).to_base_units()
            if not ratio.dimensionless:
                assert owner.molar_mass is not None, "only a molar mass joins two dimensions"
                mass = owner.molar_mass * registry.from_ucum("g/mol")
                joined = [(ratio * mass).to_base_units(), (ratio / mass).to_base_units()]
                ratio = next(q for q in joined if q.dimensionless)
            return float(ratio.to("").magnitude)

    def test_molar_masses_are_those_of_the_substances(self) -> None:
        # One constant for serum and urine creatinine: 88.40 µmol/L per mg/dL and 113.12 mg/mmol per g/g.
        for name in ("serum_creatinine", "urine_creatinine", "upcr", "uacr"):
            assert analyte(name).molar_mass == 113.12
        assert analyte("bilirubin_total").molar_mass == 584.66
        assert analyte("hemoglobin").molar_mass == 16114.5
        assert value_of("serum_creatinine", 88.4017, "umol/L") == pytest.approx(1.0, rel=1e-5)
        assert value_of("upcr", 113.12, "mg/mmol{creat}") == pytest.approx(1.0)
        assert value_of("bilirubin_total", 17.104, "umol/L") == pytest.approx(1.0, rel=1e-5)
        assert value_of("hemoglobin", 5.3, "mmol/L") == pytest.approx(85.4, abs=0.01)

    def test_the_canonical_unit_has_factor_one(self) -> None:
        for variant in VARIANTS:
            for rule in variant.units:
                if rule.code == variant.unit and not rule.own_scale:
                    assert (rule.factor, rule.offset, rule.log10) == (1.0, 0.0, False)


class TestIntervals:
    """A comparator, a range, a logarithm: the interval is converted, its open ends kept."""

    def test_a_bound_stays_a_bound(self) -> None:
        below = to_canonical(
            analyte("hbv_dna"), Interval(-INFINITY, 20, high_open=True), UCUM, "[IU]/mL", None
        )
        assert isinstance(below, Converted)
        assert below.value == Interval(-INFINITY, 20, high_open=True)
        above = to_canonical(
            analyte("egfr"), Interval(60, INFINITY, low_open=True), UCUM, "mL/min/{1.73_m2}", None
        )
        assert isinstance(above, Converted)
        assert above.value == Interval(60, INFINITY, low_open=True)

    def test_a_logarithm_below_a_bound(self) -> None:
        got = to_canonical(
            analyte("hbv_dna", "log"), Interval(-INFINITY, 1.3, high_open=True), UCUM, "{Log_IU}/mL", None
        )
        assert isinstance(got, Converted)
        assert got.value.low == 0
        assert got.value.high == pytest.approx(10**1.3)
        assert got.value.high_open
        assert got.factor is None

    def test_a_log_code_reads_a_bare_log_unit(self) -> None:
        """48398-2: 3.2 is 10^3.2 IU/mL, never 3.2."""
        role = CATALOGUE.by_code["48398-2"]
        for unit in ("log", "{Log}", "log10", "log IU/mL"):
            got = to_canonical(role, point(3.2), None, None, unit)
            assert isinstance(got, Converted)
            assert got.value.low == pytest.approx(1584.89, rel=1e-5)

    def test_an_interval_partly_outside_the_possible_is_kept(self) -> None:
        got = to_canonical(
            analyte("serum_creatinine"), Interval(-INFINITY, 0.2, high_open=True), UCUM, "mg/dL", None
        )
        assert isinstance(got, Converted)

    def test_the_linear_factor_is_told(self) -> None:
        got = to_canonical(analyte("serum_creatinine"), point(221), UCUM, "umol/L", None)
        assert isinstance(got, Converted)
        assert got.factor == 0.011312
        # 2.5 mg/dL is 221.0 µmol/L: a threshold is compared in the unit in which the value was reported.
        assert got.value.low == pytest.approx(2.49995, rel=1e-5)
        fahrenheit = to_canonical(analyte("body_temperature"), point(101.3), UCUM, "[degF]", None)
        assert isinstance(fahrenheit, Converted)
        assert fahrenheit.factor is None
