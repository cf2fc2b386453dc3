"""What was done and given: procedures, vaccines, admissions, reports; what is planned, and implants."""

from __future__ import annotations

import base64
import binascii

import msgspec

from fhir_mappings.datatypes import CodeableConcept
from fhir_mappings.dates import at_age, at_ages, hull, read_date, read_period
from fhir_mappings.decoding import decode, peek
from fhir_mappings.facts import Admission, Implant, Planned, Report, Vaccination
from fhir_mappings.facts import Procedure as ProcedureFact
from fhir_mappings.intervals import DateSpan
from fhir_mappings.reading.observations import USABLE, read_observation
from fhir_mappings.reading.sheet import Sheet, evidence_of
from fhir_mappings.reading.terms import is_any, meaning_of, terms
from fhir_mappings.resources import (
    Condition,
    Device,
    DiagnosticReport,
    Encounter,
    Immunization,
    Observation,
    Procedure,
    ServiceRequest,
)

_DONE = frozenset({"completed", "in-progress", "stopped"})
_NOT_AN_ENCOUNTER = frozenset({"planned", "cancelled", "entered-in-error"})
_PLANNED = frozenset({"active", "on-hold"})
_WITHDRAWN = frozenset({"entered-in-error", "not-done", "preparation", "on-hold"})


def read_procedure(resource: Procedure, reference: str, sheet: Sheet) -> None:
    """Put down a procedure that was done."""
    if resource.status in _WITHDRAWN or resource.code is None:
        return
    match = sheet.terminology.concepts_of(resource.code.pairs, resource.code.label, kinds="procedure")
    if not match.concepts:
        return
    if resource.modifier_extension:
        sheet.refuse(reference, "it carries a modifierExtension that is not understood")
        return
    start, end = read_period(resource.performed_period)
    when = read_date(resource.performed_date_time) or (
        at_age(sheet.birth, resource.performed_age) or at_ages(sheet.birth, resource.performed_range)
    )
    if when is not None:
        start = end = when
    words = resource.performed_string
    sheet.event(
        ProcedureFact(
            reference=reference,
            concepts=match.concepts,
            label=resource.code.label or "Procedure",
            start=start,
            end=end,
            ongoing=resource.status == "in-progress" and end is None,
            confirmed=resource.status in _DONE and not match.suspected,
            by_text=match.by_text,
            status=resource.status,
            notes=(f"Date as recorded: {words[:60]}",) if words and start is None else (),
            evidence=evidence_of(reference, "code", start, resource.code, by_text=match.by_text),
        )
    )


def read_immunization(resource: Immunization, reference: str, sheet: Sheet) -> None:
    """Put down a vaccine that was given."""
    if resource.status in ("not-done", "entered-in-error") or resource.vaccine_code is None:
        return
    code = resource.vaccine_code
    match = sheet.terminology.concepts_of(code.pairs, code.label, kinds="vaccine")
    if not match.concepts:
        return
    when = read_date(resource.occurrence_date_time)
    words = resource.occurrence_string
    sheet.event(
        Vaccination(
            reference=reference,
            concepts=match.concepts,
            label=code.label or "Vaccine",
            start=when,
            end=when,
            confirmed=resource.status == "completed" and not match.suspected,
            by_text=match.by_text,
            status=resource.status,
            notes=(f"Date as recorded: {words[:60]}",) if words and when is None else (),
            evidence=evidence_of(reference, "vaccineCode", when, code, by_text=match.by_text),
        )
    )


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
    if not concepts and inpatient is not True:
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


def read_report(resource: DiagnosticReport, reference: str, sheet: Sheet) -> None:
    """Put down a report whose words something asks for: imaging, histology."""
    if resource.code is None:
        return
    match = sheet.terminology.concepts_of(resource.code.pairs, resource.code.label, kinds="report")
    released = resource.status in USABLE or resource.status == "appended"
    if released:
        _read_contained(resource, reference, sheet)
    if not match.concepts or resource.status in ("entered-in-error", "cancelled"):
        return
    if not released:
        sheet.refuse(reference, f"the report is {resource.status or 'without a status'}, not final")
        return
    if resource.modifier_extension:
        sheet.refuse(reference, "it carries a modifierExtension that is not understood")
        return
    when = read_date(resource.effective_date_time)
    if when is None and resource.effective_period is not None:
        start, end = read_period(resource.effective_period)
        when = hull(start, end) if start is not None and end is not None else start or end
    notes: tuple[str, ...] = ()
    if when is None and resource.issued:
        notes = (f"The examination is undated; the report was issued on {resource.issued[:10]}.",)
    concepts = match.concepts
    for coded in resource.conclusion_code:
        concepts |= sheet.terminology.concepts_of(coded.pairs, coded.label, kinds="condition").concepts
    texts = [resource.conclusion, *(c.label for c in resource.conclusion_code), *_forms(resource)]
    text = "\n".join(dict.fromkeys(t for t in texts if t)) or None
    sheet.event(
        Report(
            reference=reference,
            concepts=concepts,
            label=resource.code.label or "Report",
            start=when,
            end=when,
            by_text=match.by_text,
            status=resource.status,
            notes=notes,
            text=text,
            evidence=evidence_of(reference, "conclusion", when, resource.code, recorded=_short(text)),
        )
    )


def _read_contained(report: DiagnosticReport, reference: str, sheet: Sheet) -> None:
    """Results that stand in the report itself; those beside it are read by themselves."""
    for raw in report.contained:
        seen = peek(raw)
        if seen is None or seen.resource_type != "Observation":
            continue
        name = f"{reference}#{seen.id or ''}"
        observation, left_out = decode(raw, Observation)
        for reason in left_out:
            sheet.refuse(name, reason)
        if observation is None or left_out:
            continue
        if observation.effective_date_time is None and observation.effective_period is None:
            observation = msgspec.structs.replace(
                observation,
                effective_date_time=report.effective_date_time,
                effective_period=report.effective_period,
            )
        read_observation(observation, name, sheet)


def _forms(resource: DiagnosticReport) -> list[str]:
    found: list[str] = []
    for form in resource.presented_form:
        if form.data and (form.content_type or "").startswith("text/plain"):
            try:
                found.append(base64.b64decode(form.data, validate=False).decode("utf-8", errors="replace"))
            except (binascii.Error, ValueError):
                continue
    return found


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= 200 else text[:197] + "…"


def read_order(resource: ServiceRequest, reference: str, sheet: Sheet) -> None:
    """Put down a procedure that is to be done."""
    if resource.status not in _PLANNED or resource.do_not_perform or resource.code is None:
        return
    match = sheet.terminology.concepts_of(resource.code.pairs, resource.code.label, kinds="procedure")
    if not match.concepts:
        return
    start: DateSpan | None = read_date(resource.occurrence_date_time)
    if start is None:
        start = read_period(resource.occurrence_period)[0]
    sheet.event(
        Planned(
            reference=reference,
            concepts=match.concepts,
            label=resource.code.label or "Order",
            start=start,
            ongoing=True,
            confirmed=not match.suspected,
            by_text=match.by_text,
            status=resource.status,
            evidence=evidence_of(reference, "code", start, resource.code, by_text=match.by_text),
        )
    )


def read_device(resource: Device, reference: str, sheet: Sheet) -> None:
    """Put down a device of the patient."""
    if resource.status == "entered-in-error" or resource.type is None:
        return
    match = sheet.terminology.concepts_of(resource.type.pairs, resource.type.label, kinds="device")
    if not match.concepts:
        return
    sheet.event(
        Implant(
            reference=reference,
            concepts=match.concepts,
            label=resource.type.label or "Device",
            ongoing=resource.status in (None, "active"),
            by_text=match.by_text,
            status=resource.status,
            evidence=evidence_of(reference, "type", None, resource.type, by_text=match.by_text),
        )
    )
