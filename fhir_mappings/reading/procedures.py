"""Procedures: what was done, and when."""

from __future__ import annotations

from fhir_mappings.dates import at_age, at_ages, read_date, read_period
from fhir_mappings.facts import Planned
from fhir_mappings.facts import Procedure as ProcedureFact
from fhir_mappings.phrases import phrase
from fhir_mappings.reading.sheet import Sheet, evidence_of
from fhir_mappings.resources import Procedure

_DONE = frozenset({"completed", "in-progress", "stopped"})
_AHEAD = frozenset({"preparation", "on-hold"})
_WITHDRAWN = frozenset({"entered-in-error", "not-done"})


def read_procedure(resource: Procedure, reference: str, sheet: Sheet) -> None:
    """Put down a procedure that was done, is being prepared, or is to be resumed."""
    if resource.status in _WITHDRAWN:
        return
    if resource.code is None:
        sheet.refuse(reference, phrase("procedures.the-procedure-has-no-code"))
        return
    kinds = "order" if resource.status in _AHEAD else "procedure"
    match = sheet.terminology.concepts_of(resource.code.pairs, resource.code.label, kinds=kinds)
    if not match.concepts:
        return
    if sheet.is_modified(resource, reference):
        return
    start, end = read_period(resource.performed_period)
    when = read_date(resource.performed_date_time) or (
        at_age(sheet.birth, resource.performed_age) or at_ages(sheet.birth, resource.performed_range)
    )
    if when is not None:
        start = end = when
    words = resource.performed_string
    if resource.status in _AHEAD:
        sheet.event(
            Planned(
                reference=reference,
                concepts=match.concepts,
                label=resource.code.label or "Procedure",
                start=start,
                ongoing=True,
                confirmed=not match.suspected,
                by_text=match.by_text,
                status=resource.status,
                evidence=evidence_of(reference, "code", start, resource.code, by_text=match.by_text),
            )
        )
        if resource.status == "preparation" or start is None:
            return  # on hold since it began, as far as it is dated
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
            notes=(phrase("immunizations.date-as-recorded", words=words[:60]),)
            if words and start is None
            else (),
            evidence=evidence_of(reference, "code", start, resource.code, by_text=match.by_text),
        )
    )
