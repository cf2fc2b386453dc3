"""Encounters: whether the patient was admitted, when, and for what."""

from __future__ import annotations

from fhir_mappings.datatypes import CodeableConcept
from fhir_mappings.dates import read_period
from fhir_mappings.facts import Admission
from fhir_mappings.reading.sheet import Sheet, evidence_of
from fhir_mappings.reading.terms import is_any, meaning_of, terms
from fhir_mappings.resources import Condition, Encounter

_NOT_AN_ENCOUNTER = frozenset({"planned", "cancelled", "entered-in-error"})


def read_encounter(resource: Encounter, reference: str, sheet: Sheet) -> None:
    """Put down an encounter with its reasons and diagnoses."""
    if resource.status in _NOT_AN_ENCOUNTER:
        return
    reasons = list(resource.reason_code)
    named = [
        *resource.reason_reference,
        *(d.condition for d in resource.diagnosis if d.condition is not None),
    ]
    for ref in named:
        condition = sheet.pool.resolve(ref, Condition, resource.contained)
        if condition is None or condition.code is None:
            continue
        if not is_any(condition.verification_status, terms().refuted):
            reasons.append(condition.code)
    concepts: frozenset[str] = frozenset()
    by_text = False
    for reason in reasons:
        match = sheet.terminology.concepts_of(reason.pairs, reason.label, kinds="condition")
        concepts |= match.concepts
        by_text = by_text or match.by_text
    inpatient = _inpatient(resource)
    if (not concepts and inpatient is not True) or sheet.is_modified(resource, reference):
        return
    start, end = read_period(resource.period)
    label = ", ".join(dict.fromkeys(r.label for r in reasons if r.label)) or "Admission"
    sheet.event(
        Admission(
            reference=reference,
            concepts=concepts,
            label=label,
            start=start,
            end=end,
            ongoing=end is None and resource.status in ("in-progress", "arrived", "triaged", "onleave"),
            by_text=by_text,
            status=resource.status,
            inpatient=inpatient,
            evidence=evidence_of(reference, "reasonCode", start, None, recorded=label, by_text=by_text),
        )
    )


def _inpatient(resource: Encounter) -> bool | None:
    """Whether the patient was admitted; ``None`` where it is not told."""
    said = None
    if resource.class_ is not None:
        said = meaning_of(CodeableConcept(coding=(resource.class_,)), terms().encounter)
    stay = resource.hospitalization
    admitted = stay is not None and stay.admit_source is not None
    if said == "inpatient" or (admitted and said != "outpatient"):
        return True
    return None if said is None else False
