"""All facts of one patient, as plain data: what reading produces and criterion inputs are computed from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar, TypeVarTuple

import msgspec

from fhir_mappings.facts import (
    Answer,
    Assessment,
    Conflict,
    Entered,
    Event,
    Evidence,
    Exposure,
    Measurement,
    Retrieval,
    Unread,
    Unusable,
)
from fhir_mappings.intervals import DateSpan

E = TypeVar("E", bound=Event)
T = TypeVar("T")
A = TypeVarTuple("A")

Sex = Literal["male", "female"]

RETRIEVAL_ORDER: tuple[Retrieval, ...] = ("complete", "truncated", "failed", "not-asked")
"""From best to worst, for a question that depends on several resource types."""


class PatientFacts(msgspec.Struct, kw_only=True):
    """The facts of one patient.

    Attributes:
        reference: ``Patient/123``.
        birth_date: ``None`` if absent or unreadable.
        sex: sex for clinical use where recorded, else birth sex, else administrative gender;
            ``None`` for other, unknown or absent.
        demographics: evidence for ``birth_date`` and ``sex`` under those keys.
        measurements: by criterion input, latest first.
        unusable: by criterion input.
        events: all kinds.
        unnamed: courses of drugs of which nothing on record tells what they are; they are no events.
        conflicts: what the record says twice or in two ways, whatever anybody asks for.
        worked_out: what ``once`` has worked out, kept with the facts and no longer.
        entered: when the record came to say it, by reference of the resource.
        retrieval: by FHIR resource type; a type that is not named has the state ``default_retrieval``.
        searched: likewise, without regard to resources that came and could not be read.
    """

    reference: str
    birth_date: DateSpan | None = None
    sex: Sex | None = None
    deceased: bool = False
    demographics: Mapping[str, Evidence] = {}
    measurements: Mapping[str, Sequence[Measurement]] = {}
    unusable: Mapping[str, Sequence[Unusable]] = {}
    events: Sequence[Event] = ()
    unnamed: Sequence[Exposure] = ()
    conflicts: Sequence[Conflict] = ()
    assessments: Sequence[Assessment] = ()
    answers: Sequence[Answer] = ()
    retrieval: Mapping[str, Retrieval] = {}
    searched: Mapping[str, Retrieval] = {}
    default_retrieval: Retrieval = "complete"
    unread: Sequence[Unread] = ()
    entered: Mapping[str, Entered] = {}
    worked_out: dict[tuple[Any, ...], Any] = {}

    def once(self, function: Callable[[*A], T], *args: *A) -> T:
        """What a function makes of words of this patient's record; the same is worked out only once.

        The function may depend on nothing but its arguments.
        """
        key = (function, *args)
        if key not in self.worked_out:
            self.worked_out[key] = function(*args)
        found: T = self.worked_out[key]
        return found

    def chosen_events(
        self, kinds: type[E] | tuple[type[E], ...], wanted: Callable[[E], bool]
    ) -> tuple[E, ...]:
        """The events of these kinds that are wanted; what is wanted may not depend on any day."""
        return tuple(event for event in self.events if isinstance(event, kinds) and wanted(event))

    def retrieval_of(self, resource_types: Sequence[str]) -> Retrieval:
        """The worst retrieval state of these resource types."""
        return self._worst(self.retrieval, resource_types)

    def searched_of(self, resource_types: Sequence[str]) -> Retrieval:
        """The same, as far as the searches went."""
        return self._worst(self.searched, resource_types)

    def _worst(self, known: Mapping[str, Retrieval], resource_types: Sequence[str]) -> Retrieval:
        states = [known.get(kind, self.default_retrieval) for kind in resource_types]
        return max(states, key=RETRIEVAL_ORDER.index, default="complete")
