"""On which day what is known of an input may turn, if nothing is recorded meanwhile.

An answer for a day rests on comparing recorded days with that day: a result enters, an entry ends, a month
runs out. Between two such days nothing can change, so that whoever wants to know how long an answer holds
need only ask again on these. A day on which nothing turns in the end does no harm; one left out would.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from fhir_mappings.calculators import next_birthday
from fhir_mappings.facts import LONGEST_CYCLE, NO_STOP, Exposure
from fhir_mappings.inputs.body import FLUID_WEIGHT_LIMIT_DAYS, WEIGHT_LIMIT_DAYS
from fhir_mappings.inputs.childbearing import (
    LONGEST_BREASTFEEDING,
    LONGEST_PREGNANCY_DAYS,
    MENOPAUSE_COMPLETE,
)
from fhir_mappings.intervals import DateSpan, Duration
from fhir_mappings.looked_at import LookedAt, ends
from fhir_mappings.regimens import LATE_BY
from fhir_mappings.scores import input_lengths, score_lengths, score_names

_WEIGHT = (Duration(FLUID_WEIGHT_LIMIT_DAYS, "d"), Duration(WEIGHT_LIMIT_DAYS, "d"))
_LENGTHS: Mapping[str, tuple[Duration, ...]] = {
    "pregnancy": (Duration(LONGEST_PREGNANCY_DAYS, "d"),),
    "breastfeeding": (LONGEST_BREASTFEEDING,),
    "childbearing_potential": (MENOPAUSE_COMPLETE,),
    "crcl": _WEIGHT,
    "crcl_actual_weight": _WEIGHT,
}
_BY_AGE = frozenset({"age", "childbearing_potential", "egfr", "crcl", "crcl_actual_weight"})
_AFTER_A_COURSE = NO_STOP + 5
_AFTER_A_DOSE = round(LONGEST_CYCLE * (1 + LATE_BY)) + NO_STOP + 5
"""Days for which a course, or a single dose, may still turn out to have been stopped or renewed."""

_ONE_DAY = timedelta(days=1)
_CLAMPED = timedelta(days=4)
"""Calendar arithmetic moves the end of a month by up to three days."""


def turns_on(
    name: str, looked_at: LookedAt, birth: DateSpan | None, on: date, since: date | None
) -> date | None:
    """A day after ``on``, and not after the first, on which an input may turn by time alone.

    Args:
        name: the criterion input.
        looked_at: what it was computed from.
        birth: the date of birth.
        on: the day of the question.
        since: first day of the asker's window, as for ``compute_series``.

    Returns:
        ``None`` for an input that is the same on every day; the end of the calendar for one that depends on
        the day and will not turn.
    """
    if not looked_at.by_day:
        return None
    found = [date.max, *looked_at.turns()]
    if name in _BY_AGE:
        found += _birthdays(birth, on)
    is_score = name in score_names()
    found += next_turns(
        looked_at.days(), on, score_lengths(name, on, since) if is_score else _LENGTHS.get(name, ())
    )
    for other, length in input_lengths(name).items():
        found += next_turns(looked_at.days_of(other), on, (length,))
    return min(found)


def therapy_turns_on(exposures: Sequence[Exposure], first: date, last: date) -> date | None:
    """The same for the background treatments with these exposures and their changes in ``(first, last]``.

    A stop, a renewal or the next dose of a series is told only some days later, so that after each recorded
    day, and again when it leaves the period, every day counts for a while.
    """
    days = ends(when for exposure in exposures for when in exposure.dates())
    single = any(e.source == "administration" or any(d.start == d.end for d in e.doses) for e in exposures)
    slack = timedelta(days=_AFTER_A_DOSE if single else _AFTER_A_COURSE)
    found: list[date] = []
    for lag in (timedelta(0), last - first):
        position = bisect_left(days, last - lag - slack)
        if position < len(days) and days[position] < date.max - lag:
            found.append(max(last + _ONE_DAY, days[position] + lag))
    return min(found, default=None)


def next_turns(days: Sequence[date], on: date, lengths: Iterable[Duration]) -> Iterator[date]:
    """The first day after ``on`` that is one of the days or follows one, and that is so long after one."""
    following = bisect_right(days, on)
    if following < len(days):
        yield days[following]
    if following and days[following - 1] == on < date.max:
        yield on + _ONE_DAY
    for length in lengths:
        slack = timedelta(0) if length.unit in ("d", "wk") else _CLAMPED
        try:
            position = bisect_left(days, length.before(on) - slack)
            if position < len(days):
                yield max(on + _ONE_DAY, length.after(days[position]) - slack)
        except (OverflowError, ValueError):
            continue  # before the beginning or after the end of the calendar


def _birthdays(birth: DateSpan | None, on: date) -> Iterator[date]:
    if birth is not None:
        yield next_birthday(birth.first, on)
        yield next_birthday(birth.last, on)
