"""What the computation of a criterion input has looked at, so that what follows from it need not be told.

Whatever else is on record can make no difference: not today, and on no day on which the comparisons of what
was looked at with the day of the question come out the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar, overload

from fhir_mappings.facts import Event, Series
from fhir_mappings.intervals import DateSpan
from fhir_mappings.patient_facts import PatientFacts

E = TypeVar("E", bound=Event)
T = TypeVar("T")


class LookedAt:
    """The dates that one computation has seen, and whether it has asked which day it is.

    Attributes:
        by_day: whether the day of the question was asked for; if not, the answer is the same on every day.
    """

    __slots__ = ("_events", "_series", "_spans", "by_day")

    def __init__(self) -> None:
        self.by_day = False
        self._spans: list[Sequence[DateSpan]] = []
        self._events: list[Sequence[Event]] = []
        self._series: dict[str, Series] = {}

    def add(self, other: LookedAt) -> None:
        """What the other has looked at was looked at too."""
        self.by_day = self.by_day or other.by_day
        self._spans += other._spans
        self._events += other._events
        self._series |= other._series

    def events(self, found: Sequence[Event]) -> None:
        """These events were looked at."""
        self._events.append(found)

    def spans(self, found: Iterable[DateSpan | None]) -> None:
        """Facts of these dates were looked at."""
        self._spans.append([when for when in found if when is not None])

    def through(self, facts: PatientFacts) -> PatientFacts:
        """The facts, which note here what is looked at."""
        return _Observed(
            **{
                name: getattr(facts, name) for name in PatientFacts.__struct_fields__ if name not in _OBSERVED
            },
            measurements=_Noting(facts.measurements, self),
            unusable=_Noting(facts.unusable, self),
            events=_Whole(facts.events, lambda: self.events(facts.events)),
            assessments=_Whole(facts.assessments, lambda: self.spans(a.when for a in facts.assessments)),
            answers=_Whole(facts.answers, lambda: self.spans(a.when for a in facts.answers)),
            facts=facts,
            looked_at=self,
        )

    def noting(self, series: Callable[[str], Series]) -> Callable[[str], Series]:
        """The other inputs of the same day, which are noted here as they are asked for."""

        def ask(name: str) -> Series:
            found = self._series.get(name)
            if found is None:
                found = self._series[name] = series(name)
                self.by_day = self.by_day or found.turns_on is not None
            return found

        return ask

    def days(self) -> list[date]:
        """All days that were seen, in order; a date known as a month or year gives its two ends."""
        return ends(self._dates())

    def on_both_sides(self, last: date) -> bool:
        """Whether a date was seen of which nobody can say whether it is after that day."""
        return any(when.first <= last < when.last for when in self._dates())

    def _dates(self) -> Iterator[DateSpan]:
        yield from (when for seen in self._spans for when in seen)
        yield from (when for seen in self._events for event in seen for when in event.dates())
        for series in self._series.values():
            yield from _dates(series)

    def days_of(self, name: str) -> list[date]:
        """The days of one of the other inputs, in order."""
        series = self._series.get(name)
        return [] if series is None else ends(_dates(series))

    def turns(self) -> Iterator[date]:
        """The days on which the other inputs may change."""
        return (series.turns_on for series in self._series.values() if series.turns_on is not None)


def _dates(series: Series) -> Iterator[DateSpan]:
    yield from (measurement.when for measurement in series.measurements)
    yield from (item.when for item in series.unusable if item.when is not None)


def ends(spans: Iterable[DateSpan]) -> list[date]:
    """The first and last days of dates, in order."""
    return sorted({day for span in set(spans) for day in (span.first, span.last)})


class _Noting(Mapping[str, Sequence[Any]]):
    """Results by criterion input, whose dates are noted when an input is looked at."""

    __slots__ = ("_content", "_looked_at")

    def __init__(self, content: Mapping[str, Sequence[Any]], looked_at: LookedAt) -> None:
        self._content = content
        self._looked_at = looked_at

    def __getitem__(self, name: str) -> Sequence[Any]:
        found = self._content[name]
        self._looked_at.spans(item.when for item in found)
        return found

    def get(self, name: str, default: Any = None) -> Any:
        found = self._content.get(name, default)
        if found:
            self._looked_at.spans(item.when for item in found)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)


class _Whole(Sequence[T]):
    """Facts of one kind; whoever reads them itself is taken to have looked at all of them."""

    __slots__ = ("_content", "_note")

    def __init__(self, content: Sequence[T], note: Callable[[], None]) -> None:
        self._content = content
        self._note = note

    def __iter__(self) -> Iterator[T]:
        self._note()
        return iter(self._content)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        self._note()
        return self._content[index]

    def __len__(self) -> int:
        self._note()
        return len(self._content)


class _Observed(PatientFacts, kw_only=True):
    """``facts``, of which everything with a date is noted in ``looked_at`` when it is read."""

    facts: PatientFacts
    looked_at: LookedAt

    def chosen_events(
        self, kinds: type[E] | tuple[type[E], ...], wanted: Callable[[E], bool]
    ) -> tuple[E, ...]:
        found = self.facts.chosen_events(kinds, wanted)
        self.looked_at.events(found)
        return found


_OBSERVED = frozenset({"measurements", "unusable", "events", "assessments", "answers"})
