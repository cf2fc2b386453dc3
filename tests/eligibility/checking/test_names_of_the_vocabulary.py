"""The protocol check over the real vocabulary: a statement that no record can ever meet is an error."""

from __future__ import annotations

import pytest

from eligibility.checking.check import check_text
from fhir_mappings.vocabulary import vocabulary
from tests.eligibility.checking.checked_files import criterion, file


def reasons(statement: str) -> list[str]:
    text = file(criterion(statement)).replace("cond_mi", "cond_sle")
    found = check_text(text, "trial.yaml", vocabulary()).problems
    return [problem.reason for problem in found if problem.severity == "error"]


@pytest.mark.parametrize(
    ("kind", "name", "found"),
    [
        ("diagnosis", "drug_rituximab", "allergy or exposure or participation"),
        ("vaccination", "cond_sle", "admission or allergy or diagnosis or refutation or report"),
        ("exposure", "class_live_vaccine", "allergy or vaccination"),
        ("device", "drug_rituximab", "allergy or exposure or participation"),
    ],
)
def test_a_code_set_that_no_event_of_the_kind_can_have_is_an_error(kind: str, name: str, found: str) -> None:
    told = reasons(f"excludes: {{found: {{kind: [{kind}], of: [{name}]}}}}")
    assert f"no {kind} can be of '{name}'; it is found as {found}" in told


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("diagnosis", "cond_sle"),
        ("exposure", "class_systemic_glucocorticoid"),
        ("allergy", "drug_rituximab"),
        ("planned", "proc_pci"),
        ("procedure, diagnosis", "proc_pacemaker_icd"),
        ("report", "report_kidney_biopsy"),
    ],
)
def test_a_code_set_that_an_event_of_the_kind_can_have_is_none(kind: str, name: str) -> None:
    told = reasons(f"excludes: {{found: {{kind: [{kind}], of: [{name}]}}}}")
    assert not [reason for reason in told if "can be of" in reason]


@pytest.mark.parametrize(
    "statement",
    [
        "stable_therapy: {of: [], unchanged_for: 12 wk, anchor: baseline}",
        "exposed_for: {of: [], at_least: 6 mo}",
        "exposed_for: {of: [drug_rituximab], at_least: 6 mo, routes: []}",
        "found: {kind: [diagnosis], of: []}",
        "found: {kind: []}",
        "all: []",
        "any: []",
        "category: {input: hbsag, is: []}",
        "cases: {of: [], otherwise: pass}",
    ],
)
def test_an_empty_list_is_an_error_in_plain_words(statement: str) -> None:
    assert any(
        "the list needs 1 or more entries" in reason for reason in reasons(f"requires: {{{statement}}}")
    )


def test_a_key_that_exists_elsewhere_is_not_proposed_for_itself() -> None:
    run = "{history: prednisone_equivalent, above: 7.5 mg, length: 14 d, during: {before: 8 wk}}"
    assert "there is no such key here: 'above'" in reasons(f"requires: {{dose_run: {run}}}")
