"""Attestations and exceptions: what only a person can say, and how long an answer holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from eligibility.checking.walking import statements
from eligibility.kinds.attest import AttestedNode, AttestNode
from eligibility.loading import bundled_files, load_protocol
from fhir_mappings.facts import Answer
from fhir_mappings.intervals import day
from fhir_mappings.vocabulary import vocabulary
from tests.eligibility.charts import JUNE_1, HandChart, evidence, judged, value


def answered(question: str, yes: bool, on: date = JUNE_1) -> Answer:
    return Answer(
        question=question,
        value=yes,
        when=day(on),
        evidence=evidence("QuestionnaireResponse/q"),
        author="Dr A",
        by="clinician",
    )


ATTEST = "requires: {attest: {question: consent, ask: Is consent given?, fresh: lab}}"


def test_what_only_a_person_can_say_is_attest_until_someone_has() -> None:
    assert judged(ATTEST, HandChart()).outcome == "attest"
    yes = HandChart(answers=[answered("nct00000000/I1/consent", True)])
    no = HandChart(answers=[answered("nct00000000/I1/consent", False)])
    assert judged(ATTEST, yes).outcome == "pass"
    assert judged(ATTEST, no).outcome == "fail"


def test_an_answer_that_is_too_old_no_longer_holds() -> None:
    old = HandChart(answers=[answered("nct00000000/I1/consent", True, date(2026, 5, 17))])
    assert judged(ATTEST, old).outcome == "attest"


CARVE = """
excludes:
  carve_out:
    of: {number: {input: alt, above: 100 U/L, fresh: lab}}
    question: attributable
    ask: Is it attributable to the disease?
"""


@pytest.mark.parametrize(
    ("alt", "answer", "outcome", "leaning"),
    [
        (50, None, "pass", None),
        (150, None, "review", "fail"),
        (150, True, "pass", None),
        (150, False, "fail", None),
        (None, True, "missing", None),
    ],
)
def test_a_breach_that_an_exception_may_lift_waits_for_a_person(
    alt: float | None, answer: bool | None, outcome: str, leaning: str | None
) -> None:
    facts = [value("alt", alt, JUNE_1)] if alt is not None else []
    answers = [answered("nct00000000/E1/attributable", answer)] if answer is not None else []
    finding = judged(CARVE, HandChart(facts, answers=answers), kind="E1")
    assert (finding.outcome, finding.leaning) == (outcome, leaning)


def test_review_leans_against_the_patient_unless_told_otherwise() -> None:
    against = "excludes: {review: {of: {number: {input: alt, above: 1 U/L}}, because: Look}}"
    finding = judged(against, HandChart([value("alt", 2, JUNE_1)]), kind="E1")
    assert (finding.outcome, finding.leaning) == ("review", "fail")
    lenient = against.replace("because:", "leaning: fails, because:")
    finding = judged(lenient, HandChart([value("alt", 2, JUNE_1)]), kind="E1")
    assert (finding.outcome, finding.leaning) == ("review", "pass")


LADDER = """
cases:
  of:
    - when:
        attested:
          question: harmless
          ask: Is it harmless?
          against: {number: {input: alt, above: 100 U/L}}
      then: pass
    - {when: {number: {input: alt, above: 100 U/L}}, then: review-fail, because: Look}
  otherwise: attest
"""
JUNE_2, JUNE_5 = date(2026, 6, 2), date(2026, 6, 5)


@pytest.mark.parametrize(
    ("results", "outcome"),
    [
        ([value("alt", 150, JUNE_1)], "pass"),
        ([value("alt", 150, JUNE_2)], "pass"),
        ([value("alt", 150, JUNE_5)], "review"),
        ([value("alt", 50, JUNE_5)], "pass"),
        ([], "pass"),
    ],
    ids=["older", "of the day", "newer", "newer, but not against it", "none"],
)
def test_an_answer_does_not_hold_against_what_is_newer_and_speaks_against_it(
    results: list[object], outcome: str
) -> None:
    answers = [answered("nct00000000/E1/harmless", True, JUNE_2)]
    finding = judged(LADDER, HandChart(results, answers=answers), kind="E1")  # type: ignore[arg-type]
    assert finding.outcome == outcome
    assert ("is newer or may be" in finding.reason) is (outcome == "review")


def test_an_answer_is_open_while_what_may_speak_against_it_was_not_retrieved() -> None:
    answers = [answered("nct00000000/E1/harmless", True, JUNE_2)]
    finding = judged(LADDER, HandChart(answers=answers, retrieval="failed"), kind="E1")
    assert finding.outcome == "missing"
    assert [need.why for need in finding.needs] == ["not-retrieved"]


LASTING = {
    ("nct07517536", "consent", False): "a refusal stands until it is taken back",
    ("nct05247203", "consent", False): "a refusal stands until it is taken back",
    ("nct03036150", "consent", False): "a refusal stands until it is taken back",
    ("nct07517536", "allergic-constitution", True): "a history stays one",
}
"""Answers of the protocols that neither time nor the record ends, and why."""


@pytest.mark.parametrize("path", bundled_files(), ids=lambda path: path.stem)
def test_every_answer_that_a_protocol_asks_for_is_ended_by_time_or_by_newer_evidence(path: Path) -> None:
    protocol = load_protocol(path, vocabulary()).protocol
    for location, node in statements(protocol.criteria):
        if isinstance(node, (AttestNode, AttestedNode)):
            body = node.attest if isinstance(node, AttestNode) else node.attested
            ended = body.fresh is not None or body.results or body.against is not None
            key = (protocol.id, body.question, getattr(body, "answer", True))
            assert ended or key in LASTING, location
