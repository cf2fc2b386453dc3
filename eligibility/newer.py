"""Whether the record has come to say something since a person answered.

A person answers in the light of what was there. What happened later, what was reported or recorded later, and
what bears no date at all may not have been: the question is then open again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from eligibility.answers import Answer
from eligibility.context import Context
from eligibility.messages import Message, message
from fhir_mappings.facts import Answer as RecordedAnswer
from fhir_mappings.facts import Entered, Evidence, ScoreItem
from fhir_mappings.intervals import DateSpan

_BEARING = ("present", "unattributed", "unknown")
"""States of the items of a score that can raise it; where one is unknown, by what may count."""


def behind(answer: Answer) -> Iterator[Evidence]:
    """The evidence of an answer, of the items of its scores, and of what is doubted about them."""
    yield from answer.evidence
    for asked in answer.scores:
        yield from _of_items(asked.sheet.items)


def _of_items(items: Iterable[ScoreItem]) -> Iterator[Evidence]:
    for item in items:
        if item.state in _BEARING:
            yield from item.evidence
            yield from item.doubted_by
        yield from _of_items(item.parts)


def newer(
    given: RecordedAnswer, looked_at: Iterable[Evidence], said: Message, context: Context
) -> Message | None:
    """What is newer than a person's answer, or may be, in words; ``None`` if nothing is.

    What came on the day of the answer counts as seen, unless both tell the time. The demographics have no
    date and need none.

    Args:
        said: who answered and when, in words.
    """
    for evidence in looked_at:
        if evidence.reference.partition("/")[0] in ("Patient", "QuestionnaireResponse") and not evidence.date:
            continue
        entered = context.chart.entered(evidence.reference)
        day = _last_day(evidence, entered, context.as_of)
        if day is None:
            return message("judgement.undated", judged=said, what=evidence.reference)
        if day > given.when.first or _is_later_that_day(day, entered, given):
            shown = evidence.date or ""
            if entered is not None and entered.when is not None and entered.when.last == day:
                shown = str(entered.when)
            return message("judgement.before", judged=said, what=evidence.reference, date=shown or str(day))
    return None


def _last_day(evidence: Evidence, entered: Entered | None, as_of: date) -> date | None:
    """The last day on which this may have become known; ``None`` if nothing tells."""
    happened = DateSpan.parse(evidence.date) if evidence.date is not None else None
    if entered is None or entered.when is None:
        if happened is not None:
            return happened.last
        return entered.updated.last if entered is not None and entered.updated is not None else None
    if happened is not None and entered.when.last < happened.first <= as_of:
        return happened.last  # it was planned before it happened
    return entered.when.last


def _is_later_that_day(day: date, entered: Entered | None, given: RecordedAnswer) -> bool:
    if day != given.when.first or entered is None or entered.at is None or given.at is None:
        return False
    return entered.at > given.at
