"""A score whose value depends on dates that are known to the month or year only.

What may lie in the scoring window, or be newer than a recorded total, is neither left out nor counted: the
score is worked out once without it and once with it, and its value spans both.
"""

from __future__ import annotations

import msgspec

from fhir_mappings.facts import Evidence, ItemState, Measurement, Need, ScoreItem, ScoreSheet
from fhir_mappings.intervals import UNDATED, Interval, day
from fhir_mappings.phrases import listed, phrase
from fhir_mappings.scores.definitions import costs
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import unique

_OUTSIDE = phrase("imprecise.may-lie-outside-of-the-time")


def spanning(sure: Measurement, possible: Measurement, situation: Situation) -> Measurement:
    """The score that is one or the other.

    Args:
        sure: without what only may lie in the window.
        possible: with it.
    """
    told, other = _sheet_of(sure), _sheet_of(possible)
    value = told.value.hull(other.value)
    same = told.value == other.value and sure.category == possible.category
    before = set(_evidence(told))
    added = tuple(e for e in _evidence(other) if e not in before)
    if same and not added:
        return sure
    attributed = (sure.attributed or told.value).hull(possible.attributed or other.value)
    sheet = _joined(told, other, value, attributed.low)
    if same:
        return msgspec.structs.replace(sure, sheet=sheet)
    disputed = "policies" in (sure.basis, possible.basis)
    dates = listed("both", unique(e.date or UNDATED.in_words for e in added)) or str(possible.when)
    need = Need(
        input=sure.input,
        why="too-coarse",
        detail=phrase("imprecise.a-date-of-does-not-tell", told=told.label, dates=dates),
    )
    return msgspec.structs.replace(
        sure,
        when=day(situation.on),
        value=value,
        attributed=None if disputed else attributed,
        category=sure.category if sure.category == possible.category else None,
        basis="policies" if disputed else "bounded",
        evidence=unique((*sure.evidence, *possible.evidence)),
        needs=(need, *(n for n in unique((*sure.needs, *possible.needs)) if n.input != sure.input)),
        changes_on=min((d for d in (sure.changes_on, possible.changes_on) if d is not None), default=None),
        notes=unique((*sure.notes, *possible.notes)),
        sheet=sheet,
    )


def _sheet_of(measurement: Measurement) -> ScoreSheet:
    assert measurement.sheet is not None  # noqa: S101  # a score always has one
    return measurement.sheet


def _evidence(sheet: ScoreSheet) -> tuple[Evidence, ...]:
    return unique(e for item in sheet.items for e in _evidence_of(item))


def _evidence_of(item: ScoreItem) -> tuple[Evidence, ...]:
    return (*item.evidence, *item.doubted_by, *(e for part in item.parts for e in _evidence_of(part)))


def _joined(sure: ScoreSheet, possible: ScoreSheet, value: Interval, attributed: float) -> ScoreSheet:
    others = {item.id: item for item in possible.items}
    conflict = sure.conflict or possible.conflict
    exact = value.exact and sure.basis == possible.basis
    return msgspec.structs.replace(
        sure,
        items=tuple(_item(item, others[item.id]) for item in sure.items),
        value=value,
        attributed=attributed,
        basis="conflict" if conflict else sure.basis if exact else "items",
        recorded=sure.recorded or possible.recorded,
        conflict=conflict,
        at_odds=unique((*sure.at_odds, *possible.at_odds)),
        form=sure.form or possible.form,
    )


def _item(sure: ScoreItem, possible: ScoreItem) -> ScoreItem:
    if sure == possible:
        return sure
    state = _state(sure.state, possible.state)
    if state == sure.state == possible.state:
        return msgspec.structs.replace(
            possible,
            counted=sure.counted and possible.counted,
            evidence=unique((*sure.evidence, *possible.evidence)),
            parts=_parts(sure, possible),
        )
    other = sure if state == possible.state else possible
    effort = other.effort or possible.effort or "bedside"
    return msgspec.structs.replace(
        other,
        state=state,
        counted=False,
        effort=effort,
        cost=costs()[effort],
        doubts=unique((*sure.doubts, *possible.doubts, *([_OUTSIDE] if state == "unattributed" else []))),
        remark=_OUTSIDE if state == "unknown" else possible.remark,
        evidence=unique((*sure.evidence, *possible.evidence)),
        needs=unique((*sure.needs, *possible.needs)),
        parts=_parts(sure, possible),
    )


def _parts(sure: ScoreItem, possible: ScoreItem) -> tuple[ScoreItem, ...]:
    others = {part.id: part for part in possible.parts}
    known = {part.id for part in sure.parts}
    return (
        *(_item(part, others[part.id]) if part.id in others else part for part in sure.parts),
        *(part for part in possible.parts if part.id not in known),
    )


def _state(sure: ItemState, possible: ItemState) -> ItemState:
    """What both agree on; what is there in one of them only awaits a clinician, or is not known."""
    if sure == possible:
        return sure
    if "present" in (sure, possible) and "unattributed" in (sure, possible):
        return "unattributed"
    return "unknown"
