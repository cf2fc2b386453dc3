"""Class and activity of lupus nephritis, by biopsy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import msgspec

from fhir_mappings.biopsy import BiopsyReading, class_of_concepts, read_biopsy
from fhir_mappings.biopsy_diagnosis import BiopsyDiagnosis, biopsy_diagnosis
from fhir_mappings.biopsy_specimen import Tissue, day_taken, tissue_of
from fhir_mappings.facts import Diagnosis, Evidence, Measurement, Need, Procedure, Report, Series, Unusable
from fhir_mappings.inputs.asking import Asked, computes
from fhir_mappings.inputs.wording import known_by, names_nephritis
from fhir_mappings.intervals import UNDATED, DateSpan
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.phrases import phrase

KIDNEY_BIOPSY = "proc_renal_biopsy"
KIDNEY_REPORT = "report_kidney_biopsy"
PATHOLOGY_REPORT = "report_surgical_pathology"
CLASS_OBSERVATION = "obs_lupus_nephritis_class"
INDEX_OBSERVATION = "obs_nih_activity_index"
LUPUS_NEPHRITIS = (
    "cond_lupus_nephritis_any",
    *(f"cond_lupus_nephritis_class_{number}" for number in range(1, 7)),
)

REPORT_DELAY = timedelta(days=30)
"""A report this long after a kidney biopsy is taken to be about it, so that the biopsy's day is known."""

ENTRY_DELAY = timedelta(days=7)
"""A biopsy that was entered this long after the date of a report is taken to be the reported one."""

PRELIMINARY = phrase("nephritis.its-report-is-preliminary")
OLDER_SCHEME = phrase("nephritis.the-code-names-a-who-class")


UNREAD = BiopsyReading(lupus_class=None)

NOT_OF_IT: dict[Tissue, str] = {
    "other": phrase("nephritis.it-is-a-report-of-another"),
    "donor": phrase("nephritis.it-is-a-report-on-a"),
}
OPEN: dict[Tissue, str] = {
    "several": phrase("nephritis.the-report-is-of-several-specimens"),
    "not-stated": phrase("nephritis.the-report-names-a-class-but"),
}


class _Biopsy(NamedTuple):
    """One biopsy: its day, what was read of it, and the evidence.

    ``pending``: its final report is not there; what is there is not joined with other documents.
    ``diagnoses``: what its reports conclude to.
    """

    when: DateSpan
    reading: BiopsyReading
    evidence: tuple[Evidence, ...]
    notes: tuple[str, ...]
    pending: bool = False
    diagnoses: tuple[BiopsyDiagnosis, ...] = ()


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


@computes("kidney_biopsy_diagnosis")
def kidney_biopsy_diagnosis(asked: Asked) -> Series:
    """At each biopsy, whether it shows lupus nephritis, of whatever class, or another disease of the kidney.

    ``no-lupus-nephritis``: it is denied, or the tissue is normal, and no other disease is named. A report
    that says none of this, or only lesions that many diseases cause, is there without a category.
    """
    biopsies, unusable = _biopsies(asked)
    return asked.result([_diagnosed(asked, b) for b in biopsies], unusable)


def _diagnosed(asked: Asked, biopsy: _Biopsy) -> Measurement:
    if biopsy.reading.lupus_class is not None or any(d.lupus for d in biopsy.diagnoses):
        return _measured(asked, biopsy, "lupus-nephritis")
    other = next((d.other for d in biopsy.diagnoses if d.other is not None), None)
    none = any(d.none for d in biopsy.diagnoses)
    category = "other-disease" if other is not None else "no-lupus-nephritis" if none else None
    measured = _measured(asked, biopsy, category)
    return (
        msgspec.structs.replace(
            measured, notes=(*measured.notes, phrase("nephritis.the-biopsy-shows", other=other))
        )
        if other
        else measured
    )


def _measured(asked: Asked, biopsy: _Biopsy, category: str | None) -> Measurement:
    needs: tuple[Need, ...] = ()
    if category is None:
        detail: str = phrase("nephritis.kidney-biopsy-of", biopsy=biopsy.when.in_words)
        detail += biopsy.notes[0] if biopsy.pending else phrase("nephritis.its-class-cannot-be-read-from")
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
    documents = (KIDNEY_REPORT, PATHOLOGY_REPORT, CLASS_OBSERVATION, INDEX_OBSERVATION)
    for report in asked.events(Report, documents):
        biopsy = _of_report(asked.facts, report, procedures)
        if isinstance(biopsy, Unusable):
            unusable.append(biopsy)
        elif biopsy is not None:
            found.append(biopsy)
    for event in asked.events(Diagnosis, LUPUS_NEPHRITIS):
        coded = _of_diagnosis(event, procedures, found)
        if isinstance(coded, Unusable):
            unusable.append(coded)
        elif coded is not None:
            found.append(coded)
    found = _joined(found)
    found += _unreported(procedures, found)
    return sorted(found, key=lambda b: b.when.last, reverse=True), unusable


def _tissue(facts: PatientFacts, report: Report, procedures: Sequence[Procedure]) -> Tissue:
    """What a report is about: by its words, else by its code, else by the biopsy that it follows."""
    tissue = facts.once(tissue_of, report.label, report.text or "")
    if tissue == "not-stated":
        by_code = not report.concepts.isdisjoint((CLASS_OBSERVATION, INDEX_OBSERVATION))
        by_code = by_code or (KIDNEY_REPORT in report.concepts and PATHOLOGY_REPORT not in report.concepts)
        if by_code or _taken_for(report.start or UNDATED, procedures) is not None:
            return "kidney"
    return tissue


def _of_report(
    facts: PatientFacts, report: Report, procedures: Sequence[Procedure]
) -> _Biopsy | Unusable | None:
    """The biopsy that a report is about; ``None`` for a report that has nothing to do with the kidney."""
    tissue = _tissue(facts, report, procedures)
    coded = None if report.by_text else class_of_concepts(report.concepts)
    reading = facts.once(read_biopsy, _words_of(facts, report), coded)
    if tissue in NOT_OF_IT or (tissue == "not-stated" and reading.lupus_class is None):
        if reading.lupus_class is None and not names_nephritis(f"{report.label} {report.text or ''}"):
            return None
        detail = NOT_OF_IT.get(tissue, phrase("nephritis.the-report-does-not-name-the"))
        return Unusable(
            why="unreadable",
            detail=detail,
            when=report.start,
            evidence=(report.evidence,),
            measured=tissue not in NOT_OF_IT,
        )
    start = report.start or UNDATED
    if not report.confirmed:
        # It stands for its biopsy, so that no older one passes in its place.
        return _Biopsy(start, UNREAD, (report.evidence,), (PRELIMINARY,), pending=True)
    if tissue in OPEN:
        return _Biopsy(start, UNREAD, (report.evidence,), (OPEN[tissue],), pending=True)
    notes: tuple[str, ...] = () if coded is None else (OLDER_SCHEME,)
    concluded = (facts.once(biopsy_diagnosis, report.text or ""),)
    stated = facts.once(day_taken, report.text or "", start)
    if stated is not None:
        notes = (
            *notes,
            phrase("nephritis.reported-on-by-its-words-the", start=start.in_words, stated=stated),
        )
    reported = stated or start
    biopsy = _taken_for(reported, procedures)
    if biopsy is None or biopsy.start is None:
        return _Biopsy(reported, reading, (report.evidence,), notes, diagnoses=concluded)
    taken = DateSpan(biopsy.start.first, min(biopsy.start.last, reported.last))
    if taken != start:
        notes = (*notes, phrase("nephritis.reported-on-taken-on", start=start.in_words, start_b=biopsy.start))
    return _Biopsy(taken, reading, (report.evidence, biopsy.evidence), notes, diagnoses=concluded)


def _words_of(facts: PatientFacts, report: Report) -> str:
    """The words of a report. Where an observation is the class or the index, its value says no more."""
    text = report.text or ""
    if CLASS_OBSERVATION in report.concepts and facts.once(read_biopsy, text, None).lupus_class is None:
        return phrase("nephritis.class", text=text)
    return phrase("nephritis.activity-index", text=text) if INDEX_OBSERVATION in report.concepts else text


def _taken_for(reported: DateSpan, procedures: Sequence[Procedure]) -> Procedure | None:
    """The last kidney biopsy shortly before a report; none if nothing tells how shortly."""
    if reported.open_start:
        return None
    before = [
        p
        for p in procedures
        if p.start is not None
        and p.start.first <= reported.last
        and reported.first - p.start.last <= REPORT_DELAY
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
    # A class that a biopsy on record has found is taken to be the class of that one, and tells of no other.
    of_another = all(b.reading.lupus_class != lupus_class for b in reported)
    if not event.confirmed:
        return Unusable(
            why="too-coarse",
            detail=phrase("nephritis.class-is-recorded-as-a-suspicion", lupus_class=lupus_class),
            when=event.start,
            evidence=(event.evidence,),
            measured=of_another,
        )
    near = [p for p in procedures if p.start is not None and _close(event.start, p.start)]
    if len(near) != 1 or near[0].start is None:
        detail = phrase("nephritis.coded-only", lupus_class=lupus_class)
        return Unusable(why="too-coarse", detail=detail, evidence=(event.evidence,), measured=of_another)
    day = near[0].start
    if any(b.when == day and b.reading.lupus_class is not None for b in reported):
        return None
    linked = phrase("nephritis.class-recorded-as-a-diagnosis-of", start=event.start, day=day)
    return _Biopsy(day, reading, (event.evidence, near[0].evidence), (*notes, linked))


def _close(recorded: DateSpan | None, taken: DateSpan) -> bool:
    """Whether a diagnosis was recorded within 30 days of a biopsy, before or after."""
    if recorded is None:
        return False
    recorded = known_by(recorded)
    return (
        abs(recorded.first - taken.last) <= REPORT_DELAY and abs(recorded.last - taken.first) <= REPORT_DELAY
    )


def _unreported(procedures: Sequence[Procedure], found: Sequence[_Biopsy]) -> list[_Biopsy]:
    """Biopsies of which there is no report: they must not be passed over for an older one."""
    used = {evidence for biopsy in found for evidence in biopsy.evidence}
    return [
        _Biopsy(p.start, UNREAD, (p.evidence,), (phrase("nephritis.no-report-of-this-biopsy-is"),))
        for p in procedures
        if p.start is not None and p.evidence not in used and not any(_soon_after(p.start, b) for b in found)
    ]


def _soon_after(when: DateSpan, biopsy: _Biopsy) -> bool:
    """Whether a biopsy entered at this date is the one whose report bears the date of a few days before."""
    after = when.first - biopsy.when.last
    return not biopsy.when.open_start and timedelta(0) <= after <= ENTRY_DELAY


def _joined(biopsies: Sequence[_Biopsy]) -> list[_Biopsy]:
    """Several documents of one biopsy as one: one names the class, another the index, or nothing.

    Documents of one day belong together, and so does a later one that names no class (immunofluorescence,
    electron microscopy). Those that name different classes stay apart, and so do those without a date, and a
    later one that concludes to another disease or to no lupus nephritis: it says more than an addition would.
    """
    joined: list[_Biopsy] = []
    groups: list[list[_Biopsy]] = []
    for biopsy in sorted(biopsies, key=lambda b: (b.when.last, b.reading.lupus_class is None)):
        group = groups[-1] if groups else []
        follows = (
            bool(group)
            and not biopsy.when.open_start
            and (
                biopsy.when == group[0].when
                or (
                    biopsy.reading.lupus_class is None
                    and not biopsy.pending
                    and group[0].reading.lupus_class is not None
                    and not _speaks_against(biopsy)
                    and biopsy.when.first - group[0].when.last <= REPORT_DELAY
                )
            )
        )
        if follows:
            group.append(biopsy)
        else:
            groups.append([biopsy])
    for group in groups:
        classes = {b.reading.lupus_class for b in group if b.reading.lupus_class is not None}
        joined += group if len(group) == 1 or len(classes) > 1 else [_merged(group, classes)]
    return joined


def _speaks_against(biopsy: _Biopsy) -> bool:
    """Whether all that its reports conclude to is another disease, or that there is no lupus nephritis."""
    concluded = [d for d in biopsy.diagnoses if d.lupus or d.other is not None or d.none]
    return bool(concluded) and not any(d.lupus for d in concluded)


def _merged(group: Sequence[_Biopsy], classes: set[str]) -> _Biopsy:
    activities = {b.reading.activity for b in group} - {"not-stated"}
    notes = [note for b in group for note in b.reading.notes]
    if len(activities) > 1:
        notes.append(phrase("nephritis.documents-of-this-biopsy-contradict-each"))
    reading = BiopsyReading(
        lupus_class=next(iter(classes), None),
        activity=activities.pop() if len(activities) == 1 else "not-stated",
        activity_index=max((i for b in group if (i := b.reading.activity_index) is not None), default=None),
        notes=tuple(dict.fromkeys(notes)),
    )
    evidence = tuple(dict.fromkeys(e for b in group for e in b.evidence))
    notes_of_all = tuple(dict.fromkeys(n for b in group for n in b.notes))
    concluded = tuple(d for b in group for d in b.diagnoses)
    return _Biopsy(group[0].when, reading, evidence, notes_of_all, diagnoses=concluded)
