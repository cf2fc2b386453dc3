"""QuestionnaireResponses: answers to attestation questions, and filled-in score forms."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fhir_mappings.catalogue import LOINC
from fhir_mappings.datatypes import CodeableConcept
from fhir_mappings.dates import read_date, read_instant
from fhir_mappings.facts import Answer, Assessment, AssessmentItem, Evidence, Measurement
from fhir_mappings.instruments import InstrumentMatch
from fhir_mappings.intervals import DateSpan, Interval, point
from fhir_mappings.qualitative import category_of_text, interval_of_text
from fhir_mappings.reading.answerers import answered_by
from fhir_mappings.reading.assessments import GRADED, grade_of_text, is_complete, number_of_points
from fhir_mappings.reading.sheet import Sheet
from fhir_mappings.reading.terms import points_of
from fhir_mappings.resources import (
    AnswerCoding,
    QuestionnaireAnswer,
    QuestionnaireItem,
    QuestionnaireResponse,
)
from fhir_mappings.scores.blank_forms import TOTAL, form_item

_FINISHED = frozenset({"completed", "amended"})
_QUESTION = re.compile(r"^[a-z0-9][a-z0-9-]*/[IE][\w.-]*/[\w./-]+$")
_LOCAL_QUESTION = re.compile(r"^(?:[IE]\d[\w.-]*|applies-to)/[\w./-]+$")
_LOINC_LINK = re.compile(r"^/?(\d{1,7}-\d)$")
_WEIGHTS = frozenset(
    f"http://hl7.org/fhir/StructureDefinition/{name}" for name in ("ordinalValue", "itemWeight")
)
_YES = {"y": True, "yes": True, "true": True, "n": False, "no": False, "false": False}


def read_response(resource: QuestionnaireResponse, reference: str, sheet: Sheet) -> None:
    """Put down what a person answered."""
    if resource.status not in _FINISHED or sheet.is_modified(resource, reference):
        return
    when = read_date(resource.authored)
    if when is None:
        sheet.refuse(reference, "the questionnaire's date is not recorded")
        return
    form = _form(resource.questionnaire)
    whole = sheet.terminology.instrument_of((), form.replace("-", " ").replace("_", " ")) if form else None
    items: list[AssessmentItem] = []
    total: Interval | None = None
    instrument = whole.instrument if whole is not None else None
    for item in _flat(resource.item):
        link = item.link_id or ""
        question = _question(link, form)
        if question is not None:
            _put_answer(item, question, when, resource, reference, sheet)
            continue
        if _put_result(item, link, when, resource, reference, sheet):
            continue
        match = _own_item(link, whole) or _match(item, instrument, sheet)
        if match is None or (instrument is not None and match.instrument != instrument):
            continue
        instrument = match.instrument
        evidence = _evidence(item, when, reference)
        read = _item(item, match, evidence)
        if isinstance(read, AssessmentItem):
            items.append(read)
        elif read is not None:
            total = read
        elif item.answer:
            sheet.refuse(reference, f"the answer to item {link or '?'} cannot be read")
    if instrument is not None and (items or total is not None):
        evidence = Evidence(
            reference=reference,
            path="item",
            date=str(when),
            recorded=f"{total.low:g}" if total is not None and total.exact else None,
            label=form,
            by_text=True,
        )
        sheet.assessments.append(
            Assessment(
                instrument=instrument,
                when=when,
                evidence=evidence,
                total=total,
                items=tuple(items),
                complete=is_complete(instrument, total, tuple(items)),
                by_text=True,
            )
        )


def _form(canonical: str | None) -> str:
    """The name of a questionnaire: the last part of its canonical URL, without version."""
    return (canonical or "").partition("|")[0].rstrip("/").rpartition("/")[2]


def _version(canonical: str | None) -> str | None:
    """The version that a canonical URL names, without the fragment that may follow it."""
    return (canonical or "").partition("|")[2].partition("#")[0] or None


def _flat(items: tuple[QuestionnaireItem, ...]) -> Iterator[QuestionnaireItem]:
    for item in items:
        yield item
        yield from _flat(item.item)
        for answer in item.answer:
            yield from _flat(answer.item)


def _question(link: str, form: str) -> str | None:
    """The attestation question that an item answers."""
    if _QUESTION.match(link):
        return link
    return f"{form}/{link}" if form and _LOCAL_QUESTION.match(link) else None


def _put_answer(
    item: QuestionnaireItem,
    question: str,
    when: DateSpan,
    resource: QuestionnaireResponse,
    reference: str,
    sheet: Sheet,
) -> None:
    said = {yes_or_no(answer) for answer in item.answer}
    if len(said) != 1 or None in said:
        if item.answer:
            sheet.refuse(reference, f"the answer to {question} is neither yes nor no")
        return
    author, by = answered_by(resource, sheet)
    sheet.answers.append(
        Answer(
            question=question,
            value=True in said,
            when=when,
            author=author,
            by=by,
            at=read_instant(resource.authored),
            version=_version(resource.questionnaire),
            evidence=_evidence(item, when, reference),
        )
    )


def yes_or_no(answer: QuestionnaireAnswer) -> bool | None:
    """A plain yes or no, however it is written."""
    if answer.value_boolean is not None:
        return answer.value_boolean
    if answer.value_coding is not None:
        word = answer.value_coding.code or ""
        return _YES.get(word.lower(), _YES.get((answer.value_coding.display or "").lower()))
    return _YES.get(answer.value_string.strip().lower()) if answer.value_string else None


def _evidence(item: QuestionnaireItem, when: DateSpan, reference: str) -> Evidence:
    words = [w for answer in item.answer if (w := _written(answer)) is not None]
    return Evidence(
        reference=reference,
        path=f"item[{item.link_id or '?'}]",
        date=str(when),
        recorded=", ".join(words) or None,
        label=item.text,
    )


def _written(answer: QuestionnaireAnswer) -> str | None:
    if answer.value_coding is not None:
        return answer.value_coding.display or answer.value_coding.code
    if answer.value_quantity is not None:
        return str(answer.value_quantity.value)
    for value in (answer.value_boolean, answer.value_integer, answer.value_decimal, answer.value_string):
        if value is not None:
            return str(value).lower() if isinstance(value, bool) else str(value)[:80]
    return None


def _number(answer: QuestionnaireAnswer) -> Interval | None:
    if answer.value_integer is not None:
        return point(float(answer.value_integer))
    if answer.value_decimal is not None:
        return point(float(answer.value_decimal))
    if answer.value_quantity is not None:
        return number_of_points(answer.value_quantity)
    if answer.value_coding is not None:
        return _points(answer, answer.value_coding)
    return interval_of_text(answer.value_string) if answer.value_string else None


def _points(answer: QuestionnaireAnswer, coding: AnswerCoding) -> Interval | None:
    for weight in (*answer.extension, *coding.extension):
        if weight.url in _WEIGHTS and weight.value_decimal is not None:
            return point(float(weight.value_decimal))
    points = points_of(CodeableConcept(coding=(coding,)))
    return None if points is None else point(points)


def _put_result(
    item: QuestionnaireItem,
    link: str,
    when: DateSpan,
    resource: QuestionnaireResponse,
    reference: str,
    sheet: Sheet,
) -> bool:
    """An item that is named by a LOINC code of one of our analytes is a result of its own."""
    coded = _LOINC_LINK.match(link)
    match = sheet.terminology.analyte_of(((LOINC, coded[1]),), None) if coded else None
    if match is None:
        return False
    numbers = [n for answer in item.answer if (n := _number(answer)) is not None]
    evidence = _evidence(item, when, reference)
    if len(numbers) == 1:
        sheet.add_result(
            Measurement(
                input=match.analyte.name,
                when=when,
                at=read_instant(resource.authored),
                unit=match.analyte.unit,
                value=numbers[0],
                basis="recorded",
                evidence=(evidence,),
            )
        )
    elif item.answer:
        sheet.refuse(reference, f"the answer to item {link} has no number")
    return True


def _own_item(link: str, whole: InstrumentMatch | None) -> InstrumentMatch | None:
    """The item of the form that the questionnaire's URL names; its ``linkId`` says more than its words."""
    name = form_item(whole.instrument, link) if whole is not None else None
    if whole is None or name is None:
        return None
    return InstrumentMatch(whole.instrument, None if name == TOTAL else name)


def _match(item: QuestionnaireItem, instrument: str | None, sheet: Sheet) -> InstrumentMatch | None:
    coded = _LOINC_LINK.match(item.link_id or "")
    pairs = ((LOINC, coded[1]),) if coded else ()
    found = sheet.terminology.instrument_of(pairs, item.text)
    if found is None and instrument is not None and item.text:
        found = sheet.terminology.instrument_of((), f"{instrument.replace('_', ' ')} {item.text}")
    return found


def _item(
    item: QuestionnaireItem, match: InstrumentMatch, evidence: Evidence
) -> AssessmentItem | Interval | None:
    if len(item.answer) != 1:
        return None
    answer = item.answer[0]
    number = _number(answer)
    name = match.item or match.domain
    if name is None:
        return number
    grade = grade_of_text(_written(answer))
    if grade is None and match.instrument in GRADED and answer.value_coding is not None:
        grade = grade_of_text(answer.value_coding.code)
    present = yes_or_no(answer)
    if present is None and number is None and answer.value_string:
        present = {"positive": True, "negative": False}.get(category_of_text(answer.value_string) or "")
    value = number.low if number is not None and number.exact else None
    if grade is None and present is None and value is None:
        return None
    return AssessmentItem(item=name, present=present, number=value, grade=grade, evidence=evidence)
