"""BILAG-2004: how many domains are graded A, and how many B.

Grades come from recorded forms. The renal grade that results support counts only in ``attributed``: an
index of activity compares with the visit before and asks for attribution, so that a person has to see it.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fhir_mappings.facts import Assessment, Measurement, Need
from fhir_mappings.intervals import Interval, day, point
from fhir_mappings.phrases import listed, phrase, term
from fhir_mappings.scores.bilag_record import (
    RecordedCount,
    RecordedGrade,
    Standing,
    is_overtaken,
    recorded_count,
    standing_of,
)
from fhir_mappings.scores.bilag_rules import BilagDefinition
from fhir_mappings.scores.bilag_sheet import HAEMATOLOGICAL, RENAL, bilag_sheet
from fhir_mappings.scores.haematological import BloodSupport, blood_support
from fhir_mappings.scores.renal_grade import RenalGrade, renal_grade
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import unique


def count_grades(name: str, definition: BilagDefinition, situation: Situation) -> Measurement:
    """The number of domains of one grade, as bounds where domains are not graded, with its sheet."""
    wanted = definition.counts[name].grade
    forms = sorted(
        (a for a in situation.facts.assessments if a.instrument in definition.instruments),
        key=lambda a: (a.when.last, a.when.first),
        reverse=True,
    )
    current = [form for form in forms if situation.holds(form.when)]
    computed = renal_grade(definition.renal, situation)
    blood = blood_support(definition.haematological, situation)
    standing = standing_of(wanted, definition, current, computed, situation)
    total = recorded_count(name, definition, current)
    told = [g.when.first for g in (*standing.grades.values(), *standing.disputed.values())]
    recorded = conflict = None
    whole = len(standing.grades) == len(definition.domains)
    # Beside a whole form, a count of its time or later matters where it contradicts it.
    if total and whole and (total.when.last < max(told) or total.says(standing.lower)):
        total = None
    if total is not None:
        measurement = _from_total(
            name, total, standing, _renal_proves(wanted, total, computed, standing, definition, situation)
        )
        recorded = phrase("bilag.on", total=total.value, total_b=total.when.in_words)
        conflict = next(iter(measurement.notes), None)
    else:
        measurement = _counted(name, definition, situation, standing, forms, computed, blood)
    sheet = bilag_sheet(
        wanted,
        definition,
        measurement,
        standing.grades,
        standing.disputed,
        computed,
        blood,
        situation,
        recorded=recorded,
        conflict=conflict,
    )
    return msgspec.structs.replace(measurement, sheet=sheet)


def _renal_proves(
    wanted: str,
    total: RecordedCount,
    computed: RenalGrade,
    standing: Standing,
    definition: BilagDefinition,
    situation: Situation,
) -> bool:
    """Whether results, surely or since the count was recorded, support a renal grade that no form gives."""
    if computed.grade != wanted or RENAL in standing.grades or RENAL in standing.disputed:
        return False
    return computed.firm == wanted or is_overtaken(total, computed, definition, situation)


def _counted(
    name: str,
    definition: BilagDefinition,
    situation: Situation,
    standing: Standing,
    forms: list[Assessment],
    computed: RenalGrade,
    blood: BloodSupport,
) -> Measurement:
    """The count from grades on record, with the bounds that the other domains leave."""
    wanted = definition.counts[name].grade
    grades = standing.grades
    counted = [g for g in grades.values() if g.grade == wanted]
    disputed = [g for first in standing.disputed.values() for g in (first, *first.others)]
    evidence = unique(g.evidence for g in (*counted, *disputed)) or unique(
        g.evidence for g in grades.values()
    )
    notes = (
        *_renal_notes(computed, grades.get(RENAL), standing.overtaken),
        *_haematological_notes(blood, grades.get(HAEMATOLOGICAL)),
        *_akin_notes(definition, situation),
    )
    if standing.lower == standing.upper:
        when = max((g.when for g in (*grades.values(), *disputed)), key=lambda w: w.last)
        return Measurement(
            input=name,
            when=when,
            unit="{score}",
            value=point(standing.lower),
            basis="recorded",
            evidence=evidence,
            notes=notes,
        )
    supported = RENAL not in grades and computed.grade == wanted
    expiries = [expiry for g in grades.values() if (expiry := situation.expiry(g.when)) is not None]
    return Measurement(
        input=name,
        when=day(situation.on),
        unit="{score}",
        value=Interval(standing.lower, standing.upper),
        attributed=Interval(standing.likely, standing.upper),
        basis="bounded",
        evidence=unique((*evidence, *(computed.evidence if supported else ()))),
        needs=(_form_need(name, definition, grades, forms, situation),),
        changes_on=min(expiries, default=None),
        notes=notes,
    )


def _from_total(name: str, total: RecordedCount, standing: Standing, proven: bool) -> Measurement:
    """A recorded count; in conflict with the grades on record it becomes a range to be judged.

    ``proven``: results support one more that no form gives.
    """
    lower = standing.lower + proven
    note = None
    if total.at_odds:
        note = phrase("bilag.counts-of-are-recorded-for", at_odds=total.at_odds, total=total.when.in_words)
    elif total.value.high < standing.lower or total.value.low > standing.upper:
        note = phrase("bilag.the-count-of-recorded-on-does", total=total.value, total_b=total.when.in_words)
    elif total.value.high < lower:
        note = phrase("bilag.the-count-of-recorded-on-does-2", total=total.value, total_b=total.when.in_words)
    value = total.value if note is None else total.value.hull(Interval(lower, max(lower, standing.upper)))
    return Measurement(
        input=name,
        when=total.when,
        unit="{score}",
        value=value,
        basis="recorded" if note is None else "policies",
        evidence=total.evidence,
        notes=() if note is None else (note,),
    )


def _renal_notes(
    computed: RenalGrade, recorded: RecordedGrade | None, overtaken: RecordedGrade | None
) -> list[str]:
    """A computed A or B in words; milder grades count for nothing and stand in the sheet only."""
    if computed.grade not in ("A", "B"):
        return []
    told: str = phrase("bilag.results-support-renal-grade", grade=computed.grade, words=computed.words)
    if overtaken is not None:
        shown = overtaken.grade or "below B"
        told += phrase("bilag.overtaken", when=overtaken.when.in_words, grade=term(shown))
    if recorded is None:
        return [told + phrase("bilag.needs-a-clinician")]
    if recorded.grade in ("A", computed.grade):
        return []
    shown = recorded.grade or "below B"
    return [told + phrase("bilag.form-counts", when=recorded.when.in_words, grade=term(shown))]


def _haematological_notes(blood: BloodSupport, recorded: RecordedGrade | None) -> list[str]:
    if recorded is not None or blood.grade not in ("A", "B"):
        return []
    highest = max(blood.counts, key=lambda count: count.degree)
    return [phrase("bilag.would-be-haematological-grade-if-due", highest=highest.label, grade=blood.grade)]


def _akin_notes(definition: BilagDefinition, situation: Situation) -> list[str]:
    return [
        phrase(
            "bilag.a-is-recorded-on-it-does",
            definition=definition.akin[a.instrument],
            a=a.when.in_words,
            definition_b=definition.label,
        )
        for a in situation.facts.assessments
        if a.instrument in definition.akin and situation.holds(a.when)
    ]


def _form_need(
    name: str,
    definition: BilagDefinition,
    grades: Mapping[str, RecordedGrade],
    forms: list[Assessment],
    situation: Situation,
) -> Need:
    missing = [domain.label for domain in definition.domains if domain.id not in grades]
    detail = phrase(
        "bilag.assessment-not-graded", definition=definition.label, missing=listed("names", missing)
    )
    past = [form for form in forms if situation.since and form.when.last < situation.since]
    if past and not grades:
        detail = phrase("bilag.last-assessment-on", definition=definition.label, past=past[0].when.in_words)
        return Need(input=name, why="stale", detail=detail)
    if situation.facts.retrieval_of(["Observation", "QuestionnaireResponse"]) != "complete":
        return Need(input=name, why="not-retrieved", detail=detail)
    return Need(input=name, why="never-measured", detail=detail)
