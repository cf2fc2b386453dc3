"""Attestations and exceptions: what only a person can say, and how long an answer holds."""

from __future__ import annotations

from datetime import date

import pytest

from fhir_mappings.facts import Answer
from fhir_mappings.intervals import day
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
