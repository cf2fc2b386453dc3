"""What a biopsy report says, and what only looks as if it said so."""

from __future__ import annotations

import time

import pytest

from fhir_mappings.biopsy import CLASSES, class_of_concepts, read_biopsy

STATED = [
    ("Lupus nephritis, ISN/RPS class I", "I"),
    ("Class II", "II"),
    ("Class III", "III"),
    ("Class IV", "IV"),
    ("Class V", "V"),
    ("Class VI", "VI"),
    ("class iv lupus nephritis", "IV"),
    ("Class 4 lupus nephritis", "IV"),
    ("LN class 3+5", "III+V"),
    ("Lupus nephritis Ⅲ型", "III"),
    ("狼疮性肾炎（Ⅳ型）", "IV"),
    ("狼疮性肾炎Ⅴ型", "V"),
    ("狼疮性肾炎 ⅳ 型", "IV"),
    ("Class IV-S (A)", "IV"),
    ("class IV-G (A/C)", "IV"),
    ("class IVG(A)", "IV"),
    ("Diffuse lupus nephritis (IV-G (A/C))", "IV"),
    ("class III+V", "III+V"),
    ("Class III + V (ISN/RPS 2018)", "III+V"),
    ("classes IV and V", "IV+V"),
    ("class V and class IV", "IV+V"),
    ("class IV with superimposed class V", "IV+V"),
    ("class III/IV", "III+IV"),
    ("Class III-IV lupus nephritis", "III+IV"),
    ("class III, IV and V", "III+IV+V"),
    ("狼疮性肾炎，Ⅳ-G（A/C）合并Ⅴ型", "IV+V"),
    ("狼疮性肾炎Ⅲ型伴Ⅴ型", "III+V"),
    ("符合狼疮性肾炎 III（A）+V型", "III+V"),
    ("LN-IV", "IV"),
    ("Type IV lupus nephritis", "IV"),
    ("Lupus nephritis ISN/RPS (2003) IV-G (A)", "IV"),
    ("class II and V", "V"),
    ("Lupus nephritis class IV (2018 ISN/RPS)", "IV"),
    ("class IV of the 2018 ISN/RPS classification", "IV"),
    ("Class III, 2 of 20 glomeruli sclerosed", "III"),
    ("class IV, 5 glomeruli with crescents", "IV"),
    ("class iii and v", "III+V"),
    ("class 3/5", "III+V"),
    ("Known SLE, class IV-G (A) lupus nephritis", "IV"),
    ("Previous steroid therapy, class IV", "IV"),
    ("Class III (A/C) and I agree with the referring pathologist", "III"),
]

NOT_STATED = [
    "no evidence of class IV",
    "previously class IV",
    "Previous biopsy (2019): class IV-G (A)",
    "Prior biopsies showed class III in 2015 and class IV in 2018",
    "History of class III lupus nephritis",
    "Known lupus nephritis class IV",
    "class III or IV",
    "class III (or IV)",
    "class III vs IV",
    "class III versus class IV",
    "Prior ISN/RPS class IV",
    "A biopsy in 2019 showed class IV",
    "Clinical: SLE with class IV nephritis",
    "class V-like deposits",
    "SLE class IV nephritis diagnosed 03/2015",
    "Class IV cannot be excluded",
    "possible class V",
    "suspicious for class III",
    "at least class III",
    "Class IV was excluded",
    "neither class III nor class IV",
    "Does not fulfil criteria of class III",
    "mesangial changes rather than class III",
    "未见Ⅳ型改变",
    "不除外Ⅴ型",
    "既往肾活检示Ⅳ型",
    "2019年肾活检为狼疮性肾炎Ⅳ型",
    "HLA class II antibodies present",
    "Anti-HLA class II DSA",
    "NYHA class III heart failure",
    "type IV collagen staining is normal",
    "Ⅳ型胶原染色正常",
    "II型糖尿病",
    "新月体肾炎 II型",
    "lupus nephritis, 4 cores obtained",
    "Diffuse proliferative lupus nephritis",
    "Insufficient glomeruli for classification",
    "IgA nephropathy, Oxford M1 E0 S1 T0",
    "Class I minimal, class II mesangial, class III focal, class IV diffuse",
    "class II/III",
    "",
]

AMONG_OTHERS = [
    ("Class II, not III", "II"),
    ("Class IV-G (A), no evidence of class V", "IV"),
    ("Class III without class V component", "III"),
    ("previously class IV, now class II", "II"),
    ("history of class IV, currently class III (A)", "III"),
    ("Previous biopsy showed class III. Current biopsy: class IV-S (A/C).", "IV"),
    ("Compared with the previous biopsy, class IV lesions (A/C) have increased", "IV"),
    ("Transition from class III to class IV", "IV"),
    ("class III has progressed to class IV", "IV"),
    ("由Ⅲ型转为Ⅳ型", "IV"),
    ("class III, cannot exclude class V", "III"),
    ("class IV rather than class III", "IV"),
    ("Class IV lupus nephritis (previously class III)", "IV"),
    ("Class IV lupus nephritis (class III on previous biopsy)", "IV"),
    ("less than 50% of glomeruli are involved: class III (A/C)", "III"),
    ("Fewer than half are involved (class III), hence not class IV", "III"),
    ("本次肾活检：狼疮性肾炎Ⅲ(A)型；上次为Ⅳ型", "III"),
    ("与2019年肾活检Ⅳ型相比，本次为Ⅲ型", "III"),
    ("Clinical diagnosis: lupus nephritis class II. Pathological diagnosis: class IV (A).", "IV"),
    ("Diagnosis: class III (A).\nComment: a class IV lesion would need half of the glomeruli.", "III"),
    ("临床诊断：狼疮性肾炎Ⅱ型\n病理诊断：狼疮性肾炎Ⅳ-G(A)型", "IV"),
    ("Class III (A/C). HLA class II expression is increased.", "III"),
    ("Class V; no features of class III or IV", "V"),
]


@pytest.mark.parametrize(("text", "expected"), STATED)
def test_a_stated_class_is_read(text: str, expected: str) -> None:
    assert read_biopsy(text).lupus_class == expected


@pytest.mark.parametrize("text", NOT_STATED)
def test_what_is_denied_possible_former_or_foreign_is_no_class(text: str) -> None:
    assert read_biopsy(text).lupus_class is None


@pytest.mark.parametrize(("text", "expected"), AMONG_OTHERS)
def test_the_class_of_this_biopsy_is_told_from_the_others(text: str, expected: str) -> None:
    assert read_biopsy(text).lupus_class == expected


@pytest.mark.parametrize(
    ("text", "activity"),
    [
        ("class IV-G (A/C)", "active"),
        ("class III (A)", "active"),
        ("class III (C)", "inactive"),
        ("class IV-S(C)", "inactive"),
        ("class IV (A) + V", "active"),
        ("class IV A/C", "active"),
        ("class III (active)", "active"),
        ("class IV (active/chronic)", "active"),
        ("class IV (chronic)", "inactive"),
        ("class III (C) and class IV (A)", "active"),
        ("Class IV, activity index 8/24, chronicity index 3/12", "active"),
        ("Class IV. NIH activity index (AI): 11", "active"),
        ("Class III. AI 0/24, CI 4/12", "inactive"),
        ("Class III. Modified NIH activity index of 2", "active"),
        ("狼疮性肾炎Ⅳ型，活动指数 9分，慢性指数 2分", "active"),
        ("狼疮性肾炎Ⅳ型，活动性指数(AI)：0", "inactive"),
        ("Class IV with active lesions", "active"),
        ("Active lupus nephritis, class III", "active"),
        ("Class III without active lesions", "inactive"),
        ("Class III, inactive", "inactive"),
        ("Lupus nephritis class 3, active", "active"),
        ("Class IV. No evidence of active glomerular lesions.", "inactive"),
        ("狼疮性肾炎Ⅳ型，可见活动性病变", "active"),
        ("狼疮性肾炎Ⅲ型，未见活动性病变", "inactive"),
        ("class IV", "not-stated"),
        ("class V", "not-stated"),
        ("Class IV. Clinically active SLE with active urinary sediment.", "not-stated"),
        ("Class IV. Clinically active lupus.", "not-stated"),
        ("狼疮性肾炎Ⅳ型，活动性狼疮", "not-stated"),
        ("Class IV. Chronicity index 3/12.", "not-stated"),
        ("Class IV. Previous biopsy: activity index 12/24.", "not-stated"),
        ("Class III (C), activity index 4/24", "not-stated"),
        ("Class IV. ANA index 8", "not-stated"),
        ("狼疮性肾炎 Ⅲ型（C）", "inactive"),
        ("Ⅳ型（C）", "inactive"),
        ("Ⅳ型（A）", "active"),
        ("狼疮性肾炎Ⅳ型（A/C）", "active"),
        ("III+V型（A/C）", "active"),
        ("III型（A/C）+V型", "active"),
        ("class III+V (A/C)", "active"),
        ("class III + V (A)", "active"),
        ("class III + V (C)", "inactive"),
        ("class III (A) + V", "active"),
        ("class III (C) + V (A)", "inactive"),
        ("class V (A)", "not-stated"),
        ("Class IV. Compared with 2020 biopsy (class IV (A), AI 12), only fibrous lesions", "not-stated"),
        ("Class IV. In comparison to the prior biopsy (AI 12), fibrous lesions", "not-stated"),
        ("Class IV. Comparison: biopsy of 2020, AI 12, class IV (A).", "not-stated"),
        ("Class IV. Prior biopsy 2020: class IV; AI 12/24.", "not-stated"),
        ("Prior biopsy 2020: class IV; AI 12/24; now class IV, AI 2/24.", "active"),
        ("Ⅳ型，与2020年肾活检（Ⅳ型（A），AI 12）相比，以纤维化为主", "not-stated"),
        ("Class IV, activity index 80", "not-stated"),
    ],
)
def test_activity_is_read_from_letters_index_or_words(text: str, activity: str) -> None:
    assert read_biopsy(text).activity == activity


def test_a_document_may_tell_the_activity_alone() -> None:
    reading = read_biopsy("NIH activity index 8/24")
    assert (reading.lupus_class, reading.activity) == (None, "active")


def test_a_coded_class_stands_where_the_words_name_none() -> None:
    reading = read_biopsy("Proliferative lupus nephritis with active lesions", coded="IV")
    assert (reading.lupus_class, reading.activity) == ("IV", "active")


def test_a_coded_class_that_the_words_contradict_is_no_class() -> None:
    reading = read_biopsy("Class III (A)", coded="IV")
    assert reading.lupus_class is None
    assert reading.notes == ("class III in words, class IV coded",)


def test_the_activity_index_is_kept() -> None:
    assert read_biopsy("class IV, AI 8/24, CI 3/12").activity_index == 8


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("class III or IV", "possibility"),
        ("class II/III", "which of them applies is not clear"),
        ("WHO class IV", "WHO classification"),
        ("Lupus nephritis, World Health Organization class IV (disorder)", "WHO classification"),
        ("favors class IV", "worded as likely"),
        ("考虑狼疮性肾炎Ⅳ型", "worded as likely"),
        ("previously class IV, now class II", "former"),
        ("class II and V", "together with class II"),
        ("Class III (C), activity index 4/24", "both active and inactive"),
    ],
)
def test_what_was_not_decided_is_told(text: str, note: str) -> None:
    assert any(note in remark for remark in read_biopsy(text).notes)


@pytest.mark.parametrize(
    ("concepts", "expected"),
    [
        ({"cond_lupus_nephritis_class_5"}, "V"),
        ({"cond_lupus_nephritis_class_4", "cond_lupus_nephritis_class_5", "cond_sle"}, "IV+V"),
        ({"cond_lupus_nephritis_class_2", "cond_lupus_nephritis_class_4"}, None),
        ({"cond_lupus_nephritis_any"}, None),
    ],
)
def test_coded_classes_are_joined(concepts: set[str], expected: str | None) -> None:
    assert class_of_concepts(concepts) == expected


@pytest.mark.parametrize("lupus_class", CLASSES)
def test_every_class_is_read_back_from_its_own_name(lupus_class: str) -> None:
    assert read_biopsy(f"ISN/RPS class {lupus_class}").lupus_class == lupus_class


class TestTextsThatAreNoReports:
    """A text on purpose, or by an accident of an interface, must neither hang the service nor be trusted."""

    @pytest.mark.parametrize(
        "piece",
        [
            "III+V+",
            "class III ",
            "from class III to class IV ",
            "III (A) ",
            "III型",
            "diagnosis: class IV ",
            "\n",
        ],
    )
    def test_are_done_with_at_once_and_have_no_class(self, piece: str) -> None:
        # 60 ms at most on a quiet machine; it was more than ten seconds for some.
        began = time.process_time()
        assert read_biopsy(piece * (12_000 // len(piece))).lupus_class is None
        assert time.process_time() - began < 1

    def test_of_more_than_twenty_thousand_characters_are_not_read_and_this_is_told(self) -> None:
        found = read_biopsy("Lupus nephritis, ISN/RPS class IV (A). " + "x" * 20_000, "IV")
        assert found.lupus_class is None
        assert "too long" in found.notes[0]

    def test_a_class_far_into_a_sentence_that_does_not_end_is_not_certain(self) -> None:
        found = read_biopsy(
            "no evidence whatsoever " + "and more words " * 80 + "of lupus nephritis class IV"
        )
        assert found.lupus_class is None
