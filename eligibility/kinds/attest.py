"""``attest`` and ``attested``: what only a person can say."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from eligibility.answers import Answer, State, unique
from eligibility.binding import Binding, Evaluate
from eligibility.context import Context
from eligibility.judgement import Heard, answered, hear, said, unheard
from eligibility.messages import NOTHING, joined, message
from eligibility.model import Model
from eligibility.newer import behind
from eligibility.prose import Prose
from eligibility.windows import Window
from fhir_mappings.facts import Evidence, Need

if TYPE_CHECKING:
    from eligibility.kinds import Node


class QuestionBody(Model):
    """A question to a person, and which recorded answers (QuestionnaireResponses) count."""

    question: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")
    """Name of the question; its full id is ``protocol/criterion/question`` unless it holds a slash."""

    ask: Prose
    """The question in words."""

    fresh: str | Window | None = None
    """How long an answer holds; without it, for good."""

    by: Literal["anyone", "clinician"] = "anyone"
    """Whose answer counts: also the patient's own, or only a clinician's."""

    results: list[str] = []
    """Criterion inputs that the answer rests on: it does not hold against a newer result of them."""

    against: Node | None = None
    """A statement that speaks against the answer: where it holds, or may, the answer does not hold against
    anything newer that is weighed for it."""


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
                return _open(heard, body)
            return answered(heard, body.ask, bool(heard.answer.value))

        return evaluate


class AttestedBody(QuestionBody):
    """A condition on a recorded answer to a question, which ``attest`` or ``carve_out`` may ask as well."""

    answer: bool = True
    """The recorded answer that is asked for."""


class AttestedNode(Model):
    """Holds when this answer is recorded, and does not hold otherwise: for use as a case's condition.

    An answer of which a person has to say whether it is right leaves it open.
    """

    kind_name: ClassVar[str] = "attested"
    attested: AttestedBody

    def bind(self, binding: Binding) -> Evaluate:
        """Register the question."""
        body = self.attested
        listen = _listening(binding, body, "attested")

        def evaluate(context: Context) -> Answer:
            heard = listen(context)
            if heard.answer is None:
                if heard.may_be(body.answer):
                    return _open(heard, body)
                if heard.lacking and heard.before is not None and heard.before.value is body.answer:
                    return Answer(
                        state=State.MISSING,
                        reason=unheard(body.ask, heard.why_not),
                        needs=heard.lacking,
                        evidence=(heard.before.evidence,),
                    )
                opposite = said(body.ask, body.answer)
                return Answer(state=State.FALSE, reason=unheard(body.ask, heard.why_not), opposite=opposite)
            return answered(heard, body.ask, heard.answer.value is body.answer)

        return evaluate


def _listening(binding: Binding, body: QuestionBody, kind: str) -> Callable[[Context], Heard]:
    """What a question was answered, once it is registered."""
    question = binding.question(body.question, body.ask)
    version = binding.version_of(question)
    span_of = binding.window(body.fresh, kind, "fresh")
    results = _results(binding, body.results, kind)
    against = _against(binding, body, kind)

    def listen(context: Context) -> Heard:
        evidence, lacking = results(context)
        contrary, unknown = against(context)
        heard = hear(
            context,
            question,
            span_of(context),
            body.by,
            version,
            (*evidence, *contrary),
            (*lacking, *unknown),
        )
        if heard.why_not != NOTHING:
            context.unheard.append((body.ask, heard.why_not))
        return heard

    return listen


def _open(heard: Heard, body: QuestionBody) -> Answer:
    """The question is open; what was answered is told, and decides nothing."""
    return Answer(
        state=State.ATTEST,
        reason=joined([message("attest.open", ask=body.ask), heard.why_not]),
        evidence=tuple(given.evidence for given in heard.unsettled),
    )


Weighed = Callable[[Context], tuple[tuple[Evidence, ...], tuple[Need, ...]]]
"""What may be newer than an answer, and what was not retrieved of it."""


def _results(binding: Binding, names: list[str], kind: str) -> Weighed:
    """The evidence of all results of these inputs."""
    inputs = [binding.input(name, kind, "results", i) for i, name in enumerate(names)]

    def look(context: Context) -> tuple[tuple[Evidence, ...], tuple[Need, ...]]:
        lacking: list[Need] = []
        with context.watching_apart() as watch:
            for described in inputs:
                if context.chart.series(described.name, context.as_of).retrieval != "complete":
                    detail, order = described.label, described.order
                    lacking.append(
                        Need(input=described.name, why="not-retrieved", detail=detail, order=order)
                    )
        return tuple(watch.evidence()), tuple(lacking)

    return look


def _against(binding: Binding, body: QuestionBody, kind: str) -> Weighed:
    """All that is weighed for what speaks against an answer, where it may speak against it."""
    if body.against is None:
        return lambda context: ((), ())
    bound = binding.bind(body.against, kind, "against")

    def look(context: Context) -> tuple[tuple[Evidence, ...], tuple[Need, ...]]:
        with context.watching_apart() as watch:
            contrary = bound(context)
        if contrary.state in (State.FALSE, State.PRESUMED_FALSE):
            return (), ()
        lacking = tuple(need for need in contrary.needs if need.why == "not-retrieved")
        return unique((*behind(contrary), *watch.evidence())), lacking

    return look
