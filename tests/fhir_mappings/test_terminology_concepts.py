"""The concepts and classes of the code set files: none contradicts another, each can be reached."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from fhir_mappings.terminology import KINDS, load_terminology
from tests.fhir_mappings.code_set_files import FILES, SETS

CONTRADICTORY = [
    ("cond_sle", "cond_sle_drug_induced_exclude"),
    ("cond_sle", "cond_neonatal_lupus"),
    ("cond_tb_active", "cond_tb_latent"),
    ("cond_tb_active", "cond_tb_history"),
    ("cond_pregnancy", "cond_not_pregnant"),
    ("cond_pregnancy", "cond_pregnancy_abortive_outcome"),
    ("cond_pregnancy", "cond_delivery"),
    ("cond_hepatitis_b", "cond_hepatitis_b_immune"),
    ("cond_malignancy_any", "cond_malignancy_history"),
    ("cond_malignancy_any", "cond_benign_neoplasm"),
    ("cond_malignancy_any", "cond_carcinoma_in_situ"),
    ("cond_malignancy_any", "cond_mgus"),
    ("cond_malignancy_any", "cond_neoplasm_uncertain"),
    ("cond_cervical_carcinoma_in_situ", "cond_cervical_intraepithelial_neoplasia"),
    ("cond_basal_cell_carcinoma", "cond_squamous_cell_carcinoma_skin"),
    ("cond_basal_cell_carcinoma", "cond_skin_cancer_unspecified"),
    ("cond_myocardial_infarction", "cond_myocardial_infarction_history"),
    ("cond_stroke_cva", "cond_stroke_history"),
    ("cond_stroke_cva", "cond_stroke_sequelae"),
    ("cond_stroke_cva", "cond_tia"),
    ("cond_herpes_zoster", "cond_postherpetic_neuralgia"),
    ("cond_depression", "cond_depression_in_remission"),
    ("cond_seizure", "cond_febrile_convulsion"),
    ("cond_primary_immunodeficiency", "cond_drug_induced_immunodeficiency"),
    ("cond_immunoglobulin_deficiency", "cond_acquired_hypogammaglobulinemia"),
    ("cond_ckd_esrd", "cond_ckd_stage_4"),
    ("cond_ckd_esrd", "cond_acute_kidney_injury"),
    ("cond_substance_abuse", "cond_tobacco_use"),
    ("cond_gi_ulcer", "cond_oral_or_mucosal_ulcer"),
    ("cond_dementia_cognitive", "cond_mild_cognitive_impairment"),
    ("proc_hemodialysis", "proc_peritoneal_dialysis"),
    ("proc_hemodialysis", "proc_crrt"),
    ("proc_pci", "proc_coronary_angiography"),
    ("proc_cabg", "cond_coronary_revascularisation_status"),
    ("proc_pacemaker_icd", "cond_cardiac_device_status"),
    ("vaccine_live", "vaccine_nonlive"),
    ("vaccine_live", "vaccine_nonlive_zoster_recombinant_exclude"),
    ("vaccine_live", "vaccine_unspecified_may_be_live"),
    ("drug_ivig_immunoglobulin", "drug_scig_immunoglobulin"),
    ("drug_ivig_immunoglobulin", "drug_specific_immunoglobulin"),
    ("allergen_none_known", "allergen_drug_unspecified"),
    *combinations([f"cond_lupus_nephritis_class_{n}" for n in range(1, 7)], 2),
    *combinations([f"cond_nyha_class_{n}" for n in range(1, 5)], 2),
]


def codes_of(concept: str) -> set[tuple[str, str]]:
    """Codes that were given for a concept; categories by their own code."""
    found = set()
    for name, rows in FILES.items():
        for row in rows:
            if (
                "code" in row
                and row.get("concept") == concept
                and row.get("match", "") not in {"except", "range", "pair"}
            ):
                found.add((name.partition("_")[0], row["code"]))
    return found


class TestConcepts:
    @pytest.mark.parametrize(("one", "other"), CONTRADICTORY)
    def test_no_code_belongs_to_two_that_contradict_each_other(self, one: str, other: str) -> None:
        for concept, opposite in ((one, other), (other, one)):
            assert concept in SETS.concepts
            for system, code in codes_of(concept):
                keys = ("icd10", "icd10cm") if system == "icd10" else (system,)
                for key in keys:
                    plain = code.replace(".", "") if system == "icd10" else code
                    found = SETS.codes.concepts(key, plain) or frozenset()
                    assert opposite not in found, (code, concept, opposite)

    def test_a_product_names_one_drug_or_is_a_combination(self) -> None:
        """Products with two of these ingredients are fixed combinations: contraceptives, analgesics."""
        allowed = set(load_terminology().expand("class_hormonal_contraceptive") or ()) | set(
            load_terminology().expand("class_nsaid") or ()
        )
        for rxcui, product in SETS.products.items():
            if len(product.concepts) > 1:
                assert product.concepts & allowed or product.concepts <= {
                    "drug_rifampin",
                    "drug_aspirin",
                    "drug_dexamethasone",
                    "drug_celecoxib",
                }, (rxcui, product)

    def test_every_concept_is_of_a_kind_and_has_a_label(self) -> None:
        prefixes = {prefix for kinds in KINDS.values() for prefix in kinds}
        for name, concept in SETS.concepts.items():
            assert name.partition("_")[0] in prefixes, name
            assert concept.label, name

    def test_every_concept_can_be_reached_by_a_code_or_by_words(self) -> None:
        coded = {row["concept"] for rows in FILES.values() for row in rows if "concept" in row}
        coded |= {row["target"] for row in FILES["loinc"]}
        coded |= {concept for product in SETS.products.values() for concept in product.concepts}
        histories = {concept.past for concept in SETS.concepts.values()}
        for name, concept in SETS.concepts.items():
            assert name in coded or concept.names or concept.patterns or concept.only or name in histories, (
                name
            )

    def test_patterns_compile(self) -> None:
        for name, concept in SETS.concepts.items():
            for pattern in (*concept.patterns, *concept.unless, *concept.unless_coded):
                assert re.compile(pattern), name

    def test_a_fallback_yields_to_what_exists(self) -> None:
        for name, concept in SETS.concepts.items():
            assert concept.fallback or not concept.yields_to, name
            for other in concept.yields_to:
                members = load_terminology().expand(other)
                assert members, (name, other)
                assert name not in members, name

    def test_a_history_is_a_concept(self) -> None:
        for concept in SETS.concepts.values():
            assert concept.past is None or concept.past in SETS.concepts


class TestClasses:
    def test_every_class_expands_to_existing_concepts(self) -> None:
        terminology = load_terminology()
        for name in terminology.class_names:
            members = terminology.expand(name)
            assert members, name
            assert members <= set(SETS.concepts), name
            assert terminology.label(name) != name

    def test_no_class_names_a_member_twice(self) -> None:
        for name, group in SETS.classes.items():
            assert len(group.members) == len(set(group.members)), name

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("class_b_cell_targeted", "class_b_cell_targeted_review"),
            ("class_il_receptor_blocker", "class_il_ligand_blocker"),
            ("class_tnf_inhibitor", "class_il_receptor_blocker"),
            ("class_live_vaccine", "class_possibly_live_vaccine"),
            ("class_systemic_glucocorticoid", "class_glucocorticoid_not_summed"),
            ("class_malignancy", "class_malignancy_past"),
            ("class_major_psychiatric", "class_minor_psychiatric"),
            ("class_immunodeficiency", "class_secondary_immunodeficiency"),
            ("class_severe_liver_disease", "class_liver_disease_review"),
            ("class_cns_disease", "class_cns_disease_review"),
            ("class_acute_infection", "class_minor_infection"),
            ("class_active_tuberculosis", "class_latent_or_past_tuberculosis"),
            ("class_humanized_biologic", "class_other_therapeutic_protein"),
            ("class_antineoplastic", "class_conventional_immunosuppressant"),
            ("class_ivig", "class_immunoglobulin_review"),
            ("class_tripterygium", "class_tripterygium_related"),
        ],
    )
    def test_what_is_certain_and_what_needs_judgement_do_not_overlap(self, one: str, other: str) -> None:
        terminology = load_terminology()
        assert not (terminology.expand(one) or frozenset()) & (terminology.expand(other) or frozenset())

    def test_a_name_that_is_neither_expands_to_nothing(self) -> None:
        assert load_terminology().expand("class_imagined") is None
        assert load_terminology().label("class_imagined") == "class_imagined"

    def test_a_concept_expands_to_itself(self) -> None:
        assert load_terminology().expand("cond_sle") == {"cond_sle"}

    def test_half_lives_are_of_drugs_and_have_a_source(self) -> None:
        """The upper published value: a wash-out of five half-lives must not be too short."""
        terminology = load_terminology()
        for row in FILES["half_lives"]:
            assert terminology.half_life_days(row["concept"]) == float(row["days"]) > 0
            assert row["source"]
            assert row["confidence"] in {"cited", "recalled"}
        assert terminology.half_life_days("drug_belimumab") == 19.8
        assert terminology.half_life_days("drug_telitacicept") == 12.5
        assert terminology.half_life_days("drug_rituximab") == 32
        assert terminology.half_life_days("drug_car_t") is None
