"""Regimens: what an exposure prescribes over stretches of days, for comparing doses and schedules.

Dates that are not known to the day make worlds, each computed with exact dates: one in which everything
happened as early as it can have, and one as late; one in which every record covers the least days that it can
have covered, and one the most. Together they tell how uncertain a change is.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

import msgspec

from fhir_mappings.dosage import mean_per_day
from fhir_mappings.exposure_days import exposure_span, segment_span
from fhir_mappings.facts import LONGEST_CYCLE, NO_STOP, Exposure
from fhir_mappings.intervals import DateSpan, Interval, point, shifted
from fhir_mappings.phrases import phrase

World = Literal["early", "late", "least", "most"]
_BEGINS: dict[World, Literal["first", "last"]] = {
    "early": "first",
    "late": "last",
    "least": "last",
    "most": "first",
}
_ENDS: dict[World, Literal["first", "last"]] = {
    "early": "first",
    "late": "last",
    "least": "first",
    "most": "last",
}

LATE_BY = 0.25
"""Part of an interval by which a scheduled dose may be early or late (a weekly dose: two days)."""

SAME_DOSE = 1e-6
"""Relative difference below which two amounts are the same."""


class Regimen(msgspec.Struct, frozen=True, gc=False):
    """mg on days with a dose, and mg per day on average: both must agree for two regimens to be the same."""

    peak: Interval
    mean: Interval

    def same_as(self, other: Regimen) -> bool:
        """Whether dose and schedule are the same."""
        return _close(self.peak, other.peak) and _close(self.mean, other.mean)

    def may_be(self, other: Regimen) -> bool:
        """Whether one is an amount that the other may be: 20 mg, and 10 to 20 mg."""
        return _within(self, other) or _within(other, self)

    def plus(self, other: Regimen) -> Regimen:
        """Both together."""
        return Regimen(self.peak.plus(other.peak), self.mean.plus(other.mean))

    def __str__(self) -> str:
        if _close(self.peak, self.mean):
            return phrase("regimens.mg-a-day", peak=self.peak)
        return phrase("regimens.mg-mg-a-day-on-average", peak=self.peak, mean=self.mean)


def _within(inner: Regimen, outer: Regimen) -> bool:
    pairs = ((inner.peak, outer.peak), (inner.mean, outer.mean))
    return all(o.low <= i.low and i.high <= o.high for i, o in pairs)


def _close(a: Interval, b: Interval) -> bool:
    return all(x == y or math.isclose(x, y, rel_tol=SAME_DOSE) for x, y in ((a.low, b.low), (a.high, b.high)))


class Piece(msgspec.Struct, frozen=True):
    """A stretch of days under one regimen, in one world. ``regimen`` is ``None`` where it is not known.

    ``last`` is ``date.max`` for a course that goes on. ``given`` marks a series of single doses.
    """

    first: date
    last: date
    regimen: Regimen | None
    source: str
    exposures: tuple[Exposure, ...]
    given: bool = False


def pieces_of(exposures: Sequence[Exposure], as_of: date, world: World) -> list[Piece]:
    """The pieces of the exposures of one drug, by first day."""
    pieces: list[Piece] = []
    singles: dict[str, list[Exposure]] = defaultdict(list)
    for exposure in exposures:
        if exposure.source == "administration" or _single_doses(exposure):
            singles[exposure.source].append(exposure)
        else:
            pieces += _of_order(exposure, as_of, world)
    for source, given in singles.items():
        pieces += _of_single_doses(source, given, as_of, world)
    return sorted(pieces, key=lambda piece: (piece.first, piece.last))


def _single_doses(exposure: Exposure) -> bool:
    # A course that began in a year and ended in it is no dose of that year.
    return bool(exposure.doses) and all(
        s.start == s.end and s.end.last < date.max and s.start.exact for s in exposure.doses
    )


def _of_order(exposure: Exposure, as_of: date, world: World) -> Iterable[Piece]:
    """Pieces of an order, dispense or statement: one for each step of its doses."""
    start, end = exposure_span(exposure, as_of)
    days = _days_in(world, start, end)
    if days is None:
        return
    whole = Piece(*days, None, exposure.source, (exposure,))
    untold = exposure.dose_unreadable is not None or not exposure.doses
    if untold or any(segment.varies for segment in exposure.doses):
        yield whole
        return
    steps: list[tuple[date, date, Regimen]] = []
    for segment in exposure.doses:
        s, e = segment_span(segment, exposure, as_of)
        regimen = Regimen(segment.per_day, mean_per_day(segment))
        of_step = _days_in(world, s, e)
        if of_step is not None:
            steps.append((*of_step, regimen))
    edges = sorted({s for s, _, _ in steps} | {shifted(e, 1) for _, e, _ in steps})
    told = False
    for first, following in itertools.pairwise(edges):
        present = [regimen for s, e, regimen in steps if s <= first <= e]
        if present:
            total = present[0]
            for regimen in present[1:]:
                total = total.plus(regimen)
            last = following if following == date.max else shifted(following, -1)
            yield msgspec.structs.replace(whole, first=first, last=last, regimen=total)
            told = True
    if not told:
        # Its doses fall on no day, but an order it is: the treatment must not vanish with them.
        yield whole


def _days_in(world: World, start: DateSpan, end: DateSpan) -> tuple[date, date] | None:
    """First and last day of a stretch in a world; ``None`` where it may not cover any one day."""
    first: date = getattr(start, _BEGINS[world])
    last: date = getattr(end, _ENDS[world])
    if last < first:
        return None if world == "least" else (first, first)
    return first, last


def _of_single_doses(
    source: str, exposures: Sequence[Exposure], as_of: date, world: World
) -> Iterable[Piece]:
    """Pieces of a series of single doses: as long as dose and interval stay the same it is one regimen."""
    days: dict[date, list[tuple[Interval | None, Exposure]]] = defaultdict(list)
    for exposure in exposures:
        if exposure.dose_unreadable is not None or not exposure.doses:
            start, _ = exposure_span(exposure, as_of)
            _put(days, start, None, exposure, world)
        for segment in exposure.doses:
            _put(days, segment.start, segment.per_day, exposure, world)
    series = [
        _Given(when, _total(amounts), tuple(e for _, e in amounts)) for when, amounts in sorted(days.items())
    ]
    run: list[_Given] = []
    interval: int | None = None
    for dose in series:
        if not run:
            run.append(dose)
            continue
        gap = (dose.when - run[-1].when).days
        if gap > _cycle(interval) and gap > NO_STOP:
            yield _series(source, run, interval, world)
            run, interval = [dose], None
        elif _same_dose(run[-1].amount, dose.amount) and _on_schedule(gap, interval):
            run.append(dose)
            interval = interval or gap
        else:
            kept = interval if _on_schedule(gap, interval) else None
            yield _series(source, run, interval or gap, world, until=shifted(dose.when, -1))
            run, interval = [dose], kept or gap
    if run:
        yield _series(source, run, interval, world)


def _put(
    days: dict[date, list[tuple[Interval | None, Exposure]]],
    when: DateSpan,
    amount: Interval | None,
    exposure: Exposure,
    world: World,
) -> None:
    if when.exact or world != "least":
        days[getattr(when, _BEGINS[world])].append((amount, exposure))


class _Given(msgspec.Struct, frozen=True):
    """What was given on one day: mg (``None`` if not known) and the records of it."""

    when: date
    amount: Interval | None
    exposures: tuple[Exposure, ...]


def _same_dose(before: Interval | None, now: Interval | None) -> bool:
    return before is None or now is None or _close(before, now)


def _on_schedule(gap: int, interval: int | None) -> bool:
    """Whether a dose comes when it is due; a few days left out of a daily treatment are no new schedule."""
    return interval is None or abs(gap - interval) <= _tolerance(interval) or interval < gap <= NO_STOP


def _cycle(interval: int | None) -> int:
    """The longest gap after which a dose still belongs to the treatment: one dose was left out."""
    return LONGEST_CYCLE if interval is None else min(2 * interval + _tolerance(interval), LONGEST_CYCLE)


def _tolerance(interval: int) -> int:
    return max(1, math.ceil(interval * LATE_BY))


def _series(
    source: str, run: Sequence[_Given], interval: int | None, world: World, until: date | None = None
) -> Piece:
    latest = run[-1].amount
    unknown = latest is None or any(dose.amount is None for dose in run)
    regimen = None if unknown or latest is None else Regimen(latest, latest.scaled(1 / (interval or 1)))
    last = run[-1].when
    if until is None and interval is not None:
        # The next dose is due after the interval, and a little later at the latest.
        last = shifted(last, interval - 1 + (_tolerance(interval) if world in ("late", "most") else 0))
    exposures = {e.reference: e for dose in run for e in dose.exposures}
    return Piece(run[0].when, until or last, regimen, source, tuple(exposures.values()), given=True)


def _total(amounts: Sequence[tuple[Interval | None, Exposure]]) -> Interval | None:
    total = point(0)
    for amount, _ in amounts:
        if amount is None:
            return None
        total = total.plus(amount)
    return total
