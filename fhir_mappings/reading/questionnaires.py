"""QuestionnaireResponses: answers to attestation questions, and filled-in score forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from fhir_mappings.catalogue import LOINC
from fhir_mappings.datatypes import CodeableConcept
from fhir_mappings.dates import read_date, read_instant
from fhir_mappings.facts import Answer, AnsweredBy, Assessment, AssessmentItem, Evidence
from fhir_mappings.instruments import InstrumentMatch, instruments
from fhir_mappings.intervals import UNDATED, DateSpan, Interval, point
from fhir_mappings.phrases import phrase
from fhir_mappings.qualitative import category_of_text, interval_of_text
from fhir_mappings.reading.answerers import answered_by
from fhir_mappings.reading.assessments import GRADED, grade_of_text, is_complete, number_of_points
from fhir_mappings.reading.form_results import analyte_of, loinc_of, put_result
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
_PROTOCOL_FORM = re.compile(r"^nct\d{8}$", re.IGNORECASE)
_MISSPELT = re.compile(r"^nct\d{8}/", re.IGNORECASE)
_WEIGHTS = frozenset(
    f"http://hl7.org/fhir/StructureDefinition/{name}" for name in ("ordinalValue", "itemWeight")
)
_YES = {"y": True, "yes": True, "true": True, "n": False, "no": False, "false": False}


def read_response(resource: QuestionnaireResponse, reference: str, sheet: Sheet) -> None:
    """Put down what a person answered."""
    if resource.status not in _FINISHED or sheet.is_modified(resource, reference):
        return
    authored = read_date(resource.authored)
    if authored is None:
        sheet.refuse(reference, phrase("questionnaires.the-questionnaire-s-date-is-not"))
    # A form without a date was filled in at some time: it may speak against one that has a date.
    when = authored or DateSpan(date.min, _last_day(resource))
    form = _form(resource.questionnaire)
    whole = sheet.terminology.instrument_of((), form.replace("-", " ").replace("_", " ")) if form else None
    filled: dict[str, _Filled] = {}
    author, by = answered_by(resource, sheet)
    instrument = whole.instrument if whole is not None else None
    unread = False
    for item, modified in _flat(resource.item):
        link = item.link_id or ""
        if modified:
            sheet.refuse(reference, phrase("questionnaires.item-is-modified", item=link or "?"))
            unread = True
            continue
        evidence = _evidence(item, authored, reference)
        question = _question(link, form)
        if question is not None:
            _put_answer(item, question, when, resource, (author, by), evidence, sheet)
            continue
        analyte = analyte_of(link, sheet)
        if analyte is not None:
            if item.answer:
                answer = item.answer[0]
                number = _number(answer) if len(item.answer) == 1 else None
                put_result(
                    analyte, answer, number, evidence, when, read_instant(resource.authored), by, sheet
                )
            continue
        match = _own_item(link, whole) or _match(item, instrument, sheet)
        if match is None:
            if item.answer and _seems_asked(link, form):
                sheet.refuse(reference, phrase("questionnaires.item-is-no-question", item=link))
            continue
        if whole is not None and match.instrument != whole.instrument:
            if item.answer:
                of, form_of = match.instrument, whole.instrument
                why = phrase("questionnaires.item-is-of-another", item=link or "?", of=of, form=form_of)
                sheet.refuse(reference, why)
            continue
        instrument = match.instrument
        read = _item(item, match, evidence)
        into = filled.setdefault(instrument, _Filled())
        if isinstance(read, AssessmentItem):
            into.items.append(read)
        elif read is not None:
            into.total = read
        elif item.answer:
            sheet.refuse(reference, phrase("questionnaires.answer-cannot-be-read", item=link or "?"))
            unread = True
    for name, own in filled.items():
        _put_assessment(name, own, form, when, reference, by, unread, sheet)


def _last_day(resource: QuestionnaireResponse) -> date:
    """The last day on which a form without a date may have been filled in."""
    stored = read_date(resource.meta.last_updated) if resource.meta is not None else None
    return date.max if stored is None else stored.last


class _Filled:
    """What a form says of one instrument."""

    def __init__(self) -> None:
        self.items: list[AssessmentItem] = []
        self.total: Interval | None = None


def _put_assessment(
    instrument: str,
    filled: _Filled,
    form: str,
    when: DateSpan,
    reference: str,
    by: AnsweredBy,
    unread: bool,
    sheet: Sheet,
) -> None:
    """Put down a form of one instrument. ``unread``: not all of it could be read, so it denies nothing."""
    total, items = filled.total, tuple(filled.items)
    if total is None and not items:
        return
    if by == "patient" and instrument not in instruments().self_reported:
        label = instruments().labels.get(instrument, instrument)
        sheet.refuse(reference, phrase("questionnaires.is-filled-in-by-the-patient", label=label))
        return
    sheet.assessments.append(
        Assessment(
            instrument=instrument,
            when=when,
            evidence=Evidence(
                reference=reference,
                path="item",
                date=str(when) if when != UNDATED else None,
                recorded=f"{total.low:g}" if total is not None and total.exact else None,
                label=form,
                by_text=True,
            ),
            total=total,
            items=items,
            complete=not unread and is_complete(instrument, total, items),
            by_text=True,
        )
    )


def _form(canonical: str | None) -> str:
    """The name of a questionnaire: the last part of its canonical URL, without version."""
    return (canonical or "").partition("|")[0].rstrip("/").rpartition("/")[2]


def _version(canonical: str | None) -> str | None:
    """The version that a canonical URL names, without the fragment that may follow it."""
    return (canonical or "").partition("|")[2].partition("#")[0] or None


def _flat(
    items: tuple[QuestionnaireItem, ...], modified: bool = False
) -> Iterator[tuple[QuestionnaireItem, bool]]:
    """All items, and whether a modifierExtension on them or around them may turn their meaning."""
    for item in items:
        own = modified or bool(item.modifier_extension)
        yield item, own or any(answer.modifier_extension for answer in item.answer)
        yield from _flat(item.item, own)
        for answer in item.answer:
            yield from _flat(answer.item, own or bool(answer.modifier_extension))


def _question(link: str, form: str) -> str | None:
    """The attestation question that an item answers."""
    if _QUESTION.match(link):
        return link
    return f"{form}/{link}" if form and _LOCAL_QUESTION.match(link) else None


def _seems_asked(link: str, form: str) -> bool:
    """Whether an item was meant as a question of a protocol, of which it is none."""
    return bool(_PROTOCOL_FORM.match(form)) or bool(_MISSPELT.match(link))


def _put_answer(
    item: QuestionnaireItem,
    question: str,
    when: DateSpan,
    resource: QuestionnaireResponse,
    signed: tuple[str | None, AnsweredBy],
    evidence: Evidence,
    sheet: Sheet,
) -> None:
    said = {yes_or_no(answer) for answer in item.answer}
    if not said:
        return
    readable = len(said) == 1 and None not in said
    if not readable:
        sheet.refuse(evidence.reference, phrase("questionnaires.neither-yes-nor-no", question=question))
    author, by = signed
    sheet.answers.append(
        Answer(
            question=question,
            value=True in said if readable else None,
            when=when,
            author=author,
            by=by,
            at=read_instant(resource.authored),
            version=_version(resource.questionnaire),
            evidence=evidence,
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


def _evidence(item: QuestionnaireItem, when: DateSpan | None, reference: str) -> Evidence:
    words = [w for answer in item.answer if (w := _written(answer)) is not None]
    return Evidence(
        reference=reference,
        path=f"item[{item.link_id or '?'}]",
        date=str(when) if when is not None else None,
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


def _own_item(link: str, whole: InstrumentMatch | None) -> InstrumentMatch | None:
    """The item of the form that the questionnaire's URL names; its ``linkId`` says more than its words."""
    name = form_item(whole.instrument, link) if whole is not None else None
    if whole is None or name is None:
        return None
    return InstrumentMatch(whole.instrument, None if name == TOTAL else name)


def _match(item: QuestionnaireItem, instrument: str | None, sheet: Sheet) -> InstrumentMatch | None:
    code = loinc_of(item.link_id or "")
    pairs = ((LOINC, code),) if code is not None else ()
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
    # No item of any of these scores is less than absent: such numbers stand for "not done", "not asked".
    value = number.low if number is not None and number.exact and number.low >= 0 else None
    if grade is None and present is None and value is None:
        return None
    return AssessmentItem(item=name, present=present, number=value, grade=grade, evidence=evidence)
