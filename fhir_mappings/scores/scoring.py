"""From items and forms to the value of a score: recorded, bounded, or in conflict."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from fhir_mappings.facts import Evidence, Need
from fhir_mappings.intervals import DateSpan, Interval, day
from fhir_mappings.phrases import Phrase, listed, phrase, term
from fhir_mappings.scores.counting import Tally, points, tally
from fhir_mappings.scores.definitions import definitions
from fhir_mappings.scores.findings import ItemFinding, find_items
from fhir_mappings.scores.forms import Recorded, Total, read_forms
from fhir_mappings.scores.rules import Definition
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import Judgement, State, unique

NEEDS_PER_ITEM = 2
"""An item with many alternative tests asks for the first ones only."""


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """The value of a score, with all that belongs beside it on a report.

    ``basis`` is ``policies`` where record and chart contradict each other: a person has to judge.
    ``attributed`` is the value if everything that awaits attribution counts; ``None`` beside a record.

    Attributes:
        findings: the items, then those that the score leaves out of a recorded total.
        total, total_of: the recorded total that was taken, and the label of the score that it is of.
        conflict: what the total contradicts.
        form: the need that the whole form would meet.
        others: other definitions of the score, each with the words that introduce it.
    """

    definition: Definition
    findings: tuple[ItemFinding, ...]
    value: Interval
    when: DateSpan
    basis: Literal["recorded", "bounded", "policies"]
    attributed: Interval | None = None
    evidence: tuple[Evidence, ...] = ()
    needs: tuple[Need, ...] = ()
    notes: tuple[str, ...] = ()
    changes_on: date | None = None
    recorded: Recorded = Recorded()
    total: Total | None = None
    total_of: str | None = None
    conflict: str | None = None
    form: Need | None = None
    others: tuple[tuple[str, Scored], ...] = ()


def score(definition: Definition, situation: Situation) -> Scored:
    """The value of a score on that day, with what other definitions of it give.

    A recorded total counts as it stands, unless the chart contradicts it. Without one, the items give
    bounds.
    """
    scored = _score(definition, situation)
    others = tuple(
        (other.words, _score(definitions()[other.score], situation)) for other in definition.also_shown
    )
    if not others:
        return scored
    notes = tuple(
        phrase("scoring.the-score-would-be", words=term(words), other=other.value)
        for words, other in others
        if scored.conflict is None and other.value != scored.value and other.basis == scored.basis
    )
    return msgspec.structs.replace(scored, others=others, notes=(*scored.notes, *notes))


def _score(definition: Definition, situation: Situation) -> Scored:
    recorded = read_forms(definition, situation)
    findings = find_items(definition, recorded, situation)
    mine, left_out = findings[: len(definition.items)], findings[len(definition.items) :]
    counted = _tally(mine, definition)
    lessened = None if recorded.total else _total_of_whole(definition, situation)
    total = recorded.total or lessened
    if total is None:
        return _bounded(definition, findings, counted, recorded, situation)
    whole = definitions()[definition.lessened_from] if lessened and definition.lessened_from else definition
    newer = _newer(total, findings, whole, situation)
    value = _lessened(total.value, left_out, newer) if lessened else total.value
    older = tuple(f for f in (findings if lessened else mine) if f.item.id not in newer)
    conflict = _conflict(total, older, findings if lessened else mine, definition, recorded)
    if conflict:
        return Scored(
            definition=definition,
            findings=findings,
            value=value.hull(counted.bounds),
            when=total.when,
            basis="policies",
            evidence=unique((total.evidence, *_counted_evidence(mine))),
            notes=(conflict, *_notes(definition, mine, recorded)),
            recorded=recorded,
            total=total,
            total_of=whole.label,
            conflict=conflict,
        )
    value = _within(value, counted)
    risen = [f for f in mine if f.item.id in newer]
    if risen:
        value = _raised(value, mine, risen, counted, definition)
    return Scored(
        definition=definition,
        findings=findings,
        value=value,
        when=total.when,
        basis="recorded" if value.exact else "bounded",
        evidence=(total.evidence, *_counted_evidence(tuple(risen))),
        needs=() if value.exact else _needs(definition, left_out if lessened else mine, recorded, situation),
        notes=(*recorded.notes, *_newer_notes(total, risen)),
        recorded=recorded,
        total=total,
        total_of=whole.label,
    )


def _newer(
    total: Total, findings: tuple[ItemFinding, ...], whole: Definition, situation: Situation
) -> frozenset[str]:
    """The items that are shown by something newer than a total and were not shown when it was recorded.

    Items that something newer may show, and which cannot be read, are among them.
    """
    last = total.when.last
    newer = [f for f in findings if (day := _last_sign(f.judgement)) is not None and day > last]
    if not newer:
        return frozenset()
    then = situation.as_of(last)
    known = {f.item.id: f.state for f in find_items(whole, read_forms(whole, then), then)}
    return frozenset(f.item.id for f in newer if known.get(f.item.id, State.UNKNOWN) < State.UNATTRIBUTED)


def _last_sign(judgement: Judgement) -> date | None:
    """The last day of what shows an item, or may show it; the last of the calendar if that is undated."""
    if judgement.state >= State.UNATTRIBUTED:
        return judgement.seen or date.max
    return judgement.unread if judgement.state is State.UNKNOWN else None


def _raised(
    value: Interval,
    findings: tuple[ItemFinding, ...],
    risen: list[ItemFinding],
    counted: Tally,
    definition: Definition,
) -> Interval:
    """A recorded value with what has come up since, or may have.

    What it had counted may be gone, so that it may also stand.
    """
    proven = points((f.item for f in findings if f.proven), definition.counting)
    most = value.high + points((f.item for f in risen), definition.counting)
    low = max(value.low, proven)
    return Interval(low, max(low, min(most, counted.upper)))


def _newer_notes(total: Total, risen: list[ItemFinding]) -> list[str]:
    if not risen:
        return []
    shown = [f for f in risen if f.state >= State.UNATTRIBUTED]
    unread = [f for f in risen if f.state is State.UNKNOWN]
    return [
        phrase(
            "scoring.the-total-of-recorded-on-2",
            words=words,
            total=total.value,
            total_b=total.when.in_words,
            item=listed("names", [_weighed(f) for f in found]),
        )
        for words, found in (
            (phrase("scoring.newer-than"), shown),
            (phrase("scoring.not-readable-and-perhaps-newer-than"), unread),
        )
        if found
    ]


def _weighed(finding: ItemFinding) -> Phrase:
    return phrase("scoring.item", item=finding.item.label, weight=finding.item.weight)


def _tally(findings: tuple[ItemFinding, ...], definition: Definition) -> Tally:
    states = {f.item.id: f.state for f in findings}
    return tally([f.item for f in findings], states, definition.counting)


def _total_of_whole(definition: Definition, situation: Situation) -> Total | None:
    """A recorded total of the instrument of which this score leaves items out."""
    if definition.lessened_from is None:
        return None
    return read_forms(definitions()[definition.lessened_from], situation).total


def _lessened(value: Interval, left_out: tuple[ItemFinding, ...], newer: frozenset[str]) -> Interval:
    """A total, less the points of the items that are left out, as far as they are known.

    What is newer than the total need not be in it.
    """
    sure = sum(f.item.weight for f in left_out if f.state is State.PRESENT and f.item.id not in newer)
    possible = sum(f.item.weight for f in left_out if f.state is not State.ABSENT)
    return Interval(max(0.0, value.low - possible), max(0.0, value.high - sure))


def _conflict(
    total: Total,
    older: tuple[ItemFinding, ...],
    findings: tuple[ItemFinding, ...],
    definition: Definition,
    recorded: Recorded,
) -> str | None:
    """What a recorded total contradicts: its own items, what is proven, or what is left possible.

    ``older``: the findings without those that are newer than the total.
    """
    told = phrase("scoring.the-total-of-recorded-on", total=total.value, total_b=total.when.in_words)
    if total.inconsistent:
        return phrase("scoring.contradicts-its-own-form", told=told, inconsistent=total.inconsistent)
    proven = points((f.item for f in older if f.proven), definition.counting)
    if recorded.floor is not None:
        proven = max(proven, int(max(0.0, recorded.floor.value.low)))
    if total.value.high < proven:
        return phrase("scoring.is-less-than-the-points-that", told=told, proven=proven)
    upper = _tally(findings, definition).upper
    if total.value.low > upper:
        return phrase("scoring.is-more-than-the-points-that", told=told, upper=upper)
    return None


def _within(value: Interval, counted: Tally) -> Interval:
    """A recorded value that is itself a range, narrowed by what the items show."""
    if value.exact:
        return value
    return value.within(counted.bounds) if value.overlaps(counted.bounds) else value


def _bounded(
    definition: Definition,
    findings: tuple[ItemFinding, ...],
    counted: Tally,
    recorded: Recorded,
    situation: Situation,
) -> Scored:
    mine = findings[: len(definition.items)]
    evidence = _counted_evidence(mine)
    lower, likely, upper = counted.lower, counted.likely, counted.upper
    if recorded.floor is not None and recorded.floor.value.low > lower:
        lower = int(recorded.floor.value.low)
        likely, upper = max(likely, lower), max(upper, lower)
        evidence = unique((recorded.floor.evidence, *evidence))
    expiries = [f.judgement.expires for f in mine if f.judgement.expires is not None]
    value = Interval(lower, upper)
    return Scored(
        definition=definition,
        findings=findings,
        value=value,
        when=day(situation.on),
        basis="bounded",
        attributed=Interval(likely, upper),
        evidence=evidence,
        needs=() if value.exact else _needs(definition, mine, recorded, situation),
        notes=_notes(definition, mine, recorded),
        changes_on=min((e for e in expiries if e > situation.on), default=None),
        recorded=recorded,
        form=None if value.exact else _form_need(definition, mine, recorded, situation),
    )


def _counted_evidence(findings: tuple[ItemFinding, ...]) -> tuple[Evidence, ...]:
    """Evidence of the items that count, then of those that await attribution."""
    ranked = sorted(findings, key=lambda f: (-f.state, -f.item.weight))
    return unique(e for f in ranked if f.state >= State.UNATTRIBUTED for e in f.judgement.evidence)


def _needs(
    definition: Definition,
    findings: tuple[ItemFinding, ...],
    recorded: Recorded,
    situation: Situation,
) -> tuple[Need, ...]:
    """What would narrow the bounds, the least effort first: attribution, laboratory, the whole form."""
    by_weight = sorted(findings, key=lambda f: -f.item.weight)
    settling = [
        doubt.need
        for f in by_weight
        if f.state is State.UNATTRIBUTED
        for doubt in f.judgement.doubts
        if doubt.need
    ]
    tests = [
        need
        for f in by_weight
        if f.state is State.UNKNOWN and f.item.laboratory
        for need in f.judgement.needs[:NEEDS_PER_ITEM]
    ]
    return (*_one_per_input((*settling, *tests)), _form_need(definition, findings, recorded, situation))


def _one_per_input(needs: tuple[Need, ...]) -> tuple[Need, ...]:
    first: dict[str, Need] = {}
    for need in needs:
        first.setdefault(need.input, need)
    return tuple(first.values())


def _form_need(
    definition: Definition,
    findings: tuple[ItemFinding, ...],
    recorded: Recorded,
    situation: Situation,
) -> Need:
    open_items = [f.item for f in findings if f.state is State.UNKNOWN]
    detail = phrase("scoring.items-are-not-assessed", definition=definition.label, open_items=len(open_items))
    if recorded.past is not None and definition.scope == "window":
        detail = phrase(
            "scoring.last-recorded-as-on",
            definition=definition.label,
            past=recorded.past.value,
            past_b=recorded.past.when,
        )
        return Need(input=definition.name, why="stale", detail=detail)
    if situation.facts.retrieval_of(["Observation", "QuestionnaireResponse"]) != "complete":
        return Need(input=definition.name, why="not-retrieved", detail=detail)
    return Need(input=definition.name, why="never-measured", detail=detail)


def _notes(definition: Definition, findings: tuple[ItemFinding, ...], recorded: Recorded) -> tuple[str, ...]:
    notes = list(recorded.notes)
    present = [_weighed(f) for f in findings if f.state is State.PRESENT]
    if present:
        notes.append(phrase("scoring.counted", present=listed("names", present)))
    notes.extend(
        phrase(
            "scoring.needs-attribution",
            item=f.item.label,
            weight=f.item.weight,
            unique=listed("clauses", unique(d.reason for d in f.judgement.doubts)),
        )
        for f in findings
        if f.state is State.UNATTRIBUTED
    )
    unknown = [f for f in findings if f.state is State.UNKNOWN]
    if unknown:
        word = "assessed" if definition.scope == "window" else "shown"
        notes.append(
            phrase("scoring.not-of-items", word=term(word), unknown=len(unknown), findings=len(findings))
        )
    return unique(notes)
