"""A chart as the criterion engine sees it, and the names that a protocol may use."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Literal, Protocol

import msgspec

from fhir_mappings.facts.events import EventKind, Events
from fhir_mappings.facts.measurements import Series
from fhir_mappings.facts.provenance import Coding, Entered, Retrieval
from fhir_mappings.facts.recorded import Answer
from fhir_mappings.facts.treatment import DoseHistory, Therapies
from fhir_mappings.intervals import Interval


class Chart(Protocol):
    """One patient's facts, as the criterion engine sees them.

    ``fhir_mappings.record.PatientRecord`` is the implementation. All methods are pure: the same question
    gets the same answer, and none reads the clock.
    """

    @property
    def reference(self) -> str:
        """``Patient/123``."""

    @property
    def deceased(self) -> bool:
        """Whether the record says that the patient has died."""

    def series(self, name: str, on: date, since: date | None = None) -> Series:
        """The criterion input ``name`` as known on day ``on``; scores take their items since ``since``.

        Raises:
            KeyError: no such criterion input.
        """

    def events(self, kinds: Sequence[EventKind], concepts: frozenset[str] | None) -> Events:
        """Events of these kinds that belong to any of these code sets (``None``: all of the kinds)."""

    def dose_history(self, name: str, first: date, last: date) -> DoseHistory:
        """Daily amounts of a summed quantity (``prednisone_equivalent``, mg) over a period."""

    def therapies(self, concepts: frozenset[str], first: date, last: date) -> Therapies:
        """Background treatments with drugs of these classes and their changes within ``(first, last]``."""

    def answers(self, question: str) -> Sequence[Answer]:
        """Recorded answers to an attestation question, latest first."""

    def entered(self, reference: str) -> Entered | None:
        """When the record came to say what this resource says; ``None`` if it does not tell."""

    def retrieval_of(self, resource_types: Sequence[str]) -> Retrieval:
        """The worst retrieval state of these resource types."""


class InputDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What a protocol author may know of a criterion input: used to check protocols when they are loaded.

    Attributes:
        kind: ``number`` or ``category`` or ``both``.
        unit: canonical unit.
        units: unit spellings that a threshold may use, with the factor to the canonical unit.
        categories: the terms that a categorical input can take.
        plausible: physical range in the canonical unit; a threshold outside it is an error.
        dated: whether it is measured or found on a day; age and sex are not, and no window applies to them.
        given_as: for an input that no single result reports, how a chart comes to have it, in words.
        judged: a value may need a person before it can be compared: a score with findings that are not yet
            attributed, a quantity that accepted methods give differently.
        changes: whether the value can go either way, only ``rises`` (an age), or is ``fixed`` (a sex).
    """

    name: str
    label: str
    kind: Literal["number", "category", "both"]
    unit: str = "1"
    units: Mapping[str, float] = {}
    categories: tuple[str, ...] = ()
    plausible: Interval | None = None
    order: Coding | None = None
    dated: bool = True
    given_as: str | None = None
    judged: bool = False
    changes: Literal["freely", "rises", "fixed"] = "freely"


class Vocabulary(Protocol):
    """The names that protocols may use."""

    @property
    def input_names(self) -> Collection[str]:
        """The names of all criterion inputs."""

    @property
    def concept_names(self) -> Collection[str]:
        """The names of all code sets and classes."""

    def input(self, name: str) -> InputDescription | None:
        """The criterion input of that name, if there is one."""

    def expand(self, name: str) -> frozenset[str] | None:
        """The code sets that a name stands for: itself, or the members of a class; ``None`` if unknown."""

    def concept_label(self, name: str) -> str:
        """Words for a code set."""

    def event_kinds(self, concept: str) -> frozenset[EventKind]:
        """The kinds of event that a code set can be found among: a drug is an exposure, never a diagnosis."""

    def half_life_days(self, concept: str) -> float | None:
        """Upper published elimination half-life of a drug, in days."""

    def is_dose_history(self, name: str) -> bool:
        """Whether ``Chart.dose_history`` knows this name."""
