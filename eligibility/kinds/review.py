"""``review`` and ``carve_out``: data are there, but a person has to judge what they mean."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

import msgspec
from pydantic import Field

from eligibility.answers import Answer, State, all_scores, stands_well, unique, ways
from eligibility.binding import Binding, Evaluate
from eligibility.context import Context
from eligibility.judgement import answered, hear
from eligibility.messages import joined, message
from eligibility.model import Model
from eligibility.newer import behind
from eligibility.prose import Prose
from eligibility.ways import Step, Ways, either, one, together
from eligibility.windows import Window

if TYPE_CHECKING:
    from eligibility.kinds import Node


class ReviewBody(Model):
    """Body of ``review``."""

    of: Node
    """The statement."""

    leaning: Literal["holds", "fails"] | None = None
    """The default until someone has judged; left out, the one that speaks against the patient."""

    because: Prose
    """What has to be judged."""


class ReviewNode(Model):
    """When the statement holds, a person must judge it; the leaning is the default until then."""

    kind_name: ClassVar[str] = "review"
    review: ReviewBody

    def bind(self, binding: Binding) -> Evaluate:
        """Bind the statement."""
        body = self.review
        binding.may_be_judged()
        bound = binding.bind(body.of, "review", "of")
        state = {
            "holds": State.REVIEW_TRUE,
            "fails": State.REVIEW_FALSE,
            None: binding.conservative,
        }[body.leaning]

        def evaluate(context: Context) -> Answer:
            answer = bound(context)
            if answer.state in (State.TRUE, State.PRESUMED_TRUE):
                return to_review(answer, state, body.because)
            if stands_well(state):
                return answer
            return msgspec.structs.replace(answer, mend=partial(_to_be_judged, answer, body.because))

        return evaluate


class CarveOutBody(Model):
    """Body of ``carve_out``."""

    of: Node
    """The breach."""

    question: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")
    """Name of the question whose answer yes lifts the breach."""

    ask: Prose
    """The question in words, e.g. "Is the low count attributable to SLE?"."""

    fresh: str | Window | None = None
    """How long an answer holds."""

    suggested_by: Node | None = None
    """A statement that suggests, never decides, that the exception applies."""


class CarveOutNode(Model):
    """A breach that an exception of the protocol may lift: only a person's recorded answer decides."""

    kind_name: ClassVar[str] = "carve_out"
    carve_out: CarveOutBody

    def bind(self, binding: Binding) -> Evaluate:
        """Bind the breach and register the question."""
        body = self.carve_out
        binding.may_be_judged()
        bound = binding.bind(body.of, "carve_out", "of")
        hint = binding.bind(body.suggested_by, "carve_out", "suggested_by") if body.suggested_by else None
        question = binding.question(body.question, body.ask)
        version = binding.version_of(question)
        span_of = binding.window(body.fresh, "carve_out", "fresh")
        conservative = binding.conservative

        def evaluate(context: Context) -> Answer:
            with context.watching_apart() as watch:
                breach = bound(context)
            if breach.state in (State.FALSE, State.PRESUMED_FALSE, State.MISSING, State.ATTEST):
                return breach
            looked_at = unique((*behind(breach), *watch.evidence()))
            lacking = watch.not_retrieved(context.chart)
            heard = hear(context, question, span_of(context), "clinician", version, looked_at, lacking)
            if heard.answer is not None:
                decided = answered(heard, body.ask, True)
                # A judged breach is no longer open to review: the answer settles which side it is on.
                return msgspec.structs.replace(
                    breach,
                    state=State.FALSE if heard.answer.value else State.TRUE,
                    reason=joined([breach.reason, decided.reason]),
                    evidence=(*breach.evidence, *decided.evidence),
                    flips_on=None,
                    mend=partial(ways, breach),
                )
            open_answer = to_review(breach, conservative, body.ask)
            open_answer = msgspec.structs.replace(
                open_answer, reason=joined([open_answer.reason, heard.why_not])
            )
            if hint is not None:
                suggestion = hint(context)
                if suggestion.state >= State.REVIEW_TRUE:
                    return msgspec.structs.replace(
                        open_answer,
                        reason=joined(
                            [open_answer.reason, message("review.suggested", why=suggestion.reason)]
                        ),
                        evidence=(*open_answer.evidence, *suggestion.evidence),
                        scores=all_scores((open_answer, suggestion)),
                    )
            return open_answer

        return evaluate


def _to_be_judged(answer: Answer, because: str, wanted: bool) -> Ways:
    """A statement that leans to failing once it holds has to be judged then."""
    if not wanted:
        return ways(answer, False)
    return together([ways(answer, True), one(Step("judgement", message("review.because", because=because)))])


def to_review(answer: Answer, state: State, because: str) -> Answer:
    """The answer as a question to a person."""
    reason = joined([answer.reason, message("review.because", because=because)])

    def mend(wanted: bool) -> Ways:
        judged = one(Step("judgement", reason))
        # A statement that a person has to judge need not be judged where it does not hold.
        return judged if wanted else either([judged, ways(answer, False)])

    return msgspec.structs.replace(answer, state=state, reason=reason, flips_on=None, mend=mend)
