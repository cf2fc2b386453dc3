"""Judging one item: its rule put to the chart, the exclusions applied to each finding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from fhir_mappings.facts import AT_ODDS, Measurement
from fhir_mappings.phrases import phrase
from fhir_mappings.scores.exclusions import doubts_about
from fhir_mappings.scores.proteinuria import judge_rise
from fhir_mappings.scores.readings import shows, why_undecided
from fhir_mappings.scores.rules import DiagnosisRule, Exclusion, RepeatedRule, ResultRule, Rule
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import Doubt, Judgement, State, all_of, any_of, either_of, unique

Hit = tuple[Measurement, tuple[Doubt, ...]]
"""An abnormal result, and what speaks against counting it."""

DIAGNOSIS_DOUBT = phrase("evaluation.recorded-as-a-diagnosis-the-definition")


def judge(rule: Rule, exclusions: Sequence[Exclusion], situation: Situation) -> Judgement:
    """The state of an item by its rule."""
    if rule.result is not None:
        return judge_result(rule.result, exclusions, situation)
    if rule.repeated is not None:
        return _judge_repeated(rule.repeated, exclusions, situation)
    if rule.diagnosis is not None:
        return _judge_diagnosis(rule.diagnosis, situation)
    if rule.new_or_risen is not None:
        return judge_rise(rule.new_or_risen, exclusions, situation)
    parts = [judge(child, exclusions, situation) for child in rule.children]
    if rule.any_ is not None:
        return any_of(parts)
    return all_of(parts) if rule.all_ is not None else either_of(parts)


def judge_result(rule: ResultRule, exclusions: Sequence[Exclusion], situation: Situation) -> Judgement:
    """The state that the results of one input give.

    "Present at the visit or in the preceding days": one result in the window suffices, whatever came later.
    Absence needs a result in the window, all of them normal, and nothing that could not be retrieved; where
    items count once seen, a normal result shows nothing about other times.
    """
    results = situation.results(rule.input)
    told = [(m, shows(rule, m)) for m in results]
    hits = [m for m, shown in told if shown]
    refuted = [m for m, shown in told if shown is False]
    if rule.every and refuted:
        hits = []
    weighed = [(m, doubts_about(m.when, exclusions, situation)) for m in hits]
    enough = _enough(rule, weighed)
    if enough:
        return _found(rule, enough, situation)
    all_normal = bool(refuted) and len(refuted) == len(results)
    if all_normal and rule.shows_absence and situation.since is not None and _whole(rule, situation):
        expiries = [day for m in refuted if (day := situation.expiry(m.when)) is not None]
        return Judgement(
            state=State.ABSENT,
            evidence=refuted[0].evidence,
            seen=refuted[0].when.last,
            expires=max(expiries, default=None),
        )
    return _unknown(rule, told, hits, situation)


def _judge_repeated(rule: RepeatedRule, exclusions: Sequence[Exclusion], situation: Situation) -> Judgement:
    hits = [
        (m, doubts_about(m.when, exclusions, situation))
        for one in rule.of
        for m in situation.results(one.input)
        if shows(one, m)
    ]
    # What has no date proves no occasion of its own, and takes none from those that have one.
    hits.sort(key=lambda hit: (not hit[0].when.open_start, hit[0].when.last, hit[0].when.first), reverse=True)
    first = rule.of[0]
    enough = _enough(rule, hits)
    if enough:
        return _found(first, enough, situation)
    if hits:
        return _too_few(rule.occasions, first.input, situation)
    return any_of([judge_result(one, exclusions, situation) for one in rule.of])


def _enough(rule: ResultRule | RepeatedRule, hits: Sequence[Hit]) -> Sequence[Hit]:
    """Enough occasions without a doubt, else with their doubts."""
    return _occasions(rule, [(m, doubts) for m, doubts in hits if not doubts]) or _occasions(rule, hits)


def _occasions(rule: ResultRule | RepeatedRule, hits: Sequence[Hit]) -> Sequence[Hit]:
    """The results that together are enough occasions, latest first; empty if they are not enough."""
    chosen: list[Hit] = []
    for hit in hits:
        apart = timedelta(days=max(rule.days_apart, 1))
        if not chosen or chosen[-1][0].when.first - hit[0].when.last >= apart:
            chosen.append(hit)
            if len(chosen) == rule.occasions:
                return chosen
    return ()


def _found(rule: ResultRule, enough: Sequence[Hit], situation: Situation) -> Judgement:
    hits = [m for m, _ in enough]
    doubts = tuple(doubt for _, found in enough for doubt in found)
    if rule.doubt is not None:
        need = situation.need(rule.settled_by) if rule.settled_by else None
        doubts = (Doubt(rule.doubt, need), *doubts)
    return Judgement(
        state=State.UNATTRIBUTED if doubts else State.PRESENT,
        evidence=unique(e for m in hits for e in m.evidence),
        doubts=unique(doubts),
        seen=hits[0].when.last,
        expires=situation.expiry(hits[-1].when),
    )


def _whole(rule: ResultRule, situation: Situation) -> bool:
    """Whether no result in the window can have been missed."""
    series = situation.series(rule.input)
    if series.retrieval != "complete":
        return False
    return situation.last_unread(rule.input) is None


def _unread(rule: ResultRule, undecided: Sequence[Measurement], situation: Situation) -> date | None:
    """The last day of a result in the window that does not decide, or that cannot be read at all."""
    unread = situation.last_unread(rule.input)
    return max([m.when.last for m in undecided] + ([] if unread is None else [unread]), default=None)


def _unknown(
    rule: ResultRule,
    told: Sequence[tuple[Measurement, bool | None]],
    hits: Sequence[Measurement],
    situation: Situation,
) -> Judgement:
    undecided = [m for m, shown in told if shown is None]
    unread = _unread(rule, undecided, situation)
    if hits and rule.occasions > 1:
        return _too_few(rule.occasions, rule.input, situation)
    if told and not undecided and (situation.since is None or not rule.shows_absence):
        # Measured and normal: measuring again is not what would help.
        return Judgement(state=State.UNKNOWN, unread=unread)
    reason = _why_undecided(rule, undecided[0]) if undecided else None
    return Judgement(state=State.UNKNOWN, needs=(situation.need(rule.input, reason),), unread=unread)


def _too_few(occasions: int, name: str, situation: Situation) -> Judgement:
    need = situation.need(
        name, phrase("evaluation.abnormal-results-on-different-days-are", occasions=occasions)
    )
    return Judgement(state=State.UNKNOWN, needs=(msgspec.structs.replace(need, why="never-measured"),))


def _why_undecided(rule: ResultRule, measurement: Measurement) -> str:
    if AT_ODDS in measurement.notes:
        return why_undecided(measurement)
    if measurement.category == "equivocal":
        return phrase("evaluation.equivocal-on", measurement=measurement.when.in_words)
    if rule.comparison is not None and isinstance(rule.comparison[1], str):
        return phrase("evaluation.the-result-of-has-no-reference", measurement=measurement.when.in_words)
    return why_undecided(measurement)


def _judge_diagnosis(rule: DiagnosisRule, situation: Situation) -> Judgement:
    """A diagnosis never shows absence; in an activity score it has to have begun in the window."""
    found = [
        event
        for event in situation.diagnoses(rule.concepts)
        if situation.since is None or (event.start is not None and situation.holds(event.start))
    ]
    found = [e for e in found if e.start is None or e.start.first <= situation.on]
    if not found:
        return Judgement(state=State.UNKNOWN)
    dates = [event.start for event in found if event.start is not None]
    expiries = [day for when in dates if (day := situation.expiry(when)) is not None]
    counts = rule.counts == "present"
    return Judgement(
        state=State.PRESENT if counts else State.UNATTRIBUTED,
        evidence=unique(event.evidence for event in found),
        doubts=() if counts else (Doubt(DIAGNOSIS_DOUBT),),
        seen=max((when.last for when in dates), default=None),
        expires=max(expiries, default=None),
    )
