"""Units as they are sent: every spelling that is promised, every unit that must be refused."""

from __future__ import annotations

import pytest

from fhir_mappings.intervals import point
from fhir_mappings.unit_spelling import fold
from fhir_mappings.units import Converted, OwnScale, UnitProblem, find_unit, to_canonical
from tests.fhir_mappings.converted_values import CATALOGUE, UCUM, VARIANTS, analyte, convert, value_of

SPELLINGS: list[tuple[str, str, float, float]] = [
    # creatinine: both mu signs, upper case, Chinese
    ("serum_creatinine", "µmol/L", 221, 221 * 0.011312),
    ("serum_creatinine", "μmol/L", 221, 221 * 0.011312),
    ("serum_creatinine", "umol/l", 221, 221 * 0.011312),
    ("serum_creatinine", "mcmol/L", 221, 221 * 0.011312),
    ("serum_creatinine", "MG/DL", 2.5, 2.5),
    ("serum_creatinine", "mg/dl", 2.5, 2.5),
    ("serum_creatinine", "mg%", 2.5, 2.5),
    ("serum_creatinine", "微摩尔/升", 88.4017, 1.0),
    # blood counts
    ("wbc", "10*9/L", 4.2, 4.2),
    ("wbc", "10^9/L", 4.2, 4.2),
    ("wbc", "x10^9/L", 4.2, 4.2),
    ("wbc", "×10^9/L", 4.2, 4.2),
    ("wbc", "*10^9/L", 4.2, 4.2),
    ("wbc", "10e9/L", 4.2, 4.2),
    ("wbc", "E9/L", 4.2, 4.2),
    ("wbc", "G/L", 4.2, 4.2),
    ("wbc", "G/l", 4.2, 4.2),
    ("wbc", "Gpt/L", 4.2, 4.2),
    ("wbc", "K/uL", 4.2, 4.2),
    ("wbc", "K/µL", 4.2, 4.2),
    ("wbc", "k/mm3", 4.2, 4.2),
    ("wbc", "K/cumm", 4.2, 4.2),
    ("wbc", "x10E3/uL", 4.2, 4.2),
    ("wbc", "10^3/uL", 4.2, 4.2),
    ("wbc", "10*3/mcL", 4.2, 4.2),
    ("wbc", "thou/uL", 4.2, 4.2),
    ("wbc", "Tsd/µl", 4.2, 4.2),
    ("anc", "/uL", 800, 0.8),
    ("anc", "cells/uL", 800, 0.8),
    ("anc", "{cells}/uL", 800, 0.8),
    ("anc", "/mm3", 800, 0.8),
    ("platelets", "/mm3", 100_000, 100),
    ("platelets", "万/µL", 10, 100),
    ("hemoglobin", "g/dL", 8.5, 85),
    ("hemoglobin", "G/DL", 8.5, 85),
    ("hemoglobin", "g%", 8.5, 85),
    ("hemoglobin", "克/升", 85, 85),
    # enzymes
    ("alt", "IU/L", 40, 40),
    ("alt", "[IU]/L", 40, 40),
    ("alt", "U/l", 40, 40),
    ("alt", "µkat/L", 1.34, 80.4),
    ("alt", "nkat/L", 1000, 60),
    ("alt", "单位/升", 40, 40),
    # urine
    ("urine_protein_24h", "g/24小时", 1.5, 1.5),
    ("urine_protein_24h", "mg/24h", 1500, 1.5),
    ("urine_protein_24h", "mg/24 h", 1500, 1.5),
    ("urine_protein_24h", "mg/24hr", 1500, 1.5),
    ("urine_protein_24h", "g/d", 1.5, 1.5),
    ("urine_protein_24h", "g/day", 1.5, 1.5),
    ("urine_protein_24h", "mg/(24.h)", 1500, 1.5),
    ("urine_protein_24h", "mg", 1500, 1.5),
    ("upcr", "mg/mg", 1.2, 1.2),
    ("upcr", "mg/g", 1200, 1.2),
    ("upcr", "mg/g Cr", 1200, 1.2),
    ("upcr", "mg/g CREA", 1200, 1.2),
    ("upcr", "mg/gCr", 1200, 1.2),
    ("upcr", "mg/g.cr", 1200, 1.2),
    ("upcr", "µg/mg{creat}", 1200, 1.2),
    ("upcr", "g/g Krea", 1.2, 1.2),
    ("upcr", "g/mol K.", 113.12, 1.0),
    ("urine_rbc_hpf", "/HPF", 6, 6),
    ("urine_rbc_hpf", "/hpf", 6, 6),
    ("urine_rbc_hpf", "个/HP", 6, 6),
    ("urine_rbc_hpf", "cells/HPF", 6, 6),
    ("urine_rbc_hpf", "{#}/[HPF]", 6, 6),
    # kidney function
    ("egfr", "mL/min/1.73m2", 60, 60),
    ("egfr", "mL/min/1.73 m²", 60, 60),
    ("egfr", "ml/min/1,73qm", 60, 60),
    ("egfr", "ml/min/173m2", 60, 60),
    ("egfr", "mL/min/1.73.m2", 60, 60),
    # immunology and infection
    ("anti_dsdna", "IU/ml", 40, 40),
    ("anti_dsdna", "kIU/L", 40, 40),
    ("c3", "g/L", 0.9, 90),
    ("igg", "g/L", 7, 700),
    ("hcg_serum", "mIU/mL", 5, 5),
    ("hcg_serum", "IU/L", 5, 5),
    ("hcg_serum", "U/L", 5, 5),
    ("hcg_serum", "mU/mL", 5, 5),
    ("hbv_dna", "IU/mL", 3200, 3200),
    ("hbv_dna", "log IU/mL", 3.2, 10**3.2),
    ("hbv_dna", "log10 IU/mL", 3.2, 10**3.2),
    ("hbv_dna", "{Log_IU}/mL", 3.2, 10**3.2),
    # body
    ("body_weight", "lb", 100, 45.359237),
    ("body_weight", "lbs", 100, 45.359237),
    ("body_weight", "公斤", 60, 60),
    ("body_weight", "斤", 120, 60),
    ("body_height", "m", 1.65, 165),
    ("body_height", "in", 65, 165.1),
    ("body_temperature", "℃", 38.5, 38.5),
    ("body_temperature", "°F", 101.3, 38.5),
    ("body_temperature", "[degF]", 101.3, 38.5),
    ("prothrombin_time", "秒", 12.5, 12.5),
    ("prothrombin_time", "sec.", 12.5, 12.5),
]


class TestSpellings:
    """What laboratory systems write is read."""

    @pytest.mark.parametrize(("name", "unit", "number", "expected"), SPELLINGS)
    def test_is_read(self, name: str, unit: str, number: float, expected: float) -> None:
        assert value_of(name, number, unit) == pytest.approx(expected, rel=1e-5)

    def test_every_alias_folds_to_its_own_unit(self) -> None:
        for variant in VARIANTS:
            for spelling, rule in variant.exact.items():
                assert find_unit(variant, spelling) is rule

    def test_case_tells_giga_from_gram(self) -> None:
        """UCUM is case-sensitive: G/L is 10⁹ per litre, g/L is grams."""
        assert value_of("wbc", 4.2, "G/L") == 4.2
        assert isinstance(convert("wbc", 4.2, "g/L"), UnitProblem)
        assert value_of("hemoglobin", 85, "g/L") == 85

    def test_folding_keeps_apart_what_must_be_kept_apart(self) -> None:
        kept = ["IU/mL", "{copies}/mL", "{Log_IU}/mL", "{Log_copies}/mL", "U/mL", "/mL", "mIU/mL", "kIU/mL"]
        assert len({fold(unit) for unit in kept}) == len(kept)
        assert fold("mL/min") != fold("mL/min/1.73m2")


REFUSED: list[tuple[str, str, float, str]] = [
    ("hbv_dna", "", 3200, "{copies}/mL"),
    ("hbv_dna", "", 3200, "copies/mL"),
    ("hbv_dna", "", 5.1, "log copies/mL"),
    ("hbv_dna", "log", 3.2, "[IU]/mL"),
    ("hbv_dna", "log", 3.2, "IU/mL"),
    ("hbv_dna", "copies", 3200, "IU/mL"),
    ("hcv_rna", "log", 3.2, "IU/mL"),
    ("anti_dsdna", "", 60, "U/mL"),
    ("anti_dsdna", "", 60, "RU/mL"),
    ("anti_dsdna", "", 1.4, "index"),
    ("anti_dsdna", "titre", 40, "IU/mL"),
    ("anc", "", 55, "%"),
    ("wbc", "", 55, "%"),
    ("neutrophil_percent", "", 4.2, "10*9/L"),
    ("serum_creatinine", "", 88, "mL/min"),
    ("urine_protein_24h", "", 150, "mg/dL"),
    ("urine_protein_24h", "", 1.2, "g/g"),
    ("upcr", "", 1.2, "g/L"),
    ("urine_rbc_hpf", "", 30, "/uL"),
    ("urine_rbc_volume", "", 30, "/HPF"),
    ("crcl_measured", "", 60, "mL/min/1.73m2"),
    ("prothrombin_time", "", 85, "%"),
    ("c3", "", 0.9, "U/mL"),
    ("hcg_serum", "", 3, "ng/mL"),
    ("anticardiolipin_igg", "", 45, "CU"),
    ("alt", "", 40, "foo"),
    ("hemoglobin", "", 85, "mg/mol"),
    ("albumin", "molar", 600, "umol/L"),
]


class TestWhatIsRefused:
    """International units, copies, logarithms and an assay's own units never meet."""

    @pytest.mark.parametrize(("name", "role", "number", "unit"), REFUSED)
    def test_is_refused_with_unit_and_analyte(self, name: str, role: str, number: float, unit: str) -> None:
        problem = convert(name, number, unit, role)
        assert isinstance(problem, UnitProblem)
        owner = analyte(name, role)
        assert owner.label in problem.detail
        rule = find_unit(owner, unit)
        assert unit in problem.detail or (rule is not None and rule.code in problem.detail)

    def test_no_two_dimensions_without_a_bridge(self) -> None:
        for variant in VARIANTS:
            dims = {rule.dimension for rule in variant.units if not rule.own_scale}
            assert not {"international/volume", "copies/volume"} <= dims
            assert not {"international/volume", "arbitrary/volume"} <= dims
            assert not {"activity/volume", "international/volume"} <= dims
            assert not {"volume/time", "volume/time/area"} <= dims or variant.name == "egfr"

    def test_an_assays_own_unit_keeps_its_value_for_its_own_range(self) -> None:
        problem = convert("anti_dsdna", 60, "U/mL")
        assert isinstance(problem, OwnScale)
        assert (problem.value, problem.unit) == (point(60), "[arb'U]/mL")

    @pytest.mark.parametrize("unit", [None, ""])
    @pytest.mark.parametrize(
        "name", ["serum_creatinine", "upcr", "wbc", "hemoglobin", "hbv_dna", "body_weight"]
    )
    def test_no_unit_is_told_not_guessed(self, name: str, unit: str | None) -> None:
        problem = convert(name, 1.0, unit)
        assert isinstance(problem, UnitProblem)
        assert "without a unit" in problem.detail
        assert analyte(name).label in problem.detail

    @pytest.mark.parametrize("name", ["inr", "ana_titre", "phq9_total", "phq9_item9"])
    def test_an_inr_a_titre_and_a_score_need_no_unit(self, name: str) -> None:
        assert value_of(name, 2.0, None) == 2.0
        assert value_of(name, 2.0, "1") == 2.0

    @pytest.mark.parametrize(
        ("name", "number", "unit"),
        [
            ("serum_creatinine", 250, "mg/dL"),  # µmol/L under the wrong unit
            ("serum_creatinine", 0.9, "umol/L"),
            ("hemoglobin", 8.4, "g/L"),
            ("hemoglobin", 840, "g/dL"),
            ("body_weight", 0.6, "kg"),
            ("body_height", 1.65, "cm"),
            ("body_temperature", 98.6, "Cel"),
            ("albumin", 4.2, "g/L"),
            ("inr", 85, None),
        ],
    )
    def test_an_impossible_value_is_a_wrong_unit(self, name: str, number: float, unit: str | None) -> None:
        problem = convert(name, number, unit)
        assert isinstance(problem, UnitProblem)
        assert "not possible" in problem.detail
        assert analyte(name).label in problem.detail

    @pytest.mark.parametrize(
        ("name", "role", "unit"),
        [
            ("urine_protein_24h", "other-duration", "mg/(12.h)"),
            ("urine_protein_24h", "other-duration", "g"),
            ("serum_creatinine", "peridialysis", "mg/dL"),
            ("prothrombin_time", "activity", "%"),
            ("prothrombin_time", "activity", "s"),
            ("uacr", "molar", "mmol/mol{creat}"),
            ("egfr", "race-adjusted", "mL/min/{1.73_m2}"),
            ("igra", "raw", "[IU]/mL"),
            ("urine_rbc_volume", "strip-step", "/uL"),
        ],
    )
    def test_a_role_whose_numbers_are_never_used_says_why(self, name: str, role: str, unit: str) -> None:
        problem = convert(name, 5, unit, role)
        assert isinstance(problem, UnitProblem)
        assert analyte(name, role).refusal in problem.detail  # type: ignore[operator]


class TestCodeAndDisplay:
    """UCUM code before display unit; wrong and missing systems are tolerated."""

    @pytest.mark.parametrize(
        "system", [UCUM, "https://ucum.org", "http://unitsofmeasure.org/", "urn:x", None]
    )
    def test_the_code_is_read_whatever_the_system(self, system: str | None) -> None:
        converted = to_canonical(analyte("serum_creatinine"), point(88.4017), system, "umol/L", None)
        assert isinstance(converted, Converted)
        assert converted.reported_unit == "umol/L"

    def test_an_unknown_code_leaves_the_display_unit(self) -> None:
        converted = to_canonical(analyte("serum_creatinine"), point(1.2), "urn:local", "MGDL", "mg/dL")
        assert isinstance(converted, Converted)
        assert converted.value == point(1.2)

    def test_a_display_that_says_otherwise_is_noted(self) -> None:
        converted = to_canonical(analyte("serum_creatinine"), point(120), UCUM, "umol/L", "mg/dL")
        assert isinstance(converted, Converted)
        assert converted.reported_unit == "umol/L"
        assert any("mg/dL" in note for note in converted.notes)

    def test_a_display_that_is_another_spelling_is_not_noted(self) -> None:
        converted = to_canonical(analyte("wbc"), point(4.2), UCUM, "10*3/uL", "K/uL")
        assert isinstance(converted, Converted)
        assert converted.notes == ()

    def test_an_egfr_in_plain_ml_per_minute_is_taken_with_a_note(self) -> None:
        converted = to_canonical(analyte("egfr"), point(62), UCUM, "mL/min", "mL/min")
        assert isinstance(converted, Converted)
        assert converted.value == point(62)
        assert any("1.73" in note for note in converted.notes)

    def test_a_dimensionless_mass_ratio_is_g_per_g_with_a_note(self) -> None:
        """LOINC 2890-2 is a mass ratio; 34366-5 is neutral between mass and amount and needs its unit."""
        by_code = CATALOGUE.by_code
        taken = to_canonical(by_code["2890-2"], point(1.2), UCUM, "1", None)
        assert isinstance(taken, Converted)
        assert taken.value == point(1.2)
        assert taken.notes
        assert isinstance(to_canonical(by_code["34366-5"], point(1.2), UCUM, "1", None), UnitProblem)
        assert isinstance(to_canonical(by_code["2890-2"], point(1.2), None, None, None), UnitProblem)
