"""Items of a form that are results: named by the LOINC code of one of our analytes."""

from __future__ import annotations

import re
from datetime import datetime

from fhir_mappings.catalogue import LOINC, Analyte
from fhir_mappings.facts import AnsweredBy, Evidence, Measurement, Unusable
from fhir_mappings.intervals import DateSpan, Interval
from fhir_mappings.phrases import phrase
from fhir_mappings.reading.sheet import Sheet
from fhir_mappings.reading.values import interval_of
from fhir_mappings.resources import QuestionnaireAnswer
from fhir_mappings.settling import Issued
from fhir_mappings.units import Converted, UnitProblem, to_canonical

_LOINC_LINK = re.compile(r"^/?(\d{1,7}-\d)$")


def loinc_of(link: str) -> str | None:
    """The LOINC code that names an item."""
    coded = _LOINC_LINK.match(link)
    return coded[1] if coded is not None else None


def analyte_of(link: str, sheet: Sheet) -> Analyte | None:
    """The analyte that an item is a result of."""
    code = loinc_of(link)
    match = sheet.terminology.analyte_of(((LOINC, code),), None) if code is not None else None
    return match.analyte if match is not None else None


def put_result(
    analyte: Analyte,
    answer: QuestionnaireAnswer,
    number: Interval | None,
    evidence: Evidence,
    when: DateSpan,
    at: datetime | None,
    by: AnsweredBy,
    sheet: Sheet,
) -> None:
    """Put down a number as a result, by the rules for results: in a unit that is told, and plausible.

    What patients write of their own laboratory results is none; what they are asked to tell, is.

    Args:
        number: the answer without its unit.
    """
    if by == "patient" and not analyte.self_reported:
        why = phrase("form-results.is-told-by-the-patient-and", analyte=analyte.label)
        sheet.refuse(evidence.reference, why)
        return
    quantity = answer.value_quantity
    value = interval_of(quantity) if quantity is not None else number
    if value is None:
        sheet.refuse(
            evidence.reference, phrase("form-results.the-answer-to-has-no-number", path=evidence.path)
        )
        return
    unit = (quantity.system, quantity.code, quantity.unit) if quantity is not None else (None, None, None)
    converted = to_canonical(analyte, value, *unit, adult=sheet.is_adult_on(when))
    result: Measurement | Unusable
    if isinstance(converted, UnitProblem):
        sheet.refuse(evidence.reference, converted.detail)
        result = Unusable(
            why="unreadable",
            detail=converted.detail,
            when=when,
            evidence=(evidence,),
            at=at,
            role=analyte.role,
        )
    else:
        result = _measured(analyte, value, converted, evidence, when, at)
    sheet.results.append(Issued(analyte.name, result, analyte.role, at))


def _measured(
    analyte: Analyte,
    reported: Interval,
    converted: Converted,
    evidence: Evidence,
    when: DateSpan,
    at: datetime | None,
) -> Measurement:
    return Measurement(
        input=analyte.name,
        when=when,
        at=at,
        unit=analyte.unit,
        value=converted.value,
        reported=reported,
        reported_unit=converted.reported_unit,
        basis="recorded",
        role=analyte.role,
        evidence=(evidence,),
        notes=converted.notes,
    )
