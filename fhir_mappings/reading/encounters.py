"""Encounters: whether the patient was admitted, when, and for what."""

from __future__ import annotations

import msgspec

from fhir_mappings.code_systems import system_of
from fhir_mappings.datatypes import CodeableConcept
from fhir_mappings.dates import read_period
from fhir_mappings.facts import Admission
from fhir_mappings.phrases import listed, phrase
from fhir_mappings.reading.sheet import Sheet, evidence_of
from fhir_mappings.reading.terms import is_any, meaning_of, terms
from fhir_mappings.resources import Condition, Encounter

# Of R4 and R5. What came of an encounter of unknown status is not told.
_TOOK_PLACE = frozenset(
    {"arrived", "triaged", "in-progress", "onleave", "on-hold", "finished", "discharged", "completed"}
    | {"discontinued"}
)
_NOT_AN_ENCOUNTER = frozenset({"planned", "cancelled", "entered-in-error"})


def read_encounter(resource: Encounter, reference: str, sheet: Sheet) -> None:
    """Put down an encounter with its reasons and diagnoses; what is only suspected stands apart."""
    if resource.status in _NOT_AN_ENCOUNTER:
        return
    inpatient = _inpatient(resource)
    reasons = _Reasons()
    for concept in resource.reason_code:
        reasons.take(concept, sheet)
    named = [
        *resource.reason_reference,
        *(d.condition for d in resource.diagnosis if d.condition is not None),
    ]
    for ref in named:
        condition = sheet.pool.resolve(ref, Condition, resource.contained)
        if condition is None or condition.code is None:
            if ref.display:
                reasons.take(CodeableConcept(text=ref.display), sheet)
            elif inpatient is not False:
                sheet.doubt(reference, phrase("encounters.why-the-patient-came-is-not"))
        elif is_any(condition.verification_status, terms().refuted):
            reasons.told = True
        else:
            doubtful = is_any(condition.verification_status, terms().unconfirmed)
            reasons.take(condition.code, sheet, confirmed=not doubtful)
    reasons.told = reasons.told or sheet.has_diagnosis_of(reference)
    if inpatient:
        for diagnosis in sheet.diagnoses_at(reference):
            reasons.add(diagnosis.concepts, diagnosis.label, diagnosis.confirmed, diagnosis.by_text)
    doubted = reasons.suspected - reasons.concepts
    if not (reasons.concepts or doubted or inpatient) or sheet.is_modified(resource, reference):
        return
    start, end = read_period(resource.period)
    label = listed("names", dict.fromkeys(reasons.labels)) or "Admission"
    admission = Admission(
        reference=reference,
        concepts=reasons.concepts,
        label=label,
        start=start,
        end=end,
        confirmed=resource.status in _TOOK_PLACE,
        ongoing=end is None and resource.status in ("in-progress", "arrived", "triaged", "onleave"),
        by_text=reasons.by_text,
        status=resource.status,
        inpatient=inpatient,
        reason="recorded" if reasons.told else "unrecorded",
        evidence=evidence_of(reference, "reasonCode", start, None, recorded=label, by_text=reasons.by_text),
    )
    if reasons.concepts or inpatient:
        sheet.event(admission)
    if doubted:
        sheet.event(msgspec.structs.replace(admission, concepts=doubted, confirmed=False))


class _Reasons:
    """Why the patient came, as far as it is told: what is certain, and what is only suspected."""

    def __init__(self) -> None:
        self.concepts: frozenset[str] = frozenset()
        self.suspected: frozenset[str] = frozenset()
        self.labels: list[str] = []
        self.by_text = False
        self.told = False

    def take(self, reason: CodeableConcept, sheet: Sheet, *, confirmed: bool = True) -> None:
        """Add a reason as recorded."""
        match = sheet.terminology.concepts_of(reason.pairs, reason.label, kinds="condition")
        known = any(system is not None and system_of(system) for system, _ in reason.pairs)
        if match.concepts or known or reason.text or any(coding.display for coding in reason.coding):
            self.told = True
        self.add(match.concepts, reason.label, confirmed and not match.suspected, match.by_text)

    def add(self, concepts: frozenset[str], label: str | None, confirmed: bool, by_text: bool) -> None:
        """Add the concepts of a reason."""
        if confirmed:
            self.concepts |= concepts
        else:
            self.suspected |= concepts
        self.labels += [label] if label else []
        self.by_text = self.by_text or by_text


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
