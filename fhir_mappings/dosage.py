"""mg per day from FHIR ``Dosage``: the amount of a dose × how often, laid on the calendar.

Only structured elements are read. A sig in words ("as directed", "taper over two weeks") is carried along
for the report and leaves the dose unreadable: a guess could clear what a person should look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from fhir_mappings.datatypes import Dosage
from fhir_mappings.dose_amount import Basis, Daily, DoseError, administered, daily_amount
from fhir_mappings.dosing_terms import dosing_terms, route_of
from fhir_mappings.facts import DoseSegment
from fhir_mappings.intervals import DateSpan, Interval, shifted
from fhir_mappings.medication_strength import StrengthLike, strengths_of
from fhir_mappings.phrases import listed, phrase
from fhir_mappings.timing import Bounds, Schedule, TimingError, bounds_of, schedule_of, times_of_day

NO_DOSAGE = phrase("dosage.no-dosage-is-recorded")
"""Why the amount is not known where the resource has no dosage, not even in words."""


class Doses(msgspec.Struct, frozen=True, kw_only=True):
    """What the dosages of one resource say.

    Attributes:
        segments: mg per day over stretches of days; those of concurrent dosages overlap, those of a taper
            follow each other. An end that nothing states is a span up to ``date.max``.
        text: the dosages in words, as recorded.
        unreadable: why the amount (or a part of it: ``segments`` then holds the rest) is not known.
        as_needed: some dosage is PRN; its amounts reach from none to the most that is allowed.
        route: see ``Exposure.route``; ``None`` if not stated.
        times: see ``Exposure.times``.
    """

    segments: tuple[DoseSegment, ...] = ()
    text: str | None = None
    unreadable: str | None = None
    as_needed: bool = False
    route: str | None = None
    times: frozenset[str] = frozenset()


def read_doses(
    dosages: Sequence[Dosage],
    start: DateSpan | None,
    end: DateSpan | None,
    drug: str | None,
    strengths: Sequence[StrengthLike],
    weight_kg: Interval | None,
    bsa: Interval | None,
    hours: float | None = None,
) -> Doses:
    """The daily amounts of one medication resource.

    Dosages with the same ``sequence``, or none, are taken at the same time; with increasing ``sequence``
    they follow each other, each for as long as its bounds say. Where a step that is not the last has no
    bounds, systems use the numbers both for steps and for doses of the same day: the amount then lies
    between the smallest step and the sum of all.

    Args:
        dosages: ``dosageInstruction``, ``dosage`` or the one dosage of an administration.
        start, end: first and last day of the resource, as far as known.
        drug: the ingredient, named in reasons.
        strengths: of the product, from ``Medication.ingredient.strength`` or ``strength_of_name``.
        weight_kg, bsa: of the patient at the time, for doses per kg and per m².
        hours: how long an administration lasted, for one that gives a rate.
    """
    text = "; ".join(words for d in dosages if (words := d.text or d.patient_instruction)) or None
    as_needed = any(d.as_needed_boolean or d.as_needed_codeable_concept is not None for d in dosages)
    route = _route(dosages)
    any_day = DateSpan(date.min, end.last if end else date.max)
    reader = _Reader(start or any_day, end, Basis(strengths_of(strengths), weight_kg, bsa))
    if not dosages:
        reader.reasons.append(NO_DOSAGE)
    elif any(dosage.modified for dosage in dosages):
        # A step that may mean the contrary leaves nothing of the others to rely on.
        reader.reasons.append(phrase("dosage.the-dosage-carries-a-modifierextension-that"))
    elif dosages[0].dose is not None or dosages[0].rate_quantity or dosages[0].rate_ratio:
        reader.read_administration(dosages[0], hours)
    else:
        reader.read_steps(_steps(dosages))
    unreadable = listed("clauses", dict.fromkeys(reader.reasons)) or None
    times = [times_of_day(dosage.timing) for dosage in dosages]
    return Doses(
        segments=tuple(reader.segments),
        text=text,
        unreadable=unreadable,
        as_needed=as_needed,
        route=route,
        times=frozenset().union(*times) if all(times) else frozenset(),
    )


class _Reader:
    """Lays dosages on the calendar; gathers the segments and what could not be read."""

    def __init__(self, start: DateSpan, end: DateSpan | None, basis: Basis) -> None:
        self.start = start
        self.end = end
        self.basis = basis
        self.segments: list[DoseSegment] = []
        self.reasons: list[str] = []

    def read_administration(self, dosage: Dosage, hours: float | None) -> None:
        """One amount, given on the day or days of the administration."""
        try:
            amount = administered(dosage, self.basis, hours)
        except DoseError as problem:
            self.reasons.append(str(problem))
            return
        end = self.end or self.start
        nights = (end.last - self.start.first).days
        if self.start.exact and nights > 1:
            self.reasons.append(phrase("dosage.one-amount-was-recorded-for-days", nights=nights + 1))
        elif self.start.exact and nights == 1:
            # An infusion over midnight: each of the two days has a part of it.
            part = Interval(0, amount.high, high_open=amount.high_open)
            self.segments.append(DoseSegment(self.start, end, part, mean=amount.scaled(0.5)))
        else:
            self.segments.append(DoseSegment(self.start, self.start, amount))

    def read_steps(self, steps: Sequence[Sequence[Dosage]]) -> None:
        """The steps of a taper, one after the other; dosages of a step are concurrent."""
        start = self.start
        for position, step in enumerate(steps):
            last = position == len(steps) - 1
            read = [_ReadDosage(dosage, self.basis) for dosage in step]
            ends = [r.bounds.last_day(r.bounds.start or start) for r in read]
            if not last and (None in ends or any(r.problem_with_bounds for r in read)):
                self._add_undivided([d for later in steps[position:] for d in later], start)
                return
            for one, end in zip(read, ends, strict=True):
                self._add(one, one.bounds.start or start, end)
            if not last:
                known = [end for end in ends if end is not None]
                latest = DateSpan(max(e.first for e in known), max(e.last for e in known))
                start = DateSpan(shifted(latest.first, 1), shifted(latest.last, 1))

    def _add(self, read: _ReadDosage, start: DateSpan, end: DateSpan | None) -> None:
        self.reasons += read.problems
        if read.daily is None:
            return
        schedule = read.schedule
        if schedule is not None and schedule.once:
            for when in schedule.events or (start,):
                self._append(DoseSegment(when, when, read.daily.per_day))
            return
        end = self._earlier(end)
        open_end = DateSpan(start.first, date.max)
        weekdays, every = (schedule.weekdays, schedule.every) if schedule else (None, 1)
        plain = DoseSegment(start, end or open_end, read.daily.per_day, weekdays, every)
        told = mean_per_day(plain) == read.daily.mean
        self._append(plain if told else msgspec.structs.replace(plain, mean=read.daily.mean))

    def _add_undivided(self, dosages: Sequence[Dosage], start: DateSpan) -> None:
        """Steps of unknown length: from none but the smallest to all of them at once."""
        read = [_ReadDosage(dosage, self.basis) for dosage in dosages]
        self.reasons += [problem for r in read for problem in r.problems]
        daily = [r.daily for r in read if r.daily is not None]
        if not daily:
            return
        whole = len(daily) == len(read)
        schedules = [r.schedule for r in read if r.schedule is not None]
        every_day = all(s.every == 1 and not s.weekdays and not s.once for s in schedules)
        low = min(d.per_day.low for d in daily) if whole and every_day else 0.0
        mean = Interval(min(d.mean.low for d in daily) if whole else 0.0, sum(d.mean.high for d in daily))
        amount = Interval(low, sum(d.per_day.high for d in daily))
        end = self.end or DateSpan(start.first, date.max)
        self._append(DoseSegment(start, end, amount, mean=mean, varies=True))

    def _earlier(self, end: DateSpan | None) -> DateSpan | None:
        if end is None or self.end is None:
            return end or self.end
        return DateSpan(min(end.first, self.end.first), min(end.last, self.end.last))

    def _append(self, segment: DoseSegment) -> None:
        if self.end is not None and segment.start.first > self.end.last:
            return
        self.segments.append(segment)


class _ReadDosage:
    """One dosage: its schedule, its amounts and its bounds, as far as each can be read."""

    def __init__(self, dosage: Dosage, basis: Basis) -> None:
        self.problems: list[str] = []
        self.problem_with_bounds = False
        self.schedule: Schedule | None = None
        self.daily: Daily | None = None
        self.bounds = Bounds()
        silent: str | None = None
        try:
            self.schedule = schedule_of(dosage.timing)
        except TimingError as problem:
            silent = str(problem)
        try:
            self.bounds = bounds_of(dosage.timing, self.schedule)
        except TimingError as problem:
            self.problem_with_bounds = True
            self.problems.append(str(problem))
        try:
            self.daily = daily_amount(dosage, self.schedule, basis)
        except DoseError as problem:
            self.problems.append(str(problem) if self.schedule is not None or silent is None else silent)


def mean_per_day(segment: DoseSegment) -> Interval:
    """mg per day of a segment, averaged over its schedule (15 mg once a week: 2.14)."""
    if segment.mean is not None:
        return segment.mean
    share = len(segment.weekdays) / 7 if segment.weekdays is not None else 1.0
    return segment.per_day.scaled(share / segment.every)


def _steps(dosages: Sequence[Dosage]) -> list[list[Dosage]]:
    numbers = sorted({d.sequence for d in dosages if d.sequence is not None})
    if len(numbers) < 2:
        return [list(dosages)]
    steps = [[d for d in dosages if d.sequence == number] for number in numbers]
    steps[0] += [d for d in dosages if d.sequence is None]
    return steps


def _route(dosages: Sequence[Dosage]) -> str | None:
    routes = {route for d in dosages if (route := route_of(d.route)) is not None}
    if len(routes) < 2:
        return next(iter(routes), None)
    return "systemic" if routes & dosing_terms().systemic_routes else "other"
