"""What is written and has no effect is a warning: its author may have meant something else."""

from __future__ import annotations

from tests.eligibility.checking.checked_files import GOOD, checked, criterion, file, only


def test_a_combination_of_no_parts_has_no_effect() -> None:
    problem = only(file(GOOD.replace("  requires:", "  combine: any # here\n  requires:")))
    assert (problem.severity, problem.reason) == ("warning", "'combine' has no effect without 'parts'")


def test_a_drug_of_both_lists_is_never_asked_about() -> None:
    statement = """
requires:
  stable_therapy:
    of: [drug_a, cond_skin_cancer]
    unchanged_for: 30 d
    open_list:
      - drug_b
      - drug_a # here
"""
    problem = only(file(criterion(statement)))
    assert problem.severity == "warning"
    assert problem.reason == "'drug_a' is in 'of' already, so that no person is asked about it"


def test_of_a_class_the_members_that_are_listed_already_are_named() -> None:
    statement = """
requires:
  stable_therapy:
    of: [cond_skin_cancer]
    unchanged_for: 30 d
    open_list:
      - class_cancer # here
"""
    assert "'class_cancer' (cond_skin_cancer) is in 'of' already" in only(file(criterion(statement))).reason


def test_lists_that_share_nothing_are_not_told() -> None:
    assert not checked(
        file(
            criterion("requires: {stable_therapy: {of: [drug_a], open_list: [drug_b], unchanged_for: 30 d}}")
        )
    )
