"""Which biopsy a class of lupus nephritis belongs to, and on which day it was taken."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from fhir_mappings.intervals import UNDATED, DateSpan, day
from tests.fhir_mappings.inputs.input_charts import (
    JUNE_1,
    YEAR_2026,
    ask,
    categories,
    diagnosis,
    procedure,
    report,
    the,
)

CLASS, ACTIVITY = "lupus_nephritis_class", "lupus_nephritis_activity"
KIDNEY = "report_kidney_biopsy"
MAY_20 = date(2026, 5, 20)


def test_class_and_activity_are_read_from_the_report() -> None:
    """A-I3: active class III or IV, with or without V, within a year."""
    given = report(KIDNEY, "Lupus nephritis, ISN/RPS class IV-G (A/C) + V")
    assert (the(ask(CLASS, given)).category, the(ask(ACTIVITY, given)).category) == ("IV+V", "active")
    assert the(ask(CLASS, given)).when.first == JUNE_1


def test_the_day_is_that_of_the_biopsy_where_it_is_on_record() -> None:
    measurement = the(ask(CLASS, report(KIDNEY, "class III (A)"), procedure("proc_renal_biopsy", MAY_20)))
    assert measurement.when.first == MAY_20
    assert "reported on 2026-06-01, taken on 2026-05-20" in measurement.notes
    assert len(measurement.evidence) == 2


@pytest.mark.parametrize(("taken", "days"), [(date(2026, 5, 2), 1), (date(2026, 5, 1), 2)])
def test_a_biopsy_more_than_a_month_before_a_report_is_another_one(taken: date, days: int) -> None:
    series = ask(CLASS, report(KIDNEY, "class III (A)"), procedure("proc_renal_biopsy", taken))
    assert len({m.when for m in series.measurements}) == days


def test_the_latest_biopsy_is_first() -> None:
    series = ask(
        CLASS, report(KIDNEY, "class IV (A)", date(2024, 1, 1)), report(KIDNEY, "class II", reference="R/2")
    )
    assert categories(series) == ["II", "IV"]


def test_a_biopsy_whose_class_cannot_be_read_is_not_passed_over_for_an_older_one() -> None:
    series = ask(
        CLASS,
        report(KIDNEY, "class IV (A)", date(2024, 1, 1)),
        report(KIDNEY, "Diffuse proliferative changes.", reference="R/2"),
    )
    assert categories(series) == [None, "IV"]
    assert series.measurements[0].needs[0].why == "unreadable"


def test_a_biopsy_without_any_report_is_not_passed_over_either() -> None:
    series = ask(CLASS, report(KIDNEY, "class IV (A)", date(2024, 1, 1)), procedure("proc_renal_biopsy"))
    assert categories(series) == [None, "IV"]
    assert "no report of this biopsy" in series.measurements[0].notes[0]


def test_a_class_that_is_not_stated_has_no_activity() -> None:
    assert categories(ask(ACTIVITY, report(KIDNEY, "Active crescents."))) == [None]


def test_a_pathology_report_counts_if_it_is_about_the_kidney() -> None:
    kidney = report("report_surgical_pathology", "Kidney, needle biopsy: lupus nephritis class III (A)")
    skin = report("report_surgical_pathology", "Skin: class III")
    assert categories(ask(CLASS, kidney)) == ["III"]
    assert ask(CLASS, skin).measurements == ()


def test_an_observation_of_the_class_says_no_more_than_its_value() -> None:
    assert categories(ask(CLASS, report("obs_lupus_nephritis_class", "IV-G (A/C) + V"))) == ["IV+V"]
    assert categories(ask(CLASS, report("obs_lupus_nephritis_class", "Class III"))) == ["III"]
    assert categories(ask(CLASS, report("obs_lupus_nephritis_class", "4"))) == ["IV"]


@pytest.mark.parametrize(("index", "activity"), [("8", "active"), ("8/24", "active"), ("0", "inactive")])
def test_class_and_index_of_one_biopsy_may_come_in_two_observations(index: str, activity: str) -> None:
    given = (
        report("obs_lupus_nephritis_class", "IV"),
        report("obs_nih_activity_index", index, reference="R/2"),
    )
    assert categories(ask(CLASS, *given)) == ["IV"]
    assert categories(ask(ACTIVITY, *given)) == [activity]


def test_two_reports_of_a_day_that_contradict_each_other_are_both_shown() -> None:
    series = ask(CLASS, report(KIDNEY, "class III"), report(KIDNEY, "class IV", reference="R/2"))
    assert sorted(categories(series), key=str) == ["III", "IV"]


def test_a_coded_conclusion_is_read_with_a_word_on_its_scheme() -> None:
    given = report(f"{KIDNEY} cond_lupus_nephritis_class_4", "Activity index 8/24.")
    assert (the(ask(CLASS, given)).category, the(ask(ACTIVITY, given)).category) == ("IV", "active")
    assert "WHO class" in the(ask(CLASS, given)).notes[0]


def test_a_coded_diagnosis_has_no_biopsy_date() -> None:
    series = ask(CLASS, diagnosis("cond_lupus_nephritis_class_4 cond_lupus_nephritis_any"))
    assert series.measurements == ()
    assert series.unusable[0].detail == "class IV is coded, the biopsy date is not recorded"
    assert series.unusable[0].when is None


def test_a_stage_or_name_that_states_the_class_has_none_either() -> None:
    for given in (
        diagnosis("cond_lupus_nephritis_any", stage="ISN/RPS class III"),
        diagnosis("cond_lupus_nephritis_any", label="狼疮性肾炎Ⅲ型"),
    ):
        series = ask(CLASS, given)
        assert series.measurements == ()
        assert "class III" in series.unusable[0].detail


@pytest.mark.parametrize(
    ("taken", "category"), [(MAY_20, "IV"), (date(2026, 5, 2), "IV"), (date(2026, 5, 1), None)]
)
def test_one_biopsy_close_to_the_diagnosis_dates_it(taken: date, category: str | None) -> None:
    series = ask(
        CLASS, diagnosis("cond_lupus_nephritis_class_4", JUNE_1), procedure("proc_renal_biopsy", taken)
    )
    assert categories(series) == [category]
    assert series.measurements[0].when.first == taken


def test_a_diagnosis_without_an_onset_is_of_the_day_it_was_recorded() -> None:
    unknown = DateSpan(date(1974, 3, 10), JUNE_1)
    series = ask(
        CLASS, diagnosis("cond_lupus_nephritis_class_4", unknown), procedure("proc_renal_biopsy", MAY_20)
    )
    assert the(series).category == "IV"


def test_of_two_biopsies_close_to_the_diagnosis_neither_is_chosen() -> None:
    series = ask(
        CLASS,
        diagnosis("cond_lupus_nephritis_class_4", JUNE_1),
        procedure("proc_renal_biopsy", MAY_20, reference="P/1"),
        procedure("proc_renal_biopsy", JUNE_1, reference="P/2"),
    )
    assert categories(series) == [None, None]


def test_a_diagnosis_adds_nothing_to_the_report_of_its_biopsy() -> None:
    series = ask(
        CLASS,
        report(KIDNEY, "class III (A)"),
        procedure("proc_renal_biopsy", MAY_20),
        diagnosis("cond_lupus_nephritis_class_4", JUNE_1),
    )
    assert categories(series) == ["III"]


def test_a_suspected_class_is_not_used() -> None:
    series = ask(CLASS, diagnosis("cond_lupus_nephritis_class_4", confirmed=False))
    assert series.measurements == ()
    assert "suspicion" in series.unusable[0].detail


@pytest.mark.parametrize(("confirmed", "category"), [(True, "IV"), (False, None)])
def test_an_undated_report_may_be_of_any_day(confirmed: bool, category: str | None) -> None:
    """A-I3: nothing tells that an older biopsy is not the newer one; what is preliminary names no class."""
    series = ask(CLASS, report(KIDNEY, "class IV (A)", None, confirmed=confirmed))
    assert [(m.category, m.when) for m in series.measurements] == [(category, UNDATED)]


def test_an_undated_report_is_not_joined_with_the_biopsy_of_another_document() -> None:
    series = ask(
        CLASS,
        report(KIDNEY, "class III (A)", JUNE_1),
        report(KIDNEY, "Immunofluorescence: full house.", None, reference="R/2"),
        report(KIDNEY, "class II", None, reference="R/3"),
        report(KIDNEY, "class IV", None, reference="R/4"),
    )
    assert Counter(categories(series)) == Counter({None: 1, "II": 1, "III": 1, "IV": 1})


def test_an_undated_report_is_of_the_day_that_its_words_name() -> None:
    series = ask(CLASS, report(KIDNEY, "Biopsy taken 2026-05-20. Class IV (A).", None))
    assert [(m.category, m.when) for m in series.measurements] == [("IV", day(date(2026, 5, 20)))]


def test_a_preliminary_report_stands_for_its_biopsy_without_a_class() -> None:
    """A-I3: what a preliminary report says does not count, but no older biopsy passes in its place."""
    older = report(KIDNEY, "class IV (A)", date(2026, 5, 10))
    newer = report(KIDNEY, "class II", JUNE_1, confirmed=False, reference="R/2")
    for name in (CLASS, ACTIVITY):
        series = ask(name, older, newer)
        assert categories(series)[0] is None
        assert len(series.measurements) == 2
        assert "preliminary" in (series.measurements[0].needs[0].detail or "")


def test_the_final_report_of_the_same_day_stands_for_its_preliminary_one() -> None:
    final = report(KIDNEY, "class II")
    assert categories(ask(CLASS, final, report(KIDNEY, "class IV", confirmed=False, reference="R/2"))) == [
        "II"
    ]


SURGICAL = "report_surgical_pathology report_kidney_biopsy"
"""The code of pathology reports, whatever the organ."""


@pytest.mark.parametrize(
    ("label", "text"),
    [
        (
            "Surgical pathology study",
            "Skin, left arm, punch biopsy: leukocytoclastic vasculitis in patient with class IV (A/C) "
            "lupus nephritis",
        ),
        ("Surgical pathology, skin biopsy", "Lupus nephritis class IV (A) is known. Vasculitis."),
        ("Cytology urine", "Red cell casts, class IV (A) lupus nephritis known"),
        ("Surgical pathology study", "Donor kidney biopsy: class IV (A) lupus nephritis"),
        ("Surgical pathology study", "Specimen: Skin. Diagnosis: vasculitis; lupus nephritis class IV (A)"),
        ("Surgical pathology study", "Placenta: infarcts; mother with lupus nephritis class IV (A)"),
        ("Surgical pathology study", "Lymph node, axilla: reactive. Lupus nephritis class III (A)."),
        ("病理报告", "皮肤活检：血管炎，狼疮性肾炎Ⅳ型（A）患者"),
    ],
)
def test_a_report_of_another_specimen_is_not_used_and_told(label: str, text: str) -> None:
    series = ask(CLASS, report(SURGICAL, text, label=label))
    assert series.measurements == ()
    assert len(series.unusable) == 1


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("Surgical pathology study", "Kidney, needle biopsy: lupus nephritis class IV (A)"),
        ("Surgical pathology study", "Native kidney biopsy, 24 glomeruli. Class IV (A)"),
        ("Surgical pathology study", "Biopsy of the left kidney: lupus nephritis class IV (A)"),
        ("Surgical pathology study", "Renal cortex with 20 glomeruli: lupus nephritis class IV (A)"),
        ("Surgical pathology study", "Diffuse lupus nephritis, ISN/RPS class IV (A)."),
        ("Renal biopsy", "Lupus nephritis class IV (A)"),
        ("肾穿刺活检病理", "狼疮性肾炎 Ⅳ型（A）"),
        ("病理报告", "肾组织：肾小球20个，狼疮性肾炎 Ⅳ型（A）"),
    ],
)
def test_a_report_whose_specimen_is_the_kidney_is_used(label: str, text: str) -> None:
    given = report(SURGICAL, text, label=label)
    assert (categories(ask(CLASS, given)), categories(ask(ACTIVITY, given))) == (["IV"], ["active"])


@pytest.mark.parametrize(
    "text",
    [
        "A. Kidney, needle biopsy: class IV (A) lupus nephritis\nB. Skin, punch biopsy: vasculitis",
        "Vasculitis in a patient with class IV (A) lupus nephritis",
    ],
)
def test_a_class_that_may_be_of_another_specimen_needs_a_reader(text: str) -> None:
    older = report(KIDNEY, "class III (A)", date(2026, 3, 1))
    given = report(SURGICAL, text, label="Surgical pathology study", reference="R/2")
    assert categories(ask(CLASS, older, given)) == [None, "III"]


def test_a_pathology_report_right_after_a_kidney_biopsy_is_about_it() -> None:
    given = report(SURGICAL, "Lupus nephritis class IV (A)", label="Surgical pathology study")
    assert categories(ask(CLASS, given, procedure("proc_renal_biopsy", MAY_20))) == ["IV"]


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("Kidney biopsy (collected 2021-05-01): lupus nephritis class IV (A)", day(date(2021, 5, 1))),
        (
            "Kidney biopsy 03/2019 (outside slides reviewed 2026): class IV (A)",
            DateSpan(date(2019, 3, 1), date(2019, 3, 31)),
        ),
        ("Kidney biopsy from 2021. Class IV (A)", DateSpan(date(2021, 1, 1), date(2021, 12, 31))),
        ("Date of collection: 12 May 2021. Class IV (A)", day(date(2021, 5, 12))),
        ("Collected: 05/01/2021. Class IV (A)", DateSpan(date(2021, 1, 5), date(2021, 5, 1))),
        ("采集日期：2021年5月1日。狼疮性肾炎Ⅳ型（A）", day(date(2021, 5, 1))),
        ("Kidney biopsy of 2026-05-31: class IV (A)", day(date(2026, 5, 31))),
        ("Kidney biopsy of 2026-06-01: class IV (A)", day(JUNE_1)),
        ("Kidney biopsy of 2026-06-10: class IV (A)", day(JUNE_1)),
        ("Renal biopsy 2018 ISN/RPS class IV (A)", day(JUNE_1)),
        ("Class IV (A). Previous kidney biopsy 2019: class II.", day(JUNE_1)),
    ],
)
def test_the_day_that_the_report_names_is_that_of_the_biopsy(text: str, taken: DateSpan) -> None:
    """A-I3: the report of an outside biopsy bears the date of its review."""
    measurement = the(ask(CLASS, report(KIDNEY, text)))
    assert (measurement.when, measurement.category) == (taken, "IV")


def test_a_coarse_date_is_kept() -> None:
    assert the(ask(CLASS, report(KIDNEY, "class IV (A)", YEAR_2026))).when == YEAR_2026


def test_an_operation_after_the_day_asked_is_not_known_yet() -> None:
    assert ask(CLASS, procedure("proc_renal_biopsy", date(2026, 7, 1))).measurements == ()


def test_it_is_read_from_reports_procedures_and_diagnoses_and_never_ordered() -> None:
    series = ask(CLASS, retrieval={"DiagnosticReport": "complete", "Procedure": "failed"})
    assert series.retrieval == "failed"
    assert series.order is None


def test_a_class_of_a_lupus_free_name_is_not_looked_for() -> None:
    assert ask(CLASS, diagnosis("cond_heart_failure", label="NYHA class III")).measurements == ()


def test_a_biopsy_known_to_the_month_is_dated_up_to_its_report() -> None:
    may = DateSpan(date(2026, 5, 1), date(2026, 5, 31))
    series = ask(CLASS, report(KIDNEY, "class IV (A)", MAY_20), procedure("proc_renal_biopsy", may))
    assert the(series).when == DateSpan(date(2026, 5, 1), MAY_20)


@pytest.mark.parametrize(("later", "count"), [(date(2026, 6, 8), 1), (date(2026, 6, 9), 2)])
def test_a_biopsy_entered_within_a_week_of_its_report_is_the_reported_one(later: date, count: int) -> None:
    series = ask(CLASS, report(KIDNEY, "class IV (A)"), procedure("proc_renal_biopsy", later))
    assert len(series.measurements) == count


@pytest.mark.parametrize(
    ("later", "expected"), [(date(2026, 6, 19), ["IV"]), (date(2026, 6, 20), [None, "IV"])]
)
def test_a_later_document_without_a_class_belongs_to_the_biopsy_of_that_month(
    later: date, expected: list[str | None]
) -> None:
    series = ask(
        CLASS,
        report(KIDNEY, "class IV (A)", MAY_20),
        report(KIDNEY, "Electron microscopy: subendothelial deposits.", later, reference="R/2"),
        on=date(2026, 7, 1),
    )
    assert categories(series) == expected
