"""Answers and their logic: Kleene's strong three-valued logic, with the shades that a clinician needs.

An ``Answer`` tells whether a *statement* holds ("UPCR is at or above 1.0 g/g", "a live vaccine was given
in the last 28 days"). Besides true, false and unknown it knows

* ``PRESUMED_FALSE``: a wholly retrieved record shows nothing of the kind; a person should confirm;
* ``REVIEW_TRUE`` / ``REVIEW_FALSE``: there are data, but judgement is needed; the suffix is the
  conservative default;
* ``ATTEST``: unknown, and no data could tell: only a person can say.

Order for conjunction, from decisive to harmless::

    FALSE < PRESUMED_FALSE < REVIEW_FALSE < MISSING < ATTEST < REVIEW_TRUE < PRESUMED_TRUE < TRUE

Disjunction is its mirror image through negation (De Morgan). The truth values True, False and unknown
alone follow Kleene's tables exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from enum import IntEnum
from typing import TypeVar

import msgspec

from eligibility.messages import Message, joined, message
from eligibility.scores import AskedScore
from eligibility.ways import NOTHING_NEEDED, Opposite, Step, Ways, either, one, so_many, together
from fhir_mappings.facts import Evidence, Need

T = TypeVar("T")


class State(IntEnum):
    """How a statement stands. The numbers are the order of conjunction."""

    FALSE = 0
    PRESUMED_FALSE = 1
    REVIEW_FALSE = 2
    MISSING = 3
    ATTEST = 4
    REVIEW_TRUE = 5
    PRESUMED_TRUE = 6
    TRUE = 7


_NEGATED = {
    State.FALSE: State.TRUE,
    State.PRESUMED_FALSE: State.PRESUMED_TRUE,
    State.REVIEW_FALSE: State.REVIEW_TRUE,
    State.MISSING: State.MISSING,
    State.ATTEST: State.ATTEST,
    State.REVIEW_TRUE: State.REVIEW_FALSE,
    State.PRESUMED_TRUE: State.PRESUMED_FALSE,
    State.TRUE: State.FALSE,
}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a statement holds, why, on which evidence, and what would settle it.

    Attributes:
        state: see ``State``.
        reason: why, as a message.
        evidence: the smallest evidence that decides.
        needs: for an open answer, the smallest set of needs that could settle it.
        flips_on: the first day on which by time alone the answer no longer holds (a wash-out is over). What
            is not dated to the day is open then, and its opposite holds later.
        notes: remarks for the report.
        scores: the scores that were asked for on the way, each once.
        opposite: for a statement that decides by itself: what would have to be so for it to be otherwise.
        mend: for one that rests on others: its ways to hold, or not to.
    """

    state: State
    reason: Message
    evidence: tuple[Evidence, ...] = ()
    needs: tuple[Need, ...] = ()
    flips_on: date | None = None
    notes: tuple[str, ...] = ()
    scores: tuple[AskedScore, ...] = ()
    opposite: Opposite | None = None
    mend: Callable[[bool], Ways] | None = None


def stands_well(state: State) -> bool:
    """Whether a statement in this state, if asked for, is not in the way."""
    return state >= State.ATTEST


def ways(answer: Answer, wanted: bool) -> Ways:
    """What would have to be so for the statement to hold (``wanted``), or not to hold."""
    state = answer.state if wanted else _NEGATED[answer.state]
    if stands_well(state):
        return NOTHING_NEEDED
    if answer.mend is not None:
        return answer.mend(wanted)
    return one(_step(answer, state))


def last_resort(answer: Answer) -> Ways:
    """What an answer tells by itself, where the statements that it rests on tell of no way to turn it."""
    return one(_step(answer, answer.state))


def _step(answer: Answer, state: State) -> Step:
    """The one step that turns a statement that rests on no others."""
    if state in (State.MISSING, State.PRESUMED_FALSE):
        return Step("data", answer.reason, needs=answer.needs)
    if state is State.REVIEW_FALSE:
        return Step("judgement", answer.reason)
    opposite = answer.opposite or Opposite(message("change.otherwise", reason=answer.reason))
    if opposite.kind == "never":
        return Step("never", message("change.for-good", reason=answer.reason))
    if answer.flips_on is not None:
        return Step("time", opposite.what, answer.flips_on, evidence=answer.evidence)
    return Step(opposite.kind, opposite.what, lasts=opposite.lasts)


def negate(answer: Answer) -> Answer:
    """The answer to "not so"."""
    return msgspec.structs.replace(
        answer, state=_NEGATED[answer.state], mend=lambda wanted: ways(answer, not wanted)
    )


def conjoin(answers: Sequence[Answer]) -> Answer:
    """All of them.

    Raises:
        ValueError: no answers.
    """
    if len(answers) == 1:
        return answers[0]
    return msgspec.structs.replace(_conjoin(answers, all_needs), mend=_mend(len(answers), answers))


def _mend(count: int, answers: Sequence[Answer]) -> Callable[[bool], Ways]:
    """Ways to have so many of the statements hold, or not so many."""

    def mend(wanted: bool) -> Ways:
        all_ways = [ways(answer, wanted) for answer in answers]
        needed = count if wanted else len(answers) - count + 1
        if needed == 1:
            return either(all_ways)
        return together(all_ways) if needed == len(answers) else so_many(needed, all_ways)

    return mend


def disjoin(answers: Sequence[Answer]) -> Answer:
    """Any of them.

    Raises:
        ValueError: no answers.
    """
    if len(answers) == 1:
        return answers[0]
    found = negate(_conjoin([negate(answer) for answer in answers], _cheapest_needs))
    return msgspec.structs.replace(found, mend=_mend(1, answers))


def at_least(count: int, answers: Sequence[Answer]) -> Answer:
    """At least ``count`` of them: the best ``count`` taken together.

    Raises:
        ValueError: ``count`` is not between 1 and the number of answers.
    """
    if not 1 <= count <= len(answers):
        raise ValueError(f"at least {count} of {len(answers)} statements cannot be asked")
    ranked = sorted(answers, key=lambda a: (-_NEGATED_RANK[a.state], len(a.needs), len(a.evidence)))
    best = conjoin(ranked[:count])
    if best.state is State.TRUE:
        # It holds until fewer than so many are left.
        holding = [answer.flips_on for answer in answers if answer.state is State.TRUE]
        best = msgspec.structs.replace(best, flips_on=_nth_latest(holding, count))
    if best.state is State.FALSE:
        failing = [answer.flips_on for answer in answers if answer.state is State.FALSE]
        most_that_may_fail = len(answers) - count
        turned = _nth_latest(failing, most_that_may_fail + 1)
        best = msgspec.structs.replace(disjoin(ranked[count - 1 :]), flips_on=turned)
    return msgspec.structs.replace(best, mend=_mend(count, answers), scores=all_scores(answers))


def _nth_latest(days: Sequence[date | None], count: int) -> date | None:
    """The day from which fewer than ``count`` are left, each leaving on its day or, for ``None``, never."""
    ordered = sorted(days, key=lambda day: day or date.max, reverse=True)
    return ordered[count - 1]


# Rank for disjunction: the conjunction order seen through negation; MISSING outranks ATTEST there too.
_NEGATED_RANK = {state: 7 - int(_NEGATED[state]) for state in State}


def _conjoin(
    answers: Sequence[Answer], choose_needs: Callable[[Sequence[Answer]], tuple[Need, ...]]
) -> Answer:
    if not answers:
        raise ValueError("nothing to combine")
    if len(answers) == 1:
        return answers[0]
    state = min(answer.state for answer in answers)
    deciding = [answer for answer in answers if answer.state is state]
    notes = unique(note for answer in answers for note in answer.notes)
    scores = all_scores(answers)
    if state is State.FALSE:
        decided = _all_false(deciding, notes)
        return msgspec.structs.replace(decided, scores=scores) if scores else decided
    if state is State.TRUE:
        return Answer(
            state=state,
            reason=joined(answer.reason for answer in deciding),
            evidence=unique(e for answer in deciding for e in answer.evidence),
            flips_on=earliest(answer.flips_on for answer in deciding),
            notes=notes,
            scores=scores,
        )
    needs = choose_needs(deciding) if state is State.MISSING else all_needs(answers)
    return Answer(
        state=state,
        reason=joined(answer.reason for answer in deciding),
        evidence=unique(e for answer in deciding for e in answer.evidence),
        needs=needs,
        notes=notes,
        scores=scores,
    )


def _all_false(deciding: Sequence[Answer], notes: tuple[str, ...]) -> Answer:
    lasting = [answer for answer in deciding if answer.flips_on is None]
    if lasting:
        # One that time does not repair decides alone; the one with the least evidence says it best.
        chosen = min(lasting, key=lambda a: len(a.evidence))
        return msgspec.structs.replace(chosen, notes=notes)
    return Answer(
        state=State.FALSE,
        reason=joined(answer.reason for answer in deciding),
        evidence=unique(e for answer in deciding for e in answer.evidence),
        flips_on=max(answer.flips_on for answer in deciding if answer.flips_on is not None),
        notes=notes,
    )


def all_needs(answers: Sequence[Answer]) -> tuple[Need, ...]:
    """The needs of all answers; of those for one input the first."""
    kept: dict[str, Need] = {}
    for answer in answers:
        for need in answer.needs:
            kept.setdefault(need.input, need)
    return tuple(kept.values())


def all_scores(answers: Iterable[Answer]) -> tuple[AskedScore, ...]:
    """The scores that any of the answers asked for, each once."""
    return unique(score for answer in answers for score in answer.scores)


def _cheapest_needs(answers: Sequence[Answer]) -> tuple[Need, ...]:
    return min((answer.needs for answer in answers), key=lambda needs: len(needs) or 99, default=())


def unique(items: Iterable[T]) -> tuple[T, ...]:
    """The items without repetition, in order."""
    given = tuple(items)
    try:
        return tuple(dict.fromkeys(given))
    except TypeError:  # some hold what has no hash
        kept: list[T] = []
        for item in given:
            if item not in kept:
                kept.append(item)
        return tuple(kept)


def earliest(days: Iterable[date | None]) -> date | None:
    """The earliest of the known days; ``None`` when there is none."""
    return min((d for d in days if d is not None), default=None)
