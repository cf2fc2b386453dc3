"""What an answer has looked at, and therefore the day on which time alone may change it.

Every answer rests on comparing dates of the chart with the edges of windows. Until one of those dates meets
one of those edges – it enters at the end, or drops out at the beginning – each comparison, and with them
the answer, stays as it is. Kinds need not know of this: what they ask of chart and windows is noted here.
Only what is counted rather than compared (days on a drug) has to say by itself when it may turn.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from eligibility.windows import Span
from fhir_mappings.facts import (
    Answer,
    Chart,
    DoseHistory,
    Entered,
    EventKind,
    Events,
    Evidence,
    Need,
    Retrieval,
    Series,
    Therapies,
)
from fhir_mappings.intervals import DateSpan

_CLAMPED = timedelta(days=4)
"""Calendar arithmetic moves the end of a month by up to three days."""


class Watch:
    """The windows and facts that one answer has looked at."""

    __slots__ = ("_answers", "_days", "_events", "_evidence", "_series", "_spans")

    def __init__(self) -> None:
        self._spans: list[Span] = []
        self._series: list[Series] = []
        self._events: list[Events] = []
        self._answers: list[Sequence[Answer]] = []
        self._days: list[date | None] = []
        self._evidence: list[tuple[Evidence, ...]] = []

    def add(self, other: Watch) -> None:
        """What another watch has seen was looked at too."""
        self._spans += other._spans
        self._series += other._series
        self._events += other._events
        self._answers += other._answers
        self._days += other._days
        self._evidence += other._evidence

    def seen(self, evidence: tuple[Evidence, ...]) -> None:
        """This evidence was weighed, whether or not it counted in the end."""
        self._evidence.append(evidence)

    def evidence(self) -> Iterator[Evidence]:
        """All results and events that were weighed."""
        for found in self._evidence:
            yield from found
        for series in self._series:
            for measurement in series.measurements:
                yield from measurement.evidence
            for unusable in series.unusable:
                yield from unusable.evidence

    def not_retrieved(self, chart: Chart) -> tuple[Need, ...]:
        """What was looked at and is not wholly at hand: inputs by name, events by type of resource."""
        inputs = {found.input: found for found in self._series if found.retrieval != "complete"}
        types = [
            name for found in self._events if found.retrieval != "complete" for name in found.resource_types
        ]
        lacking = [name for name in dict.fromkeys(types) if chart.retrieval_of((name,)) != "complete"]
        return (
            *(
                Need(input=name, why="not-retrieved", detail=found.label, order=found.order)
                for name, found in inputs.items()
            ),
            *(Need(input=name, why="not-retrieved", detail=name) for name in lacking),
        )

    def window(self, span: Span) -> None:
        """A window was looked through."""
        self._spans.append(span)

    def series(self, found: Series) -> None:
        """A criterion input was looked at."""
        self._series.append(found)

    def events(self, found: Events) -> None:
        """Events were looked at."""
        self._events.append(found)

    def answers(self, found: Sequence[Answer]) -> None:
        """Recorded answers of a person were looked at."""
        self._answers.append(found)

    def turn(self, day: date | None) -> None:
        """By a count of its own the answer may turn on this day; ``None``: on none."""
        self._days.append(day)

    def next_day(self, as_of: date) -> date | None:
        """A day after ``as_of``, not after the first, on which the answer may change; ``None``: never."""
        dates = self._dates(as_of)
        following = bisect_right(dates, as_of)
        found = [day for day in self._turns() if day is not None and day > as_of]
        if following < len(dates):
            found.append(dates[following])
        for span in {(s.first, s.before, s.gap): s for s in self._spans if s.moving}.values():
            if span.first is not None:
                inside = bisect_left(dates, span.first)
                leaves = span.leaves_on(dates[inside]) if inside < len(dates) else None
                if leaves is not None:
                    found.append(max(leaves, as_of + timedelta(days=1)))
            if span.gap is not None:
                outside = bisect_right(dates, span.last)
                if outside < len(dates):
                    found.append(_not_after(span, dates[outside], as_of))
        return min(found, default=None)

    def _dates(self, as_of: date) -> list[date]:
        spans: set[DateSpan] = set()
        for series in self._series:
            spans.update(m.when for m in series.measurements if not _is_of_the_day(m.when, series, as_of))
            spans.update(item.when for item in series.unusable if item.when is not None)
        for events in self._events:
            for event in events.events:
                spans.update(event.dates())
        for answers in self._answers:
            spans.update(answer.when for answer in answers)
        days = {day for span in spans for day in (span.first, span.last)}
        return sorted(days - {date.max})  # the end of a span that nothing bounds is no day

    def _turns(self) -> list[date | None]:
        changes = [m.changes_on for series in self._series for m in series.measurements]
        return [*self._days, *changes, *(series.turns_on for series in self._series)]


def _is_of_the_day(when: DateSpan, series: Series, as_of: date) -> bool:
    """Whether a value is of the day of the question, whichever day that is: a score, an age.

    It will be of the next day tomorrow, and grows no older. Where it is of the day because something on
    record is, its series may turn on the morrow.
    """
    if series.turns_on is None or series.turns_on <= as_of + timedelta(days=1):
        return False
    return when.first == when.last == as_of


def _not_after(span: Span, day: date, as_of: date) -> date:
    assert span.gap is not None  # noqa: S101  # the caller has asked
    try:
        return max(span.gap.after(day) - _CLAMPED, as_of + timedelta(days=1))
    except (OverflowError, ValueError):
        return date.max  # it enters after the end of the calendar


class WatchedChart:
    """A chart that tells the watch of the moment what is asked of it."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self.watch = Watch()

    @property
    def reference(self) -> str:
        return self._chart.reference

    @property
    def deceased(self) -> bool:
        return self._chart.deceased

    def series(self, name: str, on: date, since: date | None = None) -> Series:
        found = self._chart.series(name, on, since)
        self.watch.series(found)
        return found

    def events(self, kinds: Sequence[EventKind], concepts: frozenset[str] | None) -> Events:
        found = self._chart.events(kinds, concepts)
        self.watch.events(found)
        self.watch.seen(tuple(event.evidence for event in found.events))
        return found

    def dose_history(self, name: str, first: date, last: date) -> DoseHistory:
        # The amounts of days that have not yet come are those of courses that are on record now.
        self.watch.events(self._chart.events(("exposure",), None))
        found = self._chart.dose_history(name, first, last)
        self.watch.seen(tuple(course.evidence for course in (*found.exposures, *found.unknown)))
        return found

    def therapies(self, concepts: frozenset[str], first: date, last: date) -> Therapies:
        found = self._chart.therapies(concepts, first, last)
        self.watch.turn(found.turns_on)
        self.watch.seen(tuple(e for therapy in found.therapies for e in therapy.evidence))
        return found

    def answers(self, question: str) -> Sequence[Answer]:
        found = self._chart.answers(question)
        self.watch.answers(found)
        return found

    def entered(self, reference: str) -> Entered | None:
        return self._chart.entered(reference)

    def retrieval_of(self, resource_types: Sequence[str]) -> Retrieval:
        return self._chart.retrieval_of(resource_types)
