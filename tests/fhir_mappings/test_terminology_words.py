"""Words as evidence of conditions: what names one, what denies it, in English and Chinese."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.text_rules import folded
from tests.fhir_mappings.terms import T, named

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
    found = T.concepts_of([], text, kinds="condition")
    assert "cond_lupus_nephritis_flare" in found.sure


@pytest.mark.parametrize("text", NO_RELAPSES)
def test_what_is_no_relapse_of_lupus_nephritis(text: str) -> None:
    found = T.concepts_of([], text, kinds="condition")
    assert "cond_lupus_nephritis_flare" not in found.concepts


def test_folding_makes_spellings_one() -> None:
    assert folded("Anti-dsDNA（ＩｇＧ）") == "anti dsdna igg"
    assert folded("抗 ds-DNA 抗体") == "抗ds dna抗体"
    assert folded("  Protein/Creatinine  ratio ") == "protein creatinine ratio"
