"""Allergies and intolerances, and the statement that there are none."""

from __future__ import annotations

from fhir_mappings.dates import read_date
from fhir_mappings.facts import Allergy
from fhir_mappings.phrases import phrase
from fhir_mappings.reading.conditions import ACTIVE, CLINICAL
from fhir_mappings.reading.sheet import Sheet, evidence_of
from fhir_mappings.reading.terms import code_of, is_any, meaning_of, terms
from fhir_mappings.resources import AllergyIntolerance

_NONE_KNOWN = frozenset({"allergen_none_known", "allergen_no_known_drug_allergy"})
_SEVERITIES = ("severe", "moderate", "mild")


def read_allergy(resource: AllergyIntolerance, reference: str, sheet: Sheet) -> None:
    """Put down an allergy, to whatever it is: how many there are matters too."""
    if is_any(resource.verification_status, terms().refuted) or sheet.is_modified(resource, reference):
        return
    substances = [r.substance for r in resource.reaction if r.substance is not None]
    code = resource.code or (substances[0] if substances else None)
    if code is None:
        sheet.refuse(reference, phrase("allergies.the-allergy-names-no-substance"))
        return
    stated = meaning_of(code, terms().allergy_statement)
    if stated == "no-information":
        return
    match = sheet.terminology.concepts_of(code.pairs, code.label, kinds="allergen")
    concepts = (
        match.concepts | sheet.terminology.concepts_of(code.pairs, code.label, kinds="condition").concepts
    )
    for substance in substances:
        concepts |= sheet.terminology.concepts_of(substance.pairs, substance.label, kinds="allergen").concepts
    manifestations: frozenset[str] = frozenset()
    doubted = match.suspected
    for reaction in resource.reaction:
        for seen in reaction.manifestation:
            shown = sheet.terminology.concepts_of(seen.pairs, seen.label, kinds="condition")
            manifestations |= shown.concepts
            doubted = doubted or shown.suspected
    clinical = code_of(resource.clinical_status, CLINICAL)
    severities = {reaction.severity for reaction in resource.reaction}
    none_known = stated == "none-known" or bool(match.concepts & _NONE_KNOWN)
    start = read_date(resource.onset_date_time)
    if start is None and none_known:
        start = read_date(resource.recorded_date)  # a statement is made on the day on which it is recorded
    sheet.event(
        Allergy(
            reference=reference,
            concepts=concepts,
            label=code.label or "Allergy",
            start=start,
            ongoing=clinical in ACTIVE or clinical is None,
            confirmed=not is_any(resource.verification_status, terms().unconfirmed) and not doubted,
            by_text=match.by_text,
            status=clinical,
            statement="none-known" if none_known else "allergy",
            category=resource.category,
            criticality=resource.criticality,
            severity=next((s for s in _SEVERITIES if s in severities), None),
            manifestations=manifestations,
            type=resource.type,
            evidence=evidence_of(reference, "code", start, code, by_text=match.by_text),
        )
    )
