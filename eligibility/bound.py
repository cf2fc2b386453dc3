"""A protocol bound to a vocabulary: every statement a closure that only takes a ``Context``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from eligibility.answers import negate
from eligibility.binding import Binding, Evaluate
from eligibility.checking.citations import broken_citations
from eligibility.checking.grades import broken_grades
from eligibility.errors import BindingError, ProtocolProblem
from eligibility.gate import BoundGate, bind_gate
from eligibility.judgement import QUESTION, Judging
from eligibility.kinds.cases import CasesNode
from eligibility.kinds.table import TableNode
from eligibility.messages import in_words, message
from eligibility.overview.body import BoundOverview, bind_overview
from eligibility.protocol import Criterion, Part, Protocol, Statement
from eligibility.timeline import Build, bind_timeline
from fhir_mappings.facts import Vocabulary


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
        overview: what a picture of the chart over time shows.
    """

    protocol: Protocol
    criteria: tuple[BoundCriterion, ...]
    gate: BoundGate
    questions: Mapping[str, str]
    overview: BoundOverview


def bind(protocol: Protocol, vocabulary: Vocabulary) -> tuple[BoundProtocol | None, list[ProtocolProblem]]:
    """Bind a protocol; the first value is ``None`` when there are problems."""
    binding = Binding(vocabulary, protocol.id, protocol.freshness, protocol.version)
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
    overview: BoundOverview | None = None
    with binding.at("overview"):
        overview = bind_overview(protocol.overview, binding)
    if binding.problems or overview is None:
        return None, binding.problems
    return BoundProtocol(protocol, tuple(bound), gate, binding.questions, overview), []


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
        binding.question(question, in_words(message(f"judgement.ask.{kind}", criterion=criterion.id)))
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
