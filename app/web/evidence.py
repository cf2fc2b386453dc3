"""``/evidence/{token}/{trial}``: all that a card rests on, for whoever has its link."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.answers.book import About, AnswerBook
from app.answers.form import Draft
from app.answers.given import GivenAnswer
from app.evidence.desk import EvidenceDesk
from app.evidence.frames import NARROW, WIDE
from app.evidence.links import LinkError
from app.evidence.opened import OpenedChart
from app.evidence.picture import picture_of_overview
from app.evidence.screened import Screened, screened
from app.evidence.view import evidence_view
from app.listing.desk import ListDesk
from app.listing.identity import identified
from app.people.person import Role
from app.screening import ScreeningService, UnknownProtocolError
from app.store.errors import StoreError
from app.web.answers_view import Answering, answers_view
from app.web.errors import PageError
from app.web.pages import Pages
from app.web.signed_in import reader
from eligibility.overview.shapes import Overview

T = TypeVar("T")


class EvidencePages:
    """Makes the page behind a card's link.

    ``book``: what persons answer; ``None`` where nobody may. ``signed_in``: only investigators who are
    signed in may, and not whoever has the link.
    """

    def __init__(
        self,
        service: ScreeningService,
        desk: EvidenceDesk,
        pages: Pages,
        book: AnswerBook | None = None,
        *,
        signed_in: bool = False,
        listing: ListDesk | None = None,
    ) -> None:
        self.service = service
        self.pages = pages
        self._desk = desk
        self._book = book
        self.signed_in = signed_in
        self._listing = listing

    async def opened(self, token: str) -> tuple[OpenedChart, Sequence[GivenAnswer]]:
        """The chart behind a link, and what persons have answered about its patient.

        Raises:
            PageError: the link opens nothing, or the store is away.
        """
        opened = await opened_chart(self._desk, token)
        if self._book is None:
            return opened, ()
        return opened, await in_store(self._book.all, about(self._desk, token, opened))

    async def screened(self, request: Request, token: str, trial: str) -> Screened:
        """The chart behind a link, screened for a trial with what persons have answered.

        Raises:
            PageError: the link opens nothing, there is no such trial, or the store is away.
        """
        opened, given = await self.opened(token)
        language = self.pages.language(request)
        try:
            # It may be a large chart, and others wait.
            return await asyncio.to_thread(screened, self.service, opened, given, trial, language)
        except UnknownProtocolError:
            raise PageError(404, "evidence.error.trial") from None

    async def relisted(self, request: Request, token: str, trial: str) -> None:
        """Let the screening list follow an answer, where its patient is on it.

        Raises:
            PageError: as ``screened``.
        """
        chart = await opened_chart(self._desk, token)
        if self._listing is None or about(self._desk, token, chart).link is not None:
            return
        seen = await self.screened(request, token, trial)
        whose = identified(chart.patient_id, chart.client, chart.fhir_server, chart.resources)
        await asyncio.to_thread(self._listing.renew, whose, seen.report.screenings)

    async def shown(
        self, request: Request, token: str, seen: Screened, draft: Draft | None = None
    ) -> HTMLResponse:
        """The page. ``draft``: a form that was sent and holds no answer, to be shown again."""
        screening = seen.report.screenings[0]
        own = frozenset(f"QuestionnaireResponse/{each.id}" for each in seen.given)
        chart = seen.opened
        whose = identified(chart.patient_id, chart.client, chart.fhir_server, chart.resources)
        view = evidence_view(seen.report, seen.bound.protocol, chart.fhir_server, own, whose)
        path = page_path(token, screening.protocol)
        answers = None
        if self._book is not None:
            person = await reader(request) if self.signed_in else None
            may = not self.signed_in or (person is not None and person.has(Role.INVESTIGATOR))
            answers = answers_view(path, seen, draft, request.query_params, Answering(person, may))
        overview = await asyncio.to_thread(self._overview, request, seen)
        return self.pages.page(
            request,
            "evidence.html",
            status=200 if draft is None else 422,
            view=view,
            overview=overview,
            pictures=[picture_of_overview(overview, frame) for frame in (WIDE, NARROW)],
            answers=answers,
            page_path=path,
        )

    def _overview(self, request: Request, seen: Screened) -> Overview:
        language = self.pages.language(request)
        return self.service.overview(seen.record, seen.opened.as_of, seen.report.screenings[0], language)


def evidence_routes(evidence: EvidencePages) -> APIRouter:
    """The page behind a card's link."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/evidence/{token}/{trial}")
    async def page(request: Request, token: str, trial: str) -> HTMLResponse:
        return await evidence.shown(request, token, await evidence.screened(request, token, trial))

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


def about(desk: EvidenceDesk, token: str, opened: OpenedChart) -> About:
    """Whom answers are about that are given behind a link; of a rehearsal they end with the link.

    Raises:
        PageError: 410, the link has run out meanwhile.
    """
    whom = About(opened.client, opened.fhir_server, opened.patient_id)
    if not opened.rehearsed:
        return whom
    try:
        link = desk.link(token)
    except LinkError:
        raise PageError(410, "evidence.error.expired") from None
    return whom._replace(link=link.name, until=link.until)


async def in_store(work: Callable[..., T], *args: object) -> T:
    """What ``work`` returns, done beside the event loop.

    Raises:
        PageError: 503, the store is away.
    """
    try:
        return await asyncio.to_thread(work, *args)
    except (OSError, StoreError):
        raise PageError(503, "answers.error.store") from None


def page_path(token: str, trial: str) -> str:
    """Where the page lies."""
    return f"/evidence/{quote(token, safe='')}/{quote(trial, safe='')}"
