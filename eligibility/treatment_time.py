"""Time on treatment: the days on which drugs were taken, those that are certain and those that are possible.

Records of one drug are one treatment: what several of them cover counts once, a few days between two
prescriptions are no interruption, and single doses that follow each other on a schedule make one course.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from fhir_mappings.facts import LONGEST_CYCLE, NO_STOP, Exposure
from fhir_mappings.intervals import Duration

Days = tuple[date, date]
"""First and last day, both included."""

DAYS_IN_MONTH = 30.4375
"""Months of exposure are counted as so many days."""


def days_of(length: Duration) -> float:
    """A length of time as days of exposure: months and years have as many as on average."""
    return length.count * {"d": 1.0, "wk": 7.0, "mo": DAYS_IN_MONTH, "a": 365.25}[length.unit]


def by_drug(exposures: Iterable[Exposure], asked: frozenset[str]) -> dict[str, list[Exposure]]:
    """The exposures of each drug, by its code set."""
    groups: dict[str, list[Exposure]] = defaultdict(list)
    for exposure in exposures:
        groups[exposure.drug or min(exposure.concepts & asked or exposure.concepts)].append(exposure)
    return dict(groups)


def days_on(exposures: Sequence[Exposure], first: date, last: date, *, certain: bool) -> list[Days]:
    """Days on one drug within ``[first, last]``, as stretches in order: the certain or the possible ones.

    Not certain are unconfirmed courses, those on hold, as-needed ones, and days outside the recorded dates.
    """
    found: list[tuple[date, date, bool]] = []
    for exposure in exposures:
        if certain and (not exposure.confirmed or exposure.as_needed or exposure.status == "on-hold"):
            continue
        given = exposure.source == "administration"
        words = [_days(word, first, last, certain=certain) for word in _words(exposure)]
        told = [days for days in words if days is not None]
        if not certain:
            found += [(*days, given) for days in told]
        elif len(told) == len(words):
            start, end = max(day for day, _ in told), min(day for _, day in told)
            found += [(start, end, given)] if start <= end else []
    return _bridged(found)


def _words(exposure: Exposure) -> list[Exposure]:
    """The course as recorded and, where another record stands against it, as that one tells it."""
    other = exposure.by_the_other_word()
    return [exposure] if other is None else [exposure, other]


def _days(exposure: Exposure, first: date, last: date, *, certain: bool) -> Days | None:
    if exposure.start is not None:
        start = exposure.start.last if certain else exposure.start.first
    elif certain and not exposure.ongoing:
        return None
    else:
        start = last if certain else first
    if exposure.end is not None:
        end = exposure.end.first if certain else exposure.end.last
    elif exposure.ongoing or not certain:
        end = last
    elif exposure.start is not None and exposure.start.exact:
        end = start
    else:
        return None  # it took place, on days that nothing tells
    start, end = max(start, first), min(end, last)
    return (start, end) if start <= end else None


def _bridged(found: Sequence[tuple[date, date, bool]]) -> list[Days]:
    merged: list[tuple[date, date, bool]] = []
    for start, end, given in sorted(found):
        if merged:
            before, until, given_before = merged[-1]
            if (start - until).days - 1 <= NO_STOP or (
                given and given_before and (start - until).days <= LONGEST_CYCLE
            ):
                # The last day decides how long a gap may be: two infusions after tablets are a series.
                merged[-1] = (before, max(until, end), given if end >= until else given_before)
                continue
        merged.append((start, end, given))
    return [(start, end) for start, end, _ in merged]


def union(stretches: Iterable[Days], gap: int = 0) -> list[Days]:
    """Stretches that overlap, or have at most ``gap`` days between them, as one."""
    merged: list[Days] = []
    for start, end in sorted(stretches):
        if merged and (start - merged[-1][1]).days - 1 <= gap:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def total_days(stretches: Iterable[Days]) -> int:
    """Number of days in the union."""
    return sum((end - start).days + 1 for start, end in union(stretches))


def months_at_most(stretches: Sequence[Days]) -> float | None:
    """Months of possible stretches; ``None`` where nothing tells when one began."""
    return None if any(start == date.min for start, _ in stretches) else months(stretches)


def months(stretches: Iterable[Days]) -> float:
    """The union in months with one decimal, cut off: 5.97 months are not yet 6."""
    return math.floor(total_days(stretches) / DAYS_IN_MONTH * 10) / 10
