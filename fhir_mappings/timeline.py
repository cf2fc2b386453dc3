"""The course of one drug over time: stretches of treatment, and the days on which dose or schedule turned."""

from __future__ import annotations

import bisect
import itertools
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec

from fhir_mappings.facts import NO_STOP, Exposure
from fhir_mappings.intervals import point, shifted
from fhir_mappings.phrases import phrase, term
from fhir_mappings.regimens import SAME_DOSE, Piece, Regimen

LAPSE = 62
"""Days without a supply on record after which a treatment has surely been interrupted."""

Totals = dict[str, Regimen | None]
"""The regimen that each source tells, ``None`` where it does not tell the dose."""


_TOLD = Regimen(point(0), point(0))


class Turn(msgspec.Struct, frozen=True):
    """A start, a stop or another dose, on a day.

    ``certain`` is false where nothing may have changed: a supply ran out and no later one is on record, or
    the new amount may be the old one.
    """

    change: Literal["start", "stop", "dose"]
    when: date
    detail: str
    exposures: tuple[Exposure, ...]
    certain: bool = True


class Stretch(msgspec.Struct, frozen=True):
    """Days on which the same records are in force."""

    first: date
    last: date
    totals: Totals
    members: tuple[Piece, ...]


class Course(msgspec.Struct, frozen=True):
    """Treatment without a stop, with its turns (the start first, the stop last if there is one)."""

    first: date
    last: date
    stretches: tuple[Stretch, ...]
    turns: tuple[Turn, ...]

    def dose_known(self, first: date, last: date) -> bool:
        """Whether, on all days of the course within the period, some source tells the whole dose.

        What was given at a dose that is not recorded no other source tells.
        """
        return all(
            s.totals.get("administration", _TOLD) is not None
            and any(regimen is not None for regimen in s.totals.values())
            for s in self.stretches
            if s.first <= last and s.last >= first
        )


def courses_of(pieces: Sequence[Piece], as_of: date) -> list[Course]:
    """The courses that pieces (by first day) make, gaps of up to ``NO_STOP`` days bridged.

    A supply that ran out within the last ``NO_STOP`` days before ``as_of`` is no stop either: the next
    dispense may be a few days late.
    """
    groups: list[list[Stretch]] = []
    for stretch in _stretches(_without_handover(pieces)):
        if groups and (stretch.first - groups[-1][-1].last).days - 1 <= NO_STOP:
            groups[-1].append(stretch)
        else:
            groups.append([stretch])
    courses: list[Course] = []
    for stretches in groups:
        courses.append(_course(stretches, as_of, courses[-1] if courses else None))
    return courses


def _stretches(pieces: Sequence[Piece]) -> list[Stretch]:
    edges = sorted({p.first for p in pieces} | {shifted(p.last, 1) for p in pieces})
    stretches = []
    begun, members = 0, tuple[Piece, ...]()
    for position, first in enumerate(edges):
        until = bisect.bisect_right(pieces, first, lo=begun, key=lambda piece: piece.first)
        members = tuple(p for p in (*members, *pieces[begun:until]) if first <= p.last)
        begun = until
        if members:
            following = edges[position + 1] if position + 1 < len(edges) else date.max
            last = date.max if following == date.max else shifted(following, -1)
            stretches.append(Stretch(first, last, _totals(members), members))
    return stretches


def _totals(members: Sequence[Piece]) -> Totals:
    """By source, the sum of its different regimens; equal ones are renewals of each other."""
    totals: Totals = {}
    for source in {p.source for p in members}:
        different: list[Regimen] = []
        for piece in (p for p in members if p.source == source):
            if piece.regimen is None:
                different = []
                totals[source] = None
                break
            if not any(piece.regimen.same_as(known) for known in different):
                different.append(piece.regimen)
        if different:
            total = different[0]
            for regimen in different[1:]:
                total = total.plus(regimen)
            totals[source] = total
    return totals


def _without_handover(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces, each cut off where another of its source takes over within ``NO_STOP`` days of its end."""
    by_source: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        by_source[piece.source].append(piece)
    return [_until_handover(piece, by_source[piece.source]) for piece in pieces]


def _until_handover(old: Piece, pieces: Sequence[Piece]) -> Piece:
    """A piece, cut off where the first of the pieces of its source that does so takes over."""
    earliest = max(shifted(old.first, 1), shifted(old.last, 1 - NO_STOP))
    place = bisect.bisect_left(pieces, earliest, key=lambda piece: piece.first)
    references = _references(old)
    for new in itertools.islice(pieces, place, None):
        if new.first > old.last:
            break
        if old.last < new.last and references.isdisjoint(_references(new)):
            return msgspec.structs.replace(old, last=shifted(new.first, -1))
    return old


def _references(piece: Piece) -> set[str]:
    return {exposure.reference for exposure in piece.exposures}


def _course(stretches: Sequence[Stretch], as_of: date, before: Course | None) -> Course:
    first, last = stretches[0].first, stretches[-1].last
    told: str = next(
        (phrase("timeline.at", regimen=regimen) for regimen in stretches[0].totals.values() if regimen), ""
    )
    # A refill that came weeks late may have been bridged by what was left over, or by another pharmacy.
    late = before is not None and _by_supply(before.stretches[-1]) and (first - before.last).days <= LAPSE
    turns = [
        Turn(
            "start", first, phrase("timeline.started", told=told), _exposures(stretches[0].members), not late
        )
    ]
    memory = _Memory()
    for position, stretch in enumerate(stretches):
        turned = memory.turned(stretch)
        ended = memory.fell_silent(stretch, stretches[position:], as_of) if turned is None else None
        if ended is not None:
            # What another source tells may have held all along, or only from then on.
            pieces, told_last = ended
            now = next((str(regimen) for regimen in stretch.totals.values() if regimen), "")
            detail: str = phrase("timeline.turn", old=told_last, new=now)
            turns.append(Turn("dose", stretch.first, detail, _exposures(pieces), False))
        if turned is not None:
            begun = [p for p in stretch.members if p.first == stretch.first]
            old, new = turned
            members = _exposures(begun or stretch.members)
            sure = not old.may_be(new)
            detail = phrase("timeline.turn", old=old, new=_as_told(new, stretch))
            turns.append(Turn("dose", stretch.first, detail, members, sure))
        memory.take(stretch)
    if _awaits_refill(stretches[-1], as_of):
        last = as_of
    elif last < as_of:
        lapsed = _by_supply(stretches[-1]) and (as_of - last).days <= LAPSE
        detail = phrase("timeline.the-recorded-supply-ran-out") if lapsed else term("stopped")
        turns.append(Turn("stop", shifted(last, 1), detail, _exposures(stretches[-1].members), not lapsed))
    return Course(first, last, tuple(stretches), tuple(turns))


def _as_told(total: Regimen, stretch: Stretch) -> str:
    """A sum in words: orders without an end may each have been replaced by the latest."""
    source = next(name for name, known in stretch.totals.items() if known is total)
    *older, latest = sorted((p for p in stretch.members if p.source == source), key=lambda p: p.first)
    replaced = older and all(p.last == date.max and p.first < latest.first for p in older)
    if replaced and latest.regimen is not None and not latest.regimen.same_as(total):
        return phrase("timeline.between-and", regimen=latest.regimen, total=total)
    return str(total)


class _Memory:
    """What the sources have last told of a course, to compare the next stretch with."""

    def __init__(self) -> None:
        self.told: dict[str, tuple[date, Regimen]] = {}
        self.members: tuple[Piece, ...] = ()
        self.totals: Totals = {}

    def take(self, stretch: Stretch) -> None:
        """Remember what a stretch tells."""
        self.members = stretch.members
        self.totals = stretch.totals
        for source, regimen in stretch.totals.items():
            if regimen is not None:
                self.told[source] = (stretch.last, regimen)

    def turned(self, stretch: Stretch) -> tuple[Regimen, Regimen] | None:
        """The old and the new regimen, if some source tells of a new one.

        A source that is silent for the first time or again is no change. One that speaks up agrees if it
        tells what any other told last: a total, or one of several prescriptions.
        """
        recent = {
            source: regimen
            for source, (until, regimen) in self.told.items()
            if (stretch.first - until).days - 1 <= NO_STOP
        }
        for source, total in stretch.totals.items():
            if total is None or not recent:
                continue
            others = [regimen for other, regimen in recent.items() if other != source]
            others += [p.regimen for p in self.members if p.source != source and p.regimen is not None]
            old = recent.get(source)
            known = [old, *others] if old is not None else others
            if not any(total.same_as(regimen) for regimen in known) and not _within(
                [p for p in stretch.members if p.source == source], others
            ):
                return known[0], total
        return None

    def fell_silent(
        self, stretch: Stretch, following: Sequence[Stretch], as_of: date
    ) -> tuple[list[Piece], Regimen] | None:
        """What has ended of a source while others go on that tell none of it: another course, perhaps.

        A source that soon speaks again is heard then; a supply that ran out may be refilled late.
        """
        soon = shifted(stretch.first, NO_STOP)
        heard = {source for later in following if later.first <= soon for source in later.totals}
        going_on = [regimen for regimen in stretch.totals.values() if regimen is not None]
        if len(going_on) < len(stretch.totals):
            return None
        going_on += [p.regimen for p in stretch.members if p.regimen is not None]
        for source, total in self.totals.items():
            if source in heard or total is None or (source == "dispense" and soon >= as_of):
                continue
            ended = [p for p in self.members if p.source == source]
            told = all(any(regimen.same_as(r) for r in going_on) for p in ended if (regimen := p.regimen))
            agrees = told or any(total.same_as(regimen) for regimen in going_on)
            if not agrees and not _within(ended, going_on):
                return ended, total
        return None


def _within(pieces: Sequence[Piece], others: Sequence[Regimen]) -> bool:
    """Whether single doses are those of a regimen that another source tells: as much on a day, or less."""
    if not all(p.given for p in pieces):
        return False
    most = max((regimen.peak.high for regimen in others), default=-1.0)
    return all(p.regimen is not None and p.regimen.peak.high <= most * (1 + SAME_DOSE) for p in pieces)


def _by_supply(stretch: Stretch) -> bool:
    """Whether it ends because a supply does."""
    return all(p.source == "dispense" for p in stretch.members if p.last == stretch.last)


def _awaits_refill(stretch: Stretch, as_of: date) -> bool:
    return _by_supply(stretch) and 0 < (as_of - stretch.last).days <= NO_STOP


def _exposures(pieces: Sequence[Piece]) -> tuple[Exposure, ...]:
    return tuple({e.reference: e for piece in pieces for e in piece.exposures}.values())
