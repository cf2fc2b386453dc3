"""What is about to be done, and would close a trial that is open: found by judging again, with and without.

A trial is *open* to a patient whose verdict is ``potentially-eligible`` or ``undetermined``. It is closed by
an exclusion that fails, or leans to failing, with what is about to be done on record and not without: on the
as-of day or on a later one, since a run of doses is none until it is long enough. Inclusions are not asked: a
stable background treatment begins its time anew with every change of a dose, and whoever treats knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

import msgspec

from eligibility.bound import BoundProtocol
from eligibility.course import Anchors, Course
from eligibility.findings import Finding, Verdict
from eligibility.judging import verdict_of
from eligibility.standing import first_clear_day
from eligibility.watching import Watch
from fhir_mappings.facts import Chart
from fhir_mappings.phrases import ENGLISH, in_language

OPEN: frozenset[Verdict] = frozenset({"potentially-eligible", "undetermined"})
"""The verdicts of a patient to whom a trial is open, as far as the record shows."""

AHEAD = timedelta(days=92)
"""So far ahead is looked: what would close a trial later than that will be asked of again before."""

BRIEFLY = timedelta(days=7)
"""What clears so soon after its last day is no wash-out, and its day no news to who orders it."""

_MOST_DAYS = 50


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """An exclusion that would stand in the way.

    Attributes:
        finding: as of the first day on which it does.
        since: that day.
        until: the first day on which it no longer would, if what is about to be done is done no longer than
            it has to be for closing the trial, or than it says; ``None`` where time does not tell.
        while_done: nothing is told of how long it is done, and it closes the trial only as long as it is, or
            ``BRIEFLY`` longer: a day would be that of a treatment of one day.
        by: what does so by itself, by its positions; empty where nothing but all together does.
        together: of those, which of them does was not looked at.
    """

    finding: Finding
    since: date
    until: date | None
    while_done: bool = False
    by: tuple[int, ...] = ()
    together: bool = False


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Some of what is about to be done, to be judged by itself.

    Attributes:
        of: its positions in all of what is about to be done.
        later: the chart with it and without the rest.
        done_until: the same, done for the last time on that day.
        together: it is more than one thing.
    """

    of: tuple[int, ...]
    later: Callable[[], Chart]
    done_until: Callable[[date], Chart]
    together: bool = False


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """An open trial that would be closed.

    Attributes:
        verdict: as it stands.
        closings: the exclusions that would close it; at least one.
    """

    verdict: Verdict
    closings: tuple[Closing, ...]


def closed_by(
    bound: BoundProtocol,
    chart: Chart,
    later: Chart,
    done_until: Callable[[date], Chart],
    as_of: date,
    language: str = ENGLISH,
    parts: Sequence[Part] = (),
) -> Closed | None:
    """How what is about to be done would close a trial; ``None`` where it would not, or is closed already.

    Args:
        bound: the protocol.
        chart: as it stands.
        later: the same with what is about to be done.
        done_until: the same again, done for the last time on that day.
        as_of: the evaluation date; the anchors follow it.
        language: of the findings.
        parts: of what is about to be done, each to be judged by itself where all together close the trial, so
            that each that does is told with its own days.
    """
    before = Course(bound, chart, Anchors())
    verdict = verdict_of([before.judged(i, as_of)[0] for i in range(len(bound.criteria))])
    if verdict not in OPEN:
        return None
    exclusions = [i for i, criterion in enumerate(bound.criteria) if criterion.kind == "exclusion"]
    whole = Part(of=(), later=lambda: later, done_until=done_until)
    together = _closings(bound, before, whole, exclusions, as_of)
    if not together:
        return None
    found = together
    if parts:
        each = [_closings(bound, before, part, together, as_of) for part in parts]
        found = {
            i: _told_apart(all_, [one[i][0] for one in each if i in one]) for i, (all_,) in together.items()
        }
    closings = tuple(closing for several in found.values() for closing in several)
    return in_language(Closed(verdict=verdict, closings=closings), language)


def _closings(
    bound: BoundProtocol, before: Course, part: Part, positions: Iterable[int], as_of: date
) -> dict[int, tuple[Closing, ...]]:
    """How the part would close the trial, by the criterion's position."""
    after = Course(bound, part.later(), Anchors())
    found: dict[int, tuple[Closing, ...]] = {}
    for i in positions:
        since = _first_closed(before, after, i, as_of)
        if since is None:
            continue
        until = _until(after, i, since)
        while_done = False
        if until is None:
            until = _until(Course(bound, part.done_until(since), Anchors()), i, since)
            while_done = until is not None and until - since <= BRIEFLY
        found[i] = (
            Closing(
                finding=after.judged(i, since)[0],
                since=since,
                until=None if while_done else until,
                while_done=while_done,
                by=part.of,
                together=part.together,
            ),
        )
    return found


def _told_apart(together: Closing, alone: Sequence[Closing]) -> tuple[Closing, ...]:
    """What closes it by itself; and all together, where nothing does or they close it for longer."""
    longest = max((one.until or date.max for one in alone), default=None)
    if longest is None or (together.until is not None and together.until > longest):
        return (*alone, together)
    return tuple(alone)


def _first_closed(before: Course, after: Course, position: int, as_of: date) -> date | None:
    """The first day on which the criterion stands in the way, and would not without."""
    day: date | None = as_of
    for _ in range(_MOST_DAYS):
        if day is None or day - as_of > AHEAD:
            return None
        finding, watch = after.judged(position, day)
        if _closes(finding) and not _closes(before.judged(position, day)[0]):
            return day
        day = watch.next_day(day)
    return None


def _closes(finding: Finding) -> bool:
    return finding.outcome == "fail" or (finding.outcome == "review" and finding.leaning == "fail")


def _until(course: Course, position: int, since: date) -> date | None:
    def ask(_: int, day: date) -> tuple[Finding, Watch]:
        return course.judged(position, day)

    clear = first_clear_day(1, since, ask)
    return clear.day if clear.day is not None and clear.day > since and not clear.leaning else None
