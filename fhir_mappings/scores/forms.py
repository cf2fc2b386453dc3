"""Recorded forms: what clinicians wrote down, item by item or as a total."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec

from fhir_mappings.facts import Assessment, Evidence
from fhir_mappings.intervals import DateSpan, Interval, point
from fhir_mappings.phrases import listed, phrase
from fhir_mappings.scores.counting import points
from fhir_mappings.scores.rules import Borrowing, Definition, Item
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import State, unique


class Entry(msgspec.Struct, frozen=True):
    """What forms say of one item. ``at_odds``: what forms of one time, or one form, say differently."""

    state: State
    when: DateSpan
    evidence: tuple[Evidence, ...]
    at_odds: str | None = None


class Total(msgspec.Struct, frozen=True):
    """A recorded total. ``inconsistent``: what it contradicts within its own form."""

    value: Interval
    when: DateSpan
    evidence: Evidence
    inconsistent: str | None = None


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """Everything recorded that bears on one score.

    Attributes:
        total: the latest recorded total in the window, or the sum of the latest complete form.
        floor: for items that count once seen, the highest total ever recorded.
        past: the latest total before the window, which no longer counts.
        entries: by item.
        notes: recorded things that could not be used, and why.
    """

    total: Total | None = None
    floor: Total | None = None
    past: Total | None = None
    entries: dict[str, Entry] = {}
    notes: tuple[str, ...] = ()


def read_forms(definition: Definition, situation: Situation) -> Recorded:
    """Gather the recorded forms of a score, and what other instruments' forms say of its items."""
    written = _assessments(situation, definition)
    since = situation.since or situation.on - timedelta(days=definition.window_days)
    own = [a for a in written if a.instrument in definition.instruments]
    notes: list[str] = []
    totals: list[Total] = []
    for assessment in own:
        total = _total(assessment, definition)
        if total is None:
            continue
        possible = possible_points(total.value, definition.maximum)
        if possible is None:
            notes.append(
                phrase("forms.a-recorded-total-of-on-is", total=total.value, total_b=total.when.in_words)
            )
            continue
        totals.append(msgspec.structs.replace(total, value=possible))
    current = [t for t in totals if _within(t.when, since, situation)]
    past = [t for t in totals if t.when.last < since]
    if not current:
        notes.extend(
            phrase(
                "forms.a-of-is-recorded-on-it",
                definition=definition.akin[a.instrument],
                total=a.total,
                a=a.when.in_words,
                definition_b=definition.label,
            )
            for a in written
            if a.instrument in definition.akin and a.total and _within(a.when, since, situation)
        )
    entries: dict[str, Entry] = {}
    for borrowing in definition.borrows:
        forms = [a for a in written if a.instrument == borrowing.instrument]
        entries = {**_gather(forms, definition, since, situation, borrowing), **entries}
    mine = _gather(own, definition, since, situation, None)
    return Recorded(
        total=_latest(current) if current else None,
        floor=max(totals, key=lambda t: t.value.low) if definition.scope == "ever" and totals else None,
        past=past[0] if past else None,
        entries={**entries, **mine},
        notes=tuple(notes),
    )


def _assessments(situation: Situation, definition: Definition) -> list[Assessment]:
    """All assessments up to the day, latest first; totals that came as plain results are among them."""
    plain = [
        Assessment(instrument=name, when=m.when, total=m.value, evidence=m.evidence[0])
        for name in definition.instruments
        for m in situation.facts.measurements.get(name, ())
        if m.value is not None and m.evidence
    ]
    known = [a for a in (*situation.facts.assessments, *plain) if situation.has_come(a.when)]
    return sorted(known, key=lambda a: (a.when.last, a.when.first), reverse=True)


def _latest(totals: Sequence[Total]) -> Total:
    """The latest total; with those of which none is surely older, as a contradiction."""
    of_that_time = [total for total in totals if total.when.overlaps(totals[0].when)]
    values = {total.value: total for total in of_that_time}
    if len(values) == 1:
        return totals[0]
    spanned = functools.reduce(Interval.hull, values)
    shown = listed("both", sorted(str(value) for value in values))
    undated = any(total.when.open_start for total in of_that_time)
    why = phrase("forms.and-which-is-the-latest-is") if undated else phrase("forms.for-the-same-time")
    return Total(
        spanned, totals[0].when, totals[0].evidence, phrase("forms.are-recorded", shown=shown, why=why)
    )


def possible_points(value: Interval, highest: int) -> Interval | None:
    """The whole points, from none to the highest, that a recorded number can be; ``None`` if none can.

    "Below 6" is 5 at most: points are whole.
    """
    low, high = (float(min(max(bound, -1), highest + 1)) for bound in (value.low, value.high))
    first = math.floor(low) + 1 if value.low_open and low.is_integer() else math.ceil(low)
    last = math.ceil(high) - 1 if value.high_open and high.is_integer() else math.floor(high)
    first, last = max(first, 0), min(last, highest)
    return Interval(first, last) if first <= last else None


def _within(when: DateSpan, since: date, situation: Situation) -> bool:
    return situation.has_come(when) and situation.is_since(when, since)


def _total(assessment: Assessment, definition: Definition) -> Total | None:
    """The recorded total, else the sum of a complete form."""
    counted = _points_of(assessment, definition.items, definition)
    value = assessment.total
    if value is None:
        if not _names_all(assessment, definition.items, definition):
            return None
        value = point(counted)
    inconsistent = phrase("forms.its-items-add-up-to", counted=counted) if value.high < counted else None
    return Total(value, assessment.when, assessment.evidence, inconsistent)


def _points_of(assessment: Assessment, items: Sequence[Item], definition: Definition) -> int:
    """The points of the items that a form ticks."""
    known = {key: item for item in items for key in _keys(item)}
    ticked = [known[key] for key in _ticked(assessment) if key in known]
    return points({item.id: item for item in ticked}.values(), definition.counting)


def _ticked(assessment: Assessment) -> list[str]:
    return [key_of(entry.item) for entry in assessment.items if _present(entry.present, entry.number)]


def _names_all(assessment: Assessment, items: Sequence[Item], definition: Definition) -> bool:
    """Whether what a form does not name is absent.

    The form has to be complete, every tick on it has to be understood, and its total, if it has one, has to
    be no more than its ticks: else there are others that were not transmitted.
    """
    known = {key for item in items for key in _keys(item)}
    if not (assessment.complete and assessment.items and known.issuperset(_ticked(assessment))):
        return False
    if any(_said(assessment, item) == {True, False} for item in items):
        return False
    return assessment.total is None or assessment.total.low <= _points_of(assessment, items, definition)


def _said(form: Assessment, item: Item) -> set[bool]:
    """What a form says of an item, in all the places where it names it."""
    keys = _keys(item)
    told = (_present(entry.present, entry.number) for entry in form.items if key_of(entry.item) in keys)
    return {present for present in told if present is not None}


def _gather(
    forms: Iterable[Assessment],
    definition: Definition,
    since: date,
    situation: Situation,
    borrowing: Borrowing | None,
) -> dict[str, Entry]:
    """The newest statement on each item; where items accumulate, any statement that it was present.

    Statements of the same time that contradict each other leave the item in doubt.
    """
    into: dict[str, Entry] = {}
    items = (*definition.items, *definition.without)
    accumulates = definition.scope == "ever"
    for form in forms:
        names_all = _names_all(form, items, definition)
        fresh = _within(form.when, since, situation)
        if not fresh and not accumulates:
            continue
        placed: dict[str, list[Evidence]] = {}
        for entry in form.items:
            placed.setdefault(key_of(entry.item), []).append(entry.evidence)
        for item in items:
            evidence = tuple(e for key in unique(_keys(item)) for e in placed.get(key, ()))
            said = _said(form, item) or ({False} if names_all else set())
            state = _translated(item.id, said, borrowing)
            if state is None or (state is State.ABSENT and not fresh):
                continue
            at_odds = _at_odds(item, form.when) if said == {True, False} else None
            now = Entry(state, form.when, evidence or (form.evidence,), at_odds)
            before = into.get(item.id)
            if before is None or (accumulates and state > before.state and not _contrary(before, now)):
                into[item.id] = now
            elif _contrary(before, now):
                into[item.id] = Entry(
                    State.UNATTRIBUTED,
                    before.when,
                    unique((*before.evidence, *now.evidence)),
                    _at_odds(item, before.when),
                )
    return into


def _contrary(one: Entry, other: Entry) -> bool:
    """Whether forms of which neither is surely the newer one deny and affirm an item."""
    states = {one.state, other.state}
    denied = State.ABSENT in states and len(states) > 1
    return one.when.overlaps(other.when) and (denied or bool(one.at_odds or other.at_odds))


def _at_odds(item: Item, when: DateSpan) -> str:
    return phrase("forms.is-recorded-on-both-as-present", item=item.label, when=when.in_words)


def _translated(item: str, said: set[bool], borrowing: Borrowing | None) -> State | None:
    if not said:
        return None
    if said == {True, False}:
        return State.UNATTRIBUTED
    if True in said:
        wider = borrowing is not None and item in borrowing.wider
        return State.UNATTRIBUTED if wider else State.PRESENT
    narrower = borrowing is not None and item in borrowing.narrower
    return None if narrower else State.ABSENT


def _present(present: bool | None, number: float | None) -> bool | None:
    if present is not None:
        return present
    return None if number is None else number > 0


def _keys(item: Item) -> tuple[str, ...]:
    return tuple(key_of(name) for name in (item.id, item.label, *item.aliases))


@functools.lru_cache(maxsize=4096)
def key_of(name: str) -> str:
    """Identifiers differ in case and separators between systems."""
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())
