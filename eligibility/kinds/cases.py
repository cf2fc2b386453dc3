"""``cases``: a ladder of conditions, each with its outcome for the patient; the first that holds decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

import msgspec
from pydantic import Field

from eligibility.answers import Answer, State, all_needs, stands_well, unique, ways
from eligibility.binding import Binding, Evaluate
from eligibility.context import Context
from eligibility.errors import BindingError
from eligibility.judgement import TO_BE_JUDGED
from eligibility.messages import NOTHING, Message, joined, message
from eligibility.model import Model
from eligibility.prose import Prose
from eligibility.scores import AskedScore
from eligibility.ways import Step, Ways, either, one, together
from fhir_mappings.facts import Evidence, Need, WhyMissing

if TYPE_CHECKING:
    from eligibility.kinds import Node

OutcomeName = Literal["pass", "presumed", "review-pass", "review-fail", "missing", "attest", "fail"]

STATES: dict[str, State] = {
    "pass": State.TRUE,
    "presumed": State.PRESUMED_TRUE,
    "review-pass": State.REVIEW_TRUE,
    "attest": State.ATTEST,
    "missing": State.MISSING,
    "review-fail": State.REVIEW_FALSE,
    "fail": State.FALSE,
}
PASSING = frozenset(name for name, state in STATES.items() if stands_well(state))
"""The outcomes that do not stand in the patient's way."""


class Case(Model):
    """One rung of the ladder."""

    when: Node
    """The condition."""

    then: OutcomeName
    """What it means for the patient's eligibility."""

    because: Prose | None = None
    """Words for the reason, added to those of the condition."""

    why: WhyMissing = "never-measured"
    """For ``missing``: why what it needs is missing."""

    needs: list[str] = []
    """For ``missing``: what would settle it: criterion inputs or, with ``because``, names of what to ask."""

    note: Prose | None = None
    """A remark for the report."""


class CasesBody(Model):
    """Body of ``cases``."""

    of: list[Case] = Field(min_length=1)
    """The rungs, first to last."""

    otherwise: OutcomeName
    """The outcome when no condition holds."""

    otherwise_because: Prose | None = None
    """Words for that outcome."""


class CasesNode(Model):
    """The first condition that holds decides; a condition that is open leaves open what it could change."""

    kind_name: ClassVar[str] = "cases"
    cases: CasesBody

    def bind(self, binding: Binding) -> Evaluate:
        """Bind the conditions.

        Raises:
            BindingError: used where its outcomes would be turned round.
        """
        if not binding.positive:
            raise BindingError(
                "'cases' names outcomes, so it cannot stand below 'not' or 'excludes'", "cases"
            )
        rungs: list[_Rung] = []
        for i, case in enumerate(self.cases.of):
            place = ("cases", "of", i)
            with binding.case(), binding.polarity(case.then in PASSING):
                bound = binding.bind(case.when, *place, "when")
            needs = tuple(_need(binding, name, case, i) for name in case.needs)
            rungs.append(_Rung(bound, case, STATES[case.then], needs))
        outcomes = {rung.state for rung in rungs} | {STATES[self.cases.otherwise]}
        if not outcomes.isdisjoint(TO_BE_JUDGED):
            binding.may_be_judged()
        otherwise = Answer(
            state=STATES[self.cases.otherwise],
            reason=message("text", text=self.cases.otherwise_because)
            if self.cases.otherwise_because
            else message("cases.otherwise"),
        )

        def evaluate(context: Context) -> Answer:
            answer = _climb(rungs, otherwise, context)
            return msgspec.structs.replace(answer, mend=lambda _: _ways(rungs, otherwise, context))

        return evaluate


class _Rung(msgspec.Struct, frozen=True):
    bound: Evaluate
    case: Case
    state: State
    needs: tuple[Need, ...]


def _need(binding: Binding, name: str, case: Case, index: int) -> Need:
    described = binding.vocabulary.input(name)
    if described is not None:
        return Need(input=name, why=case.why, detail=described.label, order=described.order)
    if case.because is None:
        raise BindingError(
            f"there is no criterion input '{name}', and no 'because' says what else is needed",
            *("cases", "of", index, "needs"),
        )
    return Need(input=name, why=case.why, detail=case.because)


def _climb(rungs: Sequence[_Rung], otherwise: Answer, context: Context) -> Answer:
    """Walk the ladder from the top; open conditions are remembered and weighed against what follows."""
    opened: list[tuple[_Rung, Answer]] = []
    passed: list[tuple[_Rung, Answer]] = []
    scores: tuple[AskedScore, ...] = ()
    decided: Answer | None = None
    for i, rung in enumerate(rungs):
        answered = len(context.answered)
        answer = rung.bound(context)
        scores = unique((*scores, *answer.scores))
        if answer.state is State.TRUE or answer.state is State.PRESUMED_TRUE:
            decided = _taken(rung, answer)
            if rung.state is State.ATTEST:
                # What was answered to get here is asked again.
                context.open_questions.extend(context.answered[answered:])
            if decided.flips_on is not None and i + 1 < len(rungs):
                decided = _no_sooner(decided, _climb(rungs[i + 1 :], otherwise, context))
            break
        if answer.state is State.REVIEW_TRUE:
            decided = _judged(rung, answer)
            break
        if answer.state in (State.FALSE, State.PRESUMED_FALSE):
            passed.append((rung, answer))
        else:
            opened.append((rung, answer))
    if decided is None:
        decided = _fallen_through(otherwise, [answer for _, answer in passed])
    else:
        # The decision rests as much on what ruled out the rungs above it that name another outcome.
        grounds = (e for rung, a in passed if rung.state is not decided.state for e in a.evidence)
        decided = msgspec.structs.replace(decided, evidence=unique((*decided.evidence, *grounds)))
    for rung, answer in reversed(opened):
        decided = _weigh(rung, answer, decided)
    return msgspec.structs.replace(decided, scores=scores) if scores else decided


def _ways(rungs: Sequence[_Rung], otherwise: Answer, context: Context) -> Ways:
    """For each outcome that is not in the way: its condition holds, and none above it that is.

    The outcomes are those of the patient's eligibility, so that only one side is ever wanted.
    """
    found: list[Ways] = []
    above: list[Ways] = []
    for rung in rungs:
        answer = rung.bound(context)
        if stands_well(rung.state):
            found.append(together([*above, _condition(answer, True)]))
            continue
        if answer.state >= State.REVIEW_TRUE:
            if rung.state is State.MISSING:
                step = Step("data", _taken(rung, answer).reason, needs=rung.needs)
                found.append(together([*above, one(step)]))
            elif rung.state is State.REVIEW_FALSE:
                found.append(together([*above, one(Step("judgement", _taken(rung, answer).reason))]))
        above.append(_condition(answer, False))
    if stands_well(otherwise.state):
        found.append(together(above))
    return either(found)


def _condition(answer: Answer, wanted: bool) -> Ways:
    """A condition that only a person can tell about decides here, unlike elsewhere."""
    if answer.state is State.ATTEST:
        return one(Step("judgement", answer.reason))
    return ways(answer, wanted)


def _taken(rung: _Rung, answer: Answer) -> Answer:
    reason = answer.reason
    if rung.case.because:
        reason = joined([reason, message("text", text=rung.case.because)])
    return Answer(
        state=rung.state,
        reason=reason,
        evidence=answer.evidence,
        needs=rung.needs,
        flips_on=answer.flips_on if rung.state is State.FALSE else None,
        notes=unique((*answer.notes, *((rung.case.note,) if rung.case.note else ()))),
    )


def _no_sooner(failing: Answer, below: Answer) -> Answer:
    """A failing rung that time carries away, above others that may fail for longer."""
    if below.state is not State.FALSE or failing.flips_on is None:
        return failing
    flips = max(failing.flips_on, below.flips_on) if below.flips_on is not None else None
    return msgspec.structs.replace(failing, flips_on=flips)


def _judged(rung: _Rung, answer: Answer) -> Answer:
    """A condition that leans to holding makes its outcome a matter of review."""
    taken = _taken(rung, answer)
    if rung.state is State.FALSE:
        return msgspec.structs.replace(taken, state=State.REVIEW_FALSE, flips_on=None)
    if rung.state in (State.TRUE, State.PRESUMED_TRUE):
        return msgspec.structs.replace(taken, state=State.REVIEW_TRUE)
    return taken


def _fallen_through(otherwise: Answer, passed: list[Answer]) -> Answer:
    state = otherwise.state
    presumed = any(answer.state is State.PRESUMED_FALSE for answer in passed)
    if state is State.TRUE and presumed:
        state = State.PRESUMED_TRUE
    reasons: list[Message] = [answer.reason for answer in passed]
    evidence: list[Evidence] = [e for answer in passed for e in answer.evidence]
    told = joined(reasons)
    nothing = told == NOTHING or otherwise.reason.key != "cases.otherwise"
    return msgspec.structs.replace(
        otherwise,
        state=state,
        reason=otherwise.reason if nothing else told,
        evidence=unique(evidence),
        notes=unique(note for answer in passed for note in answer.notes),
    )


def _weigh(rung: _Rung, opened: Answer, decided: Answer) -> Answer:
    """What an open condition leaves of a later decision."""
    if rung.state is decided.state and rung.state is not State.MISSING:
        return decided
    if min(rung.state, decided.state) >= State.REVIEW_TRUE:
        # Whichever it is, it does not stand in the way: report the more cautious of the two.
        if decided.state <= rung.state and opened.state is not State.REVIEW_FALSE:
            return decided
        # Data that a person has to weigh are told even where they would make no difference to the outcome.
        return msgspec.structs.replace(
            decided,
            state=min(decided.state, rung.state),
            reason=joined([opened.reason, decided.reason]),
            evidence=unique((*opened.evidence, *decided.evidence)),
            notes=unique((*opened.notes, *decided.notes)),
        )
    if opened.state is State.ATTEST and decided.state in (State.FALSE, State.REVIEW_FALSE):
        return msgspec.structs.replace(
            decided,
            state=State.REVIEW_FALSE,
            reason=joined([decided.reason, opened.reason]),
            flips_on=None,
        )
    if opened.state is State.MISSING and {rung.state, decided.state} == {State.FALSE, State.REVIEW_FALSE}:
        # Whichever it is, it stands in the way: only whether for good is open.
        return msgspec.structs.replace(
            decided,
            state=State.REVIEW_FALSE,
            reason=joined([decided.reason, opened.reason]),
            needs=all_needs([decided, opened]),
            flips_on=None,
        )
    if opened.state is State.REVIEW_FALSE:
        # It leans to not holding: the later decision stands, but only as a leaning.
        leaning = min(State.REVIEW_TRUE, decided.state)
        return msgspec.structs.replace(
            decided,
            state=leaning,
            reason=joined([opened.reason, decided.reason]),
            evidence=unique((*opened.evidence, *decided.evidence)),
        )
    only_a_person = opened.state is State.ATTEST and decided.state is not State.MISSING
    state = State.ATTEST if only_a_person else State.MISSING
    needs = all_needs([opened, decided] if decided.state is State.MISSING else [opened])
    also_missing = decided.state is State.MISSING and bool(decided.needs)
    both = also_missing or (state is State.ATTEST and decided.state is State.ATTEST)
    return Answer(
        state=state,
        reason=joined([opened.reason, decided.reason] if both else [opened.reason]),
        evidence=unique((*opened.evidence, *decided.evidence)) if both else opened.evidence,
        needs=needs,
        notes=unique((*opened.notes, *decided.notes)),
    )
