"""A clinician's recorded judgement: what it settles, how long it holds, and what it never touches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import msgspec
import pytest

from app.example_charts import chart_of
from eligibility.bound import BoundCriterion, BoundProtocol
from eligibility.context import Context
from eligibility.course import Anchors
from eligibility.errors import ProtocolError
from eligibility.example_notation import ExampleFacts, example_facts
from eligibility.examples import examples_of
from eligibility.findings import Finding
from eligibility.judging import flattened, judge
from eligibility.loading import bundled_files, load_protocol
from eligibility.screening import screen
from fhir_mappings.facts import Answer, AnsweredBy, Evidence, Measurement
from fhir_mappings.intervals import DateSpan, day
from fhir_mappings.vocabulary import vocabulary
from tests.eligibility.charts import AS_OF, JUNE_1, HandChart, evidence, protocol, value

OPEN_TO_JUDGEMENT = ("review", "presumed")
PROTOCOLS = [path.stem for path in bundled_files()]


@cache
def bound(name: str) -> BoundProtocol:
    path = next(path for path in bundled_files() if path.stem == name)
    return load_protocol(path, vocabulary())


def judgement(
    question: str,
    yes: bool,
    on: date | DateSpan = AS_OF,
    *,
    by: AnsweredBy = "clinician",
    author: str | None = "Dr Ada Okoye",
    **more: Any,
) -> Answer:
    when = on if isinstance(on, DateSpan) else day(on)
    told = msgspec.structs.replace(evidence("QuestionnaireResponse/j1"), date=str(when))
    return Answer(question=question, value=yes, when=when, evidence=told, author=author, by=by, **more)


# -- every example of every protocol ----------------------------------------------------------------


def leaves(criterion: BoundCriterion) -> Iterator[str]:
    if not criterion.parts:
        yield criterion.id
    for part in criterion.parts:
        yield from leaves(part)


def findings(
    criterion: BoundCriterion, facts: ExampleFacts, on: date, anchors: Anchors
) -> dict[str, Finding]:
    context = Context(chart_of(facts), on, *anchors.resolved(on))
    return {finding.criterion: finding for finding in flattened([judge(criterion, context)[0]])}


def with_answers(facts: ExampleFacts, answers: Sequence[Answer]) -> ExampleFacts:
    return msgspec.structs.replace(facts, answers=(*facts.answers, *answers))


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("yes", [True, False])
def test_a_judgement_settles_every_review_and_what_is_presumed_and_nothing_else(name: str, yes: bool) -> None:
    settled, left = 0, 0
    for criterion, example in examples_of(bound(name)):
        if criterion is None:
            continue
        facts, anchors = example_facts(example, vocabulary()), Anchors(**example.anchors)
        before = findings(criterion, facts, example.as_of, anchors)
        answers = [judgement(f"{name}/{leaf}/judged", yes, example.as_of) for leaf in leaves(criterion)]
        after = findings(criterion, with_answers(facts, answers), example.as_of, anchors)
        for leaf in leaves(criterion):
            was, now = before[leaf], after[leaf]
            if was.outcome not in OPEN_TO_JUDGEMENT:
                assert now == was, (leaf, example.name)
            elif re.search(r"Judged on [^;]*, but [^;]* is newer or may be", now.reason):
                assert now.outcome == was.outcome
                left += 1
            else:
                assert now.outcome == ("pass" if yes else "fail"), (leaf, example.name)
                assert now.clears_on is None
                assert now.needs == now.questions == ()
                assert now.evidence[: len(was.evidence)] == was.evidence
                assert now.evidence[-1].reference == "QuestionnaireResponse/j1"
                settled += 1
    assert settled > 15  # so that the protocol does put the rule to the test
    assert left <= 8  # allergies without a date, and an operation that is planned


@pytest.mark.parametrize("name", PROTOCOLS)
def test_whatever_may_be_judged_has_a_question_that_the_protocol_knows(name: str) -> None:
    known = bound(name).questions
    for criterion, example in examples_of(bound(name)):
        if criterion is None:
            continue
        facts, anchors = example_facts(example, vocabulary()), Anchors(**example.anchors)
        for leaf, finding in findings(criterion, facts, example.as_of, anchors).items():
            assert set(finding.questions) <= known.keys(), (leaf, example.name)
            if finding.outcome in OPEN_TO_JUDGEMENT and not finding.parts:
                assert f"{name}/{leaf}/judged" in finding.questions, (leaf, example.name)
            if finding.outcome == "attest" and not finding.parts:
                assert finding.questions, (leaf, example.name)
            if finding.outcome in ("pass", "fail"):
                assert finding.questions == ()


# -- one review, judged in every way ----------------------------------------------------------------

REVIEW = "excludes: {review: {of: {number: {input: alt, above: 100 U/L, fresh: lab}}, because: Look at it}}"
QUESTION = "nct00000000/E1/judged"
JUNE_10 = date(2026, 6, 10)
HOLDS = "judgement: {fresh: {anchor: screening, before: 28 d}}"


def result(name: str, number: float, on: date | DateSpan) -> Measurement:
    when = on if isinstance(on, DateSpan) else day(on)
    told = Evidence(reference=f"Observation/{name}", path="value", date=str(when))
    return value(name, number, when, evidence=(told,))


def bound_review(body: str = REVIEW) -> BoundProtocol:
    return protocol(body, kind="E1", frame=HOLDS)


def found(
    *answers: Answer,
    alt: float | None = 150,
    on: DateSpan | date = JUNE_1,
    as_of: date = AS_OF,
    anchors: Anchors = Anchors(),  # noqa: B008  # immutable
) -> Finding:
    results = [result("alt", alt, on)] if alt is not None else []
    screening = screen(bound_review(), HandChart(results, answers=answers), as_of, anchors)
    return screening.findings[0]


def test_the_reason_says_who_judged_when_and_until_when_it_holds() -> None:
    finding = found(judgement(QUESTION, True, JUNE_10))
    assert finding.outcome == "pass"
    assert finding.reason.endswith(
        "Look at it; Judged on 2026-06-10 by Dr Ada Okoye: it does not stand in the way; "
        "this holds to the end of 2026-07-08"
    )
    assert [e.reference for e in finding.evidence] == ["Observation/alt", "QuestionnaireResponse/j1"]
    refused = found(judgement(QUESTION, False, JUNE_10))
    assert refused.outcome == "fail"
    assert "Judged on 2026-06-10 by Dr Ada Okoye: it stands in the way" in refused.reason


def test_a_judgement_that_nobody_signed_by_name_still_says_so() -> None:
    assert "by an unnamed person" in found(judgement(QUESTION, True, JUNE_10, author=None)).reason


@pytest.mark.parametrize(
    ("on", "outcome"),
    [
        (date(2026, 5, 17), "review"),
        (date(2026, 5, 18), "pass"),
        (AS_OF, "pass"),
        (date(2026, 6, 16), "review"),
    ],
)
def test_it_counts_from_28_days_before_screening_to_the_evaluation_date(on: date, outcome: str) -> None:
    assert found(judgement(QUESTION, True, on), on=date(2026, 5, 18)).outcome == (
        outcome if on >= date(2026, 5, 18) else "review"
    )


def test_one_that_has_lapsed_says_so() -> None:
    finding = found(judgement(QUESTION, True, date(2026, 5, 17)))
    assert finding.reason.endswith("Answered on 2026-05-17 by Dr Ada Okoye; that no longer counts")
    assert finding.questions == (QUESTION,)


def test_one_of_a_day_after_the_evaluation_is_not_known_yet_even_if_screening_lies_ahead() -> None:
    later = judgement(QUESTION, True, date(2026, 6, 20))
    ahead = Anchors(screening=date(2026, 7, 1))
    assert found(later, on=JUNE_10, anchors=ahead).outcome == "review"
    assert found(later, on=JUNE_10, anchors=ahead, as_of=date(2026, 6, 20)).outcome == "pass"


@pytest.mark.parametrize(
    "when", [DateSpan(date(2026, 1, 1), date(2026, 12, 31)), DateSpan(date(2026, 6, 1), date(2026, 6, 30))]
)
def test_one_whose_date_does_not_tell_whether_it_counts_settles_nothing(when: DateSpan) -> None:
    finding = found(judgement(QUESTION, True, when))
    assert finding.outcome == "review"
    assert "the date does not tell whether the answer counts" in finding.reason


def test_a_later_result_sends_it_back_to_review() -> None:
    finding = found(judgement(QUESTION, True, JUNE_10), on=date(2026, 6, 11))
    assert (finding.outcome, finding.leaning) == ("review", "fail")
    assert finding.reason.endswith(
        "Judged on 2026-06-10 by Dr Ada Okoye, but Observation/alt of 2026-06-11 is newer or may be: "
        "to be judged again"
    )
    assert finding.questions == (QUESTION,)


def test_a_result_of_the_day_of_the_judgement_counts_as_seen() -> None:
    assert found(judgement(QUESTION, True, JUNE_10), on=JUNE_10).outcome == "pass"


def test_a_result_that_may_be_later_than_the_judgement_sends_it_back() -> None:
    some_day_in_june = DateSpan(date(2026, 6, 1), date(2026, 6, 15))
    assert found(judgement(QUESTION, True, JUNE_10), on=some_day_in_june).outcome == "review"
    assert found(judgement(QUESTION, True, AS_OF), on=some_day_in_june).outcome == "pass"


@pytest.mark.parametrize("by", ["patient", "other", "unstated"])
def test_only_a_clinician_judges(by: AnsweredBy) -> None:
    finding = found(judgement(QUESTION, True, JUNE_10, by=by, author="Patient/1"))
    assert finding.outcome == "review"
    assert finding.reason.endswith("Answered on 2026-06-10 by Patient/1; it takes a clinician's answer")


def test_a_later_word_of_the_patient_does_not_undo_a_clinicians() -> None:
    patient = judgement(QUESTION, False, AS_OF, by="patient", author="Patient/1")
    assert found(judgement(QUESTION, True, JUNE_10), patient).outcome == "pass"


def test_of_two_judgements_the_later_one_counts() -> None:
    earlier, later = judgement(QUESTION, False, JUNE_1), judgement(QUESTION, True, JUNE_10)
    assert found(earlier, later).outcome == found(later, earlier).outcome == "pass"
    morning = judgement(QUESTION, False, JUNE_10, at=datetime(2026, 6, 10, 9, tzinfo=UTC))
    evening = judgement(QUESTION, True, JUNE_10, at=datetime(2026, 6, 10, 18, tzinfo=UTC))
    assert found(morning, evening).outcome == "pass"


def test_two_people_who_contradict_each_other_at_one_time_leave_it_open() -> None:
    yes, no = judgement(QUESTION, True, JUNE_10), judgement(QUESTION, False, JUNE_10, author="Dr Li Na")
    finding = found(yes, no)
    assert finding.outcome == "review"
    assert finding.reason.endswith("Answers contradict each other: 2026-06-10")
    assert found(yes, judgement(QUESTION, True, JUNE_10, author="Dr Li Na")).outcome == "pass"


def test_a_contradiction_whose_date_may_be_the_same_leaves_it_open() -> None:
    sometime = judgement(QUESTION, False, DateSpan(date(2026, 6, 1), date(2026, 6, 15)))
    assert found(judgement(QUESTION, True, JUNE_10), sometime).outcome == "review"


def test_a_judgement_of_another_version_of_the_protocol_is_of_other_words() -> None:
    finding = found(judgement(QUESTION, True, JUNE_10, version="0"))
    assert finding.outcome == "review"
    assert finding.reason.endswith("for another version of the protocol")
    assert found(judgement(QUESTION, True, JUNE_10, version="1")).outcome == "pass"


def test_a_judgement_of_another_criterion_or_protocol_settles_nothing() -> None:
    for other in ("nct00000000/E2/judged", "nct11111111/E1/judged", "nct00000000/E1/looked"):
        assert found(judgement(other, True, JUNE_10)).outcome == "review"


@pytest.mark.parametrize(("alt", "outcome"), [(None, "missing"), (50, "pass")])
@pytest.mark.parametrize("yes", [True, False])
def test_it_touches_neither_what_is_missing_nor_what_data_decide(
    alt: float | None, outcome: str, yes: bool
) -> None:
    assert found(judgement(QUESTION, yes, JUNE_10), alt=alt) == found(alt=alt)
    assert found(alt=alt).outcome == outcome


def test_the_screening_stands_until_the_judgement_lapses() -> None:
    chart = HandChart([result("alt", 150, JUNE_10)], answers=[judgement(QUESTION, True, date(2026, 6, 12))])
    screening = screen(bound_review(), chart, AS_OF)
    # The result counts for 28 days, to 8 July; the judgement to 10 July.
    assert screening.stands_until == "2026-07-09"
    sooner = HandChart([result("alt", 150, JUNE_10)], answers=[judgement(QUESTION, True, JUNE_10)])
    assert screen(bound_review(), sooner, date(2026, 7, 8)).findings[0].outcome == "pass"
    assert screen(bound_review(), sooner, date(2026, 7, 9)).findings[0].outcome == "missing"


def test_a_judgement_that_will_count_from_a_later_day_bounds_how_long_the_screening_stands() -> None:
    chart = HandChart([result("alt", 150, JUNE_10)], answers=[judgement(QUESTION, True, date(2026, 6, 20))])
    assert screen(bound_review(), chart, AS_OF).stands_until == "2026-06-20"
    assert screen(bound_review(), chart, date(2026, 6, 20)).findings[0].outcome == "pass"


def test_without_a_length_a_judgement_holds_until_newer_evidence_comes() -> None:
    for_good = protocol(REVIEW, kind="E1")
    chart = HandChart([result("alt", 150, JUNE_1)], answers=[judgement(QUESTION, True, date(2026, 6, 1))])
    screening = screen(for_good, chart, AS_OF)
    assert screening.findings[0].outcome == "pass"
    assert "holds until" not in screening.findings[0].reason


def test_an_unknown_window_of_judgement_is_refused_with_its_line() -> None:
    with pytest.raises(ProtocolError, match="no freshness window is called 'always'"):
        protocol(REVIEW, kind="E1", frame="judgement: {fresh: always}")


PARTS = """
parts:
  - {id: E1a, text: A, excludes: {review: {of: {number: {input: alt, above: 100 U/L}}, because: Look}}}
  - {id: E1b, text: B, excludes: {number: {input: upcr, above: 1 g/g}}}
"""


def test_parts_are_judged_one_by_one_and_roll_up() -> None:
    both = [result("alt", 150, JUNE_1), result("upcr", 0.5, JUNE_1)]
    judged_part = judgement("nct00000000/E1a/judged", True, JUNE_10)
    open_ = screen(bound_review(PARTS), HandChart(both), AS_OF).findings[0]
    assert (open_.outcome, open_.questions) == ("review", ("nct00000000/E1a/judged",))
    settled = screen(bound_review(PARTS), HandChart(both, answers=[judged_part]), AS_OF).findings[0]
    assert (settled.outcome, settled.questions) == ("pass", ())
    half = screen(bound_review(PARTS), HandChart(both[:1], answers=[judged_part]), AS_OF).findings[0]
    assert (half.outcome, half.parts[0].outcome) == ("missing", "pass")
    whole = judgement("nct00000000/E1/judged", True, JUNE_10)
    assert screen(bound_review(PARTS), HandChart(both, answers=[whole]), AS_OF).findings[0] == open_


def test_what_is_presumed_becomes_certain_by_a_persons_word() -> None:
    history = protocol("excludes: {found: {kind: [diagnosis], of: [cond_mi]}}", kind="E1")
    assert screen(history, HandChart(), AS_OF).findings[0].outcome == "presumed"
    yes = screen(history, HandChart(answers=[judgement(QUESTION, True)]), AS_OF).findings[0]
    no = screen(history, HandChart(answers=[judgement(QUESTION, False)]), AS_OF).findings[0]
    assert (yes.outcome, no.outcome) == ("pass", "fail")
    failed = HandChart(answers=[judgement(QUESTION, True)], retrieval="failed")
    assert screen(history, failed, AS_OF).findings[0].outcome == "missing"


CARVE = """
excludes:
  carve_out:
    of: {number: {input: alt, above: 100 U/L}}
    question: attributable
    ask: Is it attributable to the disease?
"""


def test_an_exception_too_takes_a_clinicians_answer() -> None:
    attributed = judgement("nct00000000/E1/attributable", True, JUNE_10)
    by_patient = msgspec.structs.replace(attributed, by="patient")
    chart = [result("alt", 150, JUNE_1)]
    assert (
        screen(bound_review(CARVE), HandChart(chart, answers=[attributed]), AS_OF).findings[0].outcome
        == "pass"
    )
    finding = screen(bound_review(CARVE), HandChart(chart, answers=[by_patient]), AS_OF).findings[0]
    assert finding.outcome == "review"
    assert finding.questions == ("nct00000000/E1/attributable", QUESTION)


def test_an_attestation_is_the_patients_to_give_unless_the_protocol_asks_for_a_clinician() -> None:
    asked = "requires: {attest: {question: agreed, ask: Agreed?}}"
    strict = asked.replace("ask:", "by: clinician, ask:")
    word = judgement("nct00000000/I1/agreed", True, JUNE_10, by="patient", author="Patient/1")
    chart = HandChart(answers=[word])
    assert screen(protocol(asked), chart, AS_OF).findings[0].outcome == "pass"
    finding = screen(protocol(strict), chart, AS_OF).findings[0]
    assert (finding.outcome, finding.questions) == ("attest", ("nct00000000/I1/agreed",))
    assert "it takes a clinician's answer" in finding.reason


def test_answers_that_contradict_each_other_leave_an_attestation_open() -> None:
    asked = protocol("requires: {attest: {question: agreed, ask: Agreed?}}")
    words = [judgement("nct00000000/I1/agreed", yes, JUNE_10) for yes in (True, False)]
    finding = screen(asked, HandChart(answers=words), AS_OF).findings[0]
    assert finding.outcome == "attest"
    assert "contradict each other" in finding.reason
