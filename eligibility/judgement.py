"""What persons have said: which recorded answer holds, and how a judgement settles what is open to it.

A judgement is a clinician's answer to the question ``protocol/criterion/judged``: yes, the criterion does not
stand in the way of this patient; no, it does. It is the only thing that turns a *review* into *pass* or
*fail*; it never touches what data have decided, and never what is missing. It stands until its window ends,
and not against evidence of a later date than its own, nor against evidence that may be later and was not
retrieved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Literal

import msgspec
from pydantic import Field

from eligibility.answers import Answer, State, unique
from eligibility.binding import SpanOf
from eligibility.context import Context
from eligibility.messages import NOTHING, Message, joined, message
from eligibility.model import Model
from eligibility.newer import behind, newer
from eligibility.watching import Watch
from eligibility.ways import Opposite
from eligibility.windows import Span, Window
from fhir_mappings.facts import Answer as RecordedAnswer
from fhir_mappings.facts import Evidence, Need

QUESTION = "judged"
"""Name of the question by which a person judges a criterion."""

TO_BE_JUDGED = (State.REVIEW_TRUE, State.REVIEW_FALSE, State.PRESUMED_TRUE)
"""What a judgement settles: data are there, or are wholly absent, and a person has to look."""


class Judgement(Model):
    """How long a person's judgement of a criterion holds."""

    fresh: str | Window | None = Field(default=None, examples=["judgement"])
    """A named freshness, or a window; without it a judgement holds until newer evidence comes."""


class Judging(msgspec.Struct, frozen=True):
    """The question by which a criterion is judged, bound.

    Attributes:
        question: full id.
        version: of the protocol: a judgement of another version is of other words.
    """

    question: str
    span_of: SpanOf
    version: str


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What a question was answered.

    Attributes:
        answer: the answer that holds, if one does; ``span``: the window in which it does.
        why_not: what was answered and why it does not hold.
        earlier: that somebody else has answered otherwise before.
        before: the answer that would hold, had nothing newer come.
        unsettled: answers that do not hold, and of which a person has to say whether they are right: they
            contradict each other, or nothing tells who gave them, when, or of which words.
        lacking: what was not retrieved and may speak against ``before``.
    """

    answer: RecordedAnswer | None = None
    span: Span | None = None
    why_not: Message = NOTHING
    earlier: Message = NOTHING
    before: RecordedAnswer | None = None
    unsettled: tuple[RecordedAnswer, ...] = ()
    lacking: tuple[Need, ...] = ()

    def may_be(self, value: bool) -> bool:
        """Whether an answer that does not hold was this one, or may have been."""
        return any(given.value in (value, None) for given in self.unsettled)


def hear(
    context: Context,
    question: str,
    span: Span | None,
    by: Literal["anyone", "clinician"] = "anyone",
    version: str | None = None,
    looked_at: Iterable[Evidence] = (),
    lacking: tuple[Need, ...] = (),
    words: str = "answers.by",
) -> Heard:
    """The newest recorded answer, if it is certainly within its window and nothing contradicts it.

    Args:
        by: whose answers count.
        version: answers that name another version of the questionnaire do not count.
        looked_at: an answer does not hold against what of this is newer, or may be.
        lacking: what was not retrieved, so that nothing tells whether some of it is newer.
        words: key of the words for who answered and when.
    """
    heard = _hear(context, question, span, by, version)
    given = heard.answer
    if given is not None:
        told = _answered_by(words, given)
        why = newer(given, looked_at, told, context)
        if why is not None:
            heard = Heard(why_not=why, before=given)
        elif lacking and given.when.first < context.as_of:
            # What came on the day of an answer counts as seen, so that of today nothing is newer.
            why = message("answers.not-retrieved", judged=told, what=_names(lacking))
            heard = Heard(why_not=why, before=given, lacking=lacking)
    (context.open_questions if heard.answer is None else context.answered).append(question)
    return heard


def _names(needs: Iterable[Need]) -> tuple[Message, ...]:
    return tuple(message("text", text=need.input.replace("_", " ")) for need in needs)


def _hear(
    context: Context,
    question: str,
    span: Span | None,
    by: Literal["anyone", "clinician"],
    version: str | None,
) -> Heard:
    given = [a for a in context.chart.answers(question) if a.when.first <= context.as_of]
    if span is None or not given:
        return Heard()
    counted = [a for a in given if a.by == "clinician" or (by == "anyone" and a.by == "patient")]
    if not counted:
        key = "answers.by-other" if by == "clinician" else "answers.by-nobody"
        return Heard(why_not=_said(key, given), unsettled=_within(span, given))
    current = [a for a in counted if version is None or a.version in (None, version)]
    if not current:
        return Heard(why_not=_said("answers.other-version", counted), unsettled=_within(span, counted))
    newest = [a for a in current if not any(_is_later(b, a) for b in current)]
    certain = [a for a in newest if span.contains(a.when) and a.when.last <= context.as_of]
    possible = [a for a in newest if span.contains(a.when) is not False]
    if len({a.value for a in possible} - {None}) > 1:
        return Heard(why_not=message("answers.conflict", days=_days(possible)), unsettled=tuple(possible))
    if not certain:
        if not possible:
            return Heard(why_not=_said("answers.lapsed", newest))
        return Heard(why_not=_said("answers.date-too-coarse", possible), unsettled=tuple(possible))
    if any(a.value is None for a in possible):
        return Heard(why_not=_said("answers.unreadable", possible), unsettled=tuple(possible))
    answer = max(certain, key=lambda a: a.when)
    others = [a for a in current if a.value is not answer.value and a.author != answer.author]
    earlier = _said("answers.earlier", others) if others else NOTHING
    uncounted = [a for a in given if a not in counted and a.value is not answer.value]
    since = [a for a in uncounted if a.when.last >= answer.when.first]
    if since:
        earlier = joined([earlier, _said("answers.since", since)])
    return Heard(answer=answer, span=span, earlier=earlier)


def _within(span: Span, answers: Sequence[RecordedAnswer]) -> tuple[RecordedAnswer, ...]:
    """Those that lie in the window, or may."""
    return tuple(a for a in answers if span.contains(a.when) is not False)


def _is_later(first: RecordedAnswer, second: RecordedAnswer) -> bool:
    """Whether the first was certainly given after the second."""
    if first.when.first > second.when.last:
        return True
    return first.at is not None and second.at is not None and first.at > second.at


def _said(key: str, answers: Sequence[RecordedAnswer]) -> Message:
    newest = max(answers, key=lambda a: a.when)
    return message(key, date=_day(newest), who=_who(newest))


def _days(answers: Sequence[RecordedAnswer]) -> tuple[Message, ...]:
    return unique(_day(a) for a in sorted(answers, key=lambda a: a.when))


def _day(answer: RecordedAnswer) -> Message:
    return message("answers.no-day") if answer.when.open_start else message("text", text=str(answer.when))


def _who(answer: RecordedAnswer) -> Message:
    return message("text", text=answer.author) if answer.author else message("answers.somebody")


def _answered_by(words: str, answer: RecordedAnswer) -> Message:
    return message(words, date=_day(answer), who=_who(answer))


def answered(heard: Heard, ask: str, holds: bool) -> Answer:
    """A person's answer as an answer of the engine.

    Raises:
        ValueError: nothing was answered.
    """
    recorded = heard.answer
    if recorded is None:
        raise ValueError("nothing was answered")
    key = "attest.yes" if recorded.value else "attest.no"
    return Answer(
        state=State.TRUE if holds else State.FALSE,
        reason=joined([message(key, ask=ask, date=_day(recorded)), heard.earlier]),
        evidence=(recorded.evidence,),
        opposite=said(ask, not recorded.value),
    )


def unheard(ask: str, why: Message) -> Message:
    """That an answer to a question does not count, and why."""
    return NOTHING if why == NOTHING else message("answers.unheard", ask=ask, why=why)


def said(ask: str, answer: bool) -> Opposite:
    """That a person would have answered a question so."""
    return Opposite(message(f"change.attest.{'yes' if answer else 'no'}", ask=ask), "judgement")


def settle(answer: Answer, judging: Judging, context: Context, watch: Watch) -> Answer:
    """The answer as a person has judged it; unchanged where there is nothing to judge or nobody has.

    ``watch`` has seen what the answer rests on: also what it weighed and did not count.
    """
    if answer.state not in TO_BE_JUDGED:
        return answer
    looked_at = unique((*behind(answer), *watch.evidence()))
    heard = hear(
        context,
        judging.question,
        judging.span_of(context),
        "clinician",
        judging.version,
        looked_at,
        watch.not_retrieved(context.chart),
        words="judgement.by",
    )
    recorded = heard.answer
    if recorded is None:
        told = joined([answer.reason, heard.why_not])
        before = (heard.before.evidence,) if heard.before is not None else ()
        return msgspec.structs.replace(answer, reason=told, evidence=(*answer.evidence, *before))
    by = _answered_by("judgement.by", recorded)
    evidence = (*answer.evidence, recorded.evidence)
    verdict = message("judgement.yes" if recorded.value else "judgement.no", judged=by)
    return msgspec.structs.replace(
        answer,
        state=State.TRUE if recorded.value else State.FALSE,
        reason=joined([answer.reason, verdict, _holding(heard), heard.earlier]),
        evidence=evidence,
        needs=(),
        flips_on=None,
        opposite=Opposite(message("change.judged"), "judgement"),
        mend=None,
    )


def _holding(heard: Heard) -> Message:
    """Until when a judgement holds, if time ends it."""
    if heard.answer is None or heard.span is None:
        return NOTHING
    lapses = heard.span.change_by_time(heard.answer.when.first)
    if lapses is None:
        return NOTHING
    return message("judgement.until", date=(lapses - timedelta(days=1)).isoformat())
