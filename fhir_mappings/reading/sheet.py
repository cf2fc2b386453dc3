"""The sheet on which the facts of one patient are gathered while resources are read."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, TypeVar

import msgspec

from fhir_mappings.calculators import ADULT, completed_years
from fhir_mappings.corrected_reports import IssuedReport, corrections, replaced_reports
from fhir_mappings.datatypes import CodeableConcept, Reference
from fhir_mappings.decoding import decode, peek
from fhir_mappings.facts import (
    Answer,
    Assessment,
    Conflict,
    Diagnosis,
    Event,
    Evidence,
    Exposure,
    Measurement,
    Unread,
)
from fhir_mappings.intervals import DateSpan
from fhir_mappings.patient_facts import Sex
from fhir_mappings.phrases import listed, phrase
from fhir_mappings.reading.denials import Denial, NotGiven
from fhir_mappings.references import References, Source, bare
from fhir_mappings.resources import RESOURCES, AnyResource, Medicated
from fhir_mappings.settling import Issued
from fhir_mappings.terminology import Terminology

T = TypeVar("T")

# If one of these cannot be read, the rest of the resource may mean the opposite of what it seems to, or be of
# somebody else.
_MODIFIERS = frozenset(
    {"status", "intent", "doNotPerform", "modifierExtension", "verificationStatus", "clinicalStatus"}
) | {"subject", "patient", "individual"}
REVERSED = phrase("sheet.an-element-that-can-reverse-its-meaning")


class Pool:
    """Resources that may refer to each other, decoded at most once each.

    ``beside`` are resources that references are looked for in after these.
    """

    def __init__(self, sources: Sequence[Source], beside: References | None = None) -> None:
        self.sources = sources
        self.references = References(sources, beside)
        self._decoded: dict[int, tuple[AnyResource | None, list[str]]] = {}

    def decode(self, source: Source) -> AnyResource | None:
        """The typed resource, ``None`` if nothing of it can be used."""
        return self.read(source)[0]

    def read(self, source: Source) -> tuple[AnyResource | None, list[str]]:
        """The typed resource, and what had to be left out of it."""
        key = id(source)
        known = self._decoded.get(key)
        if known is None:
            found, left_out = decode(source.raw, RESOURCES[source.kind])
            if found is not None and left_out and _reverses(found, left_out):
                found, left_out = None, [*left_out, REVERSED]
            known = self._decoded[key] = found, left_out
        return known

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


def _reverses(resource: AnyResource, left_out: Sequence[str]) -> bool:
    """Whether what was left out may turn the meaning of the rest."""
    elements = {re.split(r"[.:\[]", reason, maxsplit=1)[0] for reason in left_out}
    if elements & _MODIFIERS:
        return True
    code = getattr(resource, "code", None)
    return "code" in elements and (code is None or code.label is None)


_MOST_NAMES = 20
"""Drugs or results that are named in one line."""


def _shortened(names: Collection[str]) -> str:
    more = phrase("sheet.and-more", names=len(names) - _MOST_NAMES) if len(names) > _MOST_NAMES else ""
    return listed("names", (*sorted(names)[:_MOST_NAMES],)) + more


class Sheet:
    """Gathers facts and what could not be read. One for each patient.

    Attributes:
        patient: names by which the patient is referred to.
        birth, sex: of the patient, for ages and for reference ranges.
        results: as they were issued; which of them stand is settled when all have been read.
        reports: likewise.
        denials: of drugs; what they end is told when all have been read.
        not_given: doses that were not; which orders that puts in doubt is told likewise.
        doubted: resources that are used as facts though a part of them makes no sense.
        unnamed: courses of drugs that neither a known code nor words tell, of no concept; they are no events.
        unnamed_results: results that do not tell what was measured, each with what it calls itself.
        lacking: of results that are named and not at hand, the report or panel and what it calls them.
        refuted: diagnoses that are no facts; beside one that stands they are a contradiction.
    """

    def __init__(self, terminology: Terminology, pool: Pool, patient: frozenset[str] = frozenset()) -> None:
        self.terminology = terminology
        self.pool = pool
        self.patient = patient
        self.birth: DateSpan | None = None
        self.sex: Sex | None = None
        self.results: list[Issued] = []
        self.events: list[Event] = []
        self.reports: list[IssuedReport] = []
        self.assessments: list[Assessment] = []
        self.answers: list[Answer] = []
        self.denials: list[Denial] = []
        self.not_given: list[NotGiven] = []
        self.doubted: list[Unread] = []
        self.unnamed: list[Exposure] = []
        self.unnamed_results: list[tuple[str, str]] = []
        self.refuted: list[Diagnosis] = []
        self.lacking: list[tuple[str, str]] = []
        self._diagnosed_at: dict[str, set[str]] = {}
        self.unread: list[Unread] = []

    def is_adult_on(self, when: DateSpan) -> bool:
        """Whether the patient is surely an adult at a date."""
        return self.birth is not None and completed_years(self.birth.last, when.first) >= ADULT

    def lengths(self) -> tuple[int, ...]:
        """How much has been put down so far, for ``cut_back``."""
        return tuple(len(facts) for facts in self._facts())

    def cut_back(self, lengths: Sequence[int]) -> None:
        """Take back the facts that were put down since; what is told as unread stays."""
        for facts, length in zip(self._facts(), lengths, strict=True):
            del facts[length:]

    def _facts(self) -> tuple[list[Any], ...]:
        return (
            self.results,
            self.events,
            self.reports,
            self.assessments,
            self.answers,
            self.denials,
            self.not_given,
            self.unnamed,
            self.unnamed_results,
            self.refuted,
            self.lacking,
        )

    def add_result(self, result: Measurement) -> None:
        """Put down a usable result that stands for itself."""
        self.results.append(Issued(result.input, result, result.role, result.at, result.specimen))

    def measured(self, name: str) -> list[Measurement]:
        """The usable results of a criterion input that have been read so far."""
        found = (issued.result for issued in self.results if issued.input == name)
        return [result for result in found if isinstance(result, Measurement)]

    def refuse(self, reference: str, why: str) -> None:
        """Put down that a resource is not used as a fact."""
        self.unread.append(Unread(reference, why))

    def doubt(self, reference: str, why: str) -> None:
        """Put down that a part of a resource makes no sense; the rest is used."""
        self.doubted.append(Unread(reference, why))

    def tell_lacking(self) -> None:
        """Put down, in one line, the results that reports and panels name and that are not at hand."""
        if self.lacking:
            told = _shortened({name for _, name in self.lacking})
            self.doubt(self.lacking[0][0], phrase("reports.results-that-are-not-at-hand", told=told))

    def refuse_unnamed(self) -> None:
        """Put down, in a line each, the drugs and the results of which it cannot be told what they are.

        That one was not recognised does not make the record incomplete: most are of no concern. But whoever
        relies on a drug's not being found, or on an older result, should know of them.
        """
        if self.unnamed:
            told = _shortened({course.label for course in self.unnamed})
            self.refuse(self.unnamed[0].reference, phrase("sheet.no-known-code-or-name-tells", told=told))
        if self.unnamed_results:
            told = _shortened({name for _, name in self.unnamed_results})
            self.refuse(self.unnamed_results[0][0], phrase("sheet.neither-code-nor-words-tell", told=told))

    def is_modified(self, resource: AnyResource | Medicated, reference: str) -> bool:
        """Whether a modifierExtension, none of which is understood, may turn the meaning of a resource."""
        if not resource.modifier_extension:
            return False
        self.refuse(reference, phrase("sheet.it-carries-a-modifierextension-that-is"))
        return True

    def diagnosed_at(self, encounter: Reference | None, diagnosis: str) -> None:
        """Put down at which encounter a diagnosis was made."""
        if encounter is not None and encounter.reference:
            found = self.pool.references.find(encounter.reference)
            name = found.reference if found is not None else bare(encounter.reference)
            self._diagnosed_at.setdefault(name, set()).add(diagnosis)

    def diagnoses_at(self, encounter: str) -> list[Diagnosis]:
        """The diagnoses read so far that were made at an encounter."""
        named = self._diagnosed_at.get(encounter, set())
        return [e for e in self.events if isinstance(e, Diagnosis) and e.reference in named] if named else []

    def has_diagnosis_of(self, encounter: str) -> bool:
        """Whether a diagnosis was made at an encounter, of a code set or not."""
        return encounter in self._diagnosed_at

    def report(self, issued: IssuedReport) -> None:
        """Put down a report with what tells whether another replaces it."""
        self.reports.append(issued)
        self.events.append(issued.report)

    def standing_events(self) -> tuple[list[Event], list[Conflict]]:
        """All events but reports that were replaced, which are told; and what corrections changed."""
        replaced = replaced_reports(self.reports)
        for reference, by in replaced.items():
            self.refuse(reference, phrase("sheet.it-was-replaced-by", by=by))
        standing = [event for event in self.events if event.reference not in replaced]
        return standing, list(corrections(self.reports, replaced))

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
