"""``attest`` and ``attested``: what only a person can say."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from eligibility.answers import Answer, State
from eligibility.binding import Binding, Evaluate
from eligibility.context import Context
from eligibility.messages import NOTHING, message
from eligibility.model import Model
from eligibility.windows import Span, Window
from fhir_mappings.facts import Answer as RecordedAnswer


class AttestBody(Model):
    """A question to a person. A recorded answer (a QuestionnaireResponse) settles it."""

    question: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")
    """Name of the question; its full id is ``protocol/criterion/question`` unless it holds a slash."""

    ask: str
    """The question in words; yes means that the statement holds."""

    fresh: str | Window | None = None
    """How long an answer holds; without it, for good."""


class AttestNode(Model):
    """Holds when a person has said so; without a recorded answer it is open, and no data could tell."""

    kind_name: ClassVar[str] = "attest"
    attest: AttestBody

    def bind(self, binding: Binding) -> Evaluate:
        """Register the question."""
        body = self.attest
        question = binding.question(body.question, body.ask)
        span_of = binding.window(body.fresh, "attest", "fresh")

        def evaluate(context: Context) -> Answer:
            recorded, span = current_answer(context, question, span_of(context))
            if recorded is None or span is None:
                return Answer(state=State.ATTEST, reason=message("attest.open", ask=body.ask))
            return answered(recorded, span, body.ask, recorded.value)

        return evaluate


class AttestedBody(Model):
    """A condition on a recorded answer."""

    question: str
    """Name of the question, as in ``attest`` or ``carve_out``."""

    ask: str
    """The question in words."""

    answer: bool = True
    """The recorded answer that is asked for."""

    fresh: str | Window | None = None
    """How long an answer holds; without it, for good."""


class AttestedNode(Model):
    """Holds when this answer is recorded, and does not hold otherwise: for use as a case's condition."""

    kind_name: ClassVar[str] = "attested"
    attested: AttestedBody

    def bind(self, binding: Binding) -> Evaluate:
        """Register the question."""
        body = self.attested
        question = binding.question(body.question, body.ask)
        span_of = binding.window(body.fresh, "attested", "fresh")

        def evaluate(context: Context) -> Answer:
            recorded, span = current_answer(context, question, span_of(context))
            if recorded is None or span is None:
                return Answer(state=State.FALSE, reason=NOTHING)
            return answered(recorded, span, body.ask, recorded.value is body.answer)

        return evaluate


def current_answer(
    context: Context, question: str, span: Span | None
) -> tuple[RecordedAnswer | None, Span | None]:
    """The latest recorded answer that is certainly within its window."""
    if span is None:
        return None, None
    for recorded in context.chart.answers(question):
        if span.contains(recorded.when):
            return recorded, span
    return None, span


def answered(recorded: RecordedAnswer, span: Span, ask: str, holds: bool) -> Answer:
    """The answer of a person as an answer of the engine."""
    key = "attest.yes" if recorded.value else "attest.no"
    reason = message(key, ask=ask, date=str(recorded.when), who=recorded.author or "")
    return Answer(
        state=State.TRUE if holds else State.FALSE,
        reason=reason,
        evidence=(recorded.evidence,),
        until=span.change_by_time(recorded.when.first),
    )
