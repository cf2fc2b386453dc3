"""Immunizations: which vaccine was given, and when."""

from __future__ import annotations

from fhir_mappings.code_systems import code_in, system_of
from fhir_mappings.datatypes import CodeableConcept
from fhir_mappings.dates import read_date
from fhir_mappings.facts import Vaccination
from fhir_mappings.phrases import phrase
from fhir_mappings.reading.sheet import Sheet, evidence_of
from fhir_mappings.reading.terms import tells, terms
from fhir_mappings.resources import Immunization

UNKNOWN = "vaccine_unknown"


def read_immunization(resource: Immunization, reference: str, sheet: Sheet) -> None:
    """Put down a vaccine that was given."""
    if resource.status in ("not-done", "entered-in-error"):
        return
    code = resource.vaccine_code
    if code is None:
        sheet.refuse(reference, phrase("immunizations.the-vaccine-cannot-be-told-there"))
        return
    match = sheet.terminology.concepts_of(code.pairs, code.label, kinds="vaccine")
    concepts = match.concepts
    if not concepts and not (_is_told(code) and tells(code)):
        # It may be any vaccine, a live one too.
        concepts = frozenset({UNKNOWN})
    if not concepts or sheet.is_modified(resource, reference):
        return
    when = read_date(resource.occurrence_date_time)
    words = resource.occurrence_string
    sheet.event(
        Vaccination(
            reference=reference,
            concepts=concepts,
            label=code.label or "Vaccine that is not known",
            start=when,
            end=when,
            confirmed=resource.status == "completed" and not match.suspected,
            by_text=match.by_text,
            status=resource.status,
            notes=(phrase("immunizations.date-as-recorded", words=words[:60]),)
            if words and when is None
            else (),
            evidence=evidence_of(reference, "vaccineCode", when, code, by_text=match.by_text),
        )
    )


def _is_told(code: CodeableConcept) -> bool:
    """Whether a CVX code says which vaccine it was, or that it was none: those of live ones are listed."""
    return any(
        code_in("cvx", value) not in terms().vaccine_not_told
        for system, value in code.pairs
        if system and value and system_of(system) == "cvx"
    )
