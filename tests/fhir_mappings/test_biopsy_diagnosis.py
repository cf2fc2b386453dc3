"""Which disease a kidney biopsy concludes to; and classes of other diseases are none of lupus nephritis."""

from __future__ import annotations

import time
from datetime import date

import pytest

from fhir_mappings.biopsy import LONGEST_REPORT, read_biopsy
from fhir_mappings.biopsy_diagnosis import biopsy_diagnosis
from tests.fhir_mappings.inputs.input_charts import ask, categories, procedure, report

DIAGNOSIS, KIDNEY = "kidney_biopsy_diagnosis", "report_kidney_biopsy"

LUPUS = [
    "Diagnosis: lupus nephritis, class to follow",
    "Findings consistent with lupus nephritis",
    "Not diabetic nephropathy; lupus nephritis",
    "考虑狼疮性肾炎",
]
OTHER = [
    ("Diabetic nephropathy, RPS class III", "Diabetic nephropathy"),
    ("No evidence of lupus nephritis. IgA nephropathy, Haas class III.", "IgA nephropathy"),
    (
        "Clinical history: lupus nephritis\nDiagnosis: diabetic glomerulosclerosis",
        "diabetic glomerulosclerosis",
    ),
    ("Suspected lupus nephritis. AL amyloidosis.", "AL amyloidosis"),
    ("糖尿病肾病，不符合狼疮性肾炎", "糖尿病肾病"),
]
NEITHER = [
    "No evidence of lupus nephritis",
    "Rule out lupus nephritis",
    "Cannot exclude diabetic nephropathy",
    "Clinical diagnosis: lupus nephritis\nDiagnosis: thin sections to follow",
    "Diffuse proliferative changes",
    # Lesions that lupus itself can cause are no other disease.
    "Membranous nephropathy",
    "Minimal change disease",
    "",
]


@pytest.mark.parametrize("text", LUPUS)
def test_lupus_nephritis_is_read_without_a_class(text: str) -> None:
    assert biopsy_diagnosis(text).lupus
    assert biopsy_diagnosis(text).other is None


@pytest.mark.parametrize(("text", "name"), OTHER)
def test_another_disease_is_read_by_its_name(text: str, name: str) -> None:
    assert (biopsy_diagnosis(text).lupus, biopsy_diagnosis(text).other) == (False, name)


@pytest.mark.parametrize("text", NEITHER)
def test_what_is_denied_asked_or_open_is_no_conclusion(text: str) -> None:
    assert (biopsy_diagnosis(text).lupus, biopsy_diagnosis(text).other) == (False, None)


@pytest.mark.parametrize(
    "text",
    [
        "Diabetic nephropathy, class III",  # Renal Pathology Society, Tervaert 2010
        "Diabetic nephropathy. Class IV.",
        "Diabetic glomerulosclerosis (Tervaert class IV)",
        "IgA nephropathy, Haas class III",  # Haas 1997
        "Diabetic nephropathy class III in a patient with lupus",
    ],
)
def test_a_class_of_another_disease_is_none_of_lupus_nephritis(text: str) -> None:
    assert read_biopsy(text).lupus_class is None


@pytest.mark.parametrize(
    ("text", "lupus_class"),
    [
        ("Diabetic nephropathy class III; superimposed lupus nephritis class II", "II"),
        ("ISN/RPS class IV (A) and diabetic nephropathy", "IV"),
        ("Class IV lupus nephritis with diabetic nephropathy", "IV"),
        ("Class IV-G (A/C). No IgA nephropathy.", "IV"),
    ],
)
def test_a_class_stands_beside_another_disease(text: str, lupus_class: str) -> None:
    assert read_biopsy(text).lupus_class == lupus_class


def test_the_diagnosis_is_told_for_each_biopsy_latest_first() -> None:
    series = ask(
        DIAGNOSIS,
        report(KIDNEY, "Lupus nephritis, class II", date(2020, 1, 1)),
        report(KIDNEY, "Diabetic nephropathy, class III", reference="R/2"),
    )
    assert categories(series) == ["other-disease", "lupus-nephritis"]
    assert "The biopsy shows Diabetic nephropathy." in series.measurements[0].notes


def test_a_biopsy_that_shows_both_is_lupus_nephritis() -> None:
    both = report(KIDNEY, "Lupus nephritis class III (A) and diabetic nephropathy")
    assert categories(ask(DIAGNOSIS, both)) == ["lupus-nephritis"]


def test_a_biopsy_without_a_report_shows_neither() -> None:
    assert categories(ask(DIAGNOSIS, procedure("proc_renal_biopsy"))) == [None]


def test_a_report_on_another_organ_says_nothing_of_the_kidney() -> None:
    skin = report("report_surgical_pathology", "Skin, left arm: lupus erythematosus; amyloidosis")
    assert categories(ask(DIAGNOSIS, skin)) == []


def test_a_report_full_of_names_is_read_in_time() -> None:
    text = ("No diabetic nephropathy, no lupus nephritis. " * 1000)[:LONGEST_REPORT]
    started = time.process_time()
    biopsy_diagnosis(text)
    read_biopsy(text)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "words",
    [
        "No evidence of lupus nephritis. Minimal change disease.",
        "Negative for lupus nephritis; FSGS",
        "Normal kidney tissue",
        "未见狼疮性肾炎",
    ],
)
def test_a_biopsy_that_denies_lupus_nephritis_says_so(words: str) -> None:
    assert biopsy_diagnosis(words).none
    assert categories(ask(DIAGNOSIS, report(KIDNEY, words, date(2026, 3, 1)))) == ["no-lupus-nephritis"]


@pytest.mark.parametrize(
    "words",
    [
        "Rule out lupus nephritis",
        "No active lupus nephritis",
        "No evidence of class V lupus nephritis",
        "Lupus nephritis cannot be excluded",
        "Not normal kidney tissue",
        "Kidney biopsy; normal renal function",
    ],
)
def test_what_denies_a_part_of_lupus_nephritis_or_leaves_it_open_denies_nothing(words: str) -> None:
    assert not biopsy_diagnosis(words).none


@pytest.mark.parametrize("words", ["IgA nephropathy.", "IgA肾病。", "No evidence of lupus nephritis."])
def test_a_later_report_that_concludes_otherwise_is_no_addition_to_the_biopsy_before(words: str) -> None:
    """NCT07517536 I3: the latest biopsy decides; one that shows another disease leans against.

    Within 30 days it might be an addition of electron microscopy, which draws no conclusion of its own.
    """
    first = report(KIDNEY, "Lupus nephritis, ISN/RPS class IV (A)", date(2026, 5, 5))
    second = report(KIDNEY, words, date(2026, 5, 31), reference="R/2")
    assert categories(ask(DIAGNOSIS, first, second))[1] == "lupus-nephritis"
    assert categories(ask(DIAGNOSIS, first, second))[0] in ("other-disease", "no-lupus-nephritis")
    assert categories(ask("lupus_nephritis_class", first, second)) == [None, "IV"]


def test_a_later_report_without_a_conclusion_is_an_addition_to_the_biopsy_before() -> None:
    first = report(KIDNEY, "Lupus nephritis, ISN/RPS class IV (A)", date(2026, 5, 5))
    second = report(
        KIDNEY, "Electron microscopy: subendothelial deposits.", date(2026, 5, 31), reference="R/2"
    )
    assert categories(ask(DIAGNOSIS, first, second)) == ["lupus-nephritis"]
    assert categories(ask("lupus_nephritis_class", first, second)) == ["IV"]
