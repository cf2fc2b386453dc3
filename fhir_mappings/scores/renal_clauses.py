"""The renal clauses of BILAG-2004 that results can fulfil: proteinuria, renal function, sediment, biopsy.

Glossary of the index (Isenberg 2005; Yee 2007); thresholds in ``bilag_2004.yaml``.
"""

from __future__ import annotations

from fhir_mappings.facts import Measurement, Need
from fhir_mappings.intervals import Duration
from fhir_mappings.phrases import phrase
from fhir_mappings.scores.bilag_rules import ProteinRule, RenalRule
from fhir_mappings.scores.clauses import (
    Clause,
    Degree,
    Reached,
    above_share,
    best_of,
    clause_of,
    compared,
    earlier_value,
    not_compared,
    previous_value,
)
from fhir_mappings.scores.definitions import exclusions
from fhir_mappings.scores.evaluation import judge
from fhir_mappings.scores.readings import value_in
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import Judgement, State, any_of, unique

Answers = list[tuple[Degree, bool | None]]


def proteinuria(rule: RenalRule, situation: Situation) -> Clause:
    """Proteinuria that has not fallen by a quarter, by the latest measures; the strip only without any."""
    measured = [
        (protein, results[0]) for protein in rule.proteinuria if (results := situation.results(protein.input))
    ]
    newest = max((current.when for _, current in measured), key=lambda when: when.last, default=None)
    latest = [
        (protein, current)
        for protein, current in measured
        if newest is not None and current.when.overlaps(newest)
    ]
    # A newer value of any measure would be the one that counts.
    reached = [
        open_
        for protein in rule.proteinuria
        if (open_ := _open(protein.input, [current for _, current in latest], situation))
    ] or [_protein(protein, current, rule, situation) for protein, current in latest]
    if not reached:
        current = next(iter(situation.results(rule.dipstick.input)), None)
        open_ = _open(rule.dipstick.input, [current] if current else [], situation)
        if open_ is not None:
            reached.append(open_)
        elif current is not None:
            reached.append(_strip(current, rule, situation))
    need = situation.need(rule.proteinuria[0].input)
    return best_of(
        "proteinuria", phrase("renal-clauses.proteinuria-that-has-not-improved"), reached, need, leads=True
    )


def _open(name: str, latest: list[Measurement], situation: Situation) -> Reached | None:
    """That the latest results decide nothing, where a newer one cannot be used; ``None`` where they stand."""
    need = situation.displaced(name, latest)
    if need is None:
        return None
    remark = phrase("renal-clauses.newer-cannot-be-used", detail=need.detail)
    return Reached(
        degree=None, evidence=unique(e for m in latest for e in m.evidence), remark=remark, need=need
    )


def _protein(protein: ProteinRule, current: Measurement, rule: RenalRule, situation: Situation) -> Reached:
    value = value_in(current, protein.unit)
    if value is None:
        return Reached(degree=None)
    degree = _highest(
        [
            (Degree.SEVERE, value.holds("above", protein.severe_above)),
            (Degree.MODERATE, value.holds("at_least", protein.moderate_from)),
            (Degree.MILD, value.holds("above", protein.mild_above)),
        ]
    )
    previous = previous_value(protein.input, current, rule.previous, situation)
    if isinstance(previous, Need):
        if degree is not None and degree <= Degree.MILD:
            return Reached(degree=degree, evidence=current.evidence, remark=compared(current, None))
        return not_compared(current, previous, compared(current, None))
    before = value_in(previous, protein.unit) if previous else None
    remark = compared(current, previous if before else None)
    if degree is None or degree <= Degree.MILD:
        return Reached(degree=degree, evidence=current.evidence, remark=remark)
    if previous is None or before is None:
        return Reached(degree=degree, evidence=current.evidence, assumed=True, remark=remark)
    evidence = (*current.evidence, *previous.evidence)
    kept = above_share(value, before, rule.improved_to_share)
    if kept is False:
        # What has improved is still there: the mildest degree.
        return Reached(
            degree=Degree.MILD,
            evidence=evidence,
            remark=phrase("renal-clauses.improved-by-a-quarter-or-more", remark=remark),
        )
    return Reached(degree=degree if kept else None, evidence=evidence, remark=remark)


def _highest(answers: Answers) -> Degree | None:
    """The highest degree that is surely reached; ``None`` if none is, and it is not sure that none is."""
    sure = next((degree for degree, answer in answers if answer), None)
    if sure is not None:
        return sure
    return Degree.NONE if all(answer is False for _, answer in answers) else None


def _strip(current: Measurement, rule: RenalRule, situation: Situation) -> Reached:
    strip = rule.dipstick
    level = strip.levels.get(current.category or "")
    if level is None:
        return Reached(degree=None)
    stands = Degree.MILD if level >= strip.mild_from else Degree.NONE
    previous = previous_value(strip.input, current, rule.previous, situation)
    if isinstance(previous, Need):
        if level < min(strip.severe_rise, strip.moderate_from):  # it gives no more, whatever was before
            return Reached(degree=stands, evidence=current.evidence, remark=compared(current, None))
        return not_compared(current, previous, compared(current, None))
    before = strip.levels.get(previous.category or "") if previous else None
    remark = compared(current, previous if before is not None else None)
    if previous is None or before is None:
        return Reached(degree=stands, evidence=current.evidence, remark=remark)
    evidence = (*current.evidence, *previous.evidence)
    if level - before >= strip.severe_rise:
        return Reached(degree=Degree.SEVERE, evidence=evidence, remark=remark)
    if level > before and level >= strip.moderate_from:
        return Reached(degree=Degree.MODERATE, evidence=evidence, remark=remark)
    return Reached(degree=stands, evidence=evidence, remark=remark)


def renal_function(rule: RenalRule, situation: Situation) -> Clause:
    """Deteriorating renal function, by creatinine or by filtration rate, whichever says more."""
    reached = [*_creatinine(rule, situation), *_filtration(rule, situation)]
    need = situation.need(rule.creatinine.input)
    return best_of("renal_function", phrase("renal-clauses.deteriorating-renal-function"), reached, need)


def _creatinine(rule: RenalRule, situation: Situation) -> list[Reached]:
    limits = rule.creatinine
    current = next(iter(situation.results(limits.input)), None)
    open_ = _open(limits.input, [current] if current else [], situation)
    if open_ is not None:
        return [open_]
    value = value_in(current, limits.unit) if current else None
    if current is None or value is None:
        return []
    high = value.holds("above", limits.above)
    if not high:
        degree = Degree.NONE if high is False else None
        return [
            Reached(
                degree=degree,
                evidence=current.evidence,
                remark=phrase("renal-clauses.creatinine", compared=compared(current, None)),
            )
        ]
    previous = previous_value(limits.input, current, rule.previous, situation)
    if isinstance(previous, Need):
        told = phrase("renal-clauses.creatinine", compared=compared(current, None))
        return [not_compared(current, previous, told)]
    before = value_in(previous, limits.unit) if previous else None
    remark = phrase("renal-clauses.creatinine", compared=compared(current, previous if before else None))
    if previous is None or before is None:
        return [Reached(degree=Degree.SEVERE, evidence=current.evidence, assumed=True, remark=remark)]
    ratio = value.over(before) if before.low > 0 else None
    degree = None
    if ratio is not None:
        degree = _highest(
            [
                (Degree.SEVERE, ratio.holds("above", limits.severe_share)),
                (Degree.MODERATE, ratio.holds("at_least", limits.moderate_share)),
            ]
        )
    return [Reached(degree=degree, evidence=(*current.evidence, *previous.evidence), remark=remark)]


def _filtration(rule: RenalRule, situation: Situation) -> list[Reached]:
    """Below 80 and fallen below 67 %, or below 50 when it was above 50 or not measured the time before."""
    limits = rule.filtration
    current = next(iter(situation.results(limits.input)), None)
    open_ = _open(limits.input, [current] if current else [], situation)
    if open_ is not None:
        return [open_]
    value = value_in(current, limits.unit) if current else None
    if current is None or value is None:
        return []
    low, very_low = value.holds("below", limits.below), value.holds("below", limits.below_absolute)
    told = phrase("renal-clauses.filtration-rate", compared=compared(current, None))
    previous = previous_value(limits.input, current, rule.previous, situation)
    if isinstance(previous, Need):
        if low is False:
            return [Reached(degree=Degree.NONE, evidence=current.evidence, remark=told)]
        return [not_compared(current, previous, told)]
    before = value_in(previous, limits.unit) if previous else None
    # Whether a low rate is new does not depend on how long ago the last one was.
    last = (
        previous if before else earlier_value(limits.input, current, rule.previous.from_days, None, situation)
    )
    if isinstance(last, Need):
        if very_low is not False:
            return [not_compared(current, last, told)]
        last = None
    last_value = value_in(last, limits.unit) if last else None
    remark = phrase("renal-clauses.filtration-rate", compared=compared(current, last if last_value else None))
    evidence = (*current.evidence, *(last.evidence if last and last_value else ()))
    if very_low and last_value is None:
        return [Reached(degree=Degree.SEVERE, evidence=evidence, assumed=True, remark=remark)]
    fallen: bool | None = None
    if before is not None and before.low > 0:
        fallen = value.over(before).holds("below", limits.share)
    elif low is False:
        fallen = False
    newly = None if last_value is None else last_value.holds("above", limits.below_absolute)
    if (low and fallen) or (very_low and newly):
        return [Reached(degree=Degree.SEVERE, evidence=evidence, remark=remark)]
    refuted = (low is False or fallen is False) and (very_low is False or newly is False)
    if not refuted and before is None:
        remark = phrase("renal-clauses.no-earlier-value-to-compare-with", remark=remark)
    return [Reached(degree=Degree.NONE if refuted else None, evidence=evidence, remark=remark)]


def sediment(rule: RenalRule, situation: Situation) -> Clause:
    """More than five red or white cells without another cause, or red cell casts."""
    known = exclusions()
    causes = [known[name] for name in rule.sediment.unless]
    lupus = [cause for cause in causes if cause.presupposes]
    cells, casts = judge(rule.sediment.cells, causes, situation), judge(rule.sediment.casts, lupus, situation)
    # "In the absence of other causes": cells beside a positive culture are there and give no grade.
    refuted = any(doubt.refutes for doubt in cells.doubts) and casts.state < State.UNATTRIBUTED
    degree = Degree.NONE if refuted else Degree.SEVERE
    return clause_of(
        "sediment", phrase("renal-clauses.active-sediment"), any_of([cells, casts]), leads=True, degree=degree
    )


def histology(rule: RenalRule, situation: Situation) -> Clause:
    """Active nephritis on a biopsy of the last months; no biopsy on record shows nothing."""
    wanted = rule.histology
    since = Duration(wanted.months, "mo").before(situation.on)
    recent = [
        m
        for m in situation.series(wanted.input).measurements
        if situation.is_since(m.when, since) and situation.has_come(m.when)
    ]
    told = {m.category: m for m in reversed(recent) if m.category is not None}
    active = next((told[name] for name in told if name in wanted.shown_by), None)
    inactive = next((told[name] for name in told if name in wanted.refuted_by), None)
    state = State.PRESENT if active else State.ABSENT if inactive else State.UNKNOWN
    found = active or inactive
    judgement = Judgement(state=state, evidence=found.evidence if found else ())
    label = phrase("renal-clauses.active-nephritis-on-biopsy-within-months", months=wanted.months)
    return clause_of("histology", label, judgement, leads=True)
