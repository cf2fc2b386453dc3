"""Which results belong to one specimen."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, timedelta
from typing import NamedTuple

import msgspec

from fhir_mappings.facts import Evidence, Measurement, Unusable
from fhir_mappings.intervals import UNDATED, DateSpan, Interval
from fhir_mappings.phrases import phrase

Result = Measurement | Unusable


class Pair(NamedTuple):
    """Two results of one specimen. ``note`` says how that is known, where the record does not name it."""

    first: Measurement
    second: Measurement
    note: str | None

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What both rest on."""
        return (*self.first.evidence, *self.second.evidence)

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes of both, and how they came together."""
        own = () if self.note is None else (self.note,)
        return tuple(dict.fromkeys((*self.first.notes, *self.second.notes, *own)))


class Pairing(NamedTuple):
    """Pairs, the results for which several partners are possible, and those that have none."""

    pairs: tuple[Pair, ...]
    ambiguous: tuple[Measurement, ...]
    alone: tuple[Measurement, ...]


def pair_up(firsts: Sequence[Measurement], seconds: Sequence[Measurement]) -> Pairing:
    """Pair results of one specimen.

    The same specimen reference decides, unless it has several values. Without one, the same instant does;
    failing times, the same day if it has only one result of each kind. Results that name different
    specimens, or were drawn at different times, are never paired; nor are, without a specimen, a spot sample
    and a timed collection.
    """
    by_specimen: dict[str, list[Measurement]] = defaultdict(list)
    by_day: dict[DateSpan, list[Measurement]] = defaultdict(list)
    firsts_by_day: dict[DateSpan, list[Measurement]] = defaultdict(list)
    for second in seconds:
        if second.specimen is not None:
            by_specimen[second.specimen].append(second)
        if _is_collection(second.when):
            by_day[second.when].append(second)
    for first in firsts:
        if _is_collection(first.when):
            firsts_by_day[first.when].append(first)

    pairs: list[Pair] = []
    ambiguous: list[Measurement] = []
    alone: list[Measurement] = []
    for first in firsts:
        named = by_specimen.get(first.specimen, []) if first.specimen is not None else []
        if named:
            chosen = [s for s in named if s.at == first.at] or named
            if len({s.value for s in chosen}) > 1:
                ambiguous.append(first)
            else:
                pairs.append(Pair(first, chosen[0], None))
            continue
        day = by_day.get(first.when, [])
        partners = [s for s in day if not _apart(first, s) and s.role == first.role]
        rivals = [f for f in firsts_by_day.get(first.when, []) if f.role == first.role]
        timed = [s for s in partners if first.at is not None and s.at == first.at]
        if len(_distinct(timed)) == 1:
            pairs.append(Pair(first, timed[0], phrase("pairing.paired-by-the-time-of-collection")))
        elif partners and (len(_distinct(partners)) > 1 or len(_distinct(rivals)) > 1):
            ambiguous.append(first)
        elif partners:
            pairs.append(Pair(first, partners[0], phrase("pairing.paired-by-the-day-of-collection")))
        else:
            alone.append(first)
    return Pairing(tuple(pairs), tuple(ambiguous), tuple(alone))


def same_draw(one: Result, other: Result) -> bool:
    """Whether two results are of one specimen: by its reference, else by time, else by day."""
    if one.specimen is not None and other.specimen is not None:
        return one.specimen == other.specimen
    if one.at is not None and other.at is not None:
        return one.at == other.at
    return one.when is not None and _is_collection(one.when) and one.when == other.when


def unread_parts(
    parts: Iterable[Unusable], partners: Sequence[Result], known: Iterable[Measurement]
) -> list[Unusable]:
    """Results that cannot be used, as what they leave open of a quantity that takes two of one specimen.

    Where the quantity is known of their draw, they leave nothing open. Without a partner that may be of their
    specimen, nothing was measured of the quantity.
    """
    draws = Draws(known)
    return [
        part
        if any(_is_measured(partner) and _may_be_one_specimen(part, partner) for partner in partners)
        else msgspec.structs.replace(part, measured=False)
        for part in parts
        if not draws.of(part)
    ]


def _is_measured(result: Result) -> bool:
    return isinstance(result, Measurement) or result.measured


def _may_be_one_specimen(one: Result, other: Result) -> bool:
    if one.specimen is not None and one.specimen == other.specimen:
        return True
    alike = one.role == other.role and not _apart(one, other)
    return alike and (one.when or UNDATED).overlaps(other.when or UNDATED)


class Draws:
    """Finds, among many results, those of the same draw as another."""

    def __init__(self, measurements: Iterable[Measurement]) -> None:
        self._by_day: dict[date, list[Measurement]] = defaultdict(list)
        for measurement in measurements:
            self._by_day[measurement.when.first].append(measurement)

    def of(self, result: Result) -> list[Measurement]:
        """The results of the draw of ``result``."""
        if result.when is None:
            return []
        return [m for m in self._by_day.get(result.when.first, ()) if same_draw(m, result)]


def latest_first(measurements: Iterable[Measurement]) -> tuple[Measurement, ...]:
    """Sorted by day, and within a day by time; those without a time after the others."""
    return tuple(sorted(measurements, key=_moment, reverse=True))


def product(one: Interval, other: Interval) -> Interval:
    """Product of two quantities that cannot be negative."""
    low = max(one.low, 0.0) * max(other.low, 0.0)
    high = 0.0 if 0.0 in (one.high, other.high) else one.high * other.high
    return Interval(low, high, one.low_open or other.low_open, one.high_open or other.high_open)


def _moment(measurement: Measurement) -> tuple[date, float]:
    at = measurement.at
    if at is None:
        return measurement.when.last, -math.inf
    return measurement.when.last, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _is_collection(when: DateSpan) -> bool:
    """Whether a date is a day, or the two days over which urine is collected for 24 hours."""
    return when.last - when.first <= timedelta(days=1)


def _apart(one: Result, other: Result) -> bool:
    """Whether the record says that two results of a day are of different specimens."""
    if one.specimen is not None and other.specimen is not None and one.specimen != other.specimen:
        return True
    return one.at is not None and other.at is not None and one.at != other.at


def _distinct(measurements: Sequence[Measurement]) -> set[tuple[Interval | None, object]]:
    """Copies of one result (same value, same time) are one."""
    return {(m.value, m.at) for m in measurements}
