"""One opened chart against one protocol, with what persons have answered: what the evidence page rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.answers.asked import asked_of
from app.answers.form import Asked
from app.answers.given import GivenAnswer, standing_responses
from app.evidence.opened import OpenedChart
from app.language import Language
from app.screening import ScreeningService
from eligibility.bound import BoundProtocol
from eligibility.findings import ScreeningReport
from fhir_mappings.record import PatientRecord


class Screened(NamedTuple):
    """What came out.

    Attributes:
        opened: the chart as it was opened.
        given: all that persons have answered about the patient, what was taken back too.
        record: the facts of the chart, and of the answers that stand.
        report: of the one protocol.
        bound: the protocol.
        asked: what is open to persons, by the criterion or part that it is about.
    """

    opened: OpenedChart
    given: Sequence[GivenAnswer]
    record: PatientRecord
    report: ScreeningReport
    bound: BoundProtocol
    asked: Mapping[str, tuple[Asked, ...]]

    @property
    def answers(self) -> list[GivenAnswer]:
        """The answers to questions of this protocol, the newest first."""
        asks = self.bound.questions
        return [each for each in reversed(self.given) if each.question in asks]


def screened(
    service: ScreeningService,
    opened: OpenedChart,
    given: Sequence[GivenAnswer],
    trial: str,
    language: Language,
) -> Screened:
    """Screen an opened chart again.

    Raises:
        app.screening.UnknownProtocolError: there is no such trial.
        fhir_mappings.errors.InputError: no patient's record can be read from the chart.
    """
    (bound,) = service.chosen([trial])
    record = opened.record(standing_responses(given, opened.patient_id))
    report = service.screen_record(record, opened.as_of, protocol_ids=[trial], language=language)
    asked = asked_of(report.screenings[0], bound.questions, given, language)
    return Screened(opened, given, record, report, bound, asked)
