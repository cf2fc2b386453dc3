"""ServiceRequests and Devices: what is to be done, and what is implanted."""

from __future__ import annotations

from fhir_mappings.dates import read_date, read_period
from fhir_mappings.facts import Implant, Planned
from fhir_mappings.intervals import DateSpan
from fhir_mappings.reading.sheet import Sheet, evidence_of
from fhir_mappings.resources import Device, ServiceRequest

_PLANNED = frozenset({"active", "on-hold"})


def read_order(resource: ServiceRequest, reference: str, sheet: Sheet) -> None:
    """Put down a procedure that is to be done."""
    if resource.status not in _PLANNED or resource.do_not_perform:
        return
    if resource.code is None:
        sheet.refuse(reference, "the order has no code")
        return
    match = sheet.terminology.concepts_of(resource.code.pairs, resource.code.label, kinds="order")
    if not match.concepts or sheet.is_modified(resource, reference):
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
