"""``PatientRecord``: the facts of one patient, asked through the ``Chart`` protocol."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date

import msgspec

from fhir_mappings.conflicts import Noting, bearing_on
from fhir_mappings.dose_equivalents import dose_equivalents
from fhir_mappings.exposures import covering
from fhir_mappings.exposures import dose_history as compute_dose_history
from fhir_mappings.exposures import therapies as compute_therapies
from fhir_mappings.facts import (
    Answer,
    Conflict,
    DoseHistory,
    Entered,
    Event,
    EventKind,
    Events,
    Exposure,
    Retrieval,
    Series,
    Therapies,
)
from fhir_mappings.inputs import compute_series, is_computed, is_score
from fhir_mappings.looked_at import LookedAt
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.scores import Situations
from fhir_mappings.turning_days import therapy_turns_on, turns_on

MEDICATION_TYPES = (
    "MedicationStatement",
    "MedicationRequest",
    "MedicationAdministration",
    "MedicationDispense",
)

RESOURCE_TYPES: dict[EventKind, tuple[str, ...]] = {
    "diagnosis": ("Condition",),
    # Systems differ in which of the four they offer; one that was retrieved speaks for the exposure history.
    "exposure": MEDICATION_TYPES,
    "procedure": ("Procedure",),
    "vaccination": ("Immunization",),
    "allergy": ("AllergyIntolerance",),
    "participation": ("ResearchSubject",),
    "admission": ("Encounter",),
    "report": ("DiagnosticReport",),
    "planned": ("ServiceRequest",),
    "device": ("Device",),
    "consent": ("Consent",),
    "refutation": ("Condition",),
}


_EVERY_DAY = date.min
"""Instead of the day, for what is the same on every day."""


class PatientRecord:
    """One patient's facts. Answers are computed on demand and remembered; nothing here reads the clock."""

    def __init__(self, facts: PatientFacts) -> None:
        self.facts = facts
        self._by_kind: dict[str, list[Event]] = defaultdict(list)
        for event in facts.events:
            self._by_kind[str(event.__struct_config__.tag)].append(event)
        self._series: dict[tuple[str, date, date | None], Series] = {}
        self._situations = Situations()
        self._events: dict[tuple[tuple[EventKind, ...], frozenset[str] | None], Events] = {}
        self._inputs: set[str] = set()
        self._concepts: set[str] = set()
        # Whatever computes an input reads it through these, and so is known to have asked for it.
        self._asked = msgspec.structs.replace(
            facts,
            measurements=Noting(facts.measurements, self._inputs),
            unusable=Noting(facts.unusable, self._inputs),
        )

    @property
    def reference(self) -> str:
        return self.facts.reference

    @property
    def deceased(self) -> bool:
        return self.facts.deceased

    def series(self, name: str, on: date, since: date | None = None) -> Series:
        window = since if is_score(name) else None
        found = self._series.get((name, _EVERY_DAY, window)) or self._series.get((name, on, window))
        if found is None:
            looked_at = LookedAt() if is_computed(name) else None
            others: Callable[[str], Series] = lambda other: self.series(other, on)  # noqa: E731
            found = compute_series(name, self._asked, on, since, others, self._situations, looked_at)
            if looked_at is not None and looked_at.by_day:
                turns = turns_on(name, looked_at, self.facts.birth_date, on, since)
                found = msgspec.structs.replace(found, turns_on=turns)
            self._series[name, _EVERY_DAY if found.turns_on is None else on, window] = found
        return found

    def events(self, kinds: Sequence[EventKind], concepts: frozenset[str] | None) -> Events:
        self._concepts |= concepts or frozenset()
        key = (tuple(kinds), concepts)
        known = self._events.get(key)
        if known is None:
            candidates = (event for kind in kinds for event in self._by_kind.get(kind, ()))
            found = tuple(e for e in candidates if concepts is None or not concepts.isdisjoint(e.concepts))
            types = tuple(name for kind in kinds for name in RESOURCE_TYPES[kind])
            known = self._events[key] = Events(found, self._retrieval_of_kinds(kinds), types)
        return known

    def dose_history(self, name: str, first: date, last: date) -> DoseHistory:
        self._concepts |= dose_equivalents()[name].drugs.keys()
        return compute_dose_history(
            name, self._exposures(), first, last, self._retrieval_of_kinds(("exposure",))
        )

    def therapies(self, concepts: frozenset[str], first: date, last: date) -> Therapies:
        self._concepts |= concepts
        chosen = [e for e in self._exposures() if not concepts.isdisjoint(e.concepts)]
        found = compute_therapies(chosen, concepts, first, last, self._retrieval_of_kinds(("exposure",)))
        unnamed = self.facts.unnamed
        turns = therapy_turns_on([*chosen, *unnamed], first, last)
        return msgspec.structs.replace(found, turns_on=turns, unnamed=tuple(covering(unnamed, last)))

    def answers(self, question: str) -> Sequence[Answer]:
        matching = [answer for answer in self.facts.answers if answer.question == question]
        return sorted(matching, key=lambda answer: answer.when, reverse=True)

    def entered(self, reference: str) -> Entered | None:
        return self.facts.entered.get(reference) or self.facts.entered.get(reference.partition("#")[0])

    def conflicts(self) -> list[Conflict]:
        """The contradictions of the record that bear on what it has been asked so far, newest first."""
        return bearing_on(self.facts.conflicts, self._inputs, self._concepts, self._series.values())

    def retrieval_of(self, resource_types: Sequence[str]) -> Retrieval:
        return self.facts.retrieval_of(resource_types)

    def _exposures(self) -> list[Exposure]:
        return [event for event in self._by_kind.get("exposure", ()) if isinstance(event, Exposure)]

    def _retrieval_of_kinds(self, kinds: Sequence[EventKind]) -> Retrieval:
        return self.facts.retrieval_of([name for kind in kinds for name in RESOURCE_TYPES[kind]])
