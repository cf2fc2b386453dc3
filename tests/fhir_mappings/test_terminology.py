"""Codes to code sets: systems and their spellings, categories of diagnoses and their exceptions."""

from __future__ import annotations

import pytest

from fhir_mappings.code_systems import code_in, system_of
from tests.fhir_mappings.terms import CM, SNOMED, T, concepts

ICD10 = "http://hl7.org/fhir/sid/icd-10"


class TestSystems:
    @pytest.mark.parametrize(
        ("uri", "system"),
        [
            ("http://loinc.org", "loinc"),
            ("https://loinc.org/", "loinc"),
            ("http://loinc.org|2.77", "loinc"),
            ("urn:oid:2.16.840.1.113883.6.1", "loinc"),
            ("http://snomed.info/sct", "snomed"),
            ("http://snomed.info/sct/", "snomed"),
            ("http://snomed.info/sct/900000000000207008/version/20240101", "snomed"),
            ("http://snomed.info/sctm", "snomed"),
            ("http://snomed.info/sct|http://snomed.info/sct/731000124108", "snomed"),
            ("urn:oid:2.16.840.1.113883.6.96", "snomed"),
            ("http://www.nlm.nih.gov/research/umls/rxnorm", "rxnorm"),
            ("urn:oid:2.16.840.1.113883.6.88", "rxnorm"),
            ("http://hl7.org/fhir/sid/cvx", "cvx"),
            ("urn:oid:2.16.840.1.113883.12.292", "cvx"),
            ("http://hl7.org/fhir/sid/icd-10-cm", "icd10cm"),
            ("HTTP://hl7.org/fhir/sid/ICD-10-CM", "icd10cm"),
            ("urn:oid:2.16.840.1.113883.6.90", "icd10cm"),
            ("http://hl7.org/fhir/sid/icd-10", "icd10"),
            ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "icd10"),
            ("http://example.cn/CodeSystem/ICD10-CN", "icd10"),
            ("http://www.cms.gov/Medicare/Coding/ICD10", "icd10pcs"),
            ("http://hl7.org/fhir/sid/icd-10-pcs", "icd10pcs"),
            ("http://www.whocc.no/atc", "atc"),
            ("http://fhir.de/CodeSystem/bfarm/atc", "atc"),
            ("http://terminology.hl7.org/CodeSystem/v2-0078", "interpretation"),
            ("http://hl7.org/fhir/v2/0078", "interpretation"),
        ],
    )
    def test_variants_of_a_uri_are_one_system(self, uri: str, system: str) -> None:
        assert system_of(uri) == system

    @pytest.mark.parametrize(
        "uri",
        [
            "urn:local",
            "http://hl7.org/fhir/sid/icd-9-cm",
            "http://www.ama-assn.org/go/cpt",
            "",
            "http://hl7.org/fhir/sid/ndc",
        ],
    )
    def test_others_are_none(self, uri: str) -> None:
        assert system_of(uri) is None

    def test_a_code_without_a_system_is_not_understood(self) -> None:
        assert concepts(None, "M32.14") == set()
        assert concepts("", "55464009") == set()
        assert T.analyte_of([(None, "2160-0")], None) is None

    @pytest.mark.parametrize(
        ("system", "code", "expected"),
        [
            ("icd10cm", "M32.14", "M3214"),
            ("icd10cm", " m3214 ", "M3214"),
            ("icd10", "M32.1†", "M321"),
            ("icd10", "N08.5*", "N085"),
            ("icd10", "M32.1+N08.5*", "M321+N085"),
            ("icd10", "M32.1†N08.5*", "M321+N085"),
            ("icd10", "M32.101+N08.5*", "M32101+N085"),
            ("cvx", "3", "03"),
            ("cvx", "03", "03"),
            ("snomed", "55464009 |Systemic lupus erythematosus|", "55464009"),
            ("atc", "h02ab06", "H02AB06"),
        ],
    )
    def test_spellings_of_a_code_are_one(self, system: str, code: str, expected: str) -> None:
        assert code_in(system, code) == expected


class TestConditions:
    """Each line is a trap that a naive code list falls into."""

    @pytest.mark.parametrize(
        ("system", "code", "expected"),
        [
            # lupus: drug-induced lupus is none of ours; classes do not run in numeric order
            (SNOMED, "55464009", {"cond_sle"}),
            (CM, "M32.9", {"cond_sle"}),
            (CM, "M329", {"cond_sle"}),
            (ICD10, "M32.9", {"cond_sle"}),
            (CM, "M32.0", {"cond_sle_drug_induced_exclude"}),
            (SNOMED, "80258006", {"cond_sle_drug_induced_exclude"}),
            (CM, "M32.14", {"cond_sle", "cond_lupus_nephritis_any"}),
            (ICD10, "M32.1†N08.5*", {"cond_sle", "cond_lupus_nephritis_any"}),
            ("http://example.cn/ICD10-CN", "M32.101+N08.5*", {"cond_sle", "cond_lupus_nephritis_any"}),
            (ICD10, "N08.5*", set()),
            (SNOMED, "73286009", {"cond_lupus_nephritis_class_1"}),
            (SNOMED, "4676006", {"cond_lupus_nephritis_class_2"}),
            (SNOMED, "76521009", {"cond_lupus_nephritis_class_3"}),
            (SNOMED, "36402006", {"cond_lupus_nephritis_class_4"}),
            (SNOMED, "52042003", {"cond_lupus_nephritis_class_5"}),
            (SNOMED, "11013005", {"cond_lupus_nephritis_class_6"}),
            (SNOMED, "68815009", {"cond_lupus_nephritis_any"}),
            (CM, "L93.0", {"cond_cutaneous_lupus", "cond_discoid_lupus"}),
            # malignancy: family, history, in situ, benign and uncertain are none
            (CM, "C50.911", {"cond_malignancy_any"}),
            (CM, "C7A.00", {"cond_malignancy_any"}),
            (CM, "C4A.9", {"cond_malignancy_any"}),
            (CM, "C96.9", {"cond_malignancy_any"}),
            (CM, "C44.311", {"cond_malignancy_any", "cond_basal_cell_carcinoma"}),
            (CM, "C44.92", {"cond_malignancy_any", "cond_squamous_cell_carcinoma_skin"}),
            (CM, "C44.90", {"cond_malignancy_any", "cond_skin_cancer_unspecified"}),
            (ICD10, "C44.9", {"cond_malignancy_any", "cond_skin_cancer_unspecified"}),
            (CM, "C73", {"cond_malignancy_any", "cond_thyroid_carcinoma"}),
            (CM, "D06.9", {"cond_cervical_carcinoma_in_situ"}),
            (CM, "D05.10", {"cond_carcinoma_in_situ"}),
            (CM, "D04.9", {"cond_skin_carcinoma_in_situ"}),
            (CM, "D12.6", {"cond_benign_neoplasm"}),
            (CM, "N87.1", {"cond_cervical_intraepithelial_neoplasia"}),
            (CM, "D47.2", {"cond_mgus"}),
            (CM, "D46.9", {"cond_myeloid_neoplasm"}),
            (CM, "D48.9", {"cond_neoplasm_uncertain"}),
            (CM, "Z85.3", {"cond_malignancy_history"}),
            (CM, "Z85.828", {"cond_skin_cancer_history"}),
            # kidney
            (CM, "N18.6", {"cond_ckd_esrd"}),
            (CM, "N18.5", {"cond_ckd_esrd"}),
            (CM, "N18.4", {"cond_ckd_stage_4"}),
            (CM, "N18.30", {"cond_ckd"}),
            (CM, "N17.9", {"cond_acute_kidney_injury"}),
            (CM, "Z99.2", {"cond_dialysis_status"}),
            # infection
            (CM, "A15.0", {"cond_tb_active"}),
            (ICD10, "A16.2", {"cond_tb_active"}),
            (CM, "Z22.7", {"cond_tb_latent"}),
            (CM, "R76.12", {"cond_tb_latent"}),
            (CM, "Z86.11", {"cond_tb_history"}),
            (CM, "B02.9", {"cond_herpes_zoster"}),
            (CM, "B02.29", {"cond_postherpetic_neuralgia"}),
            (CM, "B18.1", {"cond_hepatitis_b"}),
            (CM, "B18.2", {"cond_hepatitis_c"}),
            (CM, "B20", {"cond_hiv"}),
            (CM, "Z21", {"cond_hiv"}),
            (CM, "R75", {"cond_hiv_inconclusive"}),
            (CM, "B35.1", {"cond_superficial_mycosis"}),
            (CM, "A41.9", {"cond_sepsis"}),
            (CM, "J18.9", {"cond_pneumonia"}),
            (CM, "N39.0", {"cond_urinary_tract_infection"}),
            (CM, "J02.9", {"cond_other_infection"}),
            (SNOMED, "271511000", {"cond_hepatitis_b_immune"}),
            # immunity: immunosuppressants taken are coded D84.821 and are no immunodeficiency
            (CM, "D83.9", {"cond_immunoglobulin_deficiency"}),
            (CM, "D80.0", {"cond_immunoglobulin_deficiency"}),
            (CM, "D80.1", {"cond_acquired_hypogammaglobulinemia"}),
            (CM, "D80.3", {"cond_immunoglobulin_deficiency_unspecified"}),
            (CM, "D84.821", {"cond_drug_induced_immunodeficiency"}),
            (CM, "D84.81", {"cond_secondary_immunodeficiency"}),
            (CM, "D84.1", {"cond_complement_deficiency"}),
            (CM, "D81.1", {"cond_primary_immunodeficiency"}),
            # heart and brain: old, history, sequelae, devices in place are no events
            (CM, "I21.4", {"cond_myocardial_infarction"}),
            (CM, "I25.2", {"cond_myocardial_infarction_history"}),
            (CM, "I20.0", {"cond_unstable_angina"}),
            (CM, "I20.9", {"cond_angina"}),
            (CM, "I63.9", {"cond_stroke_cva"}),
            (ICD10, "I64", {"cond_stroke_cva"}),
            (CM, "I69.351", {"cond_stroke_sequelae"}),
            (CM, "Z86.73", {"cond_stroke_history"}),
            (CM, "G45.9", {"cond_tia"}),
            (CM, "G45.4", set()),
            (CM, "Z95.0", {"cond_cardiac_device_status"}),
            (CM, "Z95.1", {"cond_coronary_revascularisation_status"}),
            (SNOMED, "420913000", {"cond_nyha_class_3"}),
            (CM, "G40.909", {"cond_seizure"}),
            (CM, "R56.00", set()),
            (CM, "R56.9", {"cond_seizure"}),
            # mind: remission, tobacco, development
            (CM, "F32.9", {"cond_depression"}),
            (CM, "F32.A", {"cond_depression"}),
            (CM, "F32.5", {"cond_depression_in_remission"}),
            (CM, "F33.42", {"cond_depression_in_remission"}),
            (CM, "F17.210", {"cond_tobacco_use"}),
            (CM, "F10.20", {"cond_substance_abuse"}),
            (CM, "F41.1", {"cond_anxiety_disorder"}),
            (CM, "F20.9", {"cond_schizophrenia"}),
            (CM, "F23", {"cond_psychosis"}),
            (CM, "F31.9", {"cond_bipolar_disorder"}),
            (ICD10, "F00.1", {"cond_dementia_cognitive"}),
            (CM, "F90.9", {"cond_developmental_disorder"}),
            (CM, "F99", {"cond_psychiatric_disorder_any"}),
            (CM, "G31.84", {"cond_mild_cognitive_impairment"}),
            # gut and liver
            (CM, "K25.9", {"cond_gi_ulcer"}),
            (CM, "K12.0", {"cond_oral_or_mucosal_ulcer"}),
            (CM, "K74.60", {"cond_severe_liver_disease"}),
            (CM, "K76.0", {"cond_steatosis"}),
            (CM, "K74.01", {"cond_liver_fibrosis"}),
            (CM, "K75.4", {"cond_severe_liver_disease", "cond_autoimmune_hepatitis"}),
            # reproduction
            (CM, "Z33.1", {"cond_pregnancy"}),
            (ICD10, "Z33", {"cond_pregnancy"}),
            (CM, "O14.90", {"cond_pregnancy"}),
            (CM, "Z34.90", {"cond_pregnancy"}),
            (CM, "Z32.02", {"cond_not_pregnant"}),
            (CM, "Z33.2", set()),
            (CM, "O00.90", {"cond_pregnancy_abortive_outcome"}),
            (CM, "O80", {"cond_delivery"}),
            (CM, "Z90.710", {"cond_non_childbearing_potential", "cond_hysterectomy_status"}),
            (CM, "Z90.712", set()),
            (CM, "Z98.51", {"cond_tubal_ligation_status"}),
            (CM, "Z78.0", {"cond_non_childbearing_potential", "cond_menopause"}),
            (CM, "Z39.1", {"cond_lactation"}),
        ],
    )  # fmt: skip
    def test_a_code_means_what_it_says(self, system: str, code: str, expected: set[str]) -> None:
        assert concepts(system, code) == expected

    @pytest.mark.parametrize(
        ("system", "code", "words"),
        [
            (CM, "Z80.3", "Family history of malignant neoplasm of breast"),
            (CM, "Z82.69", "Lupus"),
            (CM, "Z84.89", "SLE"),
            (CM, "Z83.79", "Hepatitis B"),
            (SNOMED, "416471007", "Systemic lupus erythematosus"),
            (SNOMED, "275937001", "Cancer"),
            (SNOMED, "160303001", "Diabetes mellitus"),
            (CM, "Z12.11", "Colon cancer"),
            (CM, "Z20.1", "Tuberculosis"),
            (CM, "Z23", "Herpes zoster"),
        ],
    )
    def test_somebody_elses_disease_a_screening_or_a_contact_never_counts(
        self, system: str, code: str, words: str
    ) -> None:
        found = T.concepts_of([(system, code)], words, kinds="condition")
        assert found.concepts == frozenset()

    def test_words_are_asked_only_where_no_code_was_understood(self) -> None:
        coded = T.concepts_of([(SNOMED, "55464009")], "Lupus nephritis", kinds="condition")
        assert (set(coded.concepts), coded.by_text) == ({"cond_sle"}, False)
        worded = T.concepts_of([("urn:local", "77")], "Lupus nephritis", kinds="condition")
        assert (set(worded.concepts), worded.by_text) == ({"cond_lupus_nephritis_any"}, True)

    def test_several_codings_add_up(self) -> None:
        found = T.concepts_of([(SNOMED, "36402006"), (CM, "M32.14")], None, kinds="condition")
        assert found.concepts == {"cond_lupus_nephritis_class_4", "cond_lupus_nephritis_any", "cond_sle"}

    def test_a_kind_answers_with_its_own_code_sets(self) -> None:
        assert concepts(SNOMED, "7246002", "procedure") == {"proc_renal_biopsy"}
        assert concepts(SNOMED, "7246002", "condition") == set()
        assert concepts(SNOMED, "7246002", "condition procedure") == {"proc_renal_biopsy"}
        with pytest.raises(KeyError):
            concepts(SNOMED, "7246002", "nonsense")
