"""Words as evidence: what names a thing, what denies it, in English and Chinese."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.terminology import load_terminology
from fhir_mappings.text_rules import folded

T = load_terminology()


def named(text: str, kinds: str = "condition") -> set[str]:
    found = T.concepts_of([], text, kinds=kinds)
    assert found.by_text == bool(found.concepts)
    return set(found.concepts)


CONDITIONS = [
    ("Systemic lupus erythematosus", {"cond_sle"}),
    ("SLE", {"cond_sle"}),
    ("sle (active)", {"cond_sle"}),
    ("系统性红斑狼疮", {"cond_sle"}),
    ("系统性红斑狼疮 活动期", {"cond_sle"}),
    ("SLE, no evidence of nephritis", {"cond_sle"}),
    ("History of SLE", {"cond_sle"}),
    ("Lupus nephritis", {"cond_lupus_nephritis_any"}),
    ("狼疮性肾炎", {"cond_lupus_nephritis_any"}),
    (
        "Lupus nephritis, ISN/RPS class IV-G (A/C)",
        {"cond_lupus_nephritis_any", "cond_lupus_nephritis_class_4"},
    ),
    (
        "Lupus nephritis class III + V",
        {"cond_lupus_nephritis_any", "cond_lupus_nephritis_class_3", "cond_lupus_nephritis_class_5"},
    ),
    ("狼疮性肾炎（Ⅳ型）", {"cond_lupus_nephritis_any", "cond_lupus_nephritis_class_4"}),
    (
        "狼疮性肾炎 Ⅲ+Ⅴ型",
        {"cond_lupus_nephritis_any", "cond_lupus_nephritis_class_3", "cond_lupus_nephritis_class_5"},
    ),
    ("Lupus nephritis class II", {"cond_lupus_nephritis_any", "cond_lupus_nephritis_class_2"}),
    ("Lupus nephritis with CKD stage IV", {"cond_lupus_nephritis_any", "cond_ckd_stage_4"}),
    ("Drug-induced lupus erythematosus due to hydralazine", {"cond_sle_drug_induced_exclude"}),
    ("药物性狼疮", {"cond_sle_drug_induced_exclude"}),
    ("Neuropsychiatric lupus", {"cond_neuropsychiatric_lupus"}),
    ("神经精神狼疮", {"cond_neuropsychiatric_lupus"}),
    ("Malar rash", {"cond_malar_rash"}),
    ("蝶形红斑", {"cond_malar_rash"}),
    ("Pulmonary tuberculosis", {"cond_tb_active"}),
    ("活动性肺结核", {"cond_tb_active"}),
    ("Latent tuberculosis infection", {"cond_tb_latent"}),
    ("潜伏性结核感染", {"cond_tb_latent"}),
    ("陈旧性肺结核", {"cond_tb_history"}),
    ("History of tuberculosis", {"cond_tb_history"}),
    ("Herpes zoster", {"cond_herpes_zoster"}),
    ("带状疱疹", {"cond_herpes_zoster"}),
    ("Postherpetic neuralgia", {"cond_postherpetic_neuralgia"}),
    ("带状疱疹后遗神经痛", {"cond_postherpetic_neuralgia"}),
    ("社区获得性肺炎", {"cond_pneumonia"}),
    ("Community-acquired pneumonia", {"cond_pneumonia"}),
    ("Chronic hepatitis B", {"cond_hepatitis_b"}),
    ("慢性乙型病毒性肝炎", {"cond_hepatitis_b"}),
    ("丙肝", {"cond_hepatitis_c"}),
    ("HIV infection", {"cond_hiv"}),
    ("艾滋病", {"cond_hiv"}),
    ("Onychomycosis", {"cond_superficial_mycosis"}),
    ("灰指甲", {"cond_superficial_mycosis"}),
    ("尿路感染", {"cond_urinary_tract_infection"}),
    ("Breast cancer", {"cond_malignancy_any"}),
    ("胃癌", {"cond_malignancy_any"}),
    ("Basal cell carcinoma of nose", {"cond_basal_cell_carcinoma"}),
    ("基底细胞癌", {"cond_basal_cell_carcinoma"}),
    ("Papillary thyroid carcinoma", {"cond_thyroid_carcinoma"}),
    ("甲状腺乳头状癌", {"cond_thyroid_carcinoma"}),
    ("Carcinoma in situ of cervix", {"cond_cervical_carcinoma_in_situ"}),
    ("宫颈原位癌", {"cond_cervical_carcinoma_in_situ"}),
    ("CIN II", {"cond_cervical_intraepithelial_neoplasia"}),
    ("MGUS", {"cond_mgus"}),
    ("History of breast cancer", {"cond_malignancy_history"}),
    ("Old myocardial infarction", {"cond_myocardial_infarction_history"}),
    ("陈旧性心肌梗死", {"cond_myocardial_infarction_history"}),
    ("急性心肌梗死", {"cond_myocardial_infarction"}),
    ("Unstable angina", {"cond_unstable_angina"}),
    ("不稳定型心绞痛", {"cond_unstable_angina"}),
    ("Congestive heart failure, NYHA class III", {"cond_heart_failure", "cond_nyha_class_3"}),
    ("心力衰竭，心功能Ⅳ级", {"cond_heart_failure", "cond_nyha_class_4"}),
    ("脑梗死后遗症", {"cond_stroke_sequelae"}),
    ("脑梗死", {"cond_stroke_cva"}),
    ("TIA", {"cond_tia"}),
    ("Epilepsy", {"cond_seizure"}),
    ("癫痫", {"cond_seizure"}),
    ("Febrile seizure in childhood", {"cond_febrile_convulsion"}),
    ("Major depressive disorder", {"cond_depression"}),
    ("抑郁症", {"cond_depression"}),
    ("Major depressive disorder, in remission", {"cond_depression_in_remission"}),
    ("Past history of depression", {"cond_depression_in_remission"}),
    ("Suicidal ideation", {"cond_suicidal_ideation"}),
    ("自杀未遂", {"cond_suicidal_ideation"}),
    ("Steroid-induced psychosis", {"cond_steroid_psychosis"}),
    ("End-stage renal disease", {"cond_ckd_esrd"}),
    ("尿毒症", {"cond_ckd_esrd"}),
    ("慢性肾脏病5期", {"cond_ckd_esrd"}),
    ("胃溃疡", {"cond_gi_ulcer"}),
    ("口腔溃疡", {"cond_oral_or_mucosal_ulcer"}),
    ("肝硬化失代偿期", {"cond_severe_liver_disease"}),
    ("Fatty liver", {"cond_steatosis"}),
    ("Common variable immunodeficiency", {"cond_immunoglobulin_deficiency"}),
    ("Secondary hypogammaglobulinemia", {"cond_acquired_hypogammaglobulinemia"}),
    ("早孕", {"cond_pregnancy"}),
    ("Intrauterine pregnancy, 12 weeks", {"cond_pregnancy"}),
    ("孕12周", {"cond_pregnancy"}),
    ("Trying to conceive", {"cond_pregnancy_planned"}),
    ("Stevens-Johnson syndrome", {"cond_anaphylaxis_severe_allergy", "cond_severe_drug_reaction"}),
    ("过敏体质", {"cond_allergic_constitution"}),
    ("SLE with upper respiratory infection", {"cond_sle", "cond_other_infection"}),
    ("系统性红斑狼疮合并感染", {"cond_sle", "cond_other_infection"}),
    ("Hepatitis B virus infection", {"cond_hepatitis_b"}),
    ("Infection", {"cond_other_infection"}),
    ("History of HIV infection", {"cond_hiv"}),
    ("History of schizophrenia", {"cond_psychiatric_disorder_any"}),
    ("Triple-negative breast cancer", {"cond_malignancy_any"}),
    ("Lung cancer, EGFR negative", {"cond_malignancy_any"}),
    ("Living donor kidney transplant", {"cond_kidney_transplant_status"}),
]
NOTHING = [
    "Family history of systemic lupus erythematosus",
    "FH: breast cancer",
    "Mother with lupus",
    "母亲患系统性红斑狼疮",
    "家族史：乳腺癌",
    "Tuberculosis ruled out",
    "Rheumatoid arthritis, ruled out",
    "No evidence of tuberculosis",
    "Denies suicidal ideation",
    "Negative for herpes zoster",
    "Without seizure",
    "否认结核病史",
    "无自杀意念",
    "未见活动性肺结核",
    "排除系统性红斑狼疮",
    "Screening for malignant neoplasm of colon",
    "Depression screening",
    "结核筛查",
    "At risk for suicide",
    "Exposure to tuberculosis",
    "肺结核接触史",
    "Donor hepatitis B",
    "Herpes zoster vaccination",
    "Hepatitis B vaccination status",
    "Hepatitis B surface antibody positive",
    "Pregnancy test negative",
    "未孕",
    "Benign neoplasm of breast",
    "Sleep",
    "lupus vulgaris",
    "Marrow depression",
    "Essential tremor",
    "",
]


class TestConditions:
    @pytest.mark.parametrize(("text", "expected"), CONDITIONS)
    def test_is_named(self, text: str, expected: set[str]) -> None:
        assert named(text) == expected

    @pytest.mark.parametrize("text", NOTHING)
    def test_is_not_claimed(self, text: str) -> None:
        # What a text denies, or says of somebody else, is no diagnosis; another code set may be right.
        assert named(text) <= {"cond_not_pregnant", "cond_benign_neoplasm", "cond_hepatitis_b_immune"}

    @pytest.mark.parametrize(
        "text",
        [
            "Suspected tuberculosis",
            "Rule out tuberculosis",
            "r/o SLE",
            "系统性红斑狼疮待排",
            "疑似肺结核",
            "肺炎？",
            "Possible SLE",
            "Probable lupus nephritis",
            "考虑肺炎",
        ],
    )
    def test_what_is_suspected_says_so(self, text: str) -> None:
        found = T.concepts_of([], text, kinds="condition")
        assert found.concepts
        assert found.suspected

    def test_what_is_sure_is_not_suspected(self) -> None:
        assert not T.concepts_of([], "SLE", kinds="condition").suspected
        both = T.concepts_of([], "SLE; possible pneumonia", kinds="condition")
        assert (both.concepts, both.suspected) == ({"cond_sle"}, False)

    def test_a_denial_reaches_to_the_end_of_its_clause(self) -> None:
        assert named("No fever, SLE") == {"cond_sle"}
        assert named("SLE; no tuberculosis") == {"cond_sle"}
        assert named("系统性红斑狼疮，无癫痫") == {"cond_sle"}
        assert named("无发热；肺炎") == {"cond_pneumonia"}

    @given(
        st.sampled_from(
            [
                "SLE",
                "Breast cancer",
                "Tuberculosis",
                "Seizure",
                "Depression",
                "系统性红斑狼疮",
                "胃癌",
                "肺结核",
            ]
        )
    )
    def test_a_family_history_never_counts(self, words: str) -> None:
        assert named(f"Family history of {words}") == set()
        assert named(f"家族史：{words}") == set()

    @given(st.text(max_size=60))
    def test_no_text_breaks_the_search(self, text: str) -> None:
        for kinds in (
            "condition",
            "drug",
            "allergen",
            "report",
            "vaccine",
            "procedure",
            "device",
            "observation",
        ):
            T.concepts_of([], text, kinds=kinds)
        T.analyte_of([], text)
        T.instrument_of([], text)
        T.route_of([], text)


DRUGS = [
    # International nonproprietary names in other languages, and brands of other markets.
    ("Prednison", {"drug_prednisone"}),
    ("Prednisona 20 mg", {"drug_prednisone"}),
    ("Cortancyl", {"drug_prednisone"}),
    ("Prednisolon 5 mg", {"drug_prednisolone"}),
    ("Solupred 20 mg", {"drug_prednisolone"}),
    ("Decortin H 5 mg", {"drug_prednisolone"}),
    ("Méthylprednisolone", {"drug_methylprednisolone"}),
    ("Urbason", {"drug_methylprednisolone"}),
    ("Metypred", {"drug_methylprednisolone"}),
    ("methylpred 500 mg", {"drug_methylprednisolone"}),
    ("MP pulse", {"drug_methylprednisolone"}),
    ("6-MP pulse", set()),
    ("激素", {"drug_corticosteroid_class"}),
    ("激素冲击", {"drug_corticosteroid_class"}),
    ("性激素", set()),
    ("生长激素", set()),
    ("激素替代治疗", set()),
    ("anabolic steroids", set()),
    ("Rixathon", {"drug_rituximab"}),
    ("Riximyo", {"drug_rituximab"}),
    ("Blitzima", {"drug_rituximab"}),
    ("Zytux", {"drug_rituximab"}),
    ("HLX01", {"drug_rituximab"}),
    ("relmacabtagene", {"drug_car_t"}),
    ("Prednisone 20 MG Oral Tablet", {"drug_prednisone"}),
    ("PREDNISONE", {"drug_prednisone"}),
    ("醋酸泼尼松片", {"drug_prednisone"}),
    ("强的松", {"drug_prednisone"}),
    ("泼尼松龙", {"drug_prednisolone"}),
    ("强的松龙", {"drug_prednisolone"}),
    ("甲泼尼龙片（美卓乐）", {"drug_methylprednisolone"}),
    ("甲基强的松龙", {"drug_methylprednisolone"}),
    ("注射用甲泼尼龙琥珀酸钠", {"drug_methylprednisolone"}),
    ("Solu-Medrol 500 mg IV", {"drug_methylprednisolone"}),
    ("地塞米松", {"drug_dexamethasone"}),
    ("硫酸羟氯喹片", {"drug_hydroxychloroquine"}),
    ("纷乐", {"drug_hydroxychloroquine"}),
    ("磷酸氯喹", {"drug_chloroquine"}),
    ("吗替麦考酚酯胶囊", {"drug_mycophenolate_mofetil"}),
    ("骁悉", {"drug_mycophenolate_mofetil"}),
    ("Mycophenolate mofetil 500 MG", {"drug_mycophenolate_mofetil"}),
    ("mycophenolic acid delayed release", {"drug_mycophenolic_acid"}),
    ("环磷酰胺", {"drug_cyclophosphamide"}),
    ("硫唑嘌呤", {"drug_azathioprine"}),
    ("他克莫司", {"drug_tacrolimus"}),
    ("环孢素软胶囊", {"drug_ciclosporin"}),
    ("来氟米特", {"drug_leflunomide"}),
    ("特立氟胺", {"drug_teriflunomide"}),
    ("甲氨蝶呤", {"drug_methotrexate"}),
    ("沙利度胺", {"drug_thalidomide"}),
    ("雷公藤多苷片", {"drug_tripterygium_wilfordii"}),
    ("雷公藤片", {"drug_tripterygium_wilfordii"}),
    ("昆仙胶囊", {"drug_tripterygium_hypoglaucum"}),
    ("火把花根片", {"drug_tripterygium_hypoglaucum"}),
    ("中药汤剂", {"drug_chinese_medicine_unspecified"}),
    ("中药：雷公藤", {"drug_tripterygium_wilfordii"}),
    ("注射用贝利尤单抗", {"drug_belimumab"}),
    ("倍力腾", {"drug_belimumab"}),
    ("利妥昔单抗注射液", {"drug_rituximab"}),
    ("美罗华", {"drug_rituximab"}),
    ("rituximab-abbs 10 MG/ML Injection [Truxima]", {"drug_rituximab"}),
    ("泰它西普", {"drug_telitacicept"}),
    ("泰爱", {"drug_telitacicept"}),
    ("RC18", {"drug_telitacicept"}),
    ("CAR-T cell infusion", {"drug_car_t"}),
    ("瑞基奥仑赛注射液", {"drug_car_t"}),
    ("益赛普", {"drug_etanercept"}),
    ("重组人白介素-2", {"drug_aldesleukin_il2"}),
    ("Low-dose IL-2", {"drug_aldesleukin_il2"}),
    ("静注人免疫球蛋白(pH4)", {"drug_ivig_immunoglobulin"}),
    ("丙球", {"drug_ivig_immunoglobulin"}),
    ("IVIG 0.4 g/kg", {"drug_ivig_immunoglobulin"}),
    ("乙型肝炎人免疫球蛋白", {"drug_specific_immunoglobulin"}),
    ("Hepatitis B immune globulin", {"drug_specific_immunoglobulin"}),
    ("Rho(D) immune globulin", {"drug_specific_immunoglobulin"}),
    ("immune globulin subcutaneous (human) 20% [Hizentra]", {"drug_scig_immunoglobulin"}),
    ("重组人粒细胞刺激因子注射液", {"drug_filgrastim"}),
    ("聚乙二醇化重组人粒细胞刺激因子", {"drug_pegfilgrastim"}),
    ("恩替卡韦", {"drug_nucleoside_antiviral"}),
    ("TMP-SMX", {"drug_antibacterial"}),
    ("华法林", {"drug_warfarin"}),
    ("度普利尤单抗", {"drug_dupilumab"}),
    ("Piperacillin-tazobactam", {"drug_antibacterial"}),
    ("Colistimethate sodium", {"drug_antibacterial"}),
    ("注射用多粘菌素E甲磺酸钠", {"drug_antibacterial"}),
    ("Investigational product", {"drug_investigational_unspecified"}),
]
NO_DRUGS = [
    "Allergy to rituximab",
    "对利妥昔单抗过敏",
    "No prior rituximab",
    "Never received belimumab",
    "未使用利妥昔单抗",
    "tacrolimus level",
    "他克莫司血药浓度",
    "Placebo",
    "metformin",
    "",
]


class TestDrugs:
    @pytest.mark.parametrize(("text", "expected"), DRUGS)
    def test_is_named(self, text: str, expected: set[str]) -> None:
        assert named(text, "drug") == expected

    @pytest.mark.parametrize("text", NO_DRUGS)
    def test_is_not_claimed(self, text: str) -> None:
        assert named(text, "drug") == set()

    def test_every_name_in_the_data_finds_its_drug(self) -> None:
        from fhir_mappings.code_sets import load_code_sets

        for name, concept in load_code_sets(licensed_snomed=True).concepts.items():
            if name.startswith("drug_"):
                for word in concept.names:
                    assert named(word, "drug") == {name}, (name, word)


VACCINES = [
    ("Measles, mumps and rubella vaccine", "vaccine_live"),
    ("MMR II", "vaccine_live"),
    ("麻腮风疫苗", "vaccine_live"),
    ("Varicella vaccine", "vaccine_live"),
    ("水痘减毒活疫苗", "vaccine_live"),
    ("FluMist quadrivalent", "vaccine_live"),
    ("鼻喷流感减毒活疫苗", "vaccine_live"),
    ("Yellow fever vaccine", "vaccine_live"),
    ("乙脑减毒活疫苗", "vaccine_live"),
    ("甲肝减毒活疫苗", "vaccine_live"),
    ("Zostavax", "vaccine_live"),
    ("卡介苗", "vaccine_live"),
    ("Shingrix", "vaccine_nonlive_zoster_recombinant_exclude"),
    ("重组带状疱疹疫苗", "vaccine_nonlive_zoster_recombinant_exclude"),
    ("Influenza, inactivated, quadrivalent", "vaccine_nonlive"),
    ("流感病毒裂解疫苗", "vaccine_nonlive"),
    ("COVID-19 mRNA vaccine", "vaccine_nonlive"),
    ("新型冠状病毒灭活疫苗", "vaccine_nonlive"),
    ("乙脑灭活疫苗", "vaccine_nonlive"),
    ("Zoster vaccine", "vaccine_unspecified_may_be_live"),
    ("带状疱疹疫苗", "vaccine_unspecified_may_be_live"),
    ("流感疫苗", "vaccine_unspecified_may_be_live"),
    ("Influenza vaccine", "vaccine_unspecified_may_be_live"),
    ("乙脑疫苗", "vaccine_unspecified_may_be_live"),
    ("Jynneos", "vaccine_live_nonreplicating"),
]


class TestOthers:
    @pytest.mark.parametrize(("text", "expected"), VACCINES)
    def test_vaccines(self, text: str, expected: str) -> None:
        assert named(text, "vaccine") == {expected}

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Plasma exchange", {"proc_plasma_exchange"}),
            ("血浆置换", {"proc_plasma_exchange"}),
            ("免疫吸附治疗", {"proc_immunoadsorption"}),
            ("Leukapheresis", {"proc_leukapheresis"}),
            ("Percutaneous renal biopsy", {"proc_renal_biopsy"}),
            ("肾穿刺活检术", {"proc_renal_biopsy"}),
            ("维持性血液透析", {"proc_hemodialysis"}),
            ("CAPD", {"proc_peritoneal_dialysis"}),
            ("CRRT", {"proc_crrt"}),
            ("冠状动脉造影术", {"proc_coronary_angiography"}),
            ("PCI with drug-eluting stent", {"proc_pci"}),
            ("CABG x 3", {"proc_cabg"}),
            ("子宫切除术", {"proc_hysterectomy"}),
            ("CAR-T cell infusion", {"proc_car_t_infusion"}),
            ("Deceased donor kidney transplantation", {"proc_kidney_transplant"}),
            ("Declined kidney biopsy", set()),
            ("Hemodialysis not done", set()),
            ("Donor plasmapheresis", set()),
        ],
    )
    def test_procedures(self, text: str, expected: set[str]) -> None:
        assert named(text, "procedure") == expected

    def test_folding_makes_spellings_one(self) -> None:
        assert folded("Anti-dsDNA（ＩｇＧ）") == "anti dsdna igg"
        assert folded("抗 ds-DNA 抗体") == "抗ds dna抗体"
        assert folded("  Protein/Creatinine  ratio ") == "protein creatinine ratio"


class TestInstruments:
    @pytest.mark.parametrize(
        ("text", "instrument", "item", "domain"),
        [
            ("SLEDAI-2K total score", "sledai_2k", None, None),
            ("SLEDAI-2K", "sledai_2k", None, None),
            ("SLEDAI-2K总分", "sledai_2k", None, None),
            ("SLEDAI 2000 score", "sledai_2k", None, None),
            ("SELENA-SLEDAI", "selena_sledai", None, None),
            ("SELENA SLEDAI total score", "selena_sledai", None, None),
            ("SELENA-SLEDAI评分", "selena_sledai", None, None),
            ("Clinical SELENA-SLEDAI score", "clinical_selena_sledai", None, None),
            ("Clinical SLEDAI-2K", "clinical_sledai_2k", None, None),
            ("SLEDAI score", "sledai", None, None),
            ("SLEDAI评分", "sledai", None, None),
            ("系统性红斑狼疮疾病活动度评分 SLEDAI-2K", "sledai_2k", None, None),
            ("SLEDAI-2K: Arthritis", "sledai_2k", "arthritis", None),
            ("SLEDAI-2K 关节炎", "sledai_2k", "arthritis", None),
            ("SLEDAI-2K - Increased DNA binding", "sledai_2k", "increased_dna_binding", None),
            ("SELENA-SLEDAI proteinuria", "selena_sledai", "proteinuria", None),
            ("BILAG-2004 Renal grade", "bilag_2004", None, "renal"),
            ("BILAG-2004 肾脏", "bilag_2004", None, "renal"),
            ("BILAG-2004 mucocutaneous domain", "bilag_2004", None, "mucocutaneous"),
            ("Number of BILAG-2004 A grades", "bilag_2004", "a_count", None),
            ("BILAG", "bilag", None, None),
            ("PHQ-9", "phq9", None, None),
            ("PHQ-9 total score", "phq9", None, None),
            ("Patient Health Questionnaire 9 item total score", "phq9", None, None),
            ("PHQ-9 item 9", "phq9", "item-9", None),
            ("NYHA class", "nyha", None, None),
            ("New York Heart Association functional classification", "nyha", None, None),
            ("ACR 1997 criteria", "acr_1997", None, None),
            ("EULAR/ACR 2019 score", "eular_acr_2019", None, None),
            ("C-SSRS suicidal ideation", "cssrs", "ideation", None),
        ],
    )
    def test_words(self, text: str, instrument: str, item: str | None, domain: str | None) -> None:
        found = T.instrument_of([], text)
        assert found is not None
        assert (found.instrument, found.item, found.domain, found.by_text) == (instrument, item, domain, True)

    @pytest.mark.parametrize(
        "text",
        [
            "SLEDAI-2K assessor name",
            "SLEDAI-2K change from previous",
            "SLICC damage index",
            "Pain score",
            "DAS28",
            "Sodium",
            "",
            "Selena Gomez",
        ],
    )
    def test_what_is_neither_total_nor_item_is_not_understood(self, text: str) -> None:
        assert T.instrument_of([], text) is None

    @pytest.mark.parametrize(
        ("system", "code", "instrument", "item"),
        [
            ("http://loinc.org", "44261-6", "phq9", None),
            ("http://loinc.org", "44260-8", "phq9", "item-9"),
            ("http://loinc.org", "44250-9", "phq9", "item-1"),
            ("http://loinc.org", "44249-1", "phq9", None),
            ("http://snomed.info/sct", "420913000", "nyha", "III"),
        ],
    )
    def test_codes(self, system: str, code: str, instrument: str, item: str | None) -> None:
        found = T.instrument_of([(system, code)], None)
        assert found is not None
        assert (found.instrument, found.item, found.by_text) == (instrument, item, False)


RELAPSES = [
    "Lupus nephritis flare",
    "Flare of lupus nephritis",
    "Flare-up of lupus nephritis",
    "Relapse of lupus nephritis",
    "Relapsing lupus nephritis",
    "Recurrent lupus nephritis",
    "Lupus nephritis, relapsing",
    "狼疮性肾炎复发",
    "复发性狼疮性肾炎",
]
NO_RELAPSES = [
    "Lupus nephritis",
    "No relapse of lupus nephritis",
    "To prevent relapse of lupus nephritis",
    "Lupus nephritis, recurrent urinary tract infection",
    "Recurrent urinary tract infection, lupus nephritis",
]


@pytest.mark.parametrize("text", RELAPSES)
def test_a_relapse_of_lupus_nephritis_is_known_by_its_words(text: str) -> None:
    found = load_terminology().concepts_of([], text, kinds="condition")
    assert "cond_lupus_nephritis_flare" in found.sure


@pytest.mark.parametrize("text", NO_RELAPSES)
def test_what_is_no_relapse_of_lupus_nephritis(text: str) -> None:
    found = load_terminology().concepts_of([], text, kinds="condition")
    assert "cond_lupus_nephritis_flare" not in found.concepts
