"""The catalogue of analytes: complete, consistent, and deaf to the codes that must not answer."""

from __future__ import annotations

import pytest

from fhir_mappings import catalogue
from fhir_mappings.catalogue import CatalogueError, load_catalogue
from fhir_mappings.terminology import load_terminology
from fhir_mappings.vocabulary import vocabulary

CATALOGUE = load_catalogue()
LOINC = "http://loinc.org"

INPUTS = [
    "body_weight",
    "body_height",
    "body_temperature",
    "bsa",
    "bmi",
    "serum_creatinine",
    "egfr",
    "crcl_measured",
    "upcr",
    "uacr",
    "urine_protein_24h",
    "urine_protein_concentration",
    "urine_creatinine",
    "wbc",
    "anc",
    "lymphocytes",
    "platelets",
    "neutrophil_percent",
    "hemoglobin",
    "alt",
    "ast",
    "bilirubin_total",
    "inr",
    "prothrombin_time",
    "albumin",
    "c3",
    "c4",
    "ch50",
    "igg",
    "iga",
    "igm",
    "ana_titre",
    "cd19_count",
    "cd19_percent",
    "urine_rbc_hpf",
    "urine_wbc_hpf",
    "phq9_total",
    "phq9_item9",
    "anti_dsdna",
    "hbv_dna",
    "hcv_rna",
    "hcg_serum",
    "hcg_urine",
    "anti_hbs",
    "ana",
    "anti_sm",
    "anticardiolipin_igg",
    "anticardiolipin_igm",
    "anti_b2gp1_igg",
    "anti_b2gp1_igm",
    "lupus_anticoagulant",
    "direct_coombs",
    "hbsag",
    "anti_hbc",
    "anti_hcv",
    "hiv",
    "syphilis_treponemal",
    "syphilis_nontreponemal",
    "igra",
    "cd19_expression",
    "cd70_expression",
    "urine_rbc_casts",
    "urine_protein_dipstick",
    "urine_culture",
    "breastfeeding",
]

CANONICAL = {
    "serum_creatinine": "mg/dL",
    "egfr": "mL/min/{1.73_m2}",
    "upcr": "g/g{creat}",
    "urine_protein_24h": "g/(24.h)",
    "wbc": "10*9/L",
    "anc": "10*9/L",
    "platelets": "10*9/L",
    "hemoglobin": "g/L",
    "alt": "U/L",
    "bilirubin_total": "mg/dL",
    "inr": "1",
    "albumin": "g/L",
    "c3": "mg/dL",
    "igg": "mg/dL",
    "cd19_count": "/uL",
    "urine_rbc_hpf": "/[HPF]",
    "anti_dsdna": "[IU]/mL",
    "hbv_dna": "[IU]/mL",
    "hcg_serum": "m[IU]/mL",
    "body_temperature": "Cel",
    "body_weight": "kg",
    "phq9_total": "{score}",
}


def role_of(code: str) -> tuple[str, str] | None:
    found = load_terminology().analyte_of([(LOINC, code)], None)
    return None if found is None else (found.analyte.name, found.analyte.role)


class TestDefinitions:
    @pytest.mark.parametrize("name", INPUTS)
    def test_every_input_that_is_measured_is_defined(self, name: str) -> None:
        assert name in CATALOGUE.analytes

    @pytest.mark.parametrize(("name", "unit"), CANONICAL.items())
    def test_the_canonical_units(self, name: str, unit: str) -> None:
        assert CATALOGUE.analytes[name].unit == unit

    def test_every_number_has_units_a_plausible_range_and_its_canonical_unit(self) -> None:
        for name, analyte in CATALOGUE.analytes.items():
            assert analyte.label, name
            if analyte.kind == "category":
                assert analyte.categories, name
                continue
            assert analyte.unit in [rule.code for rule in analyte.units], name
            assert analyte.plausible is not None, name
            assert analyte.plausible.low < analyte.plausible.high, name

    def test_every_orderable_input_can_be_ordered(self) -> None:
        without = {name for name in INPUTS if CATALOGUE.analytes[name].order is None}
        # No LOINC code for CD70 on B cells, or for expression of CD19, was found.
        assert without == {"cd19_expression", "cd70_expression"}

    def test_thresholds_may_use_the_linear_units(self) -> None:
        units = {name: found.units for name in INPUTS if (found := vocabulary().input(name)) is not None}
        assert units["serum_creatinine"]["umol/L"] == 0.011312
        assert units["serum_creatinine"]["mg/dL"] == 1.0
        assert "{Log_IU}/mL" not in units["hbv_dna"]
        assert "[degF]" not in units["body_temperature"]
        assert "[arb'U]/mL" not in units["anti_dsdna"]

    def test_what_the_reference_range_decides(self) -> None:
        """Competitive anti-HBc assays invert, and a clotting time alone is no lupus anticoagulant."""
        analytes = CATALOGUE.analytes
        assert analytes["anti_dsdna"].high_means == "positive"
        assert analytes["anti_hcv"].high_means == "positive"
        assert analytes["anti_hbc"].high_means is None
        assert CATALOGUE.by_role["lupus_anticoagulant", "clotting-time"].high_means is None
        assert CATALOGUE.by_role["lupus_anticoagulant", "normalised-ratio"].high_means == "positive"
        assert analytes["urine_rbc_casts"].positive_above == 0


class TestRoles:
    """What a LOINC code reports, where the difference has misled others."""

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            ("2160-0", ("serum_creatinine", "")),
            ("14682-9", ("serum_creatinine", "")),
            ("59826-8", ("serum_creatinine", "")),
            ("11042-9", ("serum_creatinine", "peridialysis")),
            ("2890-2", ("upcr", "mass-ratio")),
            ("34366-5", ("upcr", "ratio")),
            ("9318-7", ("uacr", "mass-ratio")),
            ("2889-4", ("urine_protein_24h", "")),
            ("18373-1", ("urine_protein_24h", "other-duration")),
            ("26801-1", ("urine_protein_24h", "other-duration")),
            ("58992-9", ("urine_protein_24h", "other-duration")),
            ("2888-6", ("urine_protein_concentration", "")),
            ("5804-0", ("urine_protein_dipstick", "strip-step")),
            ("42595-9", ("hbv_dna", "")),
            ("11258-1", ("hbv_dna", "")),
            ("48398-2", ("hbv_dna", "log")),
            ("29615-2", ("hbv_dna", "copies")),
            ("29610-3", ("hbv_dna", "presence")),
            ("38180-6", ("hcv_rna", "log")),
            ("20416-4", ("hcv_rna", "copies")),
            ("13952-7", ("anti_hbc", "presence")),
            ("24113-3", ("anti_hbc_igm", "presence")),
            ("31204-1", ("anti_hbc_igm", "presence")),
            ("5193-8", ("anti_hbs", "")),
            ("2118-8", ("hcg_serum", "presence")),
            ("2106-3", ("hcg_urine", "presence")),
            ("5902-2", ("prothrombin_time", "")),
            ("5894-1", ("prothrombin_time", "activity")),
            ("5048-4", ("ana_titre", "")),
            ("33253-6", ("ana_titre", "")),
            ("8061-4", ("ana", "presence")),
            ("11013-0", ("anti_dsdna", "titre")),
            ("6457-6", ("anti_dsdna", "clift")),
            ("2164-2", ("crcl_measured", "")),
            ("12195-4", ("crcl_measured_indexed", "")),
            ("35591-7", ("crcl_reported", "")),
            ("770-8", ("neutrophil_percent", "")),
            ("26508-2", ("band_neutrophil_percent", "")),
            ("30451-9", ("segmented_neutrophils", "")),
            ("13945-1", ("urine_rbc_hpf", "")),
            ("30391-7", ("urine_rbc_volume", "")),
            ("5807-3", ("urine_rbc_casts", "count")),
            ("5793-5", ("urine_granular_casts", "count")),
            ("56888-1", ("hiv", "antigen-antibody")),
            ("5221-7", ("hiv", "confirmatory")),
            ("20507-0", ("syphilis_nontreponemal", "presence")),
            ("24110-9", ("syphilis_treponemal", "presence")),
            ("71773-6", ("igra", "presence")),
            ("46217-6", ("igra", "raw")),
            ("44260-8", ("phq9_item9", "")),
        ],
    )
    def test_role(self, code: str, expected: tuple[str, str]) -> None:
        assert role_of(code) == expected

    @pytest.mark.parametrize(
        "code",
        [
            "47364-5",
            "47440-3",
            "47358-7",
            "44533-8",
            "22463-4",
            "47441-1",
            "14611-8",
            "26880-5",
            "13068-2",
            "98121-7",
            "20621-9",
            "39017-9",
            "5796-8",
            "9842-6",
        ],
    )
    def test_a_donors_specimen_a_pattern_a_strip_and_a_control_never_answer(self, code: str) -> None:
        terminology = load_terminology()
        assert role_of(code) is None
        assert terminology.refused([(LOINC, code)])
        # Nor do the words that come with them.
        assert terminology.analyte_of([(LOINC, code)], "Hepatitis B surface antigen") is None

    def test_a_logarithm_knows_no_plain_unit(self) -> None:
        assert {rule.code for rule in CATALOGUE.by_code["48398-2"].units if not rule.own_scale} == {
            "{Log_IU}/mL"
        }
        assert not [rule for rule in CATALOGUE.by_code["29615-2"].units if not rule.own_scale]

    def test_recalled_codes_are_not_loaded(self) -> None:
        assert "74280-9" not in CATALOGUE.by_code


class TestFaultyData:
    """A contradiction in the data files stops the start."""

    def test_an_unknown_target_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rows = [
            *catalogue.read_csv(catalogue.FOLDER / "codesets" / "loinc.csv"),
            {
                "target": "nothing",
                "role": "",
                "code": "1-8",
                "display": "x",
                "confidence": "two",
                "source": "",
                "note": "",
            },
        ]
        monkeypatch.setattr(catalogue, "read_csv", lambda path: rows)
        with pytest.raises(CatalogueError, match="nothing"):
            load_catalogue.__wrapped__()

    def test_a_unit_that_cannot_become_the_canonical_one_is_an_error(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = catalogue.read_yaml

        def altered(path: object) -> dict[str, object]:
            content = read(path)  # type: ignore[arg-type]
            if getattr(path, "name", "") == "blood.yaml":
                content["wbc"]["units"].append("g/L")
            return content

        monkeypatch.setattr(catalogue, "read_yaml", altered)
        with pytest.raises(CatalogueError, match="g/L"):
            load_catalogue.__wrapped__()

    def test_a_role_that_no_code_has_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read = catalogue.read_yaml

        def altered(path: object) -> dict[str, object]:
            content = read(path)  # type: ignore[arg-type]
            if getattr(path, "name", "") == "blood.yaml":
                content["wbc"]["roles"] = {"imagined": {}}
            return content

        monkeypatch.setattr(catalogue, "read_yaml", altered)
        with pytest.raises(CatalogueError, match="imagined"):
            load_catalogue.__wrapped__()
