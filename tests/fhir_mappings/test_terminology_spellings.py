"""Short, foreign and everyday spellings of what excludes: unknown words would silently count as absence."""

from __future__ import annotations

import pytest

from fhir_mappings.terminology import load_terminology

SNOMED = "http://snomed.info/sct"
T = load_terminology()

SPELLINGS = [
    # myocardial infarction, stroke, heart failure
    ("Acute MI", {"cond_myocardial_infarction"}),
    ("ST elevation MI", {"cond_myocardial_infarction"}),
    ("Old MI", {"cond_myocardial_infarction_history"}),
    ("Cerebral infarct", {"cond_stroke_cva"}),
    ("腔隙性脑梗塞", {"cond_stroke_cva"}),
    ("HFrEF", {"cond_heart_failure"}),
    ("HFpEF", {"cond_heart_failure"}),
    # malignancy, and which of them are excepted
    ("NSCLC", {"cond_malignancy_any"}),
    ("Sezary", {"cond_malignancy_any"}),
    ("Sézary syndrome", {"cond_malignancy_any"}),
    ("Mycosis fungoides", {"cond_malignancy_any"}),
    ("Cholangiocarcinoma", {"cond_malignancy_any"}),
    ("Leukaemia", {"cond_malignancy_any"}),
    ("癌症", {"cond_malignancy_any"}),
    ("结肠癌术后", {"cond_malignancy_history"}),
    ("甲状腺癌术后", {"cond_thyroid_carcinoma_history"}),
    ("Metastatic squamous cell carcinoma of skin", {"cond_malignancy_any"}),
    ("SCC of the skin, metastatic", {"cond_malignancy_any"}),
    ("转移性皮肤鳞癌", {"cond_malignancy_any"}),
    ("SCC of the skin", {"cond_squamous_cell_carcinoma_skin"}),
    ("SCC of skin, non-metastatic", {"cond_squamous_cell_carcinoma_skin"}),
    ("Squamous cell carcinoma of the skin, no metastases", {"cond_squamous_cell_carcinoma_skin"}),
    ("BCC nose 2019", {"cond_basal_cell_carcinoma"}),
    # immunity
    ("选择性IgA缺乏症", {"cond_immunoglobulin_deficiency"}),
    ("IgA deficiency", {"cond_immunoglobulin_deficiency"}),
    ("Bruton agammaglobulinaemia", {"cond_immunoglobulin_deficiency"}),
    # kidney
    ("CKD V", {"cond_ckd_esrd"}),
    ("CKD G5", {"cond_ckd_esrd"}),
    ("CKD 5D", {"cond_ckd_esrd"}),
    ("CKD stage 5D", {"cond_ckd_esrd"}),
    ("Chronic kidney disease, stage 5", {"cond_ckd_esrd"}),
    ("CKD IV", {"cond_ckd_stage_4"}),
    ("CKD G4", {"cond_ckd_stage_4"}),
    ("CKD G3a", {"cond_ckd"}),
    ("CKD, lupus nephritis class V", {"cond_ckd", "cond_lupus_nephritis_any"}),
    ("ESRD on HD", {"cond_ckd_esrd", "cond_dialysis_status"}),
    # infection
    ("Bacteraemia", {"cond_sepsis"}),
    ("CLABSI", {"cond_sepsis"}),
    # mind
    ("Bipolar I", {"cond_bipolar_disorder"}),
    ("OCD", {"cond_anxiety_disorder"}),
]
SEVERE = [
    "青霉素过敏性休克史",
    "重症药疹",
    "剥脱性皮炎（药物性）",
    "药物性剥脱性皮炎",
    "Anaphylaxis to penicillin",
    "Penicillin anaphylaxis",
    "Anaphylactic shock due to ceftriaxone",
    "Drug-induced exfoliative dermatitis",
]
RED_CELLS = [
    "Transfusion of packed red blood cells",
    "PRBC transfusion",
    "2 units pRBC transfused",
    "输注悬浮红细胞",
    "去白红细胞输注",
]


@pytest.mark.parametrize(("text", "expected"), SPELLINGS)
def test_is_known(text: str, expected: set[str]) -> None:
    found = T.concepts_of([], text, kinds="condition procedure")
    assert (found.concepts, found.suspected) == (expected, False)


@pytest.mark.parametrize(
    ("text", "concept"),
    [("?MI", "cond_myocardial_infarction"), ("suspected line infection", "cond_other_serious_infection")],
)
def test_a_question_is_suspected(text: str, concept: str) -> None:
    found = T.concepts_of([], text, kinds="condition")
    assert (found.concepts, found.suspected) == ({concept}, True)


@pytest.mark.parametrize("text", SEVERE)
def test_a_severe_reaction_to_a_drug_is_one(text: str) -> None:
    # NCT07517536: severe drug reactions exclude, drug allergies are left to a person.
    assert "cond_severe_drug_reaction" in T.concepts_of([], text, kinds="condition").concepts


@pytest.mark.parametrize("text", ["青霉素过敏史", "药疹", "Anaphylaxis to peanut"])
def test_other_allergies_are_no_severe_reaction_to_a_drug(text: str) -> None:
    assert "cond_severe_drug_reaction" not in T.concepts_of([], text, kinds="condition").concepts


@pytest.mark.parametrize("text", RED_CELLS)
def test_red_cells_given_are_known_by_words(text: str) -> None:
    assert T.concepts_of([], text, kinds="procedure").concepts == {"proc_red_cell_transfusion"}


@pytest.mark.parametrize("code", ["116863004", "71493000"])
def test_red_cells_given_are_known_by_code(code: str) -> None:
    assert T.concepts_of([(SNOMED, code)], None, kinds="procedure").concepts == {"proc_red_cell_transfusion"}


@pytest.mark.parametrize("text", ["Platelet transfusion", "Transfusion of fresh frozen plasma"])
def test_other_blood_products_are_no_red_cells(text: str) -> None:
    assert T.concepts_of([], text, kinds="procedure").concepts == frozenset()


@pytest.mark.parametrize("code", ["197377009", "235919008"])
def test_a_stone_of_the_gallbladder_is_no_urinary_one(code: str) -> None:
    assert "cond_urinary_stone" not in T.concepts_of([(SNOMED, code)], None, kinds="condition").concepts
