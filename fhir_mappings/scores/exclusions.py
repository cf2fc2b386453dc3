"""Whether a finding may count as due to lupus: the exclusions of ``exclusions.yaml`` put to a chart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fhir_mappings.facts import Diagnosis, Event, Exposure, Need, WhyMissing
from fhir_mappings.intervals import DateSpan, shifted
from fhir_mappings.phrases import phrase
from fhir_mappings.scores.rules import EventExclusion, Exclusion, Presupposition, ResultRequirement
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import Doubt, unique


def doubts_about(when: DateSpan, exclusions: Sequence[Exclusion], situation: Situation) -> tuple[Doubt, ...]:
    """What speaks against counting a finding of that date; empty if nothing does."""
    found: list[Doubt] = []
    for exclusion in exclusions:
        if exclusion.always:
            found.append(Doubt(exclusion.always))
        if exclusion.presupposes and not _presupposed(exclusion.presupposes, situation):
            found.append(Doubt(exclusion.presupposes.doubt))
        if exclusion.requires:
            found.extend(_required(exclusion.requires, when, situation))
        for explanation in exclusion.explained_by:
            found.extend(_explained(explanation, when, situation))
    return unique(found)


def _presupposed(rule: Presupposition, situation: Situation) -> bool:
    if situation.diagnoses(rule.concepts):
        return True
    return any(
        m.category is not None and m.when.first <= situation.on
        for name in rule.inputs
        for m in situation.series(name).measurements
    )


def _required(rule: ResultRequirement, when: DateSpan, situation: Situation) -> list[Doubt]:
    first, *_ = rule.alternatives
    for name, wanted in first.items():
        series = situation.series(name)
        for contrary in series.measurements:
            near = _is_near(contrary.when, when, rule.days)
            if near is not False and contrary.category is not None and contrary.category not in wanted:
                doubt = phrase(
                    "exclusions.on", series=series.label, category=contrary.category, contrary=contrary.when
                )
                return [Doubt(doubt, refutes=near is True, evidence=contrary.evidence)]
    for alternative in rule.alternatives:
        if all(
            any(
                m.category in wanted and _is_near(m.when, when, rule.days)
                for m in situation.series(name).measurements
            )
            for name, wanted in alternative.items()
        ):
            return []
    series = situation.series(next(iter(first)))
    why: WhyMissing = "stale" if series.measurements else "never-measured"
    if series.retrieval != "complete":
        why = "not-retrieved"
    need = Need(
        input=series.input,
        why=why,
        detail=phrase("of-something", what=series.label, detail=rule.doubt),
        order=series.order,
    )
    return [Doubt(rule.doubt, need)]


def _is_near(one: DateSpan, other: DateSpan, days: int) -> bool | None:
    """Whether two dates are within so many days; ``None`` where that depends on which days they are."""
    if one.first >= shifted(other.last, -days) and one.last <= shifted(other.first, days):
        return True
    may_be = one.first <= shifted(other.last, days) and one.last >= shifted(other.first, -days)
    return None if may_be else False


def _explained(rule: EventExclusion, when: DateSpan, situation: Situation) -> list[Doubt]:
    if rule.kind == "exposure":
        events = situation.events((Exposure,), rule.concepts)
        whole = situation.drug_history() == "complete"
    else:
        events = situation.events((Diagnosis,), rule.concepts)
        whole = situation.facts.retrieval_of(["Condition"]) == "complete"
    doubts = [
        Doubt(phrase("exclusions.event", event=event.label, doubt=rule.doubt), evidence=(event.evidence,))
        for event in events
        if _near(event, rule, when, situation.on)
    ]
    return doubts or ([] if whole else [Doubt(rule.unretrieved)])


def _near(event: Event, rule: EventExclusion, when: DateSpan, on: date) -> bool:
    """Whether the event may touch the days around the finding; without a distance, it always does."""
    if rule.days_before is None:
        return True
    first = event.start.first if event.start else date.min
    last = _last_day(event, on)
    earliest = shifted(when.first, -rule.days_before)
    return first <= shifted(when.last, rule.days_after) and last >= earliest


def _last_day(event: Event, on: date) -> date:
    if event.end is not None:
        return event.end.last
    if isinstance(event, Diagnosis) and not event.ongoing and event.start is not None:
        # A resolved diagnosis without a date of resolution: acute causes do not outlast their onset by much.
        return event.start.last
    return on
