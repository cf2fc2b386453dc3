"""Judging one chart against one protocol: findings, verdict, and how long they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

from eligibility.answers import Answer, State, conjoin, disjoin, negate, unique
from eligibility.binding import Binding, Evaluate
from eligibility.checking.citations import broken_citations
from eligibility.checking.grades import broken_grades
from eligibility.context import Context
from eligibility.errors import BindingError, ProtocolProblem
from eligibility.findings import (
    Finding,
    Leaning,
    Outcome,
    Screening,
    Verdict,
)
from eligibility.gate import BoundGate, bind_gate
from eligibility.judgement import QUESTION, Judging, settle
from eligibility.kinds.cases import CasesNode
from eligibility.kinds.table import TableNode
from eligibility.messages import message, render
from eligibility.protocol import Criterion, Part, Protocol, Statement
from eligibility.reported import ReportedGate, ReportedNeed, reported_evidence, reported_need
from eligibility.scores import reported_scores
from eligibility.standing import MOST_DELAYS, first_clear_day, stands_until
from eligibility.timeline import Build, bind_timeline
from eligibility.watching import Watch
from eligibility.windows import ANCHORS
from fhir_mappings.facts import Chart, Vocabulary

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


class BoundCriterion(msgspec.Struct, frozen=True):
    """A criterion or part, bound: how to evaluate it, or its bound parts.

    Attributes:
        judging: the question by which a person judges it, where it has no parts.
    """

    id: str
    kind: Literal["inclusion", "exclusion"]
    text: str
    notes: tuple[str, ...]
    evaluate: Evaluate | None
    judging: Judging
    parts: tuple[BoundCriterion, ...]
    combine: Literal["all", "any"]
    timeline: Build | None = None


class BoundProtocol(msgspec.Struct, frozen=True):
    """A protocol, bound to a vocabulary and ready to judge.

    Attributes:
        protocol: the file as read.
        criteria: bound criteria.
        gate: who has the disease.
        questions: what persons are asked, in words, by full id: attestations, and judgements of what may
            come out as review or presumed.
    """

    protocol: Protocol
    criteria: tuple[BoundCriterion, ...]
    gate: BoundGate
    questions: Mapping[str, str]


def bind(protocol: Protocol, vocabulary: Vocabulary) -> tuple[BoundProtocol | None, list[ProtocolProblem]]:
    """Bind a protocol; the first value is ``None`` when there are problems."""
    binding = Binding(vocabulary, protocol.id, protocol.freshness)
    binding.problems.extend((*broken_citations(protocol), *broken_grades(protocol)))
    for name, window in protocol.freshness.items():
        with binding.at("freshness", name):
            binding.window(window)
    binding.criterion_id = "applies-to"
    with binding.at("applies_to"):
        gate = bind_gate(binding, protocol.applies_to, protocol.condition)
    with binding.at("judgement", "fresh"):
        binding.window(protocol.judgement.fresh)
    bound: list[BoundCriterion] = []
    for i, criterion in enumerate(protocol.criteria):
        with binding.at("criteria", i):
            bound.append(_bind_criterion(binding, protocol, criterion, criterion.kind))
    if binding.problems:
        return None, binding.problems
    return BoundProtocol(protocol, tuple(bound), gate, binding.questions), []


def _bind_criterion(
    binding: Binding,
    protocol: Protocol,
    criterion: Criterion | Part,
    kind: Literal["inclusion", "exclusion"],
) -> BoundCriterion:
    binding.criterion_id = criterion.id
    parts: list[BoundCriterion] = []
    for i, part in enumerate(criterion.parts or ()):
        with binding.at("parts", i):
            parts.append(_bind_criterion(binding, protocol, part, kind))
    binding.judgeable = False
    evaluate = None if criterion.parts else _bind_statement(binding, criterion)
    question = f"{protocol.id}/{criterion.id}/{QUESTION}"
    if binding.judgeable:
        binding.question(question, render(message(f"judgement.ask.{kind}", criterion=criterion.id)))
    timeline: Build | None = None
    if criterion.timeline is not None:
        with binding.at("timeline"):
            timeline = bind_timeline(criterion.timeline, binding)
    return BoundCriterion(
        id=criterion.id,
        kind=kind,
        text=criterion.text,
        notes=tuple(criterion.notes),
        evaluate=evaluate,
        judging=Judging(question, binding.window(protocol.judgement.fresh), protocol.version),
        parts=tuple(parts),
        combine=criterion.combine,
        timeline=timeline,
    )


def _bind_statement(binding: Binding, statement: Statement) -> Evaluate:
    if statement.requires is not None:
        return binding.bind(statement.requires, "requires")
    if statement.excludes is not None:
        with binding.polarity(False):
            excluded = binding.bind(statement.excludes, "excludes")
        return lambda context: negate(excluded(context))
    if statement.cases is not None:
        return binding.bind(CasesNode(cases=statement.cases))
    if statement.table is not None:
        return binding.bind(TableNode(table=statement.table))
    raise BindingError("nothing is asked")


class Anchors(msgspec.Struct, frozen=True):
    """Anchor dates as given; those not given follow the evaluation date."""

    screening: date | None = None
    baseline: date | None = None
    enrolment: date | None = None
    day0: date | None = None

    def resolved(self, as_of: date) -> tuple[dict[str, date], frozenset[str]]:
        """All anchors with their dates, and which of them move with the evaluation date."""
        given = {name: getattr(self, name) for name in ANCHORS}
        dates = {name: value or as_of for name, value in given.items()}
        return dates, frozenset(name for name, value in given.items() if value is None)

    def not_before(self, day: date) -> Anchors:
        """The same, those that were given moved to this day where they lie before it."""
        given = {name: getattr(self, name) for name in ANCHORS}
        return Anchors(**{name: max(value, day) for name, value in given.items() if value is not None})


def applies(bound: BoundProtocol, chart: Chart, as_of: date, anchors: Anchors = Anchors()) -> bool:  # noqa: B008
    """Whether the patient is alive and has the disease of the trial, as far as the record shows."""
    return bound.gate.holds(Context(chart, as_of, *anchors.resolved(as_of)))


def screen(
    bound: BoundProtocol,
    chart: Chart,
    as_of: date,
    anchors: Anchors = Anchors(),  # noqa: B008  # immutable
    language: str = "en",
    *,
    detailed: bool = True,
) -> Screening:
    """Judge every criterion of a protocol. Pure: the same chart and dates give the same screening.

    Without ``detailed``, of scores only the bounds are told, and no timeline is made.
    """
    return screen_course(Course(bound, chart, anchors, language, as_of if detailed else None), as_of)


def screen_course(course: Course, as_of: date) -> Screening:
    """``screen``, for who goes on to ask of other days."""
    bound, anchors = course.bound, course.anchors
    judged = [course.judged(i, as_of) for i in range(len(bound.criteria))]
    findings = tuple(course.shown(i, as_of) for i in range(len(judged)))
    verdict = verdict_of(findings)
    earliest_day: str | None = None
    if verdict == "ineligible-for-now":
        clear = first_clear_day(len(findings), as_of, lambda i, day: course.judged(i, day)[0]).day
        earliest_day = clear.isoformat() if clear else None
    until = stands_until(judged, as_of, course.judged)
    return Screening(
        protocol=bound.protocol.id,
        version=bound.protocol.version,
        title=bound.protocol.title,
        anchors={name: day.isoformat() for name, day in anchors.resolved(as_of)[0].items()},
        verdict=verdict,
        earliest=earliest_day,
        stands_until=until.isoformat() if until else None,
        findings=findings,
        gate=course.gate(as_of),
    )


class Course:
    """One chart against one protocol, as time goes by and nothing is recorded.

    Attributes:
        bound, chart, anchors, language: as given.
    """

    def __init__(
        self,
        bound: BoundProtocol,
        chart: Chart,
        anchors: Anchors,
        language: str,
        detailed_on: date | None = None,
    ) -> None:
        """``detailed_on`` is the day on which findings tell scores item by item and carry timelines."""
        self._detailed_on = detailed_on
        self.bound = bound
        self.anchors = anchors
        self.language = language
        self.chart = chart
        self._contexts: dict[tuple[date, Anchors], Context] = {}
        self._findings: dict[tuple[int, date, Anchors], tuple[Finding, Watch]] = {}
        self._tested_findings: dict[tuple[int, date], tuple[Finding, Watch]] = {}

    def judged(self, position: int, day: date) -> tuple[Finding, Watch]:
        """The finding of one criterion on a day, and what it has looked at."""
        known = self._tested_findings.get((position, day))
        if known is None:
            finding, watch = self._judge(position, day, self.anchors)
            known = self._tested_findings[position, day] = (self._tested(position, finding), watch)
        return known

    def shown(self, position: int, day: date) -> Finding:
        """The finding of one criterion on a day, with the timelines that belong to it."""
        finding, _ = self.judged(position, day)
        if day != self._detailed_on:
            return finding
        context = self._context(day, self.anchors)
        context.watch_anew()  # what is only shown does not bear on how long a finding stands
        return _with_timeline(self.bound.criteria[position], finding, context, self.language)

    def gate(self, day: date) -> ReportedGate:
        """On what evidence of the disease the screening stands on a day."""
        context = self._context(day, self.anchors)
        context.watch_anew()
        return self.bound.gate.judge(context, self.language)

    def moved(self, position: int, day: date) -> Finding:
        """The finding of one criterion on a day, with no anchor before that day."""
        return self._judge(position, day, self.anchors.not_before(day))[0]

    def answer(self, criterion: BoundCriterion, day: date) -> Answer:
        """The answer behind the finding of a criterion, or part, that has no parts itself.

        Raises:
            ValueError: it has parts.
        """
        if criterion.evaluate is None:
            raise ValueError(f"{criterion.id} has parts, which are answered each for itself")
        context = self._context(day, self.anchors)
        context.watch_anew()
        return criterion.evaluate(context)

    def _judge(self, position: int, day: date, anchors: Anchors) -> tuple[Finding, Watch]:
        key = (position, day, anchors)
        known = self._findings.get(key)
        if known is None:
            context = self._context(day, anchors)
            watch = context.watch_anew()
            finding, _ = judge(self.bound.criteria[position], context, self.language)
            known = self._findings[key] = (finding, watch)
        return known

    def _context(self, day: date, anchors: Anchors) -> Context:
        found = self._contexts.get((day, anchors))
        if found is None:
            dates, moving = anchors.resolved(day)
            detailed = day == self._detailed_on
            found = Context(self.chart, day, dates, moving, detailed=detailed)
            self._contexts[day, anchors] = found
        return found

    def _tested(self, position: int, finding: Finding) -> Finding:
        """The finding, the day on which it clears, and those of its parts, put to the test.

        By the day on which what makes it fail is out of the way, something else may have come to make it
        fail. Anchors that were given are taken to lie on that day at the earliest.
        """
        parts = tuple(self._tested(position, part) for part in finding.parts)
        clears = finding.clears_on
        for _ in range(MOST_DELAYS if clears else 0):
            day = date.fromisoformat(clears or "")
            later = next(
                f for f in flattened([self.moved(position, day)]) if f.criterion == finding.criterion
            )
            if later.outcome != "fail":
                break
            clears = later.clears_on if (later.clears_on or "") > day.isoformat() else None
            if clears is None:
                break
        if clears == finding.clears_on and parts == finding.parts:
            return finding
        return msgspec.structs.replace(finding, clears_on=clears, parts=parts)


def judge(criterion: BoundCriterion, context: Context, language: str = "en") -> tuple[Finding, Answer]:
    """The finding of one criterion and the answer behind it."""
    if criterion.evaluate is not None:
        context.open_questions.clear()
        answer = settle(criterion.evaluate(context), criterion.judging, context)
        questions = unique(context.open_questions)
        return _finding(criterion, answer, (), questions, context, language), answer
    judged = [judge(part, context, language) for part in criterion.parts]
    answers = [answer for _, answer in judged]
    answer = conjoin(answers) if criterion.combine == "all" else disjoin(answers)
    parts = tuple(finding for finding, _ in judged)
    questions = unique(question for part in parts for question in part.questions)
    return _finding(criterion, answer, parts, questions, context, language), answer


def _with_timeline(criterion: BoundCriterion, finding: Finding, context: Context, language: str) -> Finding:
    """The finding with the timelines that it and its parts ask for.

    They are made here and not where a criterion is judged: what decides is asked again and again, what is
    only shown is needed once.
    """
    parts = tuple(
        _with_timeline(part, below, context, language)
        for part, below in zip(criterion.parts, finding.parts, strict=True)
    )
    if criterion.timeline is not None:
        timeline = criterion.timeline(context, language)
        return msgspec.structs.replace(finding, parts=parts, timeline=timeline)
    return msgspec.structs.replace(finding, parts=parts) if parts != finding.parts else finding


def verdict_of(findings: Sequence[Finding]) -> Verdict:
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


def blocks(finding: Finding) -> bool:
    """Whether a finding keeps the verdict from being ``potentially-eligible``."""
    leans = finding.outcome == "review" and finding.leaning == "fail"
    return leans or finding.outcome in ("fail", "missing")


def _finding(
    criterion: BoundCriterion,
    answer: Answer,
    parts: tuple[Finding, ...],
    questions: tuple[str, ...],
    context: Context,
    language: str,
) -> Finding:
    outcome, leaning = _OUTCOMES[answer.state]
    clears = answer.flips_on if outcome == "fail" else None
    return Finding(
        criterion=criterion.id,
        kind=criterion.kind,
        text=criterion.text,
        outcome=outcome,
        leaning=leaning,
        reason=render(answer.reason, language),
        clears_on=clears.isoformat() if clears else None,
        evidence=tuple(reported_evidence(e) for e in answer.evidence),
        needs=_needs(answer, outcome),
        notes=(*criterion.notes, *answer.notes),
        parts=parts,
        scores=reported_scores(answer.scores, items=context.detailed),
        questions=() if outcome in ("pass", "fail") else questions,
    )


def _needs(answer: Answer, outcome: Outcome) -> tuple[ReportedNeed, ...]:
    if outcome in ("pass", "presumed", "fail"):
        return ()
    return tuple(reported_need(need) for need in answer.needs)


def flattened(findings: Iterable[Finding]) -> list[Finding]:
    """All findings with their parts, parents first."""
    flat: list[Finding] = []
    for finding in findings:
        flat.append(finding)
        flat.extend(flattened(finding.parts))
    return flat
