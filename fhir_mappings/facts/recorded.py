"""What a person wrote down: scores, their items, and answers to attestation questions."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from fhir_mappings.facts.provenance import Evidence
from fhir_mappings.intervals import DateSpan, Interval

AnsweredBy = Literal["clinician", "patient", "other", "unstated"]
"""Whose word an answer is: a practitioner's, the patient's or a relative's, a device's or organisation's."""


class AssessmentItem(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded item of an assessment: present or not, or a number, or a grade (``A`` … ``E``)."""

    item: str
    present: bool | None = None
    number: float | None = None
    grade: str | None = None
    evidence: Evidence


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded score: ``instrument`` is the criterion input that it answers, e.g. ``sledai_2k``.

    ``total`` is the recorded total, ``items`` what was recorded item by item. ``complete`` says that the
    form as a whole was filled in, so that an item not ticked is absent.
    """

    instrument: str
    when: DateSpan
    evidence: Evidence
    total: Interval | None = None
    items: tuple[AssessmentItem, ...] = ()
    complete: bool = False
    by_text: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A person's recorded answer to a question (an item of a QuestionnaireResponse).

    Attributes:
        value: yes or no; ``None`` for an answer that cannot be read, which may have been either.
        author: whose word it is, by name if the record tells it, else by reference.
        by: what kind of person that is.
        at: the instant of the answer, for the order of several; ``when`` is its day.
        version: version of the questionnaire that was answered, if told.
    """

    question: str
    value: bool | None
    when: DateSpan
    evidence: Evidence
    author: str | None = None
    by: AnsweredBy = "unstated"
    at: datetime | None = None
    version: str | None = None
