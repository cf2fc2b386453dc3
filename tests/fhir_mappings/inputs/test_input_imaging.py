"""Chest imaging: only explicit words or a coded conclusion say anything about active tuberculosis."""

from __future__ import annotations

import pytest

from fhir_mappings.inputs.imaging import read_chest_report
from fhir_mappings.intervals import UNDATED, day
from tests.fhir_mappings.inputs.input_charts import JUNE_1, ask, categories, report, the

ACTIVE = [
    "Findings consistent with active pulmonary tuberculosis.",
    "Active TB in the right upper lobe.",
    "Cavitary lesion, active tuberculosis.",
    "Pulmonary tuberculosis, active.",
    "Screening for active tuberculosis positive.",
    "Miliary tuberculosis.",
    "活动性肺结核。",
    "右上肺活动性结核",
    "右肺上叶继发性肺结核，活动期",
    "粟粒性肺结核",
]

NOT_ACTIVE = [
    "No evidence of active pulmonary tuberculosis.",
    "No active tuberculosis.",
    "No radiographic evidence of active TB.",
    "No cavitation, consolidation or active tuberculosis.",
    "Without signs of active tuberculosis.",
    "No active pulmonary disease.",
    "No active lung lesion.",
    "No evidence of tuberculosis.",
    "Findings are not consistent with active tuberculosis.",
    "Findings do not suggest active TB.",
    "Inconsistent with active tuberculosis.",
    "影像表现不符合活动性肺结核",
    "Active tuberculosis is excluded.",
    "History of tuberculosis in 2005. No evidence of active disease.",
    "未见活动性肺结核征象",
    "未见明显活动性病变",
    "双肺未见活动性结核",
    "未见结核征象。",
    "陈旧性肺结核，未见活动性病变",
]

NOT_STATED = [
    "",
    "Normal chest.",
    "No acute cardiopulmonary abnormality.",
    "两肺未见明显异常",
    "Old healed tuberculosis.",
    "Inactive tuberculosis.",
    "Previously treated active tuberculosis.",
    "Calcified granulomas from prior tuberculosis.",
    "Tuberculosis.",
    "Latent tuberculosis infection.",
    "陈旧性肺结核",
    "非活动性肺结核",
    "Active infection with aspergillus.",
    "Screening for active tuberculosis.",
    "Screened for active tuberculosis, none found.",
    "活动性肺结核筛查。两肺清晰。",
]

LEFT_OPEN = [
    "Active tuberculosis cannot be excluded.",
    "Cannot exclude active pulmonary tuberculosis.",
    "Possible active TB.",
    "Suspicious for active tuberculosis.",
    "Active TB?",
    "No definite cavity, but active tuberculosis cannot be ruled out.",
    "No change of active tuberculosis.",
    "No active tuberculosis on the left. Active tuberculosis on the right.",
    "不除外活动性肺结核",
    "活动性肺结核待排",
    "考虑活动性肺结核可能",
    "建议进一步检查排除活动性结核",
    "rule out tuberculosis",
    "Active TB is unlikely.",
    "Active tuberculosis is considered unlikely.",
    "Active tuberculosis less likely.",
    "Unlikely to represent active TB.",
    "Findings suggest active tuberculosis.",
    "Not inconsistent with active tuberculosis.",
    "Low probability of active TB.",
    "Contact with active tuberculosis. Lungs clear.",
    "活动性肺结核可能性小",
    "活动性肺结核依据不足",
    "活动性肺结核患者接触史。两肺清晰。",
    "否认活动性肺结核接触史",
    "Rule out tuberculosis. No active disease.",
    "Tuberculosis to be excluded. No active lung lesion",
    "TB cannot be excluded",
    "No change of the active tuberculosis in the left upper lobe.",
]

BEFORE_THE_EXAMINATION = [
    "Clinical information: patient denies TB, no tuberculosis contact. Findings: lungs as described.",
    "Clinical details: cough. No evidence of TB.",
    "History: no tuberculosis. Impression: normal.",
    "CLINICAL HISTORY\nno tuberculosis\nFINDINGS\nclear lungs",
    "Patient denies TB, no tuberculosis contact.",
    "No history of tuberculosis.",
    "No evidence of tuberculosis on prior CT 2024. Today: unchanged.",
    "Comparison: no active disease on 2024 film. Impression: as before.",
    "既往无结核。右上肺清晰。",
    "临床资料：否认结核病史，无结核接触史。影像：两肺清晰。",
    "【临床资料】无结核 【影像所见】两肺清晰",
    "外院胸片未见活动性结核。",
]

SUSPICIOUS = [
    "Clinical information: patient denies TB, no tuberculosis contact. "
    "Findings: right apical cavity with tree-in-bud.",
    "History: no tuberculosis. Impression: Upper lobe cavities.",
    "No evidence of tuberculosis on prior CT 2024. Today: cavitation in the RUL.",
    "Comparison: no active disease on 2024 film. Impression: new right upper lobe cavitation",
    "既往无结核。右上肺可见空洞及树芽征。",
    "临床资料：否认结核病史，无结核接触史。影像：右上肺空洞。",
    "No active tuberculosis, but a cavity in the left apex.",
    "No effusion, right upper lobe cavity. No active tuberculosis.",
    "No effusion but right upper lobe cavity. No active tuberculosis.",
    "No change in the cavity. No active tuberculosis.",
    "No active tuberculosis. Miliary nodules.",
    "No active tuberculosis. New patchy infiltrates in the left upper lobe.",
    "未见活动性结核，左肺见空洞",
    "未见活动性结核征象。右肺新发斑片影。",
]

DENIED_WITH_ITS_SIGNS = [
    "Indication: rule out tuberculosis. Findings: No active tuberculosis.",
    "No consolidation, cavitation, or effusion. No active tuberculosis.",
    "No evidence of cavitation or tree-in-bud nodularity. No active tuberculosis.",
    "No miliary pattern. No active pulmonary tuberculosis.",
    "No pleural effusion; pleural cavity clear. No active TB.",
    "Cavitation is not seen. No active tuberculosis.",
    "No new infiltrate. No active tuberculosis.",
    "Chest CT: No evidence of active TB.",
    "两肺未见空洞及粟粒影。未见活动性肺结核征象",
    "检查所见：两肺未见活动性结核病灶",
]


@pytest.mark.parametrize("text", ACTIVE)
def test_active_tuberculosis_in_plain_words(text: str) -> None:
    """A-E7: imaging evidence of active pulmonary tuberculosis."""
    assert read_chest_report(text)[0] == "active-tuberculosis"


@pytest.mark.parametrize("text", NOT_ACTIVE)
def test_no_active_tuberculosis_in_plain_words(text: str) -> None:
    assert read_chest_report(text)[0] == "no-active-tuberculosis"


@pytest.mark.parametrize("text", NOT_STATED)
def test_whatever_else_a_report_says_needs_a_reader(text: str) -> None:
    assert read_chest_report(text)[0] == "not-stated"


@pytest.mark.parametrize("text", LEFT_OPEN)
def test_what_a_report_leaves_open_is_neither_shown_nor_ruled_out(text: str) -> None:
    """A-E7: what speaks of active tuberculosis, and is not understood to deny it, is not like silence."""
    finding, notes = read_chest_report(text)
    assert finding == "perhaps-active-tuberculosis"
    assert notes


@pytest.mark.parametrize("text", BEFORE_THE_EXAMINATION)
def test_what_was_known_before_the_examination_is_no_finding(text: str) -> None:
    """A-E7: a denial in the history, or on an earlier image, does not clear this one."""
    assert read_chest_report(text)[0] == "not-stated"


@pytest.mark.parametrize("text", SUSPICIOUS)
def test_with_a_cavity_no_words_show_that_there_is_no_tuberculosis(text: str) -> None:
    finding, notes = read_chest_report(text)
    assert finding == "not-stated"
    assert "may be tuberculosis" in notes[0]


@pytest.mark.parametrize("text", DENIED_WITH_ITS_SIGNS)
def test_signs_that_are_denied_leave_the_denial_standing(text: str) -> None:
    assert read_chest_report(text)[0] == "no-active-tuberculosis"


@pytest.mark.parametrize("concept", ["report_chest_xray", "report_chest_ct"])
def test_each_report_on_the_chest_is_a_dated_value_with_the_words_that_decided(concept: str) -> None:
    measurement = the(ask("chest_imaging", report(concept, "No active tuberculosis. Heart normal.")))
    assert (measurement.category, measurement.when.first) == ("no-active-tuberculosis", JUNE_1)
    assert measurement.notes == ("the report says: no active tuberculosis",)


def test_a_coded_conclusion_decides() -> None:
    series = ask("chest_imaging", report("report_chest_ct cond_tb_active", "See images."))
    assert categories(series) == ["active-tuberculosis"]


def test_a_coded_conclusion_that_the_words_leave_open_needs_a_reader() -> None:
    given = report("report_chest_ct cond_tb_active", "Active tuberculosis cannot be excluded.")
    measurement = the(ask("chest_imaging", given))
    assert measurement.category == "perhaps-active-tuberculosis"
    assert len(measurement.notes) == 2


def test_a_conclusion_that_was_guessed_from_words_does_not() -> None:
    given = report("report_chest_ct cond_tb_active", "No active tuberculosis.", by_text=True)
    assert categories(ask("chest_imaging", given)) == ["no-active-tuberculosis"]


def test_a_preliminary_report_is_not_used() -> None:
    series = ask("chest_imaging", report("report_chest_ct", "No active TB.", JUNE_1, confirmed=False))
    assert series.measurements == ()
    assert len(series.unusable) == 1


def test_an_undated_report_may_be_of_any_day() -> None:
    """A-E7: it may be newer than the report that is dated, and does not pass for older."""
    undated = report("report_chest_ct", "Active TB.", None, reference="R/2")
    series = ask("chest_imaging", undated, report("report_chest_ct", "No active TB.", JUNE_1))
    assert [(m.category, m.when) for m in series.measurements] == [
        ("active-tuberculosis", UNDATED),
        ("no-active-tuberculosis", day(JUNE_1)),
    ]


def test_other_imaging_does_not_answer_and_the_order_is_a_chest_ct() -> None:
    series = ask("chest_imaging", report("report_echocardiogram", "No active tuberculosis."))
    assert series.measurements == ()
    assert series.order is not None
    assert series.order.code == "24627-2"
