"""BILAG-2004 as a sheet: the nine organ systems with their grades, and the clauses behind the renal one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from fhir_mappings.facts import Conflict, Evidence, Measurement, ScoreItem, ScoreSheet
from fhir_mappings.intervals import DateSpan
from fhir_mappings.phrases import phrase, term
from fhir_mappings.scores.bilag_rules import BilagDefinition, Domain
from fhir_mappings.scores.clauses import Clause, Degree
from fhir_mappings.scores.definitions import costs
from fhir_mappings.scores.haematological import GRADES, BloodSupport
from fhir_mappings.scores.renal_grade import RenalGrade
from fhir_mappings.scores.sheet import STATE_NAMES
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import State, unique

RENAL, HAEMATOLOGICAL = "renal", "haematological"


DEPENDS = "B, or A with another"
"""The grade of a renal clause that gives an A only beside a second one."""


class DomainGrade(Protocol):
    """A recorded grade; ``grade`` is ``None`` for a domain that a complete form leaves out."""

    @property
    def grade(self) -> str | None: ...
    @property
    def when(self) -> DateSpan: ...
    @property
    def evidence(self) -> Evidence: ...


class DisputedGrade(DomainGrade, Protocol):
    """A grade that forms of one time contradict."""

    @property
    def at_odds(self) -> str | None: ...
    @property
    def others(self) -> tuple[DomainGrade, ...]: ...
    def may_be(self, grade: str) -> bool:
        """Whether any form of that time grades it so."""


def bilag_sheet(
    wanted: str,
    definition: BilagDefinition,
    measurement: Measurement,
    grades: Mapping[str, DomainGrade],
    disputed: Mapping[str, DisputedGrade],
    computed: RenalGrade,
    blood: BloodSupport,
    situation: Situation,
    *,
    recorded: str | None = None,
    conflict: str | None = None,
) -> ScoreSheet:
    """The sheet of the count of one grade (``wanted``)."""
    assert measurement.value is not None  # noqa: S101  # a count always has bounds
    value = measurement.value
    attributed = measurement.attributed.low if measurement.attributed else value.low
    basis: Literal["recorded", "items", "conflict"] = "items"
    if conflict:
        basis = "conflict"
    elif measurement.basis == "recorded":
        basis = "recorded"
    return ScoreSheet(
        score=measurement.input,
        label=definition.counts[measurement.input].label,
        items=tuple(
            _disputed(domain, wanted, disputed[domain.id], _parts(domain, computed, blood))
            if domain.id in disputed
            else _domain(domain, wanted, grades.get(domain.id), computed, blood)
            for domain in definition.domains
        ),
        value=value,
        attributed=min(max(attributed, value.low), value.high),
        basis=basis,
        on=situation.on,
        since=situation.since,
        recorded=recorded,
        conflict=conflict,
        at_odds=tuple(
            Conflict(
                input=measurement.input,
                kind="same-time",
                detail=phrase(
                    "bilag-sheet.the-domain-is-a-person-has",
                    definition=definition.label,
                    domain=domain.label,
                    disputed=disputed[domain.id].at_odds,
                ),
                when=disputed[domain.id].when,
                evidence=_of_both(disputed[domain.id]),
            )
            for domain in definition.domains
            if domain.id in disputed and disputed[domain.id].may_be(wanted)
        ),
        form=next(iter(measurement.needs), None),
    )


def _domain(
    domain: Domain, wanted: str, recorded: DomainGrade | None, computed: RenalGrade, blood: BloodSupport
) -> ScoreItem:
    parts = _parts(domain, computed, blood)
    if recorded is not None:
        present = recorded.grade == wanted
        return ScoreItem(
            id=domain.id,
            label=domain.label,
            domain=domain.label,
            weight=1,
            state="present" if present else "absent",
            counted=present,
            grade=recorded.grade,
            remark=_of_form(domain, recorded, computed),
            evidence=(recorded.evidence,),
            parts=parts,
        )
    open_item = ScoreItem(
        id=domain.id,
        label=domain.label,
        domain=domain.label,
        weight=1,
        state="unknown",
        effort="bedside",
        cost=costs()["bedside"],
        parts=parts,
    )
    if domain.id == RENAL and computed.grade is not None:
        return _renal(open_item, wanted, computed)
    if domain.id == HAEMATOLOGICAL and blood.grade is not None:
        remark = phrase("bilag-sheet.counts-would-give-grade-if-due", grade=blood.grade)
        return _changed(open_item, remark=remark)
    return open_item


def _of_both(disputed: DisputedGrade) -> tuple[Evidence, ...]:
    return unique(grade.evidence for grade in (disputed, *disputed.others))


def _disputed(
    domain: Domain, wanted: str, disputed: DisputedGrade, parts: tuple[ScoreItem, ...]
) -> ScoreItem:
    open_ = disputed.may_be(wanted)
    return ScoreItem(
        id=domain.id,
        label=domain.label,
        domain=domain.label,
        weight=1,
        state="unattributed" if open_ else "absent",
        effort="attribution" if open_ else None,
        cost=costs()["attribution"] if open_ else 0,
        doubts=(phrase("bilag-sheet.it-is", at_odds=disputed.at_odds),) if open_ else (),
        remark=None if open_ else disputed.at_odds,
        evidence=_of_both(disputed),
        parts=parts,
    )


def _of_form(domain: Domain, recorded: DomainGrade, computed: RenalGrade) -> str:
    """Where the grade comes from, and whether results support a worse one than the form."""
    told: str = phrase("bilag-sheet.graded-on-the-form-of", when=recorded.when.in_words)
    if recorded.grade is None:
        told = phrase("bilag-sheet.left-out-of-the-complete-form", when=recorded.when.in_words)
    worse = computed.grade in ("A", "B") and (recorded.grade or "E") > computed.grade
    if domain.id == RENAL and worse:
        told += phrase("bilag-sheet.which-counts-though-results-support-grade", grade=computed.grade)
    return told


def _renal(item: ScoreItem, wanted: str, computed: RenalGrade) -> ScoreItem:
    remark: str = phrase("bilag-sheet.computed-from-results-grade", grade=computed.grade)
    if computed.grade == "D":
        remark += phrase("bilag-sheet.as-far-as-results-tell-blood")
    if computed.firm != computed.grade:
        remark += phrase("bilag-sheet.without-what-is-in-doubt-or", computed=computed.firm or term("none"))
    if computed.grade == wanted:
        doubt = phrase("bilag-sheet.a-computed-grade-compares-results-only")
        return _changed(
            item,
            state="unattributed",
            grade=computed.grade,
            effort="attribution",
            cost=costs()["attribution"],
            doubts=(doubt,),
            remark=remark,
            evidence=computed.evidence,
        )
    tests = _tests_for_a(computed) if wanted == "A" else ()
    if tests:
        return _changed(
            item,
            grade=computed.grade,
            effort="laboratory",
            cost=costs()["laboratory"] + costs()["attribution"],
            remark=remark,
            evidence=computed.evidence,
            needs=unique(need for clause in tests for need in clause.needs[:1]),
        )
    return _changed(item, grade=computed.grade, remark=remark, evidence=computed.evidence)


def _tests_for_a(computed: RenalGrade) -> tuple[Clause, ...]:
    """The laboratory clause that is not known and would, with a severe one, make an A."""
    severe = [c for c in computed.clauses if c.degree is Degree.SEVERE]
    if not severe:
        return ()
    leads = any(c.leads for c in severe)
    # Microscopy first: with proteinuria, it is what makes an A most often.
    by_id = {c.id: c for c in computed.clauses if c.state is State.UNKNOWN and c.needs}
    asked = [by_id[name] for name in ("sediment", "proteinuria", "renal_function") if name in by_id]
    return tuple(c for c in asked if leads or c.leads)[:1]


def _parts(domain: Domain, computed: RenalGrade, blood: BloodSupport) -> tuple[ScoreItem, ...]:
    if domain.id == RENAL:
        return tuple(_clause(clause, domain) for clause in computed.clauses)
    if domain.id == HAEMATOLOGICAL:
        return tuple(_clause(clause, domain) for clause in (*blood.counts, blood.haemolysis))
    return ()


def _clause(clause: Clause, domain: Domain) -> ScoreItem:
    return ScoreItem(
        id=clause.id,
        label=clause.label,
        domain=domain.label,
        weight=0,
        state=STATE_NAMES[clause.state],
        grade=_gives(clause, domain),
        doubts=unique(doubt.reason for doubt in clause.doubts),
        doubted_by=unique(e for doubt in clause.doubts for e in doubt.evidence),
        remark=clause.remark,
        evidence=clause.evidence,
        needs=clause.needs[:1],
    )


def _gives(clause: Clause, domain: Domain) -> str | None:
    """The grade that the clause gives by itself: in the renal domain, an A needs a second clause."""
    if not clause.degree:
        return None
    if domain.id == RENAL and clause.degree is Degree.SEVERE:
        return DEPENDS
    return GRADES[clause.degree]


def _changed(item: ScoreItem, **values: object) -> ScoreItem:
    return msgspec.structs.replace(item, **values)
