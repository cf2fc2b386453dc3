"""One question for one criterion input of one patient, and the table of those who can answer."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TypeVar

import msgspec

from fhir_mappings.facts import Coding, Event, Measurement, Need, Series, Unusable
from fhir_mappings.inputs.categories import settled
from fhir_mappings.inputs.definitions import Definition, definitions
from fhir_mappings.looked_at import LookedAt
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.phrases import phrase
from fhir_mappings.terminology import load_terminology

E = TypeVar("E", bound=Event)


class Asked(msgspec.Struct, frozen=True):
    """A question: the input, the patient, the day of the question.

    ``known`` finds series of the same day that may have been computed already; ``looked_at`` notes whether
    the answer depends on the day.
    """

    name: str
    facts: PatientFacts
    day: date
    known: Callable[[str], Series] | None = None
    looked_at: LookedAt | None = None

    @property
    def on(self) -> date:
        """The day on which it is asked."""
        if self.looked_at is not None:
            self.looked_at.by_day = True
        return self.day

    @property
    def definition(self) -> Definition:
        """What the input is.

        Raises:
            KeyError: no such input.
        """
        return definitions()[self.name]

    def series(self, name: str) -> Series:
        """Another input, as known on the same day.

        Raises:
            KeyError: no such input.
        """
        if self.known is not None:
            return self.known(name)
        return answer(Asked(name, self.facts, self.day, looked_at=self.looked_at))

    def recorded(self, name: str) -> tuple[Measurement, ...]:
        """The results of an analyte as they stand in the record, latest first."""
        return settled(name, self.facts.measurements.get(name, ()))

    def unusable(self, *names: str) -> tuple[Unusable, ...]:
        """The unusable results of analytes, latest first; undated ones first of all."""
        found = [item for name in names for item in self.facts.unusable.get(name, ())]
        if len(names) < 2:
            return tuple(found)
        return tuple(sorted(found, key=lambda u: u.when.last if u.when else date.max, reverse=True))

    def events(self, kind: type[E], concepts: Iterable[str]) -> tuple[E, ...]:
        """Events of one kind that belong to any of these code sets or classes of them."""
        wanted = _expanded(tuple(concepts))
        return self.facts.chosen_events(kind, lambda event: not wanted.isdisjoint(event.concepts))

    def result(
        self,
        measurements: Sequence[Measurement] = (),
        unusable: Sequence[Unusable] = (),
        needs: Sequence[Need] = (),
        order: Coding | None = None,
    ) -> Series:
        """The answer, with what the definition says. ``order`` replaces the input's own."""
        described, reads = self.definition.description, self.definition.reads
        return Series(
            input=self.name,
            label=described.label,
            unit=described.unit,
            measurements=tuple(measurements),
            unusable=tuple(unusable),
            retrieval=self.facts.retrieval_of(reads),
            searched=self.facts.searched_of(reads),
            order=order or described.order,
            needs=() if measurements else tuple(needs),
            renewal=self._renewal(),
        )

    def _renewal(self) -> Need | None:
        component = self.definition.renewed_by
        if component is None:
            return None
        described = definitions()[component].description
        return Need(input=component, why="stale", detail=described.label, order=described.order)

    def lack(self, name: str, detail: str | None = None) -> Need:
        """Why there is no value of another input to compute with, and the order that supplies one."""
        series = self.series(name)
        if detail is None and series.unusable:
            first = series.unusable[0]
            return Need(input=name, why=first.why, detail=first.detail, order=series.order)
        if series.retrieval != "complete":
            detail = phrase("asking.could-not-be-wholly-retrieved", series=series.label)
            return Need(input=name, why="not-retrieved", detail=detail, order=series.order)
        why = series.needs[0].why if series.needs else "never-measured"
        return Need(
            input=name,
            why=why,
            detail=detail or phrase("asking.not-on-record", series=series.label),
            order=series.order,
        )


@functools.cache
def _expanded(names: tuple[str, ...]) -> frozenset[str]:
    expand = load_terminology().expand
    return frozenset[str]().union(*(expand(name) or (name,) for name in names))


Compute = Callable[[Asked], Series]

_computed: dict[str, Compute] = {}


def computes(*names: str) -> Callable[[Compute], Compute]:
    """Enter a function into the table as the one that answers for these inputs."""

    def enter(function: Compute) -> Compute:
        for name in names:
            if name in _computed:
                raise ValueError(f"{name} is computed twice")
            _computed[name] = function
        return function

    return enter


def computed_names() -> frozenset[str]:
    """The inputs that have a function of their own."""
    return frozenset(_computed)


def answer(asked: Asked) -> Series:
    """The series of an input that is not a score: computed, or as recorded.

    Raises:
        KeyError: no such input.
    """
    function = _computed.get(asked.name)
    if function is not None:
        return function(asked)
    return asked.result(asked.recorded(asked.name), asked.unusable(asked.name))
