"""The names that protocols may use, from the criterion inputs and the code sets of this package."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

from fhir_mappings.exposures import DOSE_HISTORIES
from fhir_mappings.facts import EventKind, InputDescription
from fhir_mappings.inputs import describe, input_names
from fhir_mappings.terminology import KINDS, load_terminology

ASKED_OF: Mapping[EventKind, tuple[str, ...]] = {
    "diagnosis": ("condition", "procedure"),  # problem lists hold operations, too
    "exposure": ("drug",),
    "procedure": ("procedure",),
    "vaccination": ("vaccine",),
    "allergy": ("allergen", "condition"),
    "participation": ("drug",),
    "admission": ("condition",),
    "report": ("report", "condition"),
    "planned": ("order",),
    "device": ("device",),
    "consent": (),
    "refutation": ("condition",),
}
"""What the readers of resources ask the terminology for, by the kind of event that they put down."""


class FhirVocabulary:
    """``fhir_mappings.facts.Vocabulary`` over this package's data files."""

    def __init__(self) -> None:
        self._terminology = load_terminology()

    @property
    def input_names(self) -> Collection[str]:
        return input_names()

    @property
    def concept_names(self) -> Collection[str]:
        return (*self._terminology.class_names, *self._terminology.concept_names)

    def input(self, name: str) -> InputDescription | None:
        return describe(name)

    def expand(self, name: str) -> frozenset[str] | None:
        return self._terminology.expand(name)

    def concept_label(self, name: str) -> str:
        return self._terminology.label(name)

    def event_kinds(self, concept: str) -> frozenset[EventKind]:
        prefix = concept.partition("_")[0]
        found = (kind for kind, asked in ASKED_OF.items() if any(prefix in KINDS[one] for one in asked))
        return frozenset(found)

    def half_life_days(self, concept: str) -> float | None:
        return self._terminology.half_life_days(concept)

    def is_dose_history(self, name: str) -> bool:
        return name in DOSE_HISTORIES


@cache
def vocabulary() -> FhirVocabulary:
    """The vocabulary of this installation; read once."""
    return FhirVocabulary()
