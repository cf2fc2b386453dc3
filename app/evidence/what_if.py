"""What would come out if something were otherwise: the chart as it was opened, with what is supposed beside.

What is supposed is read as everything else is, from FHIR resources, so that units and bounds are the same. It
is judged and forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import NamedTuple

import msgspec

from app.answers.given import GivenAnswer, response_of, standing_responses
from app.evidence.screened import Screened
from app.evidence.supposed import Supposition, Value
from app.language import Language
from app.questionnaires.places import Place
from app.screening import ScreeningService
from eligibility.course import Anchors
from eligibility.findings import Finding, Screening
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.phrases import said

_ENCODER = msgspec.json.Encoder()
SOMEBODY = "?"
"""Stands for whoever would answer."""


class Change(NamedTuple):
    """A criterion or part that would come out otherwise."""

    before: Finding
    after: Finding


class WhatIf(NamedTuple):
    """What would come out.

    Attributes:
        before, after: the screenings as things are, and as supposed.
        changes: criteria that would come out otherwise: another outcome, leaning, or day on which they clear.
        reworded: criteria of which only the reason would be another.
    """

    before: Screening
    after: Screening
    changes: Sequence[Change]
    reworded: Sequence[Change]


class UnusableValueError(ValueError):
    """Values that are supposed cannot be used as results; ``reasons`` in words, by row of the form."""

    def __init__(self, reasons: Mapping[int, str]) -> None:
        super().__init__("values that cannot be used")
        self.reasons = reasons


def what_if(service: ScreeningService, seen: Screened, supposed: Supposition, language: Language) -> WhatIf:
    """Judge the chart anew, with what is supposed.

    Args:
        seen: the chart as it is, screened in the same language.

    Raises:
        UnusableValueError: a value could not be used if it came so from a laboratory.
    """
    opened, protocol = seen.opened, seen.bound.protocol
    patient = opened.patient_id
    beside = [
        *_of_others(seen.given, supposed, patient),
        *(_ENCODER.encode(value.resource(patient)) for value in supposed.values),
        *_answers(seen, supposed),
    ]
    record = opened.record(beside)
    reasons = {
        value.row: why
        for value in supposed.values
        if (why := _unusable(value, record.facts, language)) is not None
    }
    if reasons:
        raise UnusableValueError(reasons)
    report = service.screen_record(
        record, supposed.as_of, Anchors(day0=supposed.day0), protocol_ids=[protocol.id], language=language
    )
    before, after = seen.report.screenings[0], report.screenings[0]
    pairs = list(_pairs(before.findings, after.findings))
    return WhatIf(
        before,
        after,
        tuple(pair for pair in pairs if _told(pair.before) != _told(pair.after)),
        tuple(
            pair
            for pair in pairs
            if _told(pair.before) == _told(pair.after) and pair.before.reason != pair.after.reason
        ),
    )


def _of_others(given: Sequence[GivenAnswer], supposed: Supposition, patient: str) -> Iterator[bytes]:
    """Answers that were really given, but those to questions that are supposed to be answered otherwise."""
    kept = [answer for answer in given if answer.question not in supposed.said]
    yield from standing_responses(kept, patient)


def _answers(seen: Screened, supposed: Supposition) -> Iterator[bytes]:
    """The supposed answers of a clinician, on the day for which the chart is judged."""
    protocol = seen.bound.protocol
    day = supposed.as_of
    for number, (question, value) in enumerate(supposed.said.items(), 1):
        answer = GivenAnswer(
            id=f"what-if-answer-{number}",
            at=datetime.combine(day, time(), UTC),
            trial=protocol.id,
            version=protocol.version,
            question=question,
            words=str(seen.bound.questions[question]),
            place=Place(str(seen.bound.questions[question])),
            value=value,
            on=day,
            # The last instant that day has anywhere: it takes the place of what was said earlier that day.
            authored=f"{day.isoformat()}T23:59:59-12:00",
            name=SOMEBODY,
            role="clinician",
        )
        yield _ENCODER.encode(response_of(answer, seen.opened.patient_id))


def _unusable(value: Value, facts: PatientFacts, language: Language) -> str | None:
    """Why the reader could not use a value; ``None`` where it could."""
    reference = f"Observation/{value.id}"
    for unread in facts.unread:
        if unread.reference == reference:
            return said(unread.why, language)
    for several in facts.unusable.values():
        for each in several:
            if any(evidence.reference == reference for evidence in each.evidence):
                return said(each.detail, language)
    return None


def _pairs(before: Sequence[Finding], after: Sequence[Finding]) -> Iterator[Change]:
    for one, other in zip(before, after, strict=True):
        yield Change(one, other)
        yield from _pairs(one.parts, other.parts)


def _told(finding: Finding) -> tuple[object, ...]:
    return finding.outcome, finding.leaning, finding.clears_on
