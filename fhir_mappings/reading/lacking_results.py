"""Results that a report or a panel names and that are not at hand: nobody knows what they say.

``DiagnosticReport.result`` and ``Observation.hasMember`` (FHIR R4) name what belongs to them. What a value
was derived from (``Observation.derivedFrom``) is not looked for: the value itself is at hand, and the
reference does not tell that its source is newer than what is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from fhir_mappings.datatypes import CodeableConcept, Reference
from fhir_mappings.dates import read_date, read_instant, within
from fhir_mappings.facts import Evidence, Unusable
from fhir_mappings.intervals import UNDATED, DateSpan
from fhir_mappings.phrases import phrase
from fhir_mappings.reading.sheet import Sheet
from fhir_mappings.reading.specimens import collected, not_after
from fhir_mappings.references import bare
from fhir_mappings.resources import DiagnosticReport, Observation
from fhir_mappings.settling import Issued


class _Naming(msgspec.Struct, frozen=True, kw_only=True):
    """Who names results: ``own`` is the code of what it measures itself, where that is what it names."""

    reference: str
    path: str
    named: tuple[Reference, ...]
    contained: tuple[msgspec.Raw, ...]
    code: CodeableConcept | None
    own: CodeableConcept | None
    by: DateSpan | None
    at: datetime | None
    detail: str


def note_lacking_results(report: DiagnosticReport, reference: str, sheet: Sheet) -> None:
    """Put down each result of a report that lacks.

    It is put down as one that cannot be used where words or code tell what was measured: the words beside the
    reference first, else the report's own code ("HBsAg", not "renal panel"). All are told. A result without a
    ``reference`` may be at hand under any name, and is none of these.
    """
    if not report.result:
        return
    when, at = read_date(report.effective_date_time), read_instant(report.effective_date_time)
    if when is None:
        when, at = within(report.effective_period)
    if when is None and len(report.specimen) == 1:
        when, at = collected(report.specimen[0], report.contained, sheet)
    naming = _Naming(
        reference=reference,
        path="result",
        named=report.result,
        contained=report.contained,
        code=report.code,
        own=report.code,
        by=when or not_after(report.issued),
        at=at,
        detail=phrase("reports.the-result-was-not-retrieved"),
    )
    _note(naming, sheet)


def note_lacking_members(
    panel: Observation, reference: str, by: DateSpan, at: datetime | None, sheet: Sheet, *, valued: bool
) -> None:
    """Put down each member of a panel that lacks, as of a report.

    Args:
        by: the days on which they may have been measured: the panel's own.
        at: the instant, if it is told.
        valued: the panel has a value of its own, so that its code is not that of a member.
    """
    naming = _Naming(
        reference=reference,
        path="hasMember",
        named=panel.has_member,
        contained=panel.contained,
        code=panel.code,
        own=None if valued else panel.code,
        by=by,
        at=at,
        detail=phrase("observations.the-member-was-not-retrieved"),
    )
    _note(naming, sheet)


def lacks_members(panel: Observation, reference: str, sheet: Sheet) -> bool:
    """Whether a member of a panel is not at hand."""
    return any(_lacking(panel.has_member, panel.contained, reference, sheet))


def _note(naming: _Naming, sheet: Sheet) -> None:
    lacking = list(_lacking(naming.named, naming.contained, naming.reference, sheet))
    if not lacking:
        return
    code, own, by = naming.code, naming.own, naming.by
    by_code = sheet.terminology.analyte_of(own.pairs, own.label) if own is not None else None
    for index, one in lacking:
        called = one.display or (code.label if code is not None else None) or one.reference or ""
        sheet.lacking.append((naming.reference, called))
        match = (sheet.terminology.analyte_of((), one.display) if one.display else None) or by_code
        if match is None:
            continue
        evidence = Evidence(
            reference=naming.reference,
            path=f"{naming.path}[{index}]",
            date=str(by) if by is not None and by != UNDATED else None,
            recorded=one.display,
            label=match.analyte.label,
            by_text=match.by_text,
        )
        unusable = Unusable(
            why="not-retrieved",
            detail=naming.detail,
            when=None if by == UNDATED else by,
            evidence=(evidence,),
            at=naming.at,
            role=match.analyte.role,
        )
        sheet.results.append(Issued(match.analyte.name, unusable, match.analyte.role, naming.at))


def _lacking(
    named: tuple[Reference, ...], contained: tuple[msgspec.Raw, ...], reference: str, sheet: Sheet
) -> Iterator[tuple[int, Reference]]:
    for index, one in enumerate(named):
        if not one.reference or _is_no_result(one):
            continue
        if one.reference.startswith("#"):
            # What stands in a resource may name what stands beside it there, which is read with it.
            if "#" not in reference and sheet.pool.resolve(one, Observation, contained) is None:
                yield index, one
        elif sheet.pool.references.find(one.reference) is None:
            yield index, one


def _is_no_result(one: Reference) -> bool:
    """Whether it names another type: questionnaires and sequences are members of panels too."""
    kind, _, name = bare(one.reference or "").partition("/")
    told = one.type or (kind if name and ":" not in kind else None)
    return told is not None and told.rpartition("/")[2] != "Observation"
