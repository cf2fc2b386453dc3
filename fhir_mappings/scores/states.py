"""What is known of one item of a score, and how such knowledge combines.

An item is present, present but not yet attributed to lupus, not known, or absent. The order of the states
makes combination a matter of ``max`` and ``min``: Kleene's logic with one more degree.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import date
from enum import IntEnum
from typing import TypeVar

import msgspec

from fhir_mappings.facts import Evidence, Need

T = TypeVar("T", bound=Hashable)


class State(IntEnum):
    """State of an item. ``UNKNOWN`` is between: it is neither evidence for nor against."""

    ABSENT = 0
    UNKNOWN = 1
    UNATTRIBUTED = 2
    PRESENT = 3


class Doubt(msgspec.Struct, frozen=True):
    """Why a finding does not count yet, what would settle it, and on what evidence it is doubted.

    ``refutes``: another cause is shown.
    """

    reason: str
    need: Need | None = None
    refutes: bool = False
    evidence: tuple[Evidence, ...] = ()


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """The state of an item or of a part of its definition.

    Attributes:
        evidence: what the state rests on.
        doubts: for ``UNATTRIBUTED``, why.
        needs: for ``UNKNOWN``, what is missing.
        seen: day of the newest evidence.
        unread: for ``UNKNOWN``, the last day of a result that may show it and cannot be read; the last of the
            calendar if it is undated.
        expires: first day on which the evidence has left the scoring window.
        notes: remarks for the report.
    """

    state: State
    evidence: tuple[Evidence, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    needs: tuple[Need, ...] = ()
    seen: date | None = None
    unread: date | None = None
    expires: date | None = None
    notes: tuple[str, ...] = ()


def unique(values: Iterable[T]) -> tuple[T, ...]:
    """The values without repetition, in order."""
    return tuple(dict.fromkeys(values))


def any_of(parts: Sequence[Judgement]) -> Judgement:
    """Several findings, each of which suffices; all must be absent for the whole to be absent."""
    state = max(part.state for part in parts)
    chosen = [part for part in parts if part.state is state]
    return _joined(state, chosen, parts, latest=state is not State.ABSENT)


def all_of(parts: Sequence[Judgement]) -> Judgement:
    """Several findings, all of which are required."""
    state = min(part.state for part in parts)
    chosen = list(parts) if state >= State.UNATTRIBUTED else [part for part in parts if part.state is state]
    return _joined(state, chosen, parts, latest=state is State.ABSENT)


def either_of(parts: Sequence[Judgement]) -> Judgement:
    """Several measures of one quantity: any of them shows it, and any of them shows its absence.

    Where two measures disagree the finding counts, because it was there at some time in the window.
    """
    state = max(part.state for part in parts)
    if state is State.UNKNOWN and any(part.state is State.ABSENT for part in parts):
        state = State.ABSENT
    chosen = [part for part in parts if part.state is state]
    joined = _joined(state, chosen, parts, latest=True)
    # One of the measures is enough: ask for the one that the definition names first.
    return msgspec.structs.replace(joined, needs=next((p.needs for p in parts if p.needs), ()))


def _joined(
    state: State, chosen: Sequence[Judgement], parts: Sequence[Judgement], *, latest: bool
) -> Judgement:
    expiries = [part.expires for part in chosen if part.expires is not None]
    dates = [part.seen for part in chosen if part.seen is not None]
    choose = max if latest else min
    return Judgement(
        state=state,
        evidence=unique(e for part in chosen for e in part.evidence),
        doubts=unique(d for part in chosen for d in part.doubts) if state is State.UNATTRIBUTED else (),
        needs=unique(n for part in chosen for n in part.needs) if state is State.UNKNOWN else (),
        seen=max(dates, default=None),
        unread=max((p.unread for p in parts if p.unread is not None), default=None)
        if state is State.UNKNOWN
        else None,
        expires=choose(expiries) if expiries else None,
        notes=unique(note for part in parts for note in part.notes),
    )
