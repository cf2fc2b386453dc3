"""One work-list for all trials: what decides most comes first, and what decides nothing is left out."""

from __future__ import annotations

import msgspec

from eligibility.findings import Finding, Outcome, Screening, Verdict
from eligibility.reported import Change, ChangeSet
from eligibility.work_list import work_list
from fhir_mappings.facts import Need
from tests.eligibility.charts import ORDER


def finding(criterion: str, *needs: str, outcome: Outcome = "missing", order: bool = True) -> Finding:
    return Finding(
        criterion=criterion, kind="inclusion", text="", outcome=outcome, leaning=None, reason="",
        clears_on="2026-07-01" if outcome == "fail" else None, evidence=(), notes=(), parts=(),
        needs=tuple(
            Need(input=n, why="never-measured", detail=n, order=ORDER if order else None)
            for n in needs
        ),
    )  # fmt: skip


def screening(protocol: str, *findings: Finding, verdict: Verdict = "undetermined") -> Screening:
    return Screening(
        protocol=protocol, version="1", title="", anchors={}, verdict=verdict, earliest=None,
        stands_until=None, findings=findings,
    )  # fmt: skip


def test_a_fact_that_several_trials_lack_is_one_entry_with_what_it_decides_in_each() -> None:
    (item,) = work_list([screening("a", finding("I1", "upcr")), screening("b", finding("I4", "upcr"))])
    assert item.input == "upcr"
    assert [(d.protocol, d.criteria, d.alone) for d in item.decides] == [
        ("a", ("I1",), True),
        ("b", ("I4",), True),
    ]


def test_what_alone_decides_a_trial_comes_before_what_more_criteria_ask_for() -> None:
    lone = screening("a", finding("I1", "hbv_dna"))
    many = screening("b", finding("I1", "upcr"), finding("I2", "upcr"), finding("I3", "alt"))
    assert [item.input for item in work_list([many, lone])] == ["hbv_dna", "upcr", "alt"]


def test_nothing_decides_alone_where_something_else_stands_in_the_way() -> None:
    both = screening("a", finding("I1", "upcr"), finding("E1", outcome="fail"), verdict="ineligible-for-now")
    assert [item.decides[0].alone for item in work_list([both])] == [False]


def test_what_can_be_ordered_comes_before_what_has_to_be_asked_for() -> None:
    asked = screening("a", finding("I1", "history", order=False), finding("I2", "alt"))
    assert [item.input for item in work_list([asked])] == ["alt", "history"]


def test_a_trial_that_nothing_can_mend_asks_for_nothing() -> None:
    change = Change(kind="never", criterion="E1", what="infarction, for good")
    lost = msgspec.structs.replace(
        screening("a", finding("I1", "upcr"), verdict="ineligible"),
        changes=(ChangeSet(kind="never", changes=(change,)),),
    )
    assert work_list([lost]) == ()


def test_what_only_a_trial_asks_for_that_needs_another_change_first_comes_last() -> None:
    needs_change = screening("a", finding("I1", "upcr"), finding("I2", "upcr"), verdict="ineligible")
    waits = screening("b", finding("I1", "alt", order=False), finding("I2", "hbv_dna"))
    assert [item.input for item in work_list([needs_change, waits])] == ["hbv_dna", "alt", "upcr"]
