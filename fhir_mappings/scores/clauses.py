"""One clause of a domain of BILAG-2004: how far results fulfil it, and what a previous value adds."""

from __future__ import annotations

from datetime import date
from enum import IntEnum

import msgspec

from fhir_mappings.facts import Evidence, Measurement, Need, may_be_newer
from fhir_mappings.intervals import UNDATED, Interval, shifted
from fhir_mappings.phrases import listed, phrase
from fhir_mappings.scores.bilag_rules import PreviousRule
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import Doubt, Judgement, State, unique

NO_PREVIOUS = phrase("clauses.assumed-not-to-have-improved-no")


class Degree(IntEnum):
    """The grade that a clause gives by itself: mild C, moderate B, severe B and, with another, A."""

    NONE = 0
    MILD = 1
    MODERATE = 2
    SEVERE = 3


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """A clause as the chart shows it.

    Attributes:
        degree: what is shown, in doubt or not; ``NONE`` for a clause that is absent or not known.
        leads: one of the clauses of which grade A needs at least one.
        assumed: it counts only because there is no earlier value that could show improvement.
        remark: the values that were compared.
    """

    id: str
    label: str
    state: State
    degree: Degree = Degree.NONE
    leads: bool = False
    assumed: bool = False
    evidence: tuple[Evidence, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    needs: tuple[Need, ...] = ()
    remark: str | None = None

    @property
    def shown(self) -> bool:
        """Whether the chart shows it, in doubt or not."""
        return self.state >= State.UNATTRIBUTED

    @property
    def words(self) -> str:
        """The clause with its reservations."""
        doubts = listed("clauses", unique(doubt.reason for doubt in self.doubts))
        return phrase("clauses.doubted", clause=self.label, doubts=doubts) if doubts else self.label


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """What one measure gives: a degree, or ``None`` where it does not decide.

    That is where its value lies on both sides of a threshold, or where a newer one, or the previous one,
    cannot be used: then ``need`` says so.
    """

    degree: Degree | None
    evidence: tuple[Evidence, ...] = ()
    assumed: bool = False
    remark: str | None = None
    need: Need | None = None


def best_of(id_: str, label: str, reached: list[Reached], need: Need, *, leads: bool = False) -> Clause:
    """The clause from several measures, each of which suffices; none at all leaves it unknown."""
    known = [r for r in reached if r.degree is not None]
    # Of the same degree, the one that assumes nothing.
    best = max(known, key=lambda r: (r.degree, not r.assumed), default=None)
    if best is not None and best.degree:
        return Clause(
            id=id_,
            label=label,
            state=State.UNATTRIBUTED if best.assumed else State.PRESENT,
            degree=best.degree,
            leads=leads,
            assumed=best.assumed,
            evidence=best.evidence,
            doubts=(Doubt(NO_PREVIOUS),) if best.assumed else (),
            remark=best.remark,
        )
    if known and len(known) == len(reached):
        evidence = unique(e for r in known for e in r.evidence)
        remarks = unique(r.remark for r in known if r.remark)
        return Clause(
            id=id_,
            label=label,
            state=State.ABSENT,
            evidence=evidence,
            remark=listed("clauses", remarks) or None,
        )
    # Where there are results that do not decide, it is not another one that lacks.
    remarks = unique(r.remark for r in reached if r.degree is None and r.remark)
    return Clause(
        id=id_,
        label=label,
        state=State.UNKNOWN,
        leads=leads,
        needs=unique(r.need for r in reached if r.need is not None) if reached else (need,),
        remark=listed("clauses", remarks) or None,
    )


def clause_of(
    id_: str, label: str, judgement: Judgement, *, leads: bool = False, degree: Degree = Degree.SEVERE
) -> Clause:
    """A clause that is either there or not, from a judgement."""
    return Clause(
        id=id_,
        label=label,
        state=judgement.state,
        degree=degree if judgement.state >= State.UNATTRIBUTED else Degree.NONE,
        leads=leads,
        evidence=judgement.evidence,
        doubts=judgement.doubts,
        needs=judgement.needs,
    )


def previous_value(
    name: str, current: Measurement, rule: PreviousRule, situation: Situation
) -> Measurement | Need | None:
    """The latest result at the distance of a previous assessment.

    What is missing instead, where one that cannot be used is, or may be, the latest at that distance.
    """
    return earlier_value(name, current, rule.from_days, rule.to_days, situation)


def earlier_value(
    name: str, current: Measurement, from_days: int, to_days: int | None, situation: Situation
) -> Measurement | Need | None:
    """The latest result that is ``from_days`` to ``to_days`` older than the current one; likewise.

    ``to_days``: ``None`` for however much older.
    """
    first = date.min if to_days is None else shifted(current.when.first, -to_days)
    last = shifted(current.when.first, -from_days)
    series = situation.series(name)
    found = next((m for m in series.measurements if m.when.first >= first and m.when.last <= last), None)
    for item in series.unusable:
        when = item.when or UNDATED
        if not item.measured or when.first > last or when.last < first:
            continue
        if found is None or may_be_newer(item, [found], found):
            detail = phrase("of-something", what=series.label, detail=item.detail)
            return Need(input=name, why=item.why, detail=detail, order=series.order)
    return found


def not_compared(current: Measurement, need: Need, told: str) -> Reached:
    """That the previous value cannot be used, so that the current one decides nothing."""
    remark = phrase("clauses.previous-cannot-be-used", told=told, detail=need.detail)
    return Reached(degree=None, evidence=current.evidence, remark=remark, need=need)


def above_share(value: Interval, before: Interval, share: float) -> bool | None:
    """Whether the value exceeds that share of the value before; ``None`` where both sides are possible."""
    surely = value.holds("above", share * before.high)
    possibly = value.holds("above", share * before.low)
    return surely if surely is possibly else None


def compared(current: Measurement, previous: Measurement | None) -> str:
    """The values in words, with their unit and days."""
    told = phrase("clauses.on", current=_shown(current), current_b=current.when)
    return (
        told
        if previous is None
        else phrase("clauses.before-on", told=told, previous=_shown(previous), previous_b=previous.when)
    )


def _shown(measurement: Measurement) -> str:
    value = measurement.value
    if value is None:
        return measurement.category or phrase("same-results.no-value")
    number = f"{value.low:.4g}" if value.exact else str(value)
    return f"{number} {measurement.unit}"
