"""``/evidence/{token}/{trial}``: all that a card rests on, for whoever has its link."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.evidence.desk import EvidenceDesk
from app.evidence.frames import NARROW, WIDE
from app.evidence.links import LinkError
from app.evidence.opened import OpenedChart
from app.evidence.picture import picture_of_overview
from app.evidence.view import evidence_view
from app.screening import ScreeningService, UnknownProtocolError
from app.web.errors import PageError
from app.web.pages import Pages
from eligibility.findings import ScreeningReport
from eligibility.overview.shapes import Overview


def evidence_routes(service: ScreeningService, desk: EvidenceDesk, pages: Pages) -> APIRouter:
    """The page behind a card's link."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/evidence/{token}/{trial}")
    async def evidence(request: Request, token: str, trial: str) -> HTMLResponse:
        opened = await opened_chart(desk, token)
        language = pages.language(request)

        def screened() -> tuple[ScreeningReport, Overview]:
            record = opened.record()
            report = service.screen_record(record, opened.as_of, protocol_ids=[trial], language=language)
            return report, service.overview(record, opened.as_of, report.screenings[0], language)

        try:
            report, overview = await asyncio.to_thread(screened)  # it may be a large chart, and others wait
        except UnknownProtocolError:
            raise PageError(404, "evidence.error.trial") from None
        protocol = service.protocols[report.screenings[0].protocol].protocol
        view = evidence_view(report, protocol, opened.fhir_server)
        pictures = [picture_of_overview(overview, frame) for frame in (WIDE, NARROW)]
        return pages.page(request, "evidence.html", view=view, overview=overview, pictures=pictures)

    return routes


async def opened_chart(desk: EvidenceDesk, token: str) -> OpenedChart:
    """The chart behind a link.

    Raises:
        PageError: 404 or 410, where the link opens nothing, or nothing any more.
    """
    try:
        return await desk.opened(token)
    except LinkError as error:
        if error.expired:
            raise PageError(410, "evidence.error.expired") from None
        raise PageError(404, "evidence.error.link") from None
