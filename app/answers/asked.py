"""What a screening asks of persons, criterion by criterion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from app.answers.form import Asked
from app.answers.given import GivenAnswer, is_judgement
from app.language import Language
from eligibility.findings import Finding, Screening
from eligibility.messages import in_words, message
from fhir_mappings.phrases import said


def asked_of(
    screening: Screening,
    questions: Mapping[str, str],
    given: Iterable[GivenAnswer],
    language: Language,
) -> Mapping[str, tuple[Asked, ...]]:
    """The questions by the criterion or part whose own they are, each once: open ones, and answered ones.

    Args:
        questions: the words of all questions of the protocol, by id.
        given: what was answered here, the oldest first: it may be answered anew.
    """
    last = {answer.question: answer.value for answer in given if answer.withdrawn is None}
    found: dict[str, tuple[Asked, ...]] = {}
    seen: set[str] = set()
    for finding in _deepest_first(screening.findings):
        # Of an answered question the finding does not say any more that it is open.
        answered = (question for question in last if question.split("/")[1] == finding.criterion)
        asked = [
            Asked(
                question,
                _words(question, questions, finding, language),
                finding.criterion,
                _against(question, finding, last.get(question)),
                question in last,
            )
            for question in dict.fromkeys((*finding.questions, *answered))
            if question not in seen and question in questions
        ]
        seen.update(each.question for each in asked)
        if asked:
            found[finding.criterion] = tuple(asked)
    return found


def every_question(asked: Mapping[str, Iterable[Asked]]) -> Mapping[str, Asked]:
    """The same by the question's id."""
    return {each.question: each for several in asked.values() for each in several}


def _deepest_first(findings: Iterable[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield from _deepest_first(finding.parts)
        yield finding


def _words(question: str, questions: Mapping[str, str], finding: Finding, language: Language) -> str:
    if is_judgement(question):
        criterion = question.split("/")[1]
        return said(in_words(message(f"judgement.ask.{finding.kind}", criterion=criterion)), language)
    return said(questions[question], language)


def _against(question: str, finding: Finding, before: bool | None) -> bool | None:
    """For judgements: a review leans to one side, and what is presumed is taken to be met."""
    if before is not None:
        return not before
    if not is_judgement(question):
        return None
    return (finding.leaning or "pass") == "fail"
