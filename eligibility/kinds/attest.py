"""``attest`` and ``attested``: what only a person can say."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from pydantic import Field

from eligibility.answers import Answer, State
from eligibility.binding import Binding, Evaluate
from eligibility.context import Context
from eligibility.judgement import Heard, answered, hear, said
from eligibility.messages import joined, message
from eligibility.model import Model
from eligibility.windows import Window
from fhir_mappings.facts import Evidence


class QuestionBody(Model):
    """A question to a person, and which recorded answers (QuestionnaireResponses) count."""

    question: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")
    """Name of the question; its full id is ``protocol/criterion/question`` unless it holds a slash."""

    ask: str
    """The question in words."""

    fresh: str | Window | None = None
    """How long an answer holds; without it, for good."""

    by: Literal["anyone", "clinician"] = "anyone"
    """Whose answer counts: also the patient's own, or only a clinician's."""

    results: list[str] = []
    """Criterion inputs that the answer rests on: it does not hold against a newer result of them."""


class AttestBody(QuestionBody):
    """A question to a person; yes means that the statement holds."""


class AttestNode(Model):
    """Holds when a person has said so; without a recorded answer it is open, and no data could tell."""

    kind_name: ClassVar[str] = "attest"
    attest: AttestBody

    def bind(self, binding: Binding) -> Evaluate:
        """Register the question."""
        body = self.attest
        listen = _listening(binding, body, "attest")

        def evaluate(context: Context) -> Answer:
            heard = listen(context)
            if heard.answer is None:
                reason = joined([message("attest.open", ask=body.ask), heard.why_not])
                return Answer(state=State.ATTEST, reason=reason)
            return answered(heard, body.ask, bool(heard.answer.value))

        return evaluate


class AttestedBody(QuestionBody):
    """A condition on a recorded answer to a question, which ``attest`` or ``carve_out`` may ask as well."""

    answer: bool = True
    """The recorded answer that is asked for."""


class AttestedNode(Model):
    """Holds when this answer is recorded, and does not hold otherwise: for use as a case's condition."""

    kind_name: ClassVar[str] = "attested"
    attested: AttestedBody

    def bind(self, binding: Binding) -> Evaluate:
        """Register the question."""
        body = self.attested
        listen = _listening(binding, body, "attested")

        def evaluate(context: Context) -> Answer:
            heard = listen(context)
            if heard.answer is None:
                opposite = said(body.ask, body.answer)
                return Answer(state=State.FALSE, reason=heard.why_not, opposite=opposite)
            return answered(heard, body.ask, heard.answer.value is body.answer)

        return evaluate


def _listening(binding: Binding, body: QuestionBody, kind: str) -> Callable[[Context], Heard]:
    """What a question was answered, once it is registered."""
    question = binding.question(body.question, body.ask)
    version = binding.version_of(question)
    span_of = binding.window(body.fresh, kind, "fresh")
    looked_at = _results(binding, body.results, kind)
    return lambda context: hear(context, question, span_of(context), body.by, version, looked_at(context))


def _results(binding: Binding, names: list[str], kind: str) -> Callable[[Context], tuple[Evidence, ...]]:
    """The evidence of all results of these inputs."""
    inputs = [binding.input(name, kind, "results", i).name for i, name in enumerate(names)]

    def look(context: Context) -> tuple[Evidence, ...]:
        if not inputs:
            return ()
        with context.watching_apart() as watch:
            for name in inputs:
                context.chart.series(name, context.as_of)
        return tuple(watch.evidence())

    return look
