"""The sheet on which the facts of one patient are gathered while resources are read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from fhir_mappings.bundles import References, Source
from fhir_mappings.datatypes import CodeableConcept, Reference
from fhir_mappings.decoding import decode, peek
from fhir_mappings.facts import (
    Answer,
    Assessment,
    Event,
    Evidence,
    Measurement,
    Unread,
    Unusable,
)
from fhir_mappings.intervals import DateSpan
from fhir_mappings.patient_facts import Sex
from fhir_mappings.resources import RESOURCES, AnyResource
from fhir_mappings.terminology import Terminology

T = TypeVar("T")

# If one of these cannot be read, the rest of the resource may mean the opposite of what it seems to.
_MODIFIERS = frozenset(
    {"status", "intent", "doNotPerform", "modifierExtension", "verificationStatus", "clinicalStatus", "code"}
)


class Pool:
    """Resources that may refer to each other, decoded at most once each."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = sources
        self.references = References(sources)
        self.left_out: dict[str, list[str]] = {}
        self._decoded: dict[int, AnyResource | None] = {}

    def decode(self, source: Source) -> AnyResource | None:
        """The typed resource; what had to be left out of it is in ``left_out``, by reference."""
        key = id(source)
        if key in self._decoded:
            return self._decoded[key]
        found, left_out = decode(source.raw, RESOURCES[source.kind])
        if found is not None and any(_element(reason) in _MODIFIERS for reason in left_out):
            found = None
            left_out.append("not used: an element that can reverse its meaning is unreadable")
        if left_out:
            self.left_out.setdefault(source.reference, []).extend(left_out)
        self._decoded[key] = found
        return found

    def resolve(
        self, reference: Reference | None, kind: type[T], contained: tuple[msgspec.Raw, ...] = ()
    ) -> T | None:
        """The resource that a reference names, if it is at hand and of that type."""
        if reference is None or not reference.reference:
            return None
        if reference.reference.startswith("#"):
            wanted = reference.reference[1:]
            for raw in contained:
                seen = peek(raw)
                if seen is not None and seen.id == wanted and seen.resource_type == kind.__name__:
                    return decode(raw, kind)[0]
            return None
        source = self.references.find(reference.reference)
        if source is None or source.kind != kind.__name__:
            return None
        found = self.decode(source)
        return found if isinstance(found, kind) else None


def _element(reason: str) -> str:
    return re.split(r"[.:\[]", reason, maxsplit=1)[0]


class Sheet:
    """Gathers facts and what could not be read. One for each patient.

    Attributes:
        birth, sex: of the patient, for ages and for reference ranges.
        corrections: results that correct others, with the identifiers that they share.
        identifiers: of resources that carry any, by reference.
    """

    def __init__(self, terminology: Terminology, pool: Pool) -> None:
        self.terminology = terminology
        self.pool = pool
        self.birth: DateSpan | None = None
        self.sex: Sex | None = None
        self.measurements: dict[str, list[Measurement]] = defaultdict(list)
        self.unusable: dict[str, list[Unusable]] = defaultdict(list)
        self.events: list[Event] = []
        self.assessments: list[Assessment] = []
        self.answers: list[Answer] = []
        self.unread: list[Unread] = []
        self.corrections: list[tuple[Measurement, frozenset[str]]] = []
        self.identifiers: dict[str, frozenset[str]] = {}

    def add_result(self, result: Measurement, correcting: bool, identifiers: frozenset[str]) -> None:
        """Put down a result; whether it corrects another is settled when all have been read."""
        self.measurements[result.input].append(result)
        reference = result.evidence[0].reference
        if correcting:
            self.corrections.append((result, identifiers))
        if identifiers:
            self.identifiers[reference] = identifiers

    def refuse(self, reference: str, why: str) -> None:
        """Put down that a resource is not used as a fact."""
        self.unread.append(Unread(reference, why))

    def event(self, event: Event) -> None:
        """Put down an event."""
        self.events.append(event)


def evidence_of(
    reference: str,
    path: str,
    when: DateSpan | None,
    concept: CodeableConcept | None,
    *,
    recorded: str | None = None,
    by_text: bool = False,
) -> Evidence:
    """Provenance of something coded."""
    label = concept.label if concept is not None else None
    return Evidence(
        reference=reference,
        path=path,
        date=str(when) if when is not None else None,
        recorded=recorded or label,
        label=label,
        by_text=by_text,
    )
