"""Age and sex."""

from __future__ import annotations

from datetime import date

from fhir_mappings.calculators import ADULT, completed_years, next_birthday
from fhir_mappings.facts import Measurement, Need, Series, Unusable
from fhir_mappings.inputs.asking import Asked, computes
from fhir_mappings.intervals import DateSpan, Interval, day
from fhir_mappings.patient_facts import PatientFacts, Sex
from fhir_mappings.phrases import phrase

SEXES: tuple[Sex, ...] = ("female", "male")


def age_on(facts: PatientFacts, when: DateSpan) -> Interval | None:
    """Completed years at a date, both known as precisely as they are; ``None`` without a date of birth."""
    birth = facts.birth_date
    if birth is None or birth.first > when.last:
        return None
    youngest = max(completed_years(birth.last, when.first), 0)
    return Interval(youngest, completed_years(birth.first, when.last))


def age_at(asked: Asked, when: DateSpan) -> Interval | None:
    """Completed years of the patient at a result.

    One that bears no date counts for an adult only where it is of adult life and not after the day asked on:
    it is taken to be of some day of it.
    """
    if not when.open_start:
        return age_on(asked.facts, when)
    years = age_on(asked.facts, day(min(when.last, asked.on)))
    return Interval(ADULT, years.high) if years is not None and years.low > ADULT else years


def possible_sexes(facts: PatientFacts) -> tuple[Sex, ...]:
    """The recorded sex, or both where none is."""
    return SEXES if facts.sex is None else (facts.sex,)


@computes("age")
def age(asked: Asked) -> Series:
    """Completed years on the day asked for; an interval where the date of birth is a month or a year."""
    birth = asked.facts.birth_date
    if birth is None:
        need = Need(input="age", why="never-measured", detail=phrase("demographics.the-date-of-birth-is-not"))
        return asked.result(needs=[need])
    years = age_on(asked.facts, day(asked.on))
    if years is None:
        detail = phrase("demographics.the-date-of-birth-is-later", birth=birth, on=asked.on)
        return asked.result(unusable=[Unusable(why="unreadable", detail=detail)])
    birthdays = (next_birthday(birth.first, asked.on), next_birthday(birth.last, asked.on))
    return asked.result([_demographic(asked, "birth_date", value=years, changes=min(birthdays))])


@computes("sex")
def sex(asked: Asked) -> Series:
    """Sex for clinical use, else as recorded at birth, else administrative gender, if female or male."""
    if asked.facts.sex is None:
        need = Need(input="sex", why="never-measured", detail=phrase("demographics.sex-is-not-on-record-as"))
        return asked.result(needs=[need])
    return asked.result([_demographic(asked, "sex", category=asked.facts.sex)])


def _demographic(
    asked: Asked,
    key: str,
    *,
    value: Interval | None = None,
    category: str | None = None,
    changes: date | None = None,
) -> Measurement:
    evidence = asked.facts.demographics.get(key)
    return Measurement(
        input=asked.name,
        when=day(asked.on),
        unit=asked.definition.description.unit,
        value=value,
        category=category,
        basis="demographic",
        evidence=() if evidence is None else (evidence,),
        changes_on=changes,
    )
