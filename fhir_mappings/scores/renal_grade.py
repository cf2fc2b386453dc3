"""The renal grade of BILAG-2004 from the chart, as far as the chart can tell.

Only what speaks *for* a grade is computed: no grade is a statement that the kidney is better than that.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from fhir_mappings.facts import Evidence
from fhir_mappings.phrases import listed
from fhir_mappings.scores.bilag_rules import RenalRule
from fhir_mappings.scores.clauses import Clause, Degree
from fhir_mappings.scores.renal_clauses import histology, proteinuria, renal_function, sediment
from fhir_mappings.scores.renal_syndromes import (
    accelerated_hypertension,
    nephrotic_syndrome,
    rising_pressure,
)
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import State, unique

Grade = Literal["A", "B", "C", "D"]
JUDGED_BY_RESULTS = ("proteinuria", "renal_function", "sediment")


class RenalGrade(msgspec.Struct, frozen=True, kw_only=True):
    """The highest grade that the chart supports.

    Attributes:
        clauses: all of them, in the order of the index.
        deciding: those that give the grade.
        firm: the grade without what is in doubt or merely assumed.
    """

    grade: Grade | None
    firm: Grade | None
    clauses: tuple[Clause, ...]
    deciding: tuple[Clause, ...]

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What the grade rests on."""
        return unique(e for clause in self.deciding for e in clause.evidence)

    @property
    def words(self) -> str:
        """The clauses that give the grade, with their reservations."""
        return listed("names", [clause.words for clause in self.deciding])


def last_unread(rule: RenalRule, situation: Situation) -> date | None:
    """The last day of a result that may support a grade and cannot be read; ``None`` if there is none."""
    names = (*(p.input for p in rule.proteinuria), rule.creatinine.input, rule.filtration.input)
    return max((day for name in names if (day := situation.last_unread(name)) is not None), default=None)


def renal_grade(rule: RenalRule, situation: Situation) -> RenalGrade:
    """Grade the renal domain; several scores of one day share the answer."""
    return situation.remembered(rule, "grade", lambda: _graded(rule, situation))


def _graded(rule: RenalRule, situation: Situation) -> RenalGrade:
    clauses = (
        proteinuria(rule, situation),
        accelerated_hypertension(rule, situation),
        renal_function(rule, situation),
        sediment(rule, situation),
        histology(rule, situation),
        nephrotic_syndrome(rule, situation),
        rising_pressure(rule, situation),
    )
    grade: Grade | None = grade_of([c for c in clauses if c.shown])
    firm: Grade | None = grade_of([c for c in clauses if c.state is State.PRESENT])
    deciding = _deciding(grade, clauses)
    if grade is None and _inactive(clauses) and _involved_before(rule, situation):
        grade = firm = "D"
        deciding = tuple(c for c in clauses if c.id in JUDGED_BY_RESULTS)
    return RenalGrade(grade=grade, firm=firm, clauses=clauses, deciding=deciding)


def grade_of(clauses: list[Clause]) -> Literal["A", "B", "C"] | None:
    """A: two severe clauses or more, one of which leads. B: a severe or a moderate one. C: a mild one."""
    severe = [c for c in clauses if c.degree is Degree.SEVERE]
    if len(severe) >= 2 and any(c.leads for c in severe):
        return "A"
    if severe or any(c.degree is Degree.MODERATE for c in clauses):
        return "B"
    return "C" if any(c.degree is Degree.MILD for c in clauses) else None


def _deciding(grade: str | None, clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
    lowest = {"A": Degree.SEVERE, "B": Degree.MODERATE, "C": Degree.MILD}.get(grade or "")
    return tuple(c for c in clauses if lowest is not None and c.shown and c.degree >= lowest)


def _inactive(clauses: tuple[Clause, ...]) -> bool:
    """Whether results show that none of the clauses that results can judge is fulfilled."""
    return all(c.state is State.ABSENT for c in clauses if c.id in JUDGED_BY_RESULTS)


def _involved_before(rule: RenalRule, situation: Situation) -> bool:
    if situation.diagnoses(rule.involved_before.concepts):
        return True
    return any(
        m.category is not None and m.when.first <= situation.on
        for name in rule.involved_before.inputs
        for m in situation.series(name).measurements
    )
