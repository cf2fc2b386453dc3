"""Answers of persons: questions of protocols, and results that stand in a form."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir_mappings.facts import Answer
from fhir_mappings.intervals import DateSpan, point
from fhir_mappings.patient import read_patients
from tests.fhir_mappings.reading.written import JUNE, body, bundle, patient, quantity, read
from tests.fhir_mappings.reading.written_forms import PATIENT, item, response

ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
QUESTION = "nct07517536/E9a.i/attributable-to-sle"


def answers(*resources: dict[str, Any]) -> list[Answer]:
    return [answer for answer in read(*resources).answers if answer.value is not None]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ({"valueBoolean": True}, True),
        ({"valueBoolean": False}, False),
        ({"valueCoding": {"system": "http://terminology.hl7.org/CodeSystem/v2-0136", "code": "Y"}}, True),
        ({"valueCoding": {"system": "http://terminology.hl7.org/CodeSystem/v2-0136", "code": "N"}}, False),
    ],
)
def test_a_persons_answer_is_kept_with_date_and_author(written: dict[str, Any], value: bool) -> None:
    (found,) = answers(response(item(QUESTION, **written)))
    assert found.question == QUESTION
    assert found.value is value
    assert found.when == JUNE
    assert found.author == "Practitioner/d1"
    assert found.evidence.reference == "QuestionnaireResponse/q1"


def test_a_question_within_a_group_is_found() -> None:
    (found,) = answers(response({"linkId": "g", "item": [item(QUESTION, valueBoolean=True)]}))
    assert found.question == QUESTION


def test_within_the_protocols_own_form_the_question_may_be_named_without_the_protocol() -> None:
    (found,) = answers(response(item("E9a.i/attributable-to-sle", valueBoolean=True)))
    assert found.question == QUESTION


@pytest.mark.parametrize("status", ["in-progress", "entered-in-error", "stopped", None])
def test_an_unfinished_or_withdrawn_form_answers_nothing(status: str | None) -> None:
    assert answers(response(item(QUESTION, valueBoolean=True), status=status)) == []


def test_an_amended_form_answers() -> None:
    assert answers(response(item(QUESTION, valueBoolean=True), status="amended"))


@pytest.mark.parametrize(
    "written",
    [
        {"linkId": QUESTION},
        {"linkId": QUESTION, "answer": []},
        item(QUESTION, valueCoding={"system": ABSENT, "code": "unknown"}),
        item(QUESTION, valueString="ask the nephrologist"),
    ],
)  # fmt: skip
def test_a_question_left_open_is_not_answered_no(written: dict[str, Any]) -> None:
    assert answers(response(written)) == []


def test_contradicting_answers_of_one_item_are_none() -> None:
    both = {"linkId": QUESTION, "answer": [{"valueBoolean": True}, {"valueBoolean": False}]}
    assert answers(response(both)) == []


@pytest.mark.parametrize(
    ("meta", "last"), [(None, date.max), ({"lastUpdated": "2026-06-01T08:00:00Z"}, date(2026, 6, 1))]
)
def test_an_answer_without_a_date_is_told_and_of_any_day_until_it_was_stored(
    meta: dict[str, str] | None, last: date
) -> None:
    facts = read(response(item(QUESTION, valueBoolean=True), authored=None, meta=meta))
    (answer,) = facts.answers
    assert answer.when == DateSpan(date.min, last)
    assert answer.evidence.date is None
    assert any(unread.reference == "QuestionnaireResponse/q1" for unread in facts.unread)


def test_an_answer_that_cannot_be_read_is_kept_as_one_that_may_be_either() -> None:
    facts = read(response(item(QUESTION, valueString="ask the nephrologist")))
    assert [answer.value for answer in facts.answers] == [None]
    assert [told.why for told in facts.unread] == [f"the answer to {QUESTION} is neither yes nor no"]


@pytest.mark.parametrize("link", ["i5/judged", "nct07517536/i5/judged", "NCT07517536/I5/judged"])
def test_an_item_of_a_protocols_form_that_is_no_question_is_told(link: str) -> None:
    facts = read(response(item(link, valueBoolean=True)))
    assert not facts.answers
    assert [told.why for told in facts.unread] == [f"item {link} is no question that could be told"]


MODIFIER = [{"url": "https://else.example/not", "valueBoolean": True}]


@pytest.mark.parametrize(
    "written",
    [
        {**item(QUESTION, valueBoolean=True), "modifierExtension": MODIFIER},
        item(QUESTION, valueBoolean=True, modifierExtension=MODIFIER),
        {"linkId": "g", "modifierExtension": MODIFIER, "item": [item(QUESTION, valueBoolean=True)]},
    ],
)
def test_an_item_whose_meaning_a_modifier_may_turn_answers_nothing(written: dict[str, Any]) -> None:
    """FHIR R4: an implementation that does not understand a modifierExtension must not use the element."""
    facts = read(response(written))
    assert not facts.answers
    assert any("modifierExtension" in told.why for told in facts.unread)


DOCTOR = {"resourceType": "Practitioner", "id": "d7"}


@pytest.mark.parametrize(
    ("author", "by"),
    [
        ({"reference": "Practitioner/d1"}, "clinician"),
        ({"type": "Practitioner", "display": "Dr Ada Okoye"}, "clinician"),
        ({"reference": "Patient/p1", "display": "Dr Ada Okoye"}, "patient"),
        ({"display": "Lin Mei (patient)"}, "unstated"),
        ({"display": "Dr Ada Okoye"}, "unstated"),
        ({"reference": "urn:uuid:0d6b2f5e-6f0e-4f5c-9d9e-000000000007"}, "unstated"),
    ],
)
def test_an_author_is_whoever_the_reference_names_and_a_name_alone_may_be_anybodys(
    author: dict[str, Any], by: str
) -> None:
    (found,) = answers(response(item(QUESTION, valueBoolean=True), author=author))
    assert found.by == by


def test_an_author_named_by_the_full_url_of_a_practitioner_of_the_bundle_is_a_clinician() -> None:
    url = "urn:uuid:0d6b2f5e-6f0e-4f5c-9d9e-000000000007"
    written = bundle(patient(), response(item(QUESTION, valueBoolean=True), author={"reference": url}))
    written["entry"].append({"fullUrl": url, "resource": DOCTOR})
    (facts,) = read_patients(body(written))
    assert [answer.by for answer in facts.answers] == ["clinician"]


@pytest.mark.parametrize(
    "answer", [{"valueDecimal": 88.0}, {"valueInteger": 88}, {"valueQuantity": {"value": 88}}]
)
def test_a_result_in_a_form_needs_a_unit_like_any_other(answer: dict[str, Any]) -> None:
    """NCT05247203 E1b: 88 may be umol/L or mg/dL of serum creatinine."""
    facts = read(response(item("2160-0", **answer)))
    assert "serum_creatinine" not in facts.measurements
    (refusal,) = facts.unusable["serum_creatinine"]
    assert refusal.detail == "serum creatinine was reported without a unit"
    assert [told.why for told in facts.unread] == [refusal.detail]


def test_a_result_in_a_form_is_converted_and_has_to_be_possible() -> None:
    molar = read(response(item("2160-0", valueQuantity=quantity(88, "umol/L"))))
    (found,) = molar.measurements["serum_creatinine"]
    assert found.value is not None
    assert found.value.low == pytest.approx(0.9955, abs=1e-3)
    impossible = read(response(item("2160-0", valueQuantity=quantity(8800, "mg/dL"))))
    assert "serum_creatinine" not in impossible.measurements
    assert any("is not possible" in told.why for told in impossible.unread)


def test_what_a_patient_writes_of_laboratory_results_is_told_and_is_none() -> None:
    facts = read(response(item("2160-0", valueQuantity=quantity(0.9, "mg/dL")), **PATIENT))
    assert "serum_creatinine" not in facts.measurements
    assert any("told by the patient" in told.why for told in facts.unread)


def test_what_patients_are_asked_to_tell_counts_from_their_own_form() -> None:
    """PHQ-9 is filled in by the patient."""
    (found,) = read(response(item("44260-8", valueInteger=1), **PATIENT)).measurements["phq9_item9"]
    assert found.value == point(1)
    impossible = read(response(item("44260-8", valueInteger=7), **PATIENT))
    assert "phq9_item9" not in impossible.measurements
