"""The renal grade of BILAG-2004 from results, as far as results can tell.

Only what speaks *for* a grade is computed: no grade is a statement that the kidney is better than that.
Clauses follow the glossary of the index (Isenberg 2005; thresholds in ``bilag_2004.yaml``).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import msgspec

from fhir_mappings.facts import Evidence, Measurement
from fhir_mappings.intervals import Duration, Interval
from fhir_mappings.scores.bilag_rules import ProteinRule, RenalRule
from fhir_mappings.scores.definitions import exclusions
from fhir_mappings.scores.exclusions import doubts_about
from fhir_mappings.scores.readings import shows, value_in
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import unique

Grade = Literal["A", "B"]
NO_PREVIOUS = "no earlier value, so improvement is not excluded"


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """One clause that the results fulfil.

    ``leads``: a clause of which grade A needs at least one. ``moderate``: enough for grade B only.
    """

    name: str
    evidence: tuple[Evidence, ...]
    leads: bool = False
    moderate: bool = False
    remarks: tuple[str, ...] = ()


class RenalGrade(msgspec.Struct, frozen=True, kw_only=True):
    """The highest grade that the results support, and the clauses that give it."""

    grade: Grade | None
    features: tuple[Feature, ...]

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What the grade rests on."""
        return unique(e for feature in self.features for e in feature.evidence)

    @property
    def words(self) -> str:
        """The clauses with their reservations."""
        told = []
        for feature in self.features:
            remarks = "; ".join(feature.remarks)
            told.append(f"{feature.name} ({remarks})" if remarks else feature.name)
        return ", ".join(told)


def renal_grade(rule: RenalRule, situation: Situation) -> RenalGrade:
    """Grade the renal domain.

    A: two or more severe features, of which one is proteinuria, sediment or histology. B: one severe
    feature, or a moderate one.
    """
    found = [
        *_proteinuria(rule, situation),
        *_creatinine(rule, situation),
        *_sediment(rule, situation),
        *_histology(rule, situation),
    ]
    severe = tuple(f for f in found if not f.moderate)
    if len(severe) >= 2 and any(f.leads for f in severe):
        return RenalGrade(grade="A", features=severe)
    return RenalGrade(grade="B" if found else None, features=tuple(found))


def _proteinuria(rule: RenalRule, situation: Situation) -> list[Feature]:
    measured = False
    for protein in rule.proteinuria:
        current = next(iter(situation.results(protein.input)), None)
        if current is None:
            continue
        measured = True
        feature = _protein_feature(protein, current, rule, situation)
        if feature is not None:
            return [feature]
    return [] if measured else _dipstick(rule, situation)


def _protein_feature(
    protein: ProteinRule, current: Measurement, rule: RenalRule, situation: Situation
) -> Feature | None:
    value = value_in(current, protein.unit)
    if value is None:
        return None
    severe = value.holds("above", protein.severe_above) is True
    moderate = value.holds("at_least", protein.moderate_from) is True
    if not (severe or moderate):
        return None
    previous = _previous(protein.input, current, rule, situation)
    before = value_in(previous, protein.unit) if previous else None
    remarks: tuple[str, ...] = (NO_PREVIOUS,)
    evidence = current.evidence
    if previous is not None and before is not None:
        if not _above_share(value, before, rule.improved_to_share):
            return None
        remarks, evidence = (), (*current.evidence, *previous.evidence)
    name = "proteinuria that has not improved"
    return Feature(name=name, evidence=evidence, leads=severe, moderate=not severe, remarks=remarks)


def _dipstick(rule: RenalRule, situation: Situation) -> list[Feature]:
    strip = rule.dipstick
    current = next(iter(situation.results(strip.input)), None)
    previous = _previous(strip.input, current, rule, situation) if current else None
    if current is None or previous is None:
        return []
    if current.category not in strip.levels or previous.category not in strip.levels:
        return []
    level, before = strip.levels.index(current.category), strip.levels.index(previous.category)
    severe = level - before >= strip.severe_rise
    moderate = level > before and level >= strip.levels.index(strip.moderate_from)
    if not (severe or moderate):
        return []
    evidence = (*current.evidence, *previous.evidence)
    return [Feature(name="rise on the strip", evidence=evidence, leads=severe, moderate=not severe)]


def _creatinine(rule: RenalRule, situation: Situation) -> list[Feature]:
    """Deteriorating renal function: by creatinine, else by filtration rate."""
    limits = rule.creatinine
    current = next(iter(situation.results(limits.input)), None)
    value = value_in(current, limits.unit) if current else None
    if current is not None and value is not None and value.holds("above", limits.above):
        previous = _previous(limits.input, current, rule, situation)
        before = value_in(previous, limits.unit) if previous else None
        name = "deteriorating renal function"
        if previous is None or before is None:
            return [Feature(name=name, evidence=current.evidence, remarks=(NO_PREVIOUS,))]
        evidence = (*current.evidence, *previous.evidence)
        if _above_share(value, before, limits.severe_share):
            return [Feature(name=name, evidence=evidence)]
        if _above_share(value, before, limits.moderate_share):
            return [Feature(name=name, evidence=evidence, moderate=True)]
    return _filtration(rule, situation)


def _filtration(rule: RenalRule, situation: Situation) -> list[Feature]:
    limits = rule.filtration
    current = next(iter(situation.results(limits.input)), None)
    value = value_in(current, limits.unit) if current else None
    if current is None or value is None:
        return []
    previous = _previous(limits.input, current, rule, situation)
    before = value_in(previous, limits.unit) if previous else None
    low = value.holds("below", limits.below) is True
    very_low = value.holds("below", limits.below_absolute) is True
    name = "fall of the filtration rate"
    if previous is None or before is None:
        remark = (NO_PREVIOUS,)
        return [Feature(name=name, evidence=current.evidence, remarks=remark)] if very_low else []
    fallen = before.low > 0 and value.over(before).holds("below", limits.share) is True
    newly_low = very_low and before.holds("above", limits.below_absolute) is True
    if not (low and fallen) and not newly_low:
        return []
    return [Feature(name=name, evidence=(*current.evidence, *previous.evidence))]


def _sediment(rule: RenalRule, situation: Situation) -> list[Feature]:
    known = exclusions()
    causes = [known[name] for name in rule.sediment.unless]
    hits: list[Measurement] = []
    remarks: list[str] = []
    for result in rule.sediment.results:
        for measurement in situation.results(result.input):
            if shows(result, measurement):
                hits.append(measurement)
                remarks += [doubt.reason for doubt in doubts_about(measurement.when, causes, situation)]
                break
    casts = [m for m in situation.results(rule.sediment.casts.input) if shows(rule.sediment.casts, m)]
    if not hits and not casts:
        return []
    evidence = unique(e for m in (*casts[:1], *hits) for e in m.evidence)
    told = () if casts else unique(remarks)
    return [Feature(name="active sediment", evidence=evidence, leads=True, remarks=told)]


def _histology(rule: RenalRule, situation: Situation) -> list[Feature]:
    since = Duration(rule.histology.months, "mo").before(situation.on)
    for measurement in situation.series(rule.histology.input).measurements:
        recent = measurement.when.first >= since and measurement.when.last <= situation.on
        if recent and measurement.category in rule.histology.shown_by:
            name = f"active nephritis on biopsy within {rule.histology.months} months"
            return [Feature(name=name, evidence=measurement.evidence, leads=True)]
    return []


def _previous(name: str, current: Measurement, rule: RenalRule, situation: Situation) -> Measurement | None:
    """The latest result at the distance of a previous assessment."""
    first = current.when.first - timedelta(days=rule.previous.to_days)
    last = current.when.first - timedelta(days=rule.previous.from_days)
    return next(
        (m for m in situation.series(name).measurements if m.when.first >= first and m.when.last <= last),
        None,
    )


def _above_share(value: Interval, before: Interval, share: float) -> bool:
    """Whether the value surely exceeds that share of the value before."""
    return value.holds("above", share * before.high) is True
