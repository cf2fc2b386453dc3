"""Recorded scores: totals, items and grades of an instrument, from Observations and questionnaires."""

from __future__ import annotations

from fhir_mappings.datatypes import CodeableConcept, Quantity
from fhir_mappings.facts import Assessment, AssessmentItem, Evidence, Measurement
from fhir_mappings.instruments import InstrumentMatch, is_in_points
from fhir_mappings.intervals import UNDATED, DateSpan, Interval, point
from fhir_mappings.phrases import phrase
from fhir_mappings.qualitative import category_of_text, interval_of_text
from fhir_mappings.reading.lacking_results import lacks_members
from fhir_mappings.reading.sheet import Sheet
from fhir_mappings.reading.terms import points_of, status_told, terms
from fhir_mappings.reading.values import interval_of
from fhir_mappings.resources import Observation, Valued
from fhir_mappings.terminology import Terminology

GRADED = frozenset({"bilag_2004", "bilag"})
BILAG_DOMAINS = 9
_GRADES = frozenset("ABCDE")
_USABLE = frozenset({"final", "amended", "corrected"})
_PRESENT = {"positive": True, "negative": False}


def read_assessment(
    observation: Observation, match: InstrumentMatch, reference: str, when: DateSpan, sheet: Sheet
) -> None:
    """Put down a recorded score, or an item of one.

    ``when``: without a date of its own, all days on which it may have been given; it is told, and may speak
    against one that has a date.
    """
    if observation.status not in _USABLE:
        sheet.refuse(reference, status_told("a-recorded-score", observation.status))
        return
    if when.open_start:
        sheet.refuse(reference, phrase("assessments.a-recorded-score-without-a-date"))
    evidence = Evidence(
        reference=reference,
        path="value[x]",
        date=str(when) if when != UNDATED else None,
        recorded=recorded_of(observation),
        label=observation.code.label if observation.code is not None else None,
        by_text=match.by_text,
    )
    if match.instrument == "nyha":
        _read_nyha(observation, when, evidence, sheet)
        return
    quantity = observation.value_quantity
    if quantity is not None and not is_in_points(quantity.code, quantity.unit):
        sheet.refuse(
            reference,
            phrase("assessments.a-recorded-score-in-the-unit", quantity=quantity.unit or quantity.code),
        )
        return
    items = _items(observation, evidence, match, sheet)
    own = item_of(match, value_of(observation), observation, evidence, sheet.terminology)
    total = value_of(observation) if own is None else None
    if own is not None:
        items = (own, *items)
    if total is None and not items:
        if lacks_members(observation, reference, sheet):
            sheet.refuse(reference, phrase("assessments.items-that-are-not-at-hand"))
            return
        if observation.has_member or observation.component:
            return  # a panel's head has no value of its own
        sheet.refuse(reference, phrase("assessments.a-recorded-score-without-a-value"))
        return
    sheet.assessments.append(
        Assessment(
            instrument=match.instrument,
            when=when,
            evidence=evidence,
            total=total,
            items=items,
            complete=is_complete(match.instrument, total, items),
            by_text=match.by_text,
        )
    )


def is_complete(instrument: str, total: Interval | None, items: tuple[AssessmentItem, ...]) -> bool:
    """Whether a recorded form was filled in as a whole, so that what it does not name is absent."""
    if instrument in GRADED:
        return len({item.item for item in items if item.grade}) >= BILAG_DOMAINS
    return total is not None and bool(items)


def _match(code: CodeableConcept, sheet: Sheet) -> InstrumentMatch | None:
    return sheet.terminology.instrument_of(code.pairs, code.label)


def _items(
    observation: Observation, evidence: Evidence, whole: InstrumentMatch, sheet: Sheet
) -> tuple[AssessmentItem, ...]:
    found: list[AssessmentItem] = []
    for i, part in enumerate(observation.component):
        if part.code is None:
            continue
        match = _match(part.code, sheet) or sheet.terminology.instrument_of(
            (), f"{whole.instrument.replace('_', ' ')} {part.code.label or ''}"
        )
        if match is None:
            continue
        own = Evidence(
            reference=evidence.reference,
            path=f"component[{i}].value[x]",
            date=evidence.date,
            recorded=recorded_of(part),
            label=part.code.label,
            by_text=match.by_text,
        )
        item = item_of(match, value_of(part), part, own, sheet.terminology)
        if item is not None:
            found.append(item)
        elif own.recorded is not None and (match.item or match.domain):
            sheet.refuse(
                own.reference,
                phrase(
                    "assessments.the-value-of-cannot-be-read", own=own.label or own.path, own_b=own.recorded
                ),
            )
    return tuple(found)


def item_of(
    match: InstrumentMatch,
    number: Interval | None,
    part: Valued,
    evidence: Evidence,
    terminology: Terminology,
) -> AssessmentItem | None:
    """One item or domain of a form, ``None`` if the code is that of a total."""
    name = match.item or match.domain
    if name is None:
        return None
    grade = grade_of(part)
    present = present_of(part, terminology)
    # No item of any of these scores is less than absent: such numbers stand for "not done", "not asked".
    value = number.low if number is not None and number.exact and number.low >= 0 else None
    if grade is None and present is None and value is None:
        return None
    return AssessmentItem(item=name, present=present, number=value, grade=grade, evidence=evidence)


def value_of(part: Valued) -> Interval | None:
    """The number that is recorded, if it is one and can be points."""
    if part.value_quantity is not None:
        return number_of_points(part.value_quantity)
    if part.value_integer is not None:
        return point(float(part.value_integer))
    if part.value_string is not None:
        return interval_of_text(part.value_string)
    points = points_of(part.value_codeable_concept)
    return None if points is None else point(points)


def number_of_points(quantity: Quantity) -> Interval | None:
    """The number of a quantity, unless its unit is another than points."""
    return interval_of(quantity) if is_in_points(quantity.code, quantity.unit) else None


def grade_of(part: Valued) -> str | None:
    """A grade from A to E."""
    words = [part.value_string]
    if part.value_codeable_concept is not None:
        concept = part.value_codeable_concept
        words += [concept.text, *(c.code for c in concept.coding), *(c.display for c in concept.coding)]
    return next((grade for word in words if (grade := grade_of_text(word)) is not None), None)


def grade_of_text(text: str | None) -> str | None:
    """``A``, ``Grade A``, ``A级``."""
    if not text:
        return None
    plain = text.strip().upper().removeprefix("GRADE").removeprefix("BILAG").removesuffix("级").strip(" :=")
    return plain if plain in _GRADES else None


def present_of(part: Valued, terminology: Terminology) -> bool | None:
    """Whether an item is ticked."""
    if part.value_boolean is not None:
        return part.value_boolean
    said: str | None = None
    if part.value_codeable_concept is not None:
        concept = part.value_codeable_concept
        said = terminology.category_of_codings(concept.pairs) or category_of_text(concept.label or "")
    elif part.value_string is not None:
        said = category_of_text(part.value_string)
    return _PRESENT.get(said or "")


def recorded_of(part: Valued) -> str | None:
    """The value as it stands in the resource."""
    if part.value_quantity is not None and part.value_quantity.value is not None:
        return str(part.value_quantity.value)
    if part.value_codeable_concept is not None:
        return part.value_codeable_concept.label
    for value in (part.value_string, part.value_integer, part.value_boolean):
        if value is not None:
            return str(value).lower() if isinstance(value, bool) else str(value)
    return None


def _read_nyha(observation: Observation, when: DateSpan, evidence: Evidence, sheet: Sheet) -> None:
    words: list[str | None] = [observation.value_string]
    if observation.value_codeable_concept is not None:
        concept = observation.value_codeable_concept
        coded = sheet.terminology.instrument_of(concept.pairs, None)
        words += [coded.item if coded is not None and coded.instrument == "nyha" else None]
        words += [concept.text, *(c.display for c in concept.coding)]
    number = value_of(observation)
    if number is not None and number.exact:
        words.append(f"{number.low:g}")
    for word in words:
        tail = (word or "").lower().replace("nyha", "").replace("class", "").replace("级", "").strip(" :")
        grade = terms().nyha.get(tail.split(" ")[0].strip("()") if tail else "")
        if grade is not None:
            sheet.add_result(
                Measurement(
                    input="nyha_class", when=when, category=grade, basis="recorded", evidence=(evidence,)
                )
            )
            return
    sheet.refuse(evidence.reference, phrase("assessments.an-nyha-class-that-cannot-be"))
