"""The engine against the oracle on random records: it decides where all worlds agree, and nowhere else.

Where a statement asks each subject – an input, a kind of event – once, engine and oracle agree on true, false
and open. In two places the engine may leave open what is the same in all worlds, but never decides otherwise:

* Where one subject is asked twice, Kleene's logic does not see that the two answers hang together
  ("above 1 or not above 1").
* Where dates too coarse leave open which of two categories is the latest, the input has no category, even if
  the statement names both ("positive or equivocal").
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from eligibility.errors import ProtocolError
from tests.eligibility.properties import random_records as rnd
from tests.eligibility.properties.oracle import outcomes, several_categories, truths
from tests.eligibility.properties.worlds import Record, how_many

MANY = 4000
"""More worlds than this are not gone through."""


def _examples(share: float) -> int:
    return int(settings().max_examples * share)


def _tell(statement: dict[str, Any], record: Record) -> None:
    note(str(statement))
    note("; ".join(rnd.shown(record)))


def _agree(statement: dict[str, Any], record: Record, anchors: dict[str, date]) -> None:
    question = rnd.question(anchors)
    assume(how_many(record, statement, question) <= MANY)
    answer = rnd.answered(rnd.bound(statement), rnd.chart_of(record), anchors)
    _tell(statement, record)
    told, possible = rnd.truths_of(answer), truths(statement, record, question)
    if several_categories(statement, record, question):
        assert told >= possible, answer.reason
    else:
        assert told == possible, answer.reason


@pytest.mark.parametrize("subject", rnd.SUBJECTS)
@settings(max_examples=_examples(1.2))
@given(data=st.data(), anchors=rnd.anchors)
def test_a_statement_about_one_subject_is_decided_exactly_where_all_worlds_agree(
    subject: str, data: st.DataObject, anchors: dict[str, date]
) -> None:
    record = data.draw(rnd.records(*rnd.split([subject])))
    _agree(data.draw(rnd.leaf_statements(subject)), record, anchors)


@settings(max_examples=_examples(1.5))
@given(data=st.data(), subjects=rnd.subjects_lists(3), anchors=rnd.anchors)
def test_a_compound_that_asks_each_subject_once_is_decided_exactly_where_all_worlds_agree(
    data: st.DataObject, subjects: list[str], anchors: dict[str, date]
) -> None:
    record = data.draw(rnd.records(*rnd.split(subjects), at_most=2))
    _agree(data.draw(rnd.compounds(subjects)), record, anchors)


@settings(max_examples=_examples(1.5))
@given(data=st.data(), subject=st.sampled_from(rnd.SUBJECTS), anchors=rnd.anchors)
def test_a_compound_that_asks_a_subject_twice_never_decides_what_differs_between_worlds(
    data: st.DataObject, subject: str, anchors: dict[str, date]
) -> None:
    record = data.draw(rnd.records(*rnd.split([subject]), at_most=2))
    statement = data.draw(rnd.compounds([subject, subject]))
    question = rnd.question(anchors)
    assume(how_many(record, statement, question) <= MANY)
    answer = rnd.answered(rnd.bound(statement), rnd.chart_of(record), anchors)
    _tell(statement, record)
    assert rnd.truths_of(answer) >= truths(statement, record, question), answer.reason


@settings(max_examples=_examples(1.5))
@given(data=st.data(), subjects=rnd.subjects_lists(3), anchors=rnd.anchors)
def test_a_ladder_names_an_outcome_only_if_all_worlds_do(
    data: st.DataObject, subjects: list[str], anchors: dict[str, date]
) -> None:
    """And it does name it, be it pass or fail, if all worlds do."""
    record = data.draw(rnd.records(*rnd.split(subjects), at_most=2))
    statement = data.draw(rnd.ladders(subjects))
    question = rnd.question(anchors)
    assume(how_many(record, statement, question) <= MANY)
    answer = rnd.answered(rnd.bound(statement), rnd.chart_of(record), anchors)
    possible = outcomes(statement, record, question)
    _tell(statement, record)
    note(f"{possible} {answer}")
    told = {"TRUE": {"pass"}, "PRESUMED_TRUE": {"pass"}, "FALSE": {"fail"}}.get(answer.state.name)
    decided = possible if possible in ({"pass"}, {"fail"}) else None
    assert told == decided


@settings(max_examples=_examples(1.5))
@given(data=st.data(), statement=rnd.tables(), anchors=rnd.anchors)
def test_a_table_names_the_outcome_that_every_completion_names(
    data: st.DataObject, statement: dict[str, Any], anchors: dict[str, date]
) -> None:
    try:
        protocol = rnd.bound(statement)
    except ProtocolError:  # a row that is never reached
        assume(False)
    record = data.draw(rnd.records(["hbsag", "anti_hbc", "hbv_dna"], [], at_most=4))
    question = rnd.question(anchors)
    assume(how_many(record, statement, question) <= MANY)
    answer = rnd.answered(protocol, rnd.chart_of(record), anchors)
    possible = outcomes(statement, record, question)
    _tell(statement, record)
    note(f"{possible} {answer.state.name}")
    named = {"TRUE": "pass", "REVIEW_TRUE": "review-pass", "REVIEW_FALSE": "review-fail", "FALSE": "fail"}
    if len(possible) == 1:
        assert {named.get(answer.state.name, "missing")} == possible
    elif possible == {"fail", "review-fail"}:
        assert answer.state.name == "REVIEW_FALSE"
    else:
        assert answer.state.name == "MISSING"
