"""Words that are missing or said twice, and what is cited: assumptions, ids."""

from __future__ import annotations

import re

import pytest

from tests.eligibility.checking.checked_files import GOOD, criterion, file, only


@pytest.mark.parametrize(
    ("old", "new", "severity", "reason"),
    [
        ("  text: The words of I1", "  text: ' ' # here", "error", "'text' is empty"),
        ("  reading: The reading of I1", "  reading: '' # here", "error", "'reading' is empty"),
        ("- id: I1\n", "- id: I1 # here\n", "error", "the key 'reading' is missing"),
        ("- id: I1\n", "- id: I1 # here\n", "error", "no computable reading and no attestation"),
    ],
)
def test_words_that_are_missing_are_told(old: str, new: str, severity: str, reason: str) -> None:
    text = file(GOOD).replace(old, new)
    if "the key 'reading'" in reason:
        text = text.replace("  reading: The reading of I1\n", "")
    if "no computable" in reason:
        text = re.sub(r"  requires: .*\n", "", text)
    problem = only(text)
    assert (problem.severity, reason in problem.reason) == (severity, True), problem.reason


def test_an_empty_question_is_told() -> None:
    statement = """
requires:
  carve_out:
    of: {number: {input: score, at_least: 6}}
    question: q
    ask: "" # here
"""
    assert only(file(criterion(statement))).reason == "'ask' is empty"


def test_the_same_sentence_at_two_criteria_is_a_warning() -> None:
    text = file(GOOD, criterion("requires: {number: {input: score, at_least: 6}}", "I2"))
    problem = only(text.replace("text: The words of I2", "text: The  words of I1 # here"))
    assert (problem.severity, problem.reason) == ("warning", "I2 has the same words as I1")


ASSUMPTION = "assumptions:\n  - {id: P1, text: It is so.}"


def test_an_assumption_that_nothing_rests_on_is_a_warning() -> None:
    problem = only(file(GOOD, top=ASSUMPTION + " # here"))
    assert (problem.severity, problem.of) == ("warning", "P1")
    assert problem.reason == "nothing rests on the assumption 'P1'"


def test_an_assumption_that_does_not_exist_is_told_where_it_is_cited() -> None:
    cited = GOOD.replace("  requires:", "  assumptions: [P1, P11] # here\n  requires:")
    assert "there is no assumption 'P11' (did you mean 'P1'?)" in only(file(cited, top=ASSUMPTION)).reason
    window = criterion("""
requires:
  number:
    input: score
    at_least: 6
    fresh: {before: 28 d, assumption: P2} # here
""")
    used = criterion("requires: {number: {input: upcr, at_least: 1 g/g}}", "I2")
    used = used.replace("  requires:", "  assumptions: [P1]\n  requires:")
    assert "there is no assumption 'P2'" in only(file(window, used, top=ASSUMPTION)).reason


def test_an_id_that_is_used_twice_is_told_where_it_stands_again() -> None:
    again = GOOD.replace("words of I1", "words of another").replace("id: I1", "id: I1 # here")
    assert only(file(GOOD, again)).reason == "the id 'I1' is used twice"
