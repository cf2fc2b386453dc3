"""One chart, screened as for a hook: onto the list, and into the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

from app.answers.book import About, AnswerBook
from app.answers.given import standing_responses
from app.aside import MANY, aside
from app.evidence.opened import OpenedChart
from app.listing.candidates import no_candidate_for
from app.listing.desk import ListDesk
from app.listing.identity import identified
from app.screening import ScreeningService
from app.server_charts import ServerChart
from app.store.memory import SUBSCRIPTION, Case, Memory
from app.store.records import JudgedTrial
from eligibility.findings import ScreeningReport
from fhir_mappings.record import PatientRecord


class ChartScreening:
    """Screens charts of one server.

    Args:
        service: with the protocols that are screened for.
        client: id of the client whose charts they are.
        fhir_server: base URL of the server.
        today: the day for which charts are judged.
        memory: keeps for whom what was judged.
        listing: the screening list; ``None`` where there is none.
        answers: what persons have said; it is read beside the chart.
    """

    def __init__(
        self,
        service: ScreeningService,
        client: str,
        fhir_server: str,
        today: Callable[[], date],
        memory: Memory,
        listing: ListDesk | None,
        answers: AnswerBook | None,
    ) -> None:
        self._service = service
        self._client = client
        self._fhir_server = fhir_server
        self._today = today
        self._memory = memory
        self._listing = listing
        self._answers = answers

    async def screen(self, patient_id: str, chart: ServerChart) -> int:
        """Screen a patient; for how many trials it was."""
        as_of = self._today()
        record = await self._record(patient_id, chart, as_of)
        # In a thread, whatever the size: nobody waits for it, and others are to be answered meanwhile.
        report = await aside(MANY, partial(self._service.screen_applicable, record, as_of))
        self._keep(patient_id, chart, record, report)
        return len(report.screenings)

    async def _record(self, patient_id: str, chart: ServerChart, as_of: date) -> PatientRecord:
        if self._answers is None:
            return chart.record
        about = About(self._client, self._fhir_server, patient_id)
        beside = standing_responses(await self._answers.at_once(about), patient_id)
        if not beside:
            return chart.record
        opened = OpenedChart(
            patient_id=patient_id,
            client=self._client,
            as_of=as_of,
            resources=chart.read_from,
            retrieval=dict(chart.retrieval),
            fhir_server=self._fhir_server,
        )
        return await aside(MANY, partial(opened.record, beside))

    def _keep(
        self, patient_id: str, chart: ServerChart, record: PatientRecord, report: ScreeningReport
    ) -> None:
        if self._listing is not None:
            whose = identified(patient_id, self._client, self._fhir_server, chart.resources)
            gone = no_candidate_for(self._service.protocols, record, chart.retrieval, report)
            self._listing.note(whose, report.screenings, gone)
        case = Case(SUBSCRIPTION, self._client, self._fhir_server, patient_id)
        judged = [
            JudgedTrial(trial=each.protocol, version=each.version, verdict=each.verdict)
            for each in report.screenings
        ]
        self._memory.remember(case, judged)
