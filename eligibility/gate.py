"""Who has the disease of a trial: the grades of its evidence, and on which of them a screening stands.

Evidence of a disease differs in strength: a biopsy says more than a code, a code more than the drugs that
somebody chose. A protocol lists its grades, strongest first; the first that holds is the gate. Only grades
that *open* are enough for a card; the others are told, so that nobody has to wonder why there is none.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from pydantic import Discriminator, Field, Tag

from eligibility.answers import Answer, State, unique
from eligibility.binding import Binding, Evaluate
from eligibility.context import Context
from eligibility.kinds import Node
from eligibility.messages import Message, in_words, joined, message
from eligibility.model import Model
from eligibility.prose import Prose
from eligibility.reported import ReportedGate, reported_evidence

NO_GRADE = "none"
"""In an example, the grade of a chart that shows nothing of the disease."""

UNGRADED = "disease"
"""The grade of a protocol that says in one statement who has the disease."""


class Grade(Model):
    """One grade of evidence that a patient has the disease."""

    grade: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    """Its name, e.g. ``biopsy``."""

    label: Annotated[Prose, Field(max_length=80)]
    """Words for a card: what the disease is shown by."""

    when: Node
    """What has to hold."""

    opens: Literal["yes", "no"] = "yes"
    """Whether it is enough for a card. What merely suggests the disease is told in the report only."""

    assumptions: list[str] = []
    """Ids of the assumptions it rests on."""

    against: Node | None = None
    """What would speak against the disease nevertheless; it is told beside the grade and closes nothing."""


def _form_of(value: Any) -> str:
    return "grades" if isinstance(value, list) else "statement"


AppliesTo = Annotated[
    Annotated[Node, Tag("statement")] | Annotated[Annotated[list[Grade], Field(min_length=1)], Tag("grades")],
    Discriminator(_form_of),
]
"""One statement, or grades of evidence."""


class BoundGrade(msgspec.Struct, frozen=True):
    """A grade, bound. ``told``: its label, which a protocol without grades does not give."""

    name: str
    label: str
    opens: bool
    when: Evaluate
    against: Evaluate | None = None
    told: bool = True


class BoundGate(msgspec.Struct, frozen=True):
    """The grades of a protocol, strongest first."""

    grades: tuple[BoundGrade, ...]

    def holds(self, context: Context) -> bool:
        """Whether the living patient has the disease, by evidence that is enough for a card."""
        if context.chart.deceased:
            return False
        found = self._found(context)
        return found is not None and found[0].opens

    def judge(self, context: Context) -> ReportedGate:
        """On what the screening stands, in words."""
        found = self._found(context)
        if found is None:
            return self._nothing(context)
        grade, answer = found
        reasons = [answer.reason]
        evidence = answer.evidence
        against = grade.against(context) if grade.against is not None else None
        if against is not None and _shown(against):
            reasons.append(message("gate.against", why=against.reason))
            evidence = (*evidence, *against.evidence)
        if not grade.opens:
            reasons += [_looked_for(g, a) for g, a in self._unasked(context)]
        return ReportedGate(
            grade=grade.name,
            label=grade.label,
            opens=grade.opens and not context.chart.deceased,
            reason=in_words(joined([*reasons, *_of_the_living(context)])),
            evidence=tuple(reported_evidence(e) for e in unique(evidence)),
        )

    def _found(self, context: Context) -> tuple[BoundGrade, Answer] | None:
        for grade in self.grades:
            answer = grade.when(context)
            if _shown(answer):
                return grade, answer
        return None

    def _nothing(self, context: Context) -> ReportedGate:
        looked_for = [_looked_for(grade, grade.when(context)) for grade in self.grades if grade.opens]
        reason = joined([*looked_for, *_of_the_living(context)])
        label = in_words(message("gate.none"))
        return ReportedGate(grade=None, label=label, opens=False, reason=in_words(reason))

    def _unasked(self, context: Context) -> list[tuple[BoundGrade, Answer]]:
        """Grades that would open, and for which the record was not at hand."""
        answers = [(grade, grade.when(context)) for grade in self.grades if grade.opens]
        return [(g, a) for g, a in answers if any(need.why == "not-retrieved" for need in a.needs)]


def bind_gate(binding: Binding, applies_to: Node | list[Grade], condition: str) -> BoundGate:
    """Bind the grades; ``condition`` is the disease in words."""
    if not isinstance(applies_to, list):
        return BoundGate((BoundGrade(UNGRADED, condition, True, binding.bind(applies_to), told=False),))
    return BoundGate(tuple(_bound(binding, grade, i) for i, grade in enumerate(applies_to)))


def _bound(binding: Binding, grade: Grade, i: int) -> BoundGrade:
    when = binding.bind(grade.when, i, "when")
    against = binding.bind(grade.against, i, "against") if grade.against is not None else None
    return BoundGrade(grade.grade, grade.label, grade.opens == "yes", when, against)


def _shown(answer: Answer) -> bool:
    return answer.state >= State.REVIEW_TRUE


def _looked_for(grade: BoundGrade, answer: Answer) -> Message:
    if not grade.told:
        return answer.reason
    return message("gate.looked-for", label=grade.label, why=answer.reason)


def _of_the_living(context: Context) -> list[Message]:
    return [message("gate.deceased")] if context.chart.deceased else []
