"""What taking a fact away, spoiling or adding it may do to a finding, on the protocols' examples.

Two ways of taking away are told apart. A fact is *forgotten* if it is gone and its kind no longer counts as
wholly retrieved; it is *erased* if the record is as whole as before, and so says that it never was.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from eligibility.findings import Finding
from fhir_mappings.facts import Event, Measurement
from tests.app.properties import example_records as rec

DECIDED = {"pass", "presumed", "fail"}
Law = Callable[[rec.Case, Finding, rec.Fact], None]


def forgetting_never_decides(case: rec.Case, full: Finding, fact: rec.Fact) -> None:
    """From ``missing``, no decision; unless the fact was itself what left the question open."""
    if full.outcome == "missing" and not rec.is_the_question(full, case.facts, fact):
        assert case.judged(rec.forgotten(case.facts, fact)).outcome not in DECIDED


def erasing_an_event_at_most_presumes(case: rec.Case, full: Finding, fact: rec.Fact) -> None:
    """From ``missing``: a record that is whole without the event may be presumed free of it, and no more.

    Unless the finding cites the event, as that of which more must be known.
    """
    if full.outcome == "missing" and isinstance(fact, Event) and not rec.cites(full, fact):
        assert case.judged(rec.erased(case.facts, fact)).outcome not in {"pass", "fail"}


def adding_never_undoes_a_decision(case: rec.Case, full: Finding, fact: rec.Fact) -> None:
    """What was ``pass`` or ``fail`` without the fact is ``missing`` with it only where it raises a doubt.

    That is a conflict, newer evidence that does not decide, or an event of which more must be known (a
    malignancy that nobody dated); the finding then cites the fact.
    """
    without = case.judged(rec.erased(case.facts, fact))
    if without.outcome in {"pass", "fail"} and full.outcome == "missing":
        more_to_know = isinstance(fact, Event) and rec.cites(full, fact)
        assert more_to_know or rec.is_the_question(full, case.facts, fact)


def a_decision_cites_what_it_rests_on(case: rec.Case, full: Finding, fact: rec.Fact) -> None:
    """Without a fact that it does not cite, a decision is the same.

    A score cites its findings, but not the diagnosis of lupus that it attributes them to; and where several
    results of one day contradict each other, nothing is shown, and nothing need be cited for that.
    """
    attributed_to = isinstance(fact, Event) and "cond_sle" in fact.concepts
    if full.outcome in DECIDED and not rec.cites(full, fact) and not attributed_to:
        if rec.has_rivals(case.facts, fact):
            return
        assert case.judged(rec.erased(case.facts, fact)).outcome == full.outcome


def a_spoilt_result_says_no_more_than_none(case: rec.Case, full: Finding, fact: rec.Fact) -> None:
    """With an unreadable result, a decision is the one that holds without it."""
    if isinstance(fact, Measurement):
        spoilt = case.judged(rec.unreadable(case.facts, fact))
        if spoilt.outcome in DECIDED:
            assert spoilt.outcome == case.judged(rec.erased(case.facts, fact)).outcome


def a_stale_result_says_what_it_said_or_nothing(case: rec.Case, full: Finding, fact: rec.Fact) -> None:
    """Of 40 years ago, a result counts for good as it did (a lasting positive), or decides nothing.

    Where a criterion asks for what was seen long before a date, a result of long ago is what it asks for.
    """
    if isinstance(fact, Measurement) and not case.looks_back:
        old = case.judged(rec.long_ago(case.facts, fact))
        if old.outcome in DECIDED:
            without = case.judged(rec.erased(case.facts, fact))
            assert old.outcome in {full.outcome, without.outcome}


def a_result_told_twice_says_the_same(case: rec.Case, full: Finding, fact: rec.Fact) -> None:
    """Two feeds that deliver one result agree."""
    if isinstance(fact, Measurement):
        twice = case.judged(rec.retold(case.facts, fact))
        assert (twice.outcome, twice.leaning, twice.clears_on) == (full.outcome, full.leaning, full.clears_on)


LAWS: list[Law] = [
    forgetting_never_decides,
    erasing_an_event_at_most_presumes,
    adding_never_undoes_a_decision,
    a_decision_cites_what_it_rests_on,
    a_spoilt_result_says_no_more_than_none,
    a_stale_result_says_what_it_said_or_nothing,
    a_result_told_twice_says_the_same,
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_law_holds_for_every_fact_of_every_example(law: Law) -> None:
    broken: list[str] = []
    for case in rec.single_cases():
        full = case.judged()
        for fact in rec.facts_of(case.facts):
            try:
                law(case, full, fact)
            except AssertionError:
                broken.append(f"{case.criterion.id} {case.name}: {fact.evidence}")
    assert broken == []


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@settings(max_examples=settings().max_examples * 2)
@given(case=rec.mixed_cases(), data=st.data())
def test_the_law_holds_for_the_facts_of_several_examples_together(
    law: Law, case: rec.Case, data: st.DataObject
) -> None:
    facts = list(rec.facts_of(case.facts))
    assume(facts)
    fact = data.draw(st.sampled_from(facts))
    note(f"{case.criterion.id}: {case.name}, as of {case.as_of} {case.anchors}")
    full = case.judged()
    note(f"{full.outcome} {full.reason} {[(n.input, n.why) for n in full.needs]}")
    law(case, full, fact)
