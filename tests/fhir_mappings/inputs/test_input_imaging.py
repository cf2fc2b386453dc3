"""Chest imaging: only explicit words or a coded conclusion say anything about active tuberculosis."""

from __future__ import annotations

import pytest

from fhir_mappings.inputs.imaging import read_chest_report
from tests.fhir_mappings.inputs.input_charts import JUNE_1, ask, categories, report, the

ACTIVE = [
    "Findings consistent with active pulmonary tuberculosis.",
    "Active TB in the right upper lobe.",
    "Cavitary lesion, active tuberculosis.",
    "Pulmonary tuberculosis, active.",
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
    "Active tuberculosis cannot be excluded.",
    "Cannot exclude active pulmonary tuberculosis.",
    "Possible active TB.",
    "Suspicious for active tuberculosis.",
    "Active TB?",
    "No definite cavity, but active tuberculosis cannot be ruled out.",
    "Old healed tuberculosis.",
    "Inactive tuberculosis.",
    "Previously treated active tuberculosis.",
    "Calcified granulomas from prior tuberculosis.",
    "Tuberculosis.",
    "Latent tuberculosis infection.",
    "No change of active tuberculosis.",
    "No active tuberculosis on the left. Active tuberculosis on the right.",
    "不除外活动性肺结核",
    "活动性肺结核待排",
    "考虑活动性肺结核可能",
    "建议进一步检查排除活动性结核",
    "陈旧性肺结核",
    "非活动性肺结核",
    "Active infection with aspergillus.",
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
    assert measurement.category == "not-stated"
    assert len(measurement.notes) == 2


def test_a_conclusion_that_was_guessed_from_words_does_not() -> None:
    given = report("report_chest_ct cond_tb_active", "No active tuberculosis.", by_text=True)
    assert categories(ask("chest_imaging", given)) == ["no-active-tuberculosis"]


@pytest.mark.parametrize(("start", "confirmed"), [(None, True), (JUNE_1, False)])
def test_an_undated_or_preliminary_report_is_not_used(start: object, confirmed: bool) -> None:
    given = report("report_chest_ct", "No active TB.", start, confirmed=confirmed)  # type: ignore[arg-type]
    series = ask("chest_imaging", given)
    assert series.measurements == ()
    assert len(series.unusable) == 1


def test_other_imaging_does_not_answer_and_the_order_is_a_chest_ct() -> None:
    series = ask("chest_imaging", report("report_echocardiogram", "No active tuberculosis."))
    assert series.measurements == ()
    assert series.order is not None
    assert series.order.code == "24627-2"
