"""Conditions: what the patient has or had, since when, until when, how certain."""

from __future__ import annotations

from datetime import date

import msgspec

from fhir_mappings.datatypes import CodeableConcept
from fhir_mappings.dates import at_age, at_ages, hull, read_date, read_period
from fhir_mappings.facts import Diagnosis
from fhir_mappings.intervals import DateSpan
from fhir_mappings.phrases import phrase
from fhir_mappings.reading.sheet import Sheet, evidence_of
from fhir_mappings.reading.terms import code_of, is_any, terms
from fhir_mappings.resources import Condition

ACTIVE = frozenset({"active", "recurrence", "relapse"})
CLINICAL = ACTIVE | {"inactive", "remission", "resolved"}
_NO_CATEGORY = frozenset({"health-concern"})
_EARLIEST = date(1900, 1, 1)


def read_condition(condition: Condition, reference: str, sheet: Sheet) -> None:
    """Put down a diagnosis, if it is of a code set that anything asks for."""
    if is_any(condition.verification_status, terms().refuted):
        _read_refuted(condition, reference, sheet)
        return
    if condition.code is None:
        sheet.refuse(reference, phrase("conditions.the-condition-has-no-code"))
        return
    if any(c.code in _NO_CATEGORY for concept in condition.category for c in concept.coding):
        return
    sheet.diagnosed_at(condition.encounter, reference)
    match = sheet.terminology.concepts_of(
        condition.code.pairs, condition.code.label, kinds="condition procedure"
    )
    if not match.concepts:
        return
    if sheet.is_modified(condition, reference):
        return
    clinical = code_of(condition.clinical_status, CLINICAL)
    end, ended = _abatement(condition, sheet.birth)
    start, notes = _onset(condition, sheet.birth, end, active=clinical in ACTIVE and not ended)
    if start is not None and end is not None and start.first > end.last:
        notes = (*notes, phrase("conditions.the-recorded-end-lies-before-the", end=end, start=start))
        start = end = None
    if ended and end is None and condition.abatement_string:
        notes = (
            *notes,
            phrase("conditions.end-as-recorded", abatement_string=condition.abatement_string[:60]),
        )
    ongoing = not ended and clinical in ACTIVE
    status = clinical
    if clinical in ACTIVE and (end is not None or condition.abatement_boolean is True):
        notes = (*notes, f"Recorded as {clinical}, and as over{f' on {end}' if end is not None else ''}.")
        clinical = None  # either may be the mistake
        end = DateSpan(end.first, date.max) if end is not None else None
    stage = next((s.summary.label for s in condition.stage if s.summary is not None), None)
    staged = [s.summary for s in condition.stage if s.summary is not None]
    concepts = match.concepts
    for summary in staged:
        concepts |= sheet.terminology.concepts_of(summary.pairs, summary.label, kinds="condition").sure
    label = condition.code.label or "Condition"
    diagnosis = Diagnosis(
        reference=reference,
        concepts=concepts,
        label=label,
        start=start,
        end=end,
        ongoing=ongoing,
        confirmed=not is_any(condition.verification_status, terms().unconfirmed) and not match.suspected,
        by_text=match.by_text,
        status=status,
        clinical=clinical,
        stage=stage,
        severity=_severity(condition.severity),
        notes=notes,
        evidence=evidence_of(reference, "code", start, condition.code, by_text=match.by_text),
    )
    sheet.event(diagnosis)
    if match.beside:
        sheet.event(
            msgspec.structs.replace(
                diagnosis,
                concepts=match.beside,
                confirmed=False,
                by_text=True,
                evidence=evidence_of(reference, "code", start, condition.code, by_text=True),
            )
        )


def _read_refuted(condition: Condition, reference: str, sheet: Sheet) -> None:
    """Put down that a diagnosis was refuted; one that was entered in error says nothing at all."""
    if condition.code is None or is_any(condition.verification_status, terms().mistaken):
        return
    match = sheet.terminology.concepts_of(condition.code.pairs, condition.code.label, kinds="condition")
    if not match.sure:
        return
    start = read_date(condition.onset_date_time)
    evidence = evidence_of(reference, "verificationStatus", start, condition.code)
    label = condition.code.label or "Condition"
    sheet.refuted.append(
        Diagnosis(reference=reference, concepts=match.sure, label=label, start=start, evidence=evidence)
    )


def _severity(concept: CodeableConcept | None) -> str | None:
    words = (concept.label or "").lower() if concept is not None else ""
    return next((grade for grade in ("severe", "moderate", "mild") if grade in words), words or None)


def _onset(
    condition: Condition, birth: DateSpan | None, end: DateSpan | None, *, active: bool
) -> tuple[DateSpan | None, tuple[str, ...]]:
    """When it began. A Period of the onset is the time within which it began, as far as that is known."""
    start = read_date(condition.onset_date_time)
    earliest = birth.first if birth is not None else _EARLIEST
    recorded = read_date(condition.recorded_date)
    if start is None and condition.onset_period is not None:
        first, last = read_period(condition.onset_period)
        if last is None and first is not None:
            if active and recorded is None:
                return first, ()  # a Period that goes on, of what goes on: written for "since"
            # It cannot have begun after it was recorded, or when it was over.
            later = [day.last for day in (recorded, end) if day is not None and day.last >= first.first]
            return DateSpan(first.first, min(later, default=date.max)), ()
        start = _between(first, last, earliest)
    if start is None:
        start = at_age(birth, condition.onset_age) or at_ages(birth, condition.onset_range)
    if start is not None:
        return start, ()
    notes = (
        (phrase("conditions.onset-as-recorded", onset_string=condition.onset_string[:60]),)
        if condition.onset_string
        else ()
    )
    if recorded is None:
        return None, notes
    # It cannot have begun after it was recorded.
    if recorded.last < earliest:
        return None, notes
    return DateSpan(earliest, recorded.last), (
        *notes,
        phrase("conditions.the-onset-is-not-recorded-known", it=recorded),
    )


def _between(first: DateSpan | None, last: DateSpan | None, earliest: date) -> DateSpan | None:
    """Some day from ``first`` to ``last``, since ``first`` or until ``last``."""
    if last is None:
        return DateSpan(first.first, date.max) if first is not None else None
    if first is None:
        return DateSpan(min(earliest, last.first), last.last)
    return hull(first, last)


def _abatement(condition: Condition, birth: DateSpan | None) -> tuple[DateSpan | None, bool]:
    """When it ended, and whether it is said to have; a Period is the time within which it did."""
    end = read_date(condition.abatement_date_time)
    if end is None and condition.abatement_period is not None:
        first, last = read_period(condition.abatement_period)
        end = _between(first, last, birth.first if birth is not None else _EARLIEST)
    if end is None:
        end = at_age(birth, condition.abatement_age) or at_ages(birth, condition.abatement_range)
    said = (
        condition.abatement_boolean is True
        or condition.abatement_string is not None
        or condition.abatement_date_time is not None
        or condition.abatement_period is not None
        or condition.abatement_age is not None
        or condition.abatement_range is not None
    )
    return end, said
