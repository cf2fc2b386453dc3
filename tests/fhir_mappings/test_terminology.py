"""Codes to code sets: systems and their spellings, categories and their exceptions, answers, products."""

from __future__ import annotations

import pytest

from fhir_mappings.code_systems import code_in, system_of
from fhir_mappings.terminology import load_terminology

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CVX = "http://hl7.org/fhir/sid/cvx"
CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
ATC = "http://www.whocc.no/atc"
V3 = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"

T = load_terminology()


def concepts(system: str | None, code: str, kinds: str = "condition", text: str | None = None) -> set[str]:
    return set(T.concepts_of([(system, code)], text, kinds=kinds).concepts)


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


class TestProcedures:
    @pytest.mark.parametrize(
        ("system", "code", "expected"),
        [
            (SNOMED, "415070008", {"proc_pci"}),
            (SNOMED, "33367005", {"proc_coronary_angiography"}),
            (SNOMED, "232717009", {"proc_cabg"}),
            (SNOMED, "302497006", {"proc_hemodialysis"}),
            (SNOMED, "714749008", {"proc_crrt"}),
            (SNOMED, "71192002", {"proc_peritoneal_dialysis"}),
            (SNOMED, "20720000", {"proc_plasma_exchange"}),
            (SNOMED, "116144002", {"proc_hysterectomy", "proc_bilateral_oophorectomy"}),
            ("http://hl7.org/fhir/sid/icd-10-pcs", "0TB03ZX", {"proc_renal_biopsy"}),
            ("http://hl7.org/fhir/sid/icd-10-pcs", "6A550Z3", {"proc_plasma_exchange"}),
        ],
    )
    def test_code(self, system: str, code: str, expected: set[str]) -> None:
        assert concepts(system, code, "procedure") == expected

    def test_one_ovary_and_a_status_are_no_procedure(self) -> None:
        assert concepts(SNOMED, "83152002", "procedure") == set()
        assert concepts(CM, "Z95.1", "procedure") == set()


class TestDrugs:
    @pytest.mark.parametrize(
        ("system", "code", "expected"),
        [
            (RXNORM, "8640", {"drug_prednisone"}),
            (RXNORM, "312615", {"drug_prednisone"}),
            (RXNORM, "121191", {"drug_rituximab"}),
            (ATC, "H02AB04", {"drug_methylprednisolone"}),
            (ATC, "H02AB17", {"drug_corticosteroid_class"}),
            (ATC, "H02AA02", {"drug_fludrocortisone"}),
            (ATC, "L04AC10", {"drug_secukinumab"}),
            (ATC, "L04AC99", {"drug_interleukin_inhibitor_class"}),
            (ATC, "L04AA13", {"drug_leflunomide"}),
            (ATC, "L04AK01", {"drug_leflunomide"}),
            (ATC, "L01FX18", {"drug_antineoplastic"}),
            (ATC, "L01AA01", {"drug_cyclophosphamide"}),
            (ATC, "L01CB01", {"drug_antineoplastic"}),
            (ATC, "J06BA02", {"drug_ivig_immunoglobulin"}),
            (ATC, "J06BA01", {"drug_scig_immunoglobulin"}),
            (ATC, "J06BB04", {"drug_specific_immunoglobulin"}),
            (ATC, "L04AX06", {"drug_pomalidomide"}),
            (ATC, "A10BA02", set()),
        ],
    )
    def test_code(self, system: str, code: str, expected: set[str]) -> None:
        assert concepts(system, code, "drug") == expected

    def test_a_group_is_named_only_where_no_drug_is(self) -> None:
        both = T.concepts_of([(ATC, "L04AX"), ("urn:x", "1")], "mizoribine 50 mg", kinds="drug")
        assert both.concepts == {"drug_mizoribine"}
        alone = T.concepts_of([(ATC, "L04AX")], "tablet", kinds="drug")
        assert alone.concepts == {"drug_immunosuppressant_class"}

    @pytest.mark.parametrize(
        ("code", "route", "strength"),
        [
            ("312615", "oral", 20.0),
            ("197577", "oral", 0.5),
            ("1116927", "injectable", None),
            ("103401", "topical", None),
            ("309679", "ophthalmic", None),
        ],
    )
    def test_a_product_tells_route_and_strength(self, code: str, route: str, strength: float | None) -> None:
        product = T.product_of([(RXNORM, code)])
        assert product is not None
        assert (product.route, product.strength_mg) == (route, strength)
        assert T.route_of([(RXNORM, code)], None) == route

    @pytest.mark.parametrize(
        ("codings", "text", "route"),
        [
            ([(ATC, "D07AA02")], None, "topical"),
            ([(ATC, "D11AH01")], None, "topical"),
            ([(ATC, "R03BA02")], None, "inhaled"),
            ([(ATC, "S01BA01")], None, "ophthalmic"),
            ([], "hydrocortisone 1 % cream", "topical"),
            ([], "他克莫司软膏", "topical"),
            ([], "布地奈德吸入气雾剂", "inhaled"),
            ([], "Prednisolone acetate ophthalmic suspension", "ophthalmic"),
            ([], "地塞米松滴眼液", "ophthalmic"),
            ([], "mometasone nasal spray", "nasal"),
            ([], "泼尼松片", "oral"),
            ([], "甲泼尼龙琥珀酸钠注射剂", "injectable"),
            ([], "triamcinolone intra-articular", "intraarticular"),
            ([], "prednisone", None),
        ],
    )
    def test_a_group_or_the_words_tell_the_route(
        self, codings: list[tuple[str, str]], text: str | None, route: str | None
    ) -> None:
        assert T.route_of(codings, text) == route


class TestVaccines:
    @pytest.mark.parametrize(
        ("system", "code", "expected"),
        [
            (CVX, "03", "vaccine_live"),
            (CVX, "3", "vaccine_live"),
            (CVX, "121", "vaccine_live"),
            (CVX, "187", "vaccine_nonlive_zoster_recombinant_exclude"),
            (CVX, "188", "vaccine_unspecified_may_be_live"),
            (CVX, "206", "vaccine_live_nonreplicating"),
            (CVX, "37", "vaccine_live"),
            (ATC, "J07BK03", "vaccine_nonlive_zoster_recombinant_exclude"),
            (ATC, "J07BA03", "vaccine_live"),
            (ATC, "J07BD52", "vaccine_live"),
        ],
    )
    def test_code(self, system: str, code: str, expected: str) -> None:
        assert concepts(system, code, "vaccine") == {expected}

    def test_an_inactivated_influenza_vaccine_is_not_live(self) -> None:
        assert concepts(CVX, "150", "vaccine") == set()
        assert concepts(CVX, "149", "vaccine") == {"vaccine_live"}


class TestReports:
    def test_chest_imaging(self) -> None:
        for code in ("36643-5", "24648-8", "30745-4"):
            assert concepts(LOINC, code, "report") == {"report_chest_xray"}
        assert concepts(LOINC, "24627-2", "report") == {"report_chest_ct"}

    def test_surgical_pathology_is_of_any_organ_until_its_words_say_which(self) -> None:
        both = {"report_surgical_pathology", "report_kidney_biopsy"}
        assert concepts(LOINC, "11529-5", "report") == both
        assert concepts(LOINC, "11529-5", "report", "Renal biopsy pathology report") == both
        assert concepts(LOINC, "11529-5", "report", "Skin biopsy, left arm") == {"report_surgical_pathology"}
        assert concepts(LOINC, "11529-5", "report", "结肠活检病理") == {"report_surgical_pathology"}

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("CT chest without contrast", "report_chest_ct"),
            ("胸部CT平扫", "report_chest_ct"),
            ("Chest X-ray, 2 views", "report_chest_xray"),
            ("胸部正侧位片", "report_chest_xray"),
            ("Kidney biopsy", "report_kidney_biopsy"),
            ("肾穿刺活检病理报告", "report_kidney_biopsy"),
            ("Flow cytometry, B cell panel", "report_flow_cytometry"),
        ],
    )
    def test_words(self, text: str, expected: str) -> None:
        found = T.concepts_of([], text, kinds="report")
        assert expected in found.concepts
        assert found.by_text


class TestAllergens:
    @pytest.mark.parametrize(
        ("codings", "text", "expected"),
        [
            ([(SNOMED, "716186003")], None, "allergen_none_known"),
            ([(SNOMED, "409137002")], None, "allergen_no_known_drug_allergy"),
            ([], "NKDA", "allergen_no_known_drug_allergy"),
            ([], "无药物过敏史", "allergen_no_known_drug_allergy"),
            ([(RXNORM, "121191")], "Rituximab", "drug_rituximab"),
            ([], "Rituximab", "drug_rituximab"),
            ([], "利妥昔单抗", "drug_rituximab"),
            ([], "trastuzumab", "allergen_humanised_antibody"),
            ([], "omalizumab", "allergen_humanised_antibody"),
            ([], "cetuximab", "allergen_other_antibody"),
            ([], "etanercept", "drug_etanercept"),
            ([], "aflibercept", "allergen_fusion_protein"),
            ([], "人源化单克隆抗体", "allergen_humanised_antibody"),
            ([], "penicillin G", "drug_antibacterial"),
            ([], "penicillin", "allergen_drug_unspecified"),
        ],
    )
    def test_what_somebody_is_allergic_to(
        self, codings: list[tuple[str, str]], text: str | None, expected: str
    ) -> None:
        assert expected in T.concepts_of(codings, text, kinds="allergen").concepts

    def test_intercept_is_no_fusion_protein(self) -> None:
        assert not T.concepts_of([], "intercept", kinds="allergen").concepts


class TestAnswers:
    @pytest.mark.parametrize(
        ("system", "code", "expected"),
        [
            (SNOMED, "10828004", "positive"),
            (SNOMED, "260385009", "negative"),
            (SNOMED, "260415000", "negative"),
            (SNOMED, "260373001", "positive"),
            (SNOMED, "131194007", "negative"),
            (SNOMED, "11214006", "positive"),
            (SNOMED, "419984006", "equivocal"),
            (SNOMED, "42425007", "equivocal"),
            (SNOMED, "260408008", "equivocal"),
            (SNOMED, "77386006", "positive"),
            (SNOMED, "60001007", "negative"),
            (SNOMED, "152231000119106", "equivocal"),
            (SNOMED, "17621005", "normal"),
            (LOINC, "LA6576-8", "positive"),
            (LOINC, "LA6577-6", "negative"),
            (LOINC, "LA11883-8", "negative"),
            (LOINC, "LA15256-3", "negative"),
            (LOINC, "LA15173-0", "positive"),
            (LOINC, "LA26683-5", "negative"),
            (LOINC, "LA4489-6", None),
            (V3, "POS", "positive"),
            (V3, "NEG", "negative"),
            (V3, "ND", "negative"),
            (V3, "NR", "negative"),
            (V3, "IND", "equivocal"),
            (V3, "WR", "equivocal"),
            (V3, "H", "high"),
            (V3, "HH", "high"),
            (V3, "L", "low"),
            (V3, "N", "normal"),
            (V3, "A", None),
            ("http://hl7.org/fhir/v2/0078", "H", "high"),
            (SNOMED, "55464009", None),
            ("urn:local", "POS", None),
        ],
    )
    def test_category(self, system: str, code: str, expected: str | None) -> None:
        assert T.category_of_codings([(system, code)]) == expected

    def test_a_qualitative_answer_goes_before_a_level_and_contradictions_say_nothing(self) -> None:
        assert T.category_of_codings([(V3, "H"), (V3, "POS")]) == "positive"
        assert T.category_of_codings([(V3, "NEG"), (V3, "POS")]) is None
        assert T.category_of_codings([(V3, "H"), (V3, "L")]) is None
        assert T.category_of_codings([]) is None

    @pytest.mark.parametrize(
        ("system", "code", "grade"),
        [
            (LOINC, "LA11841-6", "1+"),
            (LOINC, "LA11844-0", "4+"),
            (SNOMED, "260405006", "trace"),
            (SNOMED, "260385009", "negative"),
            (SNOMED, "10828004", None),
        ],
    )
    def test_steps_of_a_strip(self, system: str, code: str, grade: str | None) -> None:
        assert T.grade_of_codings([(system, code)]) == grade
