"""One patient, one day, one scoring window: where the items of a score look for their evidence."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import date, timedelta
from typing import TypeVar

import msgspec

from fhir_mappings.facts import (
    Admission,
    Diagnosis,
    Event,
    Measurement,
    Need,
    Retrieval,
    Series,
    Unusable,
    WhyMissing,
    may_be_newer,
    of_one_time,
)
from fhir_mappings.intervals import DateSpan
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.phrases import phrase
from fhir_mappings.terminology import load_terminology

T = TypeVar("T")

SeriesOf = Callable[[str], Series]
EventKinds = tuple[type[Event], ...]

# A drug may be on record as any of these, so that only all of them together speak for the drug history.
MEDICATION_TYPES = (
    "MedicationStatement",
    "MedicationRequest",
    "MedicationAdministration",
    "MedicationDispense",
)


class Situation:
    """The facts that a score may use, and what was made of them: scores of one day and window share it.

    Attributes:
        on: the day for which the score is asked; nothing later counts.
        since: first day of the scoring window, ``None`` for items that count once seen.
        imprecise: what only may lie in the window, by a date such as ``2026-06``, is taken to do so;
            otherwise it is left out.
    """

    def __init__(
        self,
        facts: PatientFacts,
        on: date,
        since: date | None,
        series: SeriesOf,
        *,
        imprecise: bool = False,
    ) -> None:
        self.facts = facts
        self.on = on
        self.since = since
        self.imprecise = imprecise
        self._series_of = series
        self._series: dict[str, Series] = {}
        self._concepts: dict[tuple[str, ...], frozenset[str]] = {}
        self._events: dict[tuple[EventKinds, tuple[str, ...]], tuple[Event, ...]] = {}
        self._remembered: dict[Hashable, tuple[object, object]] = {}

    def as_of(self, day: date) -> Situation:
        """The same chart and first day, with nothing that may be later than ``day``."""
        key = ("as-of", day)
        return self.remembered(self, key, lambda: Situation(self.facts, day, self.since, self._series_of))

    def remembered(self, subject: object, what: Hashable, make: Callable[[], T]) -> T:
        """What was made of a rule before; ``make`` works it out the first time.

        ``subject``: the rule, told apart by identity, since several scores share the same object.
        """
        key = (id(subject), what)
        if key not in self._remembered:
            # The subject is kept, so that its identity cannot be given to another.
            self._remembered[key] = (subject, make())
        return self._remembered[key][1]  # type: ignore[return-value]  # what ``make`` gave for this key

    def series(self, name: str) -> Series:
        """The criterion input of that name; what contradicts itself at one time shows neither.

        Raises:
            KeyError: no such input.
        """
        found = self._series.get(name)
        if found is None:
            asked = self._series_of(name)
            found = msgspec.structs.replace(asked, measurements=tuple(of_one_time(asked.measurements)))
            self._series[name] = found
        return found

    def with_imprecise(self) -> Situation:
        """The same window with all that may lie in it."""
        return self.remembered(
            self,
            "imprecise",
            lambda: Situation(self.facts, self.on, self.since, self._series_of, imprecise=True),
        )

    def results(self, name: str) -> tuple[Measurement, ...]:
        """Results that lie in the window, latest first."""
        return tuple(m for m in self.series(name).measurements if self.holds(m.when))

    def last_unread(self, name: str) -> date | None:
        """The last day of a value of the window that nobody can use; of the calendar if it is undated."""
        found = [
            date.max if item.when is None else item.when.last
            for item in self.series(name).unusable
            if item.measured and (item.when is None or self.holds(item.when))
        ]
        return max(found, default=None)

    def displaced(self, name: str, latest: Sequence[Measurement]) -> Need | None:
        """What is missing where a result that nobody can use is newer than the latest, or may be.

        ``latest``: results of one time, of this input or of others that measure the same; without any, a
        value that may lie in the window and cannot be used is what is missing.
        """
        series = self.series(name)
        for item in series.unusable:
            if item.measured and self._may_hold(item.when) and self._is_newer(item, latest):
                detail = phrase("of-something", what=series.label, detail=item.detail)
                return Need(input=name, why=item.why, detail=detail, order=series.order)
        return None

    def _may_hold(self, when: DateSpan | None) -> bool:
        if when is None:
            return True
        return when.first <= self.on and (self.since is None or when.last >= self.since)

    def _is_newer(self, item: Unusable, latest: Sequence[Measurement]) -> bool:
        return not latest or may_be_newer(item, latest, max(latest, key=lambda m: m.when.first))

    def holds(self, when: DateSpan) -> bool:
        """Whether a date lies in the window."""
        return self.has_come(when) and (self.since is None or self.is_since(when, self.since))

    def has_come(self, when: DateSpan) -> bool:
        """Whether a date is not after the day of the question."""
        return (when.first if self.imprecise else when.last) <= self.on

    def is_since(self, when: DateSpan, first: date) -> bool:
        """Whether a date is not before another day."""
        return (when.last if self.imprecise else when.first) >= first

    def expiry(self, when: DateSpan) -> date | None:
        """First day on which a window of this length no longer holds the date; ``None`` if none is known."""
        if self.since is None:
            return None
        # Of what has no date, nothing tells the last day on which it counts.
        return None if when.open_start else when.first + (self.on - self.since) + timedelta(days=1)

    def concepts(self, names: Sequence[str]) -> frozenset[str]:
        """Code sets, with classes of them expanded. A name that is neither stands for itself."""
        key = tuple(names)
        found = self._concepts.get(key)
        if found is None:
            expand = load_terminology().expand
            found = frozenset[str]().union(*(expand(name) or (name,) for name in key))
            self._concepts[key] = found
        return found

    def events(self, kinds: EventKinds, concepts: Sequence[str]) -> tuple[Event, ...]:
        """Events of these kinds that belong to any of these code sets, confirmed or not."""
        key = (kinds, tuple(concepts))
        found = self._events.get(key)
        if found is None:
            wanted = self.concepts(concepts)
            found = self._events[key] = self.facts.chosen_events(
                kinds, lambda event: not wanted.isdisjoint(event.concepts)
            )
        return found

    def diagnoses(self, concepts: Sequence[str]) -> tuple[Event, ...]:
        """Confirmed diagnoses, and coded reasons of encounters, of these code sets."""
        return tuple(e for e in self.events((Diagnosis, Admission), concepts) if e.confirmed)

    def drug_history(self) -> Retrieval:
        """The worst retrieval state among the medication resources."""
        return self.facts.retrieval_of(MEDICATION_TYPES)

    def need(self, name: str, undecided: str | None = None) -> Need:
        """Why the window holds no deciding result of an input, and what would supply one.

        ``undecided`` says why a result that is there does not decide.
        """
        series = self.series(name)
        why, detail = self._missing(series, undecided)
        return Need(
            input=name,
            why=why,
            detail=phrase("of-something", what=series.label, detail=detail),
            order=series.order,
        )

    def _missing(self, series: Series, undecided: str | None) -> tuple[WhyMissing, str]:
        if undecided is not None:
            return "too-coarse", undecided
        for item in series.unusable:
            if item.when is None or self.holds(item.when):
                return item.why, item.detail
        past = [m for m in series.measurements if m.when.first <= self.on]
        if any(m.when.last > self.on or self._straddles(m.when) for m in past):
            return "too-coarse", phrase("situation.the-date-of-the-result-is")
        if series.retrieval != "complete":
            return "not-retrieved", phrase("situation.results-could-not-be-wholly-retrieved")
        if past and self.since is None:
            return "too-coarse", phrase("situation.the-last-result-of-does-not", past=past[0].when.in_words)
        if past:
            return "stale", phrase("situation.last-result-on-before-the-scoring", past=past[0].when.in_words)
        if series.needs:
            return series.needs[0].why, series.needs[0].detail
        return "never-measured", phrase("situation.no-result-in-the-record")

    def _straddles(self, when: DateSpan) -> bool:
        return self.since is not None and when.first < self.since <= when.last
