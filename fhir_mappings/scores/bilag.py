"""BILAG-2004: how many domains are graded A, and how many B.

Grades come from recorded forms. The renal grade that results support counts only in ``attributed``: an
index of activity compares with the visit before and asks for attribution, so that a person has to see it.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fhir_mappings.facts import Assessment, Evidence, Measurement, Need
from fhir_mappings.intervals import DateSpan, Interval, day, point
from fhir_mappings.scores.bilag_rules import BilagDefinition
from fhir_mappings.scores.bilag_sheet import HAEMATOLOGICAL, RENAL, bilag_sheet
from fhir_mappings.scores.forms import key_of
from fhir_mappings.scores.haematological import BloodSupport, blood_support
from fhir_mappings.scores.renal_grade import RenalGrade, renal_grade
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import unique

GRADES = ("A", "B", "C", "D", "E")


class _Grade(msgspec.Struct, frozen=True):
    """A recorded grade; ``None`` for a domain that a complete form leaves out: neither A nor B."""

    grade: str | None
    when: DateSpan
    evidence: Evidence


class _Count(msgspec.Struct, frozen=True):
    """A recorded number of grades."""

    value: Interval
    when: DateSpan
    evidence: Evidence


def count_grades(name: str, definition: BilagDefinition, situation: Situation) -> Measurement:
    """The number of domains of one grade, as bounds where domains are not graded, with its sheet."""
    wanted = definition.counts[name].grade
    forms = sorted(
        (a for a in situation.facts.assessments if a.instrument in definition.instruments),
        key=lambda a: (a.when.last, a.when.first),
        reverse=True,
    )
    current = [form for form in forms if situation.holds(form.when)]
    grades = _grades(definition, current)
    lower = sum(1 for g in grades.values() if g.grade == wanted)
    upper = lower + len(definition.domains) - len(grades)
    computed = renal_grade(definition.renal, situation)
    blood = blood_support(definition.haematological, situation)
    total = _recorded_count(name, definition, current)
    recorded = conflict = None
    if total is not None and len(grades) < len(definition.domains):
        measurement = _from_total(name, total, lower, upper)
        recorded = f"{total.value} on {total.when}"
        conflict = next(iter(measurement.notes), None)
    else:
        measurement = _counted(name, definition, situation, grades, forms, computed, blood)
    sheet = bilag_sheet(
        wanted,
        definition,
        measurement,
        grades,
        computed,
        blood,
        situation,
        recorded=recorded,
        conflict=conflict,
    )
    return msgspec.structs.replace(measurement, sheet=sheet)


def _counted(
    name: str,
    definition: BilagDefinition,
    situation: Situation,
    grades: Mapping[str, _Grade],
    forms: list[Assessment],
    computed: RenalGrade,
    blood: BloodSupport,
) -> Measurement:
    """The count from grades on record, with the bounds that the other domains leave."""
    wanted = definition.counts[name].grade
    counted = [g for g in grades.values() if g.grade == wanted]
    lower, upper = len(counted), len(counted) + len(definition.domains) - len(grades)
    evidence = unique(g.evidence for g in counted) or unique(g.evidence for g in grades.values())
    notes = (
        *_renal_notes(computed, grades.get(RENAL)),
        *_haematological_notes(blood, grades.get(HAEMATOLOGICAL)),
        *_akin_notes(definition, situation),
    )
    if lower == upper:
        when = max((g.when for g in grades.values()), key=lambda w: w.last)
        return Measurement(
            input=name,
            when=when,
            unit="{score}",
            value=Interval(lower, lower),
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
        value=Interval(lower, upper),
        attributed=Interval(lower + supported, upper),
        basis="bounded",
        evidence=unique((*evidence, *(computed.evidence if supported else ()))),
        needs=(_form_need(name, definition, grades, forms, situation),),
        changes_on=min(expiries, default=None),
        notes=notes,
    )


def _recorded_count(name: str, definition: BilagDefinition, forms: list[Assessment]) -> _Count | None:
    """The newest recorded count, as a total of its own or as an item of a form."""
    wanted = key_of(definition.counts[name].item)
    for form in forms:
        if form.instrument == name and form.total is not None:
            return _Count(form.total, form.when, form.evidence)
        for item in form.items:
            if key_of(item.item) == wanted and item.number is not None:
                return _Count(point(item.number), form.when, item.evidence)
    return None


def _from_total(name: str, total: _Count, lower: int, upper: int) -> Measurement:
    """A recorded count; in conflict with the grades on record it becomes a range to be judged."""
    conflict = total.value.high < lower or total.value.low > upper
    note = f"The count of {total.value} recorded on {total.when} does not fit the grades on record."
    return Measurement(
        input=name,
        when=total.when,
        unit="{score}",
        value=total.value.hull(Interval(lower, upper)) if conflict else total.value,
        basis="policies" if conflict else "recorded",
        evidence=(total.evidence,),
        notes=(note,) if conflict else (),
    )


def _grades(definition: BilagDefinition, forms: list[Assessment]) -> dict[str, _Grade]:
    """The newest grade of each domain."""
    found: dict[str, _Grade] = {}
    for form in forms:
        said = {key_of(item.item): item for item in form.items if item.grade or item.present is not None}
        for domain in definition.domains:
            keys = [key_of(name) for name in (domain.id, domain.label, *domain.aliases)]
            item = next((said[key] for key in keys if key in said), None)
            grade = item.grade.strip().upper() if item and item.grade else None
            if domain.id in found:
                continue
            if item is not None and grade in GRADES:
                found[domain.id] = _Grade(grade, form.when, item.evidence)
            elif item is None and form.complete and any(i.grade for i in form.items):
                found[domain.id] = _Grade(None, form.when, form.evidence)
    return found


def _renal_notes(computed: RenalGrade, recorded: _Grade | None) -> list[str]:
    """A computed A or B in words; milder grades count for nothing and stand in the sheet only."""
    if computed.grade not in ("A", "B"):
        return []
    told = f"Results support renal grade {computed.grade}: {computed.words}."
    if recorded is None:
        return [f"{told} It needs a clinician's assessment."]
    if recorded.grade in ("A", computed.grade):
        return []
    shown = recorded.grade or "below B"
    return [f"{told} The form of {recorded.when} grades it {shown}, which counts."]


def _haematological_notes(blood: BloodSupport, recorded: _Grade | None) -> list[str]:
    if recorded is not None or blood.grade not in ("A", "B"):
        return []
    highest = max(blood.counts, key=lambda count: count.degree)
    return [
        f"{highest.label} would be haematological grade {blood.grade} if due to lupus; this is not counted."
    ]


def _akin_notes(definition: BilagDefinition, situation: Situation) -> list[str]:
    return [
        f"A {definition.akin[a.instrument]} is recorded on {a.when};"
        f" it does not stand in for {definition.label}."
        for a in situation.facts.assessments
        if a.instrument in definition.akin and situation.holds(a.when)
    ]


def _form_need(
    name: str,
    definition: BilagDefinition,
    grades: Mapping[str, _Grade],
    forms: list[Assessment],
    situation: Situation,
) -> Need:
    missing = [domain.label for domain in definition.domains if domain.id not in grades]
    detail = f"{definition.label} assessment: {', '.join(missing)} not graded"
    past = [form for form in forms if situation.since and form.when.last < situation.since]
    if past and not grades:
        detail = f"{definition.label}: last assessment on {past[0].when}"
        return Need(input=name, why="stale", detail=detail)
    if situation.facts.retrieval_of(["Observation", "QuestionnaireResponse"]) != "complete":
        return Need(input=name, why="not-retrieved", detail=detail)
    return Need(input=name, why="never-measured", detail=detail)
