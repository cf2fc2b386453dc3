"""Class and activity of lupus nephritis, by biopsy."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from fhir_mappings.biopsy import BiopsyReading, class_of_concepts, read_biopsy
from fhir_mappings.catalogue import read_yaml
from fhir_mappings.facts import Diagnosis, Evidence, Measurement, Need, Procedure, Report, Series, Unusable
from fhir_mappings.inputs.asking import Asked, computes
from fhir_mappings.intervals import DateSpan

KIDNEY_BIOPSY = "proc_renal_biopsy"
KIDNEY_REPORT = "report_kidney_biopsy"
PATHOLOGY_REPORT = "report_surgical_pathology"
LUPUS_NEPHRITIS = (
    "cond_lupus_nephritis_any",
    *(f"cond_lupus_nephritis_class_{number}" for number in range(1, 7)),
)

REPORT_DELAY = timedelta(days=30)
"""A report this long after a kidney biopsy is taken to be about it, so that the biopsy's day is known."""

UNDATED = "class {} is coded, the biopsy date is not recorded"
OLDER_SCHEME = "the code names a WHO class; the ISN/RPS classification uses the same numerals"


class _Biopsy(NamedTuple):
    """One biopsy: its day, what was read of it, and the evidence."""

    when: DateSpan
    reading: BiopsyReading
    evidence: tuple[Evidence, ...]
    notes: tuple[str, ...]


@computes("lupus_nephritis_class")
def lupus_nephritis_class(asked: Asked) -> Series:
    """ISN/RPS class at each biopsy. A biopsy whose class cannot be read is there without a category.

    A coded class has no biopsy date of its own and cannot be used unless one biopsy lies close to it.
    """
    biopsies, unusable = _biopsies(asked)
    return asked.result([_measured(asked, b, b.reading.lupus_class) for b in biopsies], unusable)


@computes("lupus_nephritis_activity")
def lupus_nephritis_activity(asked: Asked) -> Series:
    """Activity at each biopsy, by the letters A, A/C, C, by the NIH activity index, or in words."""
    biopsies, unusable = _biopsies(asked)
    return asked.result(
        [_measured(asked, b, b.reading.activity if b.reading.lupus_class else None) for b in biopsies],
        unusable,
    )


def _measured(asked: Asked, biopsy: _Biopsy, category: str | None) -> Measurement:
    needs: tuple[Need, ...] = ()
    if category is None:
        detail = f"the class of the kidney biopsy of {biopsy.when} cannot be read from the record"
        needs = (Need(input=asked.name, why="unreadable", detail=detail),)
    return Measurement(
        input=asked.name,
        when=biopsy.when,
        category=category,
        basis="recorded",
        evidence=biopsy.evidence,
        needs=needs,
        notes=(*biopsy.notes, *biopsy.reading.notes),
    )


def _biopsies(asked: Asked) -> tuple[list[_Biopsy], list[Unusable]]:
    procedures = [
        p
        for p in asked.events(Procedure, [KIDNEY_BIOPSY])
        if p.start is not None and p.start.first <= asked.on
    ]
    unusable: list[Unusable] = []
    found: list[_Biopsy] = []
    reports = [r for r in asked.events(Report, (KIDNEY_REPORT, PATHOLOGY_REPORT)) if _of_kidney(r)]
    for report in reports:
        biopsy = _of_report(report, procedures)
        if isinstance(biopsy, Unusable):
            unusable.append(biopsy)
        else:
            found.append(biopsy)
    for event in asked.events(Diagnosis, LUPUS_NEPHRITIS):
        coded = _of_diagnosis(event, procedures, found)
        if isinstance(coded, Unusable):
            unusable.append(coded)
        elif coded is not None:
            found.append(coded)
    found += _unreported(procedures, found)
    found = _without_doubles(found)
    return sorted(found, key=lambda b: b.when.last, reverse=True), unusable


def _of_kidney(report: Report) -> bool:
    if KIDNEY_REPORT in report.concepts:
        return True
    return _kidney_words().search(f"{report.label} {report.text or ''}") is not None


@functools.cache
def _kidney_words() -> re.Pattern[str]:
    return re.compile(read_yaml(Path(__file__).with_name("pathology.yaml"))["kidney"], re.IGNORECASE)


def _of_report(report: Report, procedures: Sequence[Procedure]) -> _Biopsy | Unusable:
    if not report.confirmed:
        detail = "the report of the kidney biopsy is preliminary"
        return Unusable(why="unreadable", detail=detail, when=report.start, evidence=(report.evidence,))
    coded = None if report.by_text else class_of_concepts(report.concepts)
    reading = read_biopsy(report.text or "", coded)
    notes: tuple[str, ...] = () if coded is None else (OLDER_SCHEME,)
    if report.start is None:
        named = f" (class {reading.lupus_class})" if reading.lupus_class else ""
        detail = f"the report of a kidney biopsy{named} has no date"
        return Unusable(why="too-coarse", detail=detail, evidence=(report.evidence,))
    biopsy = _taken_for(report.start, procedures)
    if biopsy is None or biopsy.start is None:
        return _Biopsy(report.start, reading, (report.evidence,), notes)
    if biopsy.start != report.start:
        notes = (*notes, f"reported on {report.start}, taken on {biopsy.start}")
    return _Biopsy(biopsy.start, reading, (report.evidence, biopsy.evidence), notes)


def _taken_for(reported: DateSpan, procedures: Sequence[Procedure]) -> Procedure | None:
    """The last kidney biopsy shortly before a report."""
    before = [
        p
        for p in procedures
        if p.start is not None
        and p.start.last <= reported.last
        and reported.first - p.start.first <= REPORT_DELAY
    ]
    return max(before, key=lambda p: p.start.last if p.start else reported.first, default=None)


def _of_diagnosis(
    event: Diagnosis, procedures: Sequence[Procedure], reported: Sequence[_Biopsy]
) -> _Biopsy | Unusable | None:
    """A class that a diagnosis or its stage names; ``None`` if it names none."""
    words = [read_biopsy(text) for text in (event.stage, event.label) if text]
    reading = next((r for r in words if r.lupus_class is not None), None)
    notes: tuple[str, ...] = ()
    if reading is None:
        coded = class_of_concepts(event.concepts)
        if coded is None:
            return None
        reading, notes = BiopsyReading(lupus_class=coded), (OLDER_SCHEME,)
    lupus_class = reading.lupus_class or ""
    if not event.confirmed:
        detail = f"class {lupus_class} is recorded as a suspicion only"
        return Unusable(why="too-coarse", detail=detail, when=event.start, evidence=(event.evidence,))
    near = [p for p in procedures if p.start is not None and _close(event.start, p.start)]
    if len(near) != 1 or near[0].start is None:
        return Unusable(why="too-coarse", detail=UNDATED.format(lupus_class), evidence=(event.evidence,))
    day = near[0].start
    if any(b.when == day and b.reading.lupus_class is not None for b in reported):
        return None
    linked = f"class recorded as a diagnosis of {event.start}, biopsy taken on {day}"
    return _Biopsy(day, reading, (event.evidence, near[0].evidence), (*notes, linked))


def _close(recorded: DateSpan | None, taken: DateSpan) -> bool:
    """Whether a diagnosis was recorded within 30 days of a biopsy, before or after."""
    if recorded is None:
        return False
    return (
        abs(recorded.first - taken.last) <= REPORT_DELAY and abs(recorded.last - taken.first) <= REPORT_DELAY
    )


def _unreported(procedures: Sequence[Procedure], found: Sequence[_Biopsy]) -> list[_Biopsy]:
    """Biopsies of which there is no report: they must not be passed over for an older one."""
    known = {b.when for b in found}
    nothing = BiopsyReading(lupus_class=None)
    return [
        _Biopsy(p.start, nothing, (p.evidence,), ("no report of this biopsy is on record",))
        for p in procedures
        if p.start is not None and p.start not in known
    ]


def _without_doubles(biopsies: Sequence[_Biopsy]) -> list[_Biopsy]:
    """Several documents of one biopsy: those that name a class speak for it."""
    naming = {b.when for b in biopsies if b.reading.lupus_class is not None}
    return [b for b in biopsies if b.reading.lupus_class is not None or b.when not in naming]
