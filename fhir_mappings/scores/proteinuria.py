"""Proteinuria as SELENA-SLEDAI scores it: new, or risen; not what is merely still there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fhir_mappings.facts import Measurement
from fhir_mappings.intervals import UNDATED, Duration, Interval
from fhir_mappings.phrases import phrase
from fhir_mappings.scores.exclusions import doubts_about
from fhir_mappings.scores.readings import value_in, why_undecided
from fhir_mappings.scores.rules import Exclusion, RiseRule
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import Doubt, Judgement, State, any_of

NO_COURSE = phrase("proteinuria.no-earlier-value-of-the-same")


def judge_rise(rule: RiseRule, exclusions: Sequence[Exclusion], situation: Situation) -> Judgement:
    """Judge each result in the window against the results before it.

    A result above the threshold is new if every earlier one was not above it, of whatever measure. It has
    risen if it exceeds the lowest result of the same measure in the ``months`` before by more than
    ``rise``. With earlier results and neither of these, it is stable and does not count. Without any
    earlier result, or with none recent enough to compare, a clinician has to say; and so where an earlier
    one that cannot be used may tell otherwise.
    """
    judged = [
        _judge_one(name, measurement, rule, exclusions, situation)
        for name in rule.inputs
        for measurement in situation.results(name)
    ]
    if not judged:
        first = next(iter(rule.inputs))
        return Judgement(state=State.UNKNOWN, needs=(situation.need(first),))
    whole = any_of(judged)
    unseen = next((name for name in rule.inputs if not _is_whole(name, situation)), None)
    if whole.state is State.ABSENT and unseen is not None:
        return Judgement(
            state=State.UNKNOWN, needs=(situation.need(unseen),), unread=situation.last_unread(unseen)
        )
    return whole


def _is_whole(name: str, situation: Situation) -> bool:
    """Whether no result in the window can have been missed."""
    return situation.series(name).retrieval == "complete" and situation.last_unread(name) is None


def _judge_one(
    name: str, current: Measurement, rule: RiseRule, exclusions: Sequence[Exclusion], situation: Situation
) -> Judgement:
    above = _is_above(current, rule.inputs[name], rule)
    if above is None:
        need = situation.need(name, why_undecided(current))
        return Judgement(state=State.UNKNOWN, needs=(need,))
    if above is False:
        return _told(State.ABSENT, current, situation)
    answers = [
        _is_above(m, unit, rule)
        for other, unit in rule.inputs.items()
        for m in situation.series(other).measurements
        if m.when.last < current.when.first
    ]
    whole = all(
        situation.series(other).retrieval == "complete"
        and not _is_unread_before(other, current, None, situation)
        for other in rule.inputs
    )
    new = whole and bool(answers) and all(answer is False for answer in answers)
    risen = _risen(name, current, rule, situation)
    if new or risen:
        doubts = doubts_about(current.when, exclusions, situation)
        return _told(State.UNATTRIBUTED if doubts else State.PRESENT, current, situation, doubts)
    if risen is False and True in answers:
        return _told(State.ABSENT, current, situation)
    return _told(State.UNATTRIBUTED, current, situation, (Doubt(NO_COURSE),))


def _risen(name: str, current: Measurement, rule: RiseRule, situation: Situation) -> bool | None:
    """Whether it exceeds the lowest earlier value by more than ``rise``; ``None`` if nothing compares."""
    earliest = Duration(rule.months, "mo").before(current.when.first)
    value = value_in(current, rule.inputs[name])
    before = [
        value_in(m, rule.inputs[name])
        for m in situation.series(name).measurements
        if earliest <= m.when.first and m.when.last < current.when.first
    ]
    rises = [
        _minus(value, b).holds("above", rule.rise) for b in before if value is not None and b is not None
    ]
    if True in rises:
        return True
    if _is_unread_before(name, current, earliest, situation):
        return None
    return False if rises and None not in rises else None


def _is_unread_before(name: str, current: Measurement, since: date | None, situation: Situation) -> bool:
    """Whether a result that cannot be used is, or may be, older than the current one."""
    spans = (item.when or UNDATED for item in situation.series(name).unusable if item.measured)
    return any(when.first < current.when.first and (since is None or when.last >= since) for when in spans)


def _is_above(measurement: Measurement, unit: str, rule: RiseRule) -> bool | None:
    value = value_in(measurement, unit)
    return None if value is None else value.holds("above", rule.above)


def _minus(value: Interval, other: Interval) -> Interval:
    return Interval(
        value.low - other.high,
        value.high - other.low,
        value.low_open or other.high_open,
        value.high_open or other.low_open,
    )


def _told(
    state: State, measurement: Measurement, situation: Situation, doubts: tuple[Doubt, ...] = ()
) -> Judgement:
    return Judgement(
        state=state,
        evidence=measurement.evidence,
        doubts=doubts,
        seen=measurement.when.last,
        expires=situation.expiry(measurement.when),
    )
