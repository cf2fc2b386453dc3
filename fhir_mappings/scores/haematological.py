"""What blood counts support for the haematological domain of BILAG-2004: shown, and never counted."""

from __future__ import annotations

from typing import Literal

import msgspec

from fhir_mappings.phrases import phrase
from fhir_mappings.scores.bilag_rules import CountRule, HaematologicalRule
from fhir_mappings.scores.clauses import Clause, Degree, clause_of
from fhir_mappings.scores.evaluation import judge, judge_result
from fhir_mappings.scores.readings import value_in
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import Doubt, State

ATTRIBUTION = phrase("haematological.only-if-due-to-lupus-shown")
DEGREES = {"A": Degree.SEVERE, "B": Degree.MODERATE, "C": Degree.MILD}
GRADES: dict[Degree, Literal["A", "B", "C"]] = {
    Degree.SEVERE: "A",
    Degree.MODERATE: "B",
    Degree.MILD: "C",
}


class BloodSupport(msgspec.Struct, frozen=True, kw_only=True):
    """The highest grade that counts would give if due to lupus, and haemolysis as far as tests tell."""

    grade: Literal["A", "B", "C"] | None
    haemolysis: Clause
    counts: tuple[Clause, ...]


def blood_support(rule: HaematologicalRule, situation: Situation) -> BloodSupport:
    """Put the counts to their thresholds; several scores of one day share the answer."""
    return situation.remembered(rule, "support", lambda: _support(rule, situation))


def _support(rule: HaematologicalRule, situation: Situation) -> BloodSupport:
    haemolysis = clause_of(
        "haemolysis",
        phrase("haematological.active-haemolysis-positive-antiglobulin-test-with"),
        judge(rule.haemolysis, (), situation),
        degree=Degree.NONE,
    )
    counts: dict[str, Clause] = {}
    for grade in rule.grades:
        if grade.input not in counts and (not grade.with_haemolysis or haemolysis.shown):
            found = _below(grade, situation)
            if found is not None:
                counts[grade.input] = found
    antiglobulin = judge_result(rule.antiglobulin, (), situation)
    if antiglobulin.state is State.PRESENT:
        counts[rule.antiglobulin.input] = msgspec.structs.replace(
            clause_of(
                rule.antiglobulin.input,
                phrase("haematological.positive-antiglobulin-test"),
                antiglobulin,
                degree=Degree.MILD,
            ),
            state=State.UNATTRIBUTED,
            doubts=(Doubt(ATTRIBUTION),),
        )
    highest = max((c.degree for c in counts.values()), default=Degree.NONE)
    return BloodSupport(grade=GRADES.get(highest), haemolysis=haemolysis, counts=tuple(counts.values()))


def _below(rule: CountRule, situation: Situation) -> Clause | None:
    """The latest result in the window that is below."""
    for measurement in situation.results(rule.input):
        value = value_in(measurement, rule.unit)
        if value is not None and value.holds("below", rule.below):
            label = situation.series(rule.input).label
            haemolysis = phrase("haematological.with-active-haemolysis") if rule.with_haemolysis else ""
            return Clause(
                id=rule.input,
                label=phrase(
                    "haematological.on",
                    label=label,
                    value=value,
                    unit=rule.unit,
                    measurement=measurement.when.in_words,
                    haemolysis=haemolysis,
                ),
                state=State.UNATTRIBUTED,
                degree=DEGREES[rule.grade],
                evidence=measurement.evidence,
                doubts=(Doubt(ATTRIBUTION),),
            )
    return None
