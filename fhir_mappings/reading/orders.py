"""Orders, appointments, plans of care and devices: what is to be done, and what is implanted."""

from __future__ import annotations

from fhir_mappings.datatypes import CodeableConcept, Dosage, Timing, TimingRepeat
from fhir_mappings.dates import read_date, read_period
from fhir_mappings.facts import Implant, Planned
from fhir_mappings.intervals import DateSpan
from fhir_mappings.phrases import phrase
from fhir_mappings.reading.courses import days_of
from fhir_mappings.reading.sheet import Sheet, evidence_of
from fhir_mappings.resources import Appointment, CarePlan, Device, ServiceRequest

_PLANNED = frozenset({"active", "on-hold"})
# Whether it still stands is not known; a draft, and what is completed or revoked, plans nothing.
_PERHAPS_PLANNED = frozenset({None, "unknown"})
# An appointment that is over, was missed or called off plans nothing.
_APPOINTED = frozenset({"proposed", "pending", "booked", "arrived", "checked-in", "waitlist"})
# Of an activity in a plan; "in-progress" has begun, and the procedure itself tells of it.
_SCHEDULED = frozenset({None, "not-started", "scheduled", "in-progress", "on-hold", "unknown"})


def read_order(resource: ServiceRequest, reference: str, sheet: Sheet) -> None:
    """Put down a procedure that is ordered."""
    if resource.status not in _PLANNED | _PERHAPS_PLANNED or resource.do_not_perform:
        return
    if resource.code is None:
        sheet.refuse(reference, phrase("orders.the-order-has-no-code"))
        return
    start, _ = days_of([occurrence_of(resource)], None)
    if not sheet.is_modified(resource, reference):
        sure = resource.status in _PLANNED
        _plan(resource.code, "code", start, resource.status, reference, sheet, sure=sure)


def occurrence_of(resource: ServiceRequest) -> Dosage:
    """When a service is to be done, in the form in which orders of drugs say it."""
    timing = resource.occurrence_timing
    if read_date(resource.occurrence_date_time) is not None:
        timing = Timing(event=(resource.occurrence_date_time or "",))
    elif resource.occurrence_period is not None:
        timing = Timing(repeat=TimingRepeat(bounds_period=resource.occurrence_period))
    return Dosage(timing=timing)


def read_appointment(resource: Appointment, reference: str, sheet: Sheet) -> None:
    """Put down a procedure for which there is an appointment."""
    if resource.status not in _APPOINTED or sheet.is_modified(resource, reference):
        return
    start = read_date(resource.start)
    told = [("serviceType", resource.service_type), ("reasonCode", resource.reason_code)]
    for name, concepts in told:
        for i, concept in enumerate(concepts):
            _plan(concept, f"{name}[{i}]", start, resource.status, reference, sheet)


def read_care_plan(resource: CarePlan, reference: str, sheet: Sheet) -> None:
    """Put down the procedures of a plan of care that are still ahead."""
    if resource.status not in _PLANNED | _PERHAPS_PLANNED or sheet.is_modified(resource, reference):
        return
    for i, activity in enumerate(resource.activity):
        detail = activity.detail
        if detail is None or detail.code is None or detail.do_not_perform or detail.status not in _SCHEDULED:
            continue
        start = read_period(detail.scheduled_period)[0]
        place = f"activity[{i}].detail.code"
        sure = resource.status in _PLANNED and detail.status != "unknown"
        _plan(detail.code, place, start, detail.status, reference, sheet, sure=sure)


def _plan(
    concept: CodeableConcept,
    path: str,
    start: DateSpan | None,
    status: str | None,
    reference: str,
    sheet: Sheet,
    *,
    sure: bool = True,
) -> None:
    match = sheet.terminology.concepts_of(concept.pairs, concept.label, kinds="order")
    if not match.concepts:
        return
    sheet.event(
        Planned(
            reference=reference,
            concepts=match.concepts,
            label=concept.label or "Order",
            start=start,
            ongoing=True,
            confirmed=sure and not match.suspected,
            by_text=match.by_text,
            status=status,
            evidence=evidence_of(reference, path, start, concept, by_text=match.by_text),
        )
    )


def read_device(resource: Device, reference: str, sheet: Sheet) -> None:
    """Put down a device of the patient."""
    if resource.status == "entered-in-error" or resource.type is None:
        return
    match = sheet.terminology.concepts_of(resource.type.pairs, resource.type.label, kinds="device")
    if not match.concepts or sheet.is_modified(resource, reference):
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
