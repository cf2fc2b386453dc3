"""The protocol check: each fault is told once, with its line, its reason and how to mend it."""

from __future__ import annotations

import pytest

from tests.eligibility.checking.checked_files import GOOD, checked, criterion, file, marked, only


def test_a_file_without_fault_has_no_problem() -> None:
    assert checked(file(GOOD)) == []


def test_all_faults_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = file(
        criterion(
            "requires: {all: [{number: {input: age, at_least: 18}}, {number: {input: age, below: 18}}]}"
        ),
        criterion("requires: {number: {input: upcrr, at_least: 1 g/g}}", "I2"),
        GOOD.partition("  examples:")[0].replace("I1", "I3"),
        top="freshness: {lab: {before: 28 d}}",
    )
    found = checked(text)
    assert [p.line for p in found] == sorted(p.line or 0 for p in found)
    assert len(found) == 4
    assert {p.of for p in found} == {"", "I1", "I2", "I3"}


def test_a_problem_is_told_as_file_line_column_severity_criterion_key_reason_and_mend() -> None:
    text = file(criterion("requires:\n  number: {input: upcr, above: 100 g/g} # here"))
    assert only(text).told("trial.yaml") == (
        f"trial.yaml:{marked(text)}:5: error: I1, number: this can never hold: no value within the physical"
        " range is UPCR above 100 g/g; correct the threshold or its unit"
    )


def test_what_stands_behind_an_alias_is_told_once_where_it_is_written() -> None:
    text = file(
        criterion("requires: {number: &low {input: upcrr, at_least: 1 g/g}} # here"),
        criterion("requires: {number: *low}", "I2"),
    )
    assert only(text).of == "I1"


def test_a_rung_that_repeats_another_by_an_alias_is_told_at_the_alias() -> None:
    rungs = """
cases:
  of:
    - when: {found: &mi {kind: [diagnosis], of: [cond_mi]}}
      then: fail
    - when: {found: *mi} # here
      then: review-fail
  otherwise: pass
"""
    assert "never reached: rung 1" in only(file(criterion(rungs))).reason


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("id: [1\n", 2, "not readable as YAML"),
        ("id: a\ntitle: \x01", 2, "a character that YAML does not allow"),
        ("id: a\nborn: 2026-02-30", 2, "there is no day 2026-02-30"),
        ("id: a\n? [b]\n: c", 2, "a key is a word"),
        ("id: a\nb: &b [*b]", 2, "not readable as YAML"),
        ("id: a\n---\nid: b", 2, "not readable as YAML"),
        ("[" * 5000, None, ""),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(text: str, line: int | None, reason: str) -> None:
    found = checked(text)
    assert len(found) == 1
    assert reason in found[0].reason
    assert line is None or found[0].line == line
