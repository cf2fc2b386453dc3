"""Results that a DiagnosticReport names and that are not at hand: nobody knows what they say."""

from __future__ import annotations

from collections.abc import Iterator

from fhir_mappings.datatypes import Reference
from fhir_mappings.dates import read_date, read_instant, within
from fhir_mappings.facts import Evidence, Unusable
from fhir_mappings.intervals import UNDATED
from fhir_mappings.phrases import phrase
from fhir_mappings.reading.sheet import Sheet
from fhir_mappings.reading.specimens import collected, not_after
from fhir_mappings.resources import DiagnosticReport, Observation
from fhir_mappings.settling import Issued


def note_lacking_results(report: DiagnosticReport, reference: str, sheet: Sheet) -> None:
    """Put down each result that lacks: as one that cannot be used where words or code tell what was measured.

    The words beside the reference tell it first, else the report's own code ("HBsAg", not "renal panel").
    All are told. A result without a ``reference`` may be at hand under any name, and is none of these.
    """
    lacking = list(_lacking(report, sheet))
    if not lacking:
        return
    code = report.code
    by_report = sheet.terminology.analyte_of(code.pairs, code.label) if code is not None else None
    when, at = read_date(report.effective_date_time), read_instant(report.effective_date_time)
    if when is None:
        when, at = within(report.effective_period)
    if when is None and len(report.specimen) == 1:
        when, at = collected(report.specimen[0], report.contained, sheet)
    by = when or not_after(report.issued)
    for index, one in lacking:
        called = one.display or (code.label if code is not None else None) or one.reference or ""
        sheet.lacking.append((reference, called))
        match = (sheet.terminology.analyte_of((), one.display) if one.display else None) or by_report
        if match is None:
            continue
        evidence = Evidence(
            reference=reference,
            path=f"result[{index}]",
            date=str(by) if by is not None and by != UNDATED else None,
            recorded=one.display,
            label=match.analyte.label,
            by_text=match.by_text,
        )
        unusable = Unusable(
            why="not-retrieved",
            detail=phrase("reports.the-result-was-not-retrieved"),
            when=by,
            evidence=(evidence,),
            at=at,
            role=match.analyte.role,
        )
        sheet.results.append(Issued(match.analyte.name, unusable, match.analyte.role, at))


def _lacking(report: DiagnosticReport, sheet: Sheet) -> Iterator[tuple[int, Reference]]:
    for index, one in enumerate(report.result):
        if not one.reference:
            continue
        if one.reference.startswith("#"):
            if sheet.pool.resolve(one, Observation, report.contained) is None:
                yield index, one
        elif sheet.pool.references.find(one.reference) is None:
            yield index, one
