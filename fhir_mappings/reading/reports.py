"""DiagnosticReports: imaging and histology in words, and the results that stand in them."""

from __future__ import annotations

import base64
import binascii

import msgspec

from fhir_mappings.corrected_reports import IssuedReport, basis_of
from fhir_mappings.dates import read_date, read_instant, within
from fhir_mappings.decoding import decode, peek
from fhir_mappings.facts import Report
from fhir_mappings.phrases import phrase
from fhir_mappings.reading.lacking_results import note_lacking_results
from fhir_mappings.reading.observations import IGNORED, USABLE, read_observation
from fhir_mappings.reading.sheet import Sheet, evidence_of
from fhir_mappings.reading.specimens import collected, not_after
from fhir_mappings.reading.terms import status_told
from fhir_mappings.resources import DiagnosticReport, Observation


def read_report(resource: DiagnosticReport, reference: str, sheet: Sheet) -> None:
    """Put down a report whose words something asks for: imaging, histology.

    One that is not final is put down as unconfirmed: that it is there matters, its words do not count.
    """
    if resource.status not in IGNORED:
        note_lacking_results(resource, reference, sheet)
    if resource.code is None:
        if resource.conclusion or resource.presented_form:
            sheet.refuse(reference, phrase("reports.the-report-has-no-code"))
        return
    match = sheet.terminology.concepts_of(resource.code.pairs, resource.code.label, kinds="report")
    released = resource.status in USABLE or resource.status == "appended"
    if released:
        _read_contained(resource, reference, sheet)
    if not match.concepts or resource.status in IGNORED:
        return
    if not released:
        sheet.refuse(reference, status_told("the-report", resource.status))
    if sheet.is_modified(resource, reference):
        return
    when = read_date(resource.effective_date_time) or within(resource.effective_period)[0]
    if when is None and len(resource.specimen) == 1:
        when = collected(resource.specimen[0], resource.contained, sheet)[0]
    notes: tuple[str, ...] = ()
    if when is None and resource.issued:
        notes = (f"The examination is undated; the report was issued on {resource.issued[:10]}.",)
        when = not_after(resource.issued)
    concepts = match.concepts
    for coded in resource.conclusion_code:
        concepts |= sheet.terminology.concepts_of(coded.pairs, coded.label, kinds="condition").sure
    texts = [resource.conclusion, *(c.label for c in resource.conclusion_code), *_forms(resource)]
    text = "\n".join(dict.fromkeys(t for t in texts if t)) or None
    report = Report(
        reference=reference,
        concepts=concepts,
        label=resource.code.label or "Report",
        start=when,
        end=when,
        confirmed=released,
        by_text=match.by_text,
        status=resource.status,
        notes=notes,
        text=text,
        evidence=evidence_of(reference, "conclusion", when, resource.code, recorded=_short(text)),
    )
    period = resource.effective_period
    about = (*resource.based_on, *resource.imaging_study, *resource.specimen)
    sheet.report(
        IssuedReport(
            report,
            identifiers=frozenset(f"{i.system}|{i.value}" for i in resource.identifier if i.value),
            code=frozenset(resource.code.pairs) or frozenset({(None, resource.code.label)}),
            effective=resource.effective_date_time or (f"{period.start}/{period.end}" if period else None),
            issued=read_instant(resource.issued),
            basis=basis_of(one.reference for one in about),
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
                issued=observation.issued or report.issued,
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
