"""Words that put a finding on somebody else, into the future or into doubt: never the patient's sure fact."""

from __future__ import annotations

import pytest

from fhir_mappings.terminology import Match, load_terminology

CM = "http://hl7.org/fhir/sid/icd-10-cm"
T = load_terminology()


def match(text: str, kinds: str = "condition procedure") -> Match:
    return T.concepts_of([], text, kinds=kinds)


SOMEBODY_ELSE = [
    "Mother had hysterectomy",
    "Sister s/p hysterectomy",
    "Postmenopausal bleeding in mother",
    "Mother - breast cancer",
    "Mother: lymphoma",
    "Breast cancer in mother",
    "Breast cancer, mother",
    "Lymphoma, patient's mother",
    "Maternal grandmother breast cancer",
    "husband died of lung cancer",
    "HIV positive partner",
    "Father on dialysis",
    "Mother had CABG",
    "母亲：乳腺癌",
    "配偶HIV感染",
    "外祖母胃癌",
    "父亲尿毒症透析",
    "姐姐子宫切除术后",
    "丈夫患肺结核",
    "家族中有胃癌",
]
DENIED = [
    "Declines hysterectomy",
    "Hysterectomy not performed",
    "Hysterectomy, declined",
    "Hysterectomy, refused by the patient",
    "未绝经",
    "未行子宫切除术",
    "拒绝子宫切除",
    "pneumonia ruled out",
    "Pneumonia, ruled out",
    "Pneumonia excluded",
    "已排除肺炎",
    "Cancer-free",
    "否认高血压、糖尿病、冠心病、脑梗死、肝炎、梅毒、肺结核",
]
PLANNED = [
    "Considering hysterectomy",
    "Hysterectomy planned for 2027",
    "Hysterectomy, planned",
    "Referral for hysterectomy",
    "Pre-op visit for hysterectomy",
    "拟行子宫切除术",
    "建议子宫切除",
    "PCI discussed",
]
NOT_RULED_OUT = [
    "Pneumonia cannot be excluded",
    "Pneumonia, cannot be excluded",
    "Sepsis not ruled out",
    "Sepsis has not yet been ruled out",
    "Cannot rule out pneumonia",
    "Rule out pneumonia",
    "r/o pneumonia",
    "R/O stroke",
    "肺炎不除外",
    "不能排除败血症",
    "肺炎待排",
    "肺癌待排",
    "活动性肺结核待排",
    "未排除肺结核",
]


class TestWhoseItIs:
    @pytest.mark.parametrize("text", SOMEBODY_ELSE)
    @pytest.mark.parametrize("kinds", ["condition procedure", "condition", "procedure"])
    def test_what_is_a_relatives_is_not_the_patients(self, text: str, kinds: str) -> None:
        assert match(text, kinds) == Match()

    @pytest.mark.parametrize("text", ["Mother takes prednisone", "母亲服用泼尼松"])
    def test_a_relatives_drug_is_not_the_patients(self, text: str) -> None:
        assert match(text, "drug") == Match()

    @pytest.mark.parametrize(
        ("text", "concept"),
        [
            ("SLE; mother with breast cancer", "cond_sle"),
            ("Patient has pneumonia; sister had lymphoma", "cond_pneumonia"),
            ("Kidney transplant from mother", "proc_kidney_transplant"),
            ("Living related (sister) kidney transplantation", "proc_kidney_transplant"),
            ("HIV infection acquired from husband", "cond_hiv"),
            ("妊娠合并肺炎，丈夫体健", "cond_pneumonia"),
            ("Family history of lupus; pneumonia", "cond_pneumonia"),
            ("45 year old woman with lymphoma", "cond_malignancy_any"),
        ],
    )
    def test_a_relative_beside_it_does_not_hide_the_patients_own(self, text: str, concept: str) -> None:
        found = match(text)
        assert concept in found.concepts
        assert not found.suspected

    @pytest.mark.parametrize(
        "text",
        [
            "Mother reports seizure",
            "母亲代诉患者癫痫发作",
            "Family history: breast cancer, lymphoma",
            "家族史：糖尿病，肺癌",
            "Denies tuberculosis, HIV infection",
            "No fever with pneumonia",
        ],
    )
    def test_where_it_is_open_whose_it_is_a_person_is_asked(self, text: str) -> None:
        found = match(text)
        assert found.concepts
        assert found.suspected


class TestWhatIsNotYet:
    @pytest.mark.parametrize("text", DENIED)
    def test_a_denial_is_a_denial_to_every_kind(self, text: str) -> None:
        assert match(text) == Match()

    @pytest.mark.parametrize("text", PLANNED)
    def test_a_plan_is_no_fact(self, text: str) -> None:
        assert match(text).suspected

    @pytest.mark.parametrize("text", ["Planned CABG", "拟行冠脉搭桥术", "CABG, scheduled"])
    def test_an_order_is_a_plan_itself(self, text: str) -> None:
        assert match(text, "order") == Match(frozenset({"proc_cabg"}), by_text=True)

    def test_a_cancelled_order_is_none(self) -> None:
        assert match("CABG cancelled", "order") == Match()

    @pytest.mark.parametrize("text", NOT_RULED_OUT)
    def test_what_is_not_ruled_out_is_suspected(self, text: str) -> None:
        found = match(text)
        assert found.concepts
        assert found.suspected

    def test_a_possibility_beside_a_certainty_is_not_lost(self) -> None:
        found = match("SLE; possible pneumonia")
        assert (found.concepts, found.suspected) == ({"cond_sle"}, False)
        assert found.beside == {"cond_pneumonia"}


class TestWordsBesideACode:
    def beside(self, text: str, code: str = "M32.14") -> Match:
        return T.concepts_of([(CM, code)], text, kinds="condition procedure")

    @pytest.mark.parametrize(
        ("text", "added"),
        [
            ("Lupus nephritis, ESRD on HD", "cond_ckd_esrd"),
            ("Lupus nephritis with sepsis", "cond_sepsis"),
            ("Lupus nephritis, r/o lymphoma", "cond_malignancy_any"),
        ],
    )
    def test_words_add_grave_findings_as_possibilities(self, text: str, added: str) -> None:
        found = self.beside(text)
        assert found.concepts == {"cond_sle", "cond_lupus_nephritis_any"}
        assert not found.by_text
        assert added in found.beside

    @pytest.mark.parametrize("text", ["Lupus nephritis", "SLE with nephritis", "狼疮性肾炎，无感染"])
    def test_words_that_say_the_same_add_nothing(self, text: str) -> None:
        assert self.beside(text) == Match(frozenset({"cond_sle", "cond_lupus_nephritis_any"}))

    def test_words_add_nothing_to_what_the_code_has_decided(self) -> None:
        assert self.beside("Malignant neoplasm of thyroid gland", "C73").beside == frozenset()
        assert self.beside("Carcinoma of breast, in remission", "Z85.3").beside == frozenset()

    @pytest.mark.parametrize(
        "text", ["Suspected lupus nephritis", "r/o lupus nephritis", "Mother has lupus nephritis"]
    )
    def test_words_that_doubt_the_code_put_it_in_doubt(self, text: str) -> None:
        assert self.beside(text).suspected


class TestWhoseResult:
    """A result of somebody else, of another specimen, or a goal is no result of the patient."""

    @pytest.mark.parametrize(
        "text",
        [
            "HIV antibody - husband",
            "Hepatitis B surface antigen, mother",
            "HBsAg of partner",
            "乙肝表面抗原（丈夫）",
            "CD70 expression on B cells, donor",
            "CD70 expression on B cells (bone marrow)",
            "Protein/Creatinine ratio, donor urine",
            "Protein/creatinine ratio goal",
            "Absolute neutrophil count, synovial fluid",
            "Neutrophil count, body fluid",
            "Neutrophil count, urine",
            "腹水中性粒细胞计数",
            "Hemoglobin concentration in pleural fluid",
            "Total bilirubin, pleural fluid",
            "Total bilirubin, amniotic fluid",
            "Donor body weight",
            "Target body weight",
            "Beta hCG, CSF",
            "脑脊液梅毒螺旋体抗体",
            "Treponemal antibody IgM",
            "C3 donor",
            "Total bilirubin, cord blood",
        ],
    )
    def test_is_not_taken(self, text: str) -> None:
        assert T.analyte_of([], text) is None

    @pytest.mark.parametrize(
        ("text", "analyte"),
        [
            ("Protein/creatinine ratio, 24 hour urine", "upcr"),
            ("24 hour urine protein", "urine_protein_24h"),
            ("RBC casts, urine", "urine_rbc_casts"),
            ("24小时尿蛋白定量", "urine_protein_24h"),
            ("Creatinine clearance 24 hour urine", "crcl_measured"),
            ("Urine culture", "urine_culture"),
            ("HBsAg", "hbsag"),
            ("Neutrophils, absolute", "anc"),
            ("glomerular filtration rate predicted", "egfr"),
        ],
    )
    def test_the_patients_own_is(self, text: str, analyte: str) -> None:
        found = T.analyte_of([], text)
        assert found is not None
        assert found.analyte.name == analyte


def test_only_what_is_sure_is_taken_where_no_doubt_can_be_kept() -> None:
    assert match("活动性肺结核待排", "condition").sure == frozenset()
    assert match("活动性肺结核", "condition").sure == {"cond_tb_active"}
