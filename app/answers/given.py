"""One person's answer to one question of a protocol, and the FHIR resource that it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal

import msgspec
from fhir.resources.R4B.bundle import Bundle
from markupsafe import escape

from app.questionnaires.places import Place
from app.questionnaires.resources import BASE, Json
from eligibility.judgement import QUESTION

Role = Literal["clinician", "patient", "relative"]
"""Whose word an answer is."""

_TYPES: dict[Role, str] = {"clinician": "Practitioner", "patient": "Patient", "relative": "RelatedPerson"}
_XHTML = "http://www.w3.org/1999/xhtml"
_ENCODER = msgspec.json.Encoder()


class GivenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it is kept.

    Attributes:
        id: a uuid of this service's own.
        at: when it was recorded.
        trial, version: the protocol that asked.
        question: full id; ``words``: the question as the person read it.
        place: where the protocol's Questionnaire has it, with its words there.
        value: yes or no.
        on: the day on which the person said so.
        authored: the same as FHIR has it; an instant with offset where it was recorded on that day.
        name, role: of the person, as told.
        why: in the person's words; may be empty.
        user: reference of the EHR's user whose link it was, if the EHR told it.
        withdrawn: when it was taken back; ``None`` while it stands.
    """

    id: str
    at: datetime
    trial: str
    version: str
    question: str
    words: str
    place: Place
    value: bool
    on: date
    authored: str
    name: str
    role: Role
    why: str = ""
    user: str | None = None
    withdrawn: datetime | None = None
    author: str | None = None


def is_judgement(question: str) -> bool:
    """Whether the question asks for a clinician's judgement of what the record leaves open."""
    return question.rpartition("/")[2] == QUESTION


def response_of(answer: GivenAnswer, patient_id: str) -> Json:
    """The answer as a FHIR R4 QuestionnaireResponse; one that was taken back is *entered-in-error*.

    The reason stands in the narrative, marked as more than the elements tell: the form has no item for it.
    """
    said = "Yes" if answer.value else "No"
    why = f"<p>Why: {escape(answer.why)}</p>" if answer.why else ""
    words = f"<p>{escape(answer.words)}</p><p>{said}</p>{why}"
    person: Json = {"type": _TYPES[answer.role]}
    if answer.author is None or answer.role == "clinician":
        person["display"] = answer.name
    if answer.role == "patient":
        person["reference"] = f"Patient/{patient_id}"
    item: Json = {
        "linkId": answer.question,
        "text": answer.place.text,
        "answer": [{"valueBoolean": answer.value}],
    }
    for group in reversed(answer.place.groups):
        item = {"linkId": group.link, "text": group.text, "item": [item]}
    author = {} if answer.author is None else {"author": {"type": "Practitioner", "display": answer.author}}
    return {
        "resourceType": "QuestionnaireResponse",
        "id": answer.id,
        "text": {"status": "additional", "div": f'<div xmlns="{_XHTML}">{words}</div>'},
        "questionnaire": f"{BASE}/{answer.trial}|{answer.version}",
        "status": "completed" if answer.withdrawn is None else "entered-in-error",
        "subject": {"reference": f"Patient/{patient_id}"},
        "authored": answer.authored,
        "source": person,
        "item": [item],
        **author,
    }


def standing_responses(answers: Iterable[GivenAnswer], patient_id: str) -> tuple[bytes, ...]:
    """What is read beside a chart: of each question and day the answer that was recorded last.

    Which of several days holds is for whoever judges. An answer that was taken back is not among them.
    """
    last: dict[tuple[str, date], GivenAnswer] = {}
    for answer in sorted(answers, key=lambda answer: answer.at):
        if answer.withdrawn is None:
            last[answer.question, answer.on] = answer
    return tuple(_ENCODER.encode(response_of(answer, patient_id)) for answer in last.values())


def answers_bundle(answers: Iterable[GivenAnswer], patient_id: str) -> bytes:
    """All answers, those that were taken back too, as a Bundle of type collection, as JSON."""
    entries = [
        {"fullUrl": f"urn:uuid:{answer.id}", "resource": response_of(answer, patient_id)}
        for answer in answers
    ]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection"}
    if entries:
        bundle["entry"] = entries
    return Bundle.model_validate(bundle).model_dump_json(exclude_none=True, indent=2).encode()
