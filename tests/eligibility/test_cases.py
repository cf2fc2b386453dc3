"""Ladders: the first condition that holds decides, and an open one leaves open what it could change."""

from __future__ import annotations

import pytest

from eligibility.errors import ProtocolError
from fhir_mappings.facts import Unusable
from fhir_mappings.intervals import day
from tests.eligibility.charts import JUNE_1, HandChart, category, judged, protocol, value

LADDER = """
cases:
  of:
    - {when: {number: {input: alt, above: 100 U/L, fresh: lab}}, then: fail, because: Too high}
    - {when: {category: {input: hbsag, is: [positive], fresh: lab}}, then: review-pass, because: Ask}
  otherwise: pass
"""


@pytest.mark.parametrize(
    ("alt", "hbsag", "outcome", "leaning"),
    [
        (150, "positive", "fail", None),
        (150, None, "fail", None),
        (50, "positive", "review", "pass"),
        (50, "negative", "pass", None),
        (50, None, "review", "pass"),  # whether or not it is positive, it does not stand in the way
        (None, "positive", "missing", None),
        (None, None, "missing", None),
    ],
)
def test_the_first_condition_that_holds_decides_and_an_open_one_leaves_open_what_it_could_change(
    alt: float | None, hbsag: str | None, outcome: str, leaning: str | None
) -> None:
    facts = []
    if alt is not None:
        facts.append(value("alt", alt, JUNE_1))
    if hbsag is not None:
        facts.append(category("hbsag", hbsag, JUNE_1))
    finding = judged(LADDER, HandChart(facts), kind="E1")
    assert (finding.outcome, finding.leaning) == (outcome, leaning)


def test_a_review_that_an_open_condition_brings_about_says_so() -> None:
    finding = judged(LADDER, HandChart([value("alt", 50, JUNE_1)]), kind="E1")
    assert finding.reason.startswith("HBsAg: no result is on record")


def test_a_ladder_whose_conditions_are_only_presumed_not_to_hold_ends_in_presumed() -> None:
    ladder = "cases: {of: [{when: {found: {kind: [diagnosis], of: [cond_mi]}}, then: fail}], otherwise: pass}"
    assert judged(ladder, HandChart(), kind="E1").outcome == "presumed"


def test_a_rung_cites_also_what_ruled_out_the_rungs_above_it_that_name_another_outcome() -> None:
    ladder = """
cases:
  of:
    - {when: {number: {input: upcr, at_least: 3 g/g}}, then: review-pass, because: words}
    - {when: {number: {input: alt, above: 200 U/L}}, then: fail}
    - {when: {number: {input: score, at_least: 6}}, then: fail}
  otherwise: pass
"""
    chart = HandChart(
        [value(name, number, JUNE_1) for name, number in (("upcr", 1), ("alt", 20), ("score", 8))]
    )
    cited = {e.reference for e in judged(ladder, chart).evidence}
    assert cited == {"Observation/score-2026-06-01", "Observation/upcr-2026-06-01"}


def test_where_an_open_rung_and_what_follows_both_stand_in_the_way_the_answer_leans_against_the_patient() -> (
    None
):
    ladder = """
cases:
  of:
    - {when: {number: {input: upcr, at_least: 3 g/g}}, then: fail}
    - {when: {number: {input: score, at_least: 6}}, then: review-fail, because: words}
  otherwise: pass
"""
    finding = judged(ladder, HandChart([value("score", 8, JUNE_1)]))
    assert (finding.outcome, finding.leaning, [n.input for n in finding.needs]) == (
        "review",
        "fail",
        ["upcr"],
    )


def test_what_a_missing_rung_needs_may_be_something_to_ask_for() -> None:
    rung = """
cases:
  of:
    - when: {category: {input: hbsag, is: [positive]}}
      then: missing
      needs: [date_of_infection]
      because: Since when?
  otherwise: pass
"""
    need = judged(rung, HandChart([category("hbsag", "positive", JUNE_1)])).needs[0]
    assert (need.input, need.why, need.detail) == ("date_of_infection", "never-measured", "Since when?")
    with pytest.raises(ProtocolError, match="no criterion input 'date_of_infection'"):
        protocol(rung.replace("      because: Since when?\n", ""))


def test_outcomes_cannot_be_turned_round() -> None:
    with pytest.raises(ProtocolError, match="cannot stand below 'not'"):
        protocol(
            "requires: {not: {cases: {of: [{when: {attest: {question: q, ask: Q}}, then: fail}], "
            "otherwise: pass}}}"
        )


PROVEN = """
cases:
  of:
    - {when: {proven: {number: {input: alt, at_most: 100 U/L, fresh: lab}}}, then: pass}
    - {when: {number: {input: upcr, above: 1 g/g, fresh: lab}}, then: fail}
  otherwise: pass
"""


def test_proven_lets_an_open_condition_fall_through_to_the_rungs_below() -> None:
    assert judged(PROVEN, HandChart([value("alt", 50, JUNE_1)]), kind="E1").outcome == "pass"
    assert judged(PROVEN, HandChart([value("upcr", 2, JUNE_1)]), kind="E1").outcome == "fail"
    assert judged(PROVEN, HandChart(), kind="E1").outcome == "missing"


def test_seen_keeps_open_what_is_there_but_unreadable_or_was_not_retrieved() -> None:
    seen = PROVEN.replace("proven:", "seen:")
    upcr = value("upcr", 2, JUNE_1)
    assert judged(seen, HandChart([upcr]), kind="E1").outcome == "fail"
    unreadable = Unusable(why="unreadable", detail="no unit", when=day(JUNE_1))
    finding = judged(seen, HandChart([upcr], unusable={"alt": (unreadable,)}), kind="E1")
    assert (finding.outcome, finding.needs[0].why) == ("missing", "unreadable")
    not_retrieved = judged(seen, HandChart([upcr], retrieval="failed"), kind="E1")
    assert (not_retrieved.outcome, not_retrieved.needs[0].why) == ("missing", "not-retrieved")


def test_proven_is_refused_where_it_would_turn_unknown_into_no() -> None:
    with pytest.raises(ProtocolError, match="unknown into no"):
        protocol("excludes: {proven: {number: {input: alt, above: 1 U/L}}}", kind="E1")
