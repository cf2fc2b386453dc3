"""From answers to findings: one criterion judged, and the verdict of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from eligibility.answers import Answer, State, conjoin, disjoin, unique
from eligibility.bound import BoundCriterion
from eligibility.context import Context
from eligibility.findings import Finding, Leaning, Outcome, Verdict
from eligibility.judgement import settle, unheard
from eligibility.messages import in_words, joined, tells
from eligibility.reported import reported_evidence
from eligibility.scores import reported_scores

_OUTCOMES: dict[State, tuple[Outcome, Leaning | None]] = {
    State.TRUE: ("pass", None),
    State.PRESUMED_TRUE: ("presumed", None),
    State.REVIEW_TRUE: ("review", "pass"),
    State.ATTEST: ("attest", None),
    State.MISSING: ("missing", None),
    State.REVIEW_FALSE: ("review", "fail"),
    # A record that merely shows nothing of the kind does not disprove an inclusion.
    State.PRESUMED_FALSE: ("missing", None),
    State.FALSE: ("fail", None),
}


def judge(criterion: BoundCriterion, context: Context) -> tuple[Finding, Answer]:
    """The finding of one criterion and the answer behind it."""
    if criterion.evaluate is not None:
        context.open_questions.clear()
        context.answered.clear()
        context.unheard.clear()
        with context.watching_apart() as watch:
            answer = criterion.evaluate(context)
        answer = settle(answer, criterion.judging, context, watch)
        if context.unheard:
            unheeded = [unheard(ask, why) for ask, why in context.unheard if not tells(answer.reason, why)]
            answer = msgspec.structs.replace(answer, reason=joined([answer.reason, *unheeded]))
        questions = unique(context.open_questions)
        return _finding(criterion, answer, (), questions, context), answer
    judged = [judge(part, context) for part in criterion.parts]
    answers = [answer for _, answer in judged]
    answer = conjoin(answers) if criterion.combine == "all" else disjoin(answers)
    parts = tuple(finding for finding, _ in judged)
    questions = unique(question for part in parts for question in part.questions)
    return _finding(criterion, answer, parts, questions, context), answer


def with_timeline(criterion: BoundCriterion, finding: Finding, context: Context) -> Finding:
    """The finding with the timelines that it and its parts ask for.

    They are made here and not where a criterion is judged: what decides is asked again and again, what is
    only shown is needed once.
    """
    parts = tuple(
        with_timeline(part, below, context)
        for part, below in zip(criterion.parts, finding.parts, strict=True)
    )
    if criterion.timeline is not None:
        timeline = criterion.timeline(context)
        return msgspec.structs.replace(finding, parts=parts, timeline=timeline)
    return msgspec.structs.replace(finding, parts=parts) if parts != finding.parts else finding


class Weighed(Protocol):
    """What of a finding the verdict hangs on."""

    @property
    def outcome(self) -> Outcome: ...

    @property
    def leaning(self) -> Leaning | None: ...

    @property
    def clears_on(self) -> object | None: ...


def verdict_of(findings: Sequence[Weighed]) -> Verdict:
    """The verdict: the first line that applies.

    1. some ``fail`` that time does not repair: ``ineligible``
    2. some ``fail``: ``ineligible-for-now``
    3. some ``review`` leaning ``fail``: ``probably-ineligible``
    4. some ``missing``: ``undetermined``
    5. else ``potentially-eligible``; never "eligible", that word is the investigator's
    """
    fails = [f for f in findings if f.outcome == "fail"]
    if any(f.clears_on is None for f in fails):
        return "ineligible"
    if fails:
        return "ineligible-for-now"
    if any(f.outcome == "review" and f.leaning == "fail" for f in findings):
        return "probably-ineligible"
    if any(f.outcome == "missing" for f in findings):
        return "undetermined"
    return "potentially-eligible"


def blocks(finding: Weighed) -> bool:
    """Whether a finding keeps the verdict from being ``potentially-eligible``."""
    leans = finding.outcome == "review" and finding.leaning == "fail"
    return leans or finding.outcome in ("fail", "missing")


def _finding(
    criterion: BoundCriterion,
    answer: Answer,
    parts: tuple[Finding, ...],
    questions: tuple[str, ...],
    context: Context,
) -> Finding:
    outcome, leaning = _OUTCOMES[answer.state]
    clears = answer.flips_on if outcome == "fail" else None
    return Finding(
        criterion=criterion.id,
        kind=criterion.kind,
        text=criterion.text,
        outcome=outcome,
        leaning=leaning,
        reason=in_words(answer.reason),
        clears_on=clears.isoformat() if clears else None,
        evidence=tuple(reported_evidence(e) for e in answer.evidence),
        needs=() if outcome in ("pass", "presumed", "fail") else answer.needs,
        notes=(*criterion.notes, *answer.notes),
        parts=parts,
        scores=reported_scores(answer.scores, items=context.detailed),
        questions=() if outcome in ("pass", "fail") else questions,
    )


def flattened(findings: Iterable[Finding]) -> list[Finding]:
    """All findings with their parts, parents first."""
    flat: list[Finding] = []
    for finding in findings:
        flat.append(finding)
        flat.extend(flattened(finding.parts))
    return flat
