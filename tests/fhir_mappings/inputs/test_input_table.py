"""The table of inputs: what a protocol may name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from fhir_mappings import inputs
from fhir_mappings.catalogue import load_catalogue
from fhir_mappings.facts import Series
from fhir_mappings.inputs import compute_series, describe, input_names
from fhir_mappings.inputs.asking import computed_names
from fhir_mappings.inputs.definitions import definitions
from fhir_mappings.scores import score_names
from fhir_mappings.terminology import load_terminology
from tests.fhir_mappings.inputs.input_charts import ON, facts, result

NUMBERS = {
    "age": "a",
    "body_weight": "kg",
    "body_height": "cm",
    "body_temperature": "Cel",
    "bsa": "m2",
    "bmi": "kg/m2",
    "serum_creatinine": "mg/dL",
    "egfr": "mL/min/{1.73_m2}",
    "crcl": "mL/min",
    "crcl_actual_weight": "mL/min",
    "crcl_measured": "mL/min",
    "upcr": "g/g{creat}",
    "uacr": "g/g{creat}",
    "urine_protein_24h": "g/(24.h)",
    "urine_protein_concentration": "mg/dL",
    "urine_creatinine": "mg/dL",
    "wbc": "10*9/L",
    "anc": "10*9/L",
    "lymphocytes": "10*9/L",
    "platelets": "10*9/L",
    "neutrophil_percent": "%",
    "hemoglobin": "g/L",
    "alt": "U/L",
    "ast": "U/L",
    "bilirubin_total": "mg/dL",
    "inr": "1",
    "prothrombin_time": "s",
    "albumin": "g/L",
    "c3": "mg/dL",
    "c4": "mg/dL",
    "igg": "mg/dL",
    "iga": "mg/dL",
    "igm": "mg/dL",
    "ana_titre": "{titer}",
    "cd19_count": "/uL",
    "cd19_percent": "%",
    "urine_rbc_hpf": "/[HPF]",
    "urine_wbc_hpf": "/[HPF]",
    "phq9_total": "{score}",
    "phq9_item9": "{score}",
    "anti_dsdna": "[IU]/mL",
    "hbv_dna": "[IU]/mL",
    "hcv_rna": "[IU]/mL",
    "hcg_serum": "m[IU]/mL",
    "sledai_2k": "{score}",
    "selena_sledai": "{score}",
    "selena_sledai_2k_proteinuria": "{score}",
    "clinical_selena_sledai": "{score}",
    "acr_1997": "{score}",
    "bilag_2004_a_count": "{score}",
    "bilag_2004_b_count": "{score}",
}

SIGN = {"positive", "negative"}
CATEGORIES = {
    "sex": {"female", "male"},
    "childbearing_potential": {"male", "not-of-potential", "of-potential"},
    "hbv_dna": {"not-detected", "detected-below-quantification", "quantified", "above-quantification"},
    "hcv_rna": {"not-detected", "detected"},
    "hiv": SIGN | {"reactive-unconfirmed"},
    "ch50": {"low", "normal", "high"},
    "nyha_class": {"I", "II", "III", "IV"},
    "lupus_nephritis_class": {"I", "II", "III", "IV", "V", "VI", "III+V", "IV+V", "III+IV", "III+IV+V"},
    "lupus_nephritis_activity": {"active", "inactive", "not-stated"},
    "chest_imaging": {"active-tuberculosis", "no-active-tuberculosis", "not-stated"},
    "eular_acr_2019": {"met", "not-met"},
    **dict.fromkeys(
        (
            "pregnancy",
            "ana",
            "anti_dsdna",
            "anti_sm",
            "anticardiolipin_igg",
            "anticardiolipin_igm",
            "anti_b2gp1_igg",
            "anti_b2gp1_igm",
            "lupus_anticoagulant",
            "direct_coombs",
            "hbsag",
            "anti_hbc",
            "anti_hbs",
            "anti_hcv",
            "hcg_serum",
            "hcg_urine",
            "syphilis_treponemal",
            "syphilis_nontreponemal",
            "igra",
            "cd19_expression",
            "cd70_expression",
            "urine_rbc_casts",
            "urine_culture",
            "breastfeeding",
        ),
        SIGN,
    ),
}


@pytest.mark.parametrize(("name", "unit"), NUMBERS.items())
def test_a_number_has_its_canonical_unit(name: str, unit: str) -> None:
    described = describe(name)
    assert described is not None
    assert described.kind in ("number", "both")
    assert described.unit == unit


@pytest.mark.parametrize(("name", "categories"), CATEGORIES.items())
def test_a_category_has_its_terms(name: str, categories: set[str]) -> None:
    described = describe(name)
    assert described is not None
    assert described.kind in ("category", "both")
    assert categories <= set(described.categories)


def test_every_analyte_and_every_score_is_an_input_once() -> None:
    names = input_names()
    assert len(names) == len(set(names))
    assert set(load_catalogue().analytes) <= set(names)
    assert set(score_names()) <= set(names)


def test_every_computed_input_is_defined_and_every_definition_without_an_analyte_is_computed() -> None:
    assert computed_names() <= set(definitions())
    assert set(definitions()) - set(load_catalogue().analytes) <= computed_names()


def test_an_unknown_name_is_refused() -> None:
    assert describe("creatinin") is None
    with pytest.raises(KeyError):
        compute_series("creatinin", facts(), ON, None)


@pytest.mark.parametrize(
    ("name", "spelling", "factor"),
    [
        ("upcr", "mg/mmol", 1 / 113.12),
        ("upcr", "mg/g", 0.001),
        ("serum_creatinine", "umol/L", 0.011312),
        ("hemoglobin", "g/dL", 10),
        ("hemoglobin", "mmol/L", 16.1145),
        ("crcl", "mL/s", 60),
        ("alt", "ukat/L", 60),
    ],
)
def test_a_threshold_may_be_written_in_any_linear_unit(name: str, spelling: str, factor: float) -> None:
    described = describe(name)
    assert described is not None
    assert described.units[spelling] == pytest.approx(factor, rel=1e-6)


@pytest.mark.parametrize(("name", "spelling"), [("hbv_dna", "{Log_IU}/mL"), ("body_temperature", "[degF]")])
def test_a_threshold_in_a_unit_that_is_not_linear_is_not_possible(name: str, spelling: str) -> None:
    described = describe(name)
    assert described is not None
    assert spelling not in described.units


@pytest.mark.parametrize("name", input_names())
def test_of_a_patient_without_facts_nothing_is_known_and_nothing_is_denied(name: str) -> None:
    """Never measured is never "no"."""
    empty = facts(sex=None, born=None, default_retrieval="failed")
    series = compute_series(name, empty, ON, None)
    assert isinstance(series, Series)
    assert series.input == name
    assert series.label
    assert series.retrieval == "failed"
    for measurement in series.measurements:
        # Scores know their bounds; nothing that is asked of the chart is thereby denied.
        assert name in score_names()
        assert measurement.category is None
        assert measurement.value is not None
        assert measurement.value.high > measurement.value.low


@pytest.mark.parametrize("name", ["wbc", "anti_sm", "upcr", "egfr", "ana", "crcl"])
def test_the_latest_result_is_first(name: str) -> None:
    dates = [ON.replace(month=month) for month in (3, 5, 4)]
    given = [result("body_weight", 60, d) for d in dates]
    for analyte in ("wbc", "upcr", "serum_creatinine"):
        given += [result(analyte, 1.0, d) for d in dates]
    for analyte in ("anti_sm", "ana"):
        given += [result(analyte, "positive", d) for d in dates]
    days = [m.when.last for m in compute_series(name, facts(*given), ON, None).measurements]
    assert days == sorted(dates, reverse=True)


def test_every_code_set_that_an_input_reads_exists() -> None:
    terminology = load_terminology()
    folder = Path(inputs.__file__).parent
    named = {
        node.value
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith(("cond_", "proc_", "report_", "obs_"))
    }
    known = {name for name in named if terminology.expand(name) is not None}
    # Two families are numbered, and named by their common beginning.
    assert named - known == {"cond_nyha_class_", "cond_lupus_nephritis_class_"}
    for beginning, count in (("cond_nyha_class_", 4), ("cond_lupus_nephritis_class_", 6)):
        assert all(terminology.expand(f"{beginning}{n}") for n in range(1, count + 1))
