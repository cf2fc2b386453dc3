"""``/launch``: an EHR opens the evidence for the patient whose chart is open (SMART App Launch, EHR launch).

A launch that ends in vain is told under an address of its own, without the code that the browser came back
with: whoever changes the language there must not send that code again.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.answers.given import standing_responses
from app.clients.registry import LAUNCH_PATH
from app.launch.desk import CALLBACK_PATH, LaunchDesk, Returned
from app.launch.errors import REASONS, LaunchError
from app.launch.pending import LASTS, cookie_name
from app.logging import note
from app.web.errors import PageError
from app.web.evidence import EvidencePages
from eligibility.findings import ScreeningReport

FAILED_PATH: Final = f"{LAUNCH_PATH}/failed"
_STATUS: Final = {
    "denied": 403,
    "not-listed": 403,
    "no-scope": 403,
    "no-offer": 424,
    "code": 424,
    "no-chart": 424,
    "not-kept": 424,
}
"""Of the pages that say why there is none; 400 for the others. 424: another server's answer was lacking."""


def launch_routes(desk: LaunchDesk) -> APIRouter:
    """Where EHRs launch, and where their authorization servers send the browser back."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(LAUNCH_PATH)
    async def launch(request: Request, iss: str = "", launch: str = "") -> Response:
        counts: dict[str, int | str] = {}
        try:
            url, cookie = await desk.begin(iss, launch, counts)
        except LaunchError as error:
            _note(request.scope, counts, error)
            raise _page_error(error.reason) from None
        note(request.scope, **counts)
        answer = _sent_on(url)
        answer.set_cookie(
            cookie.name,
            cookie.value,
            max_age=int(LASTS.total_seconds()),
            path=desk.cookie_path,
            secure=desk.cookie_is_secure,
            httponly=True,
            samesite="lax",  # the browser comes back from another site, by following a link
        )
        return answer

    @routes.get(CALLBACK_PATH)
    async def callback(request: Request, state: str = "", code: str = "", error: str = "") -> Response:
        counts: dict[str, int | str] = {}
        try:
            answer = _sent_on(await desk.finish(Returned(state, code, error), request.cookies, counts))
            note(request.scope, **counts)
        except LaunchError as failure:
            _note(request.scope, counts, failure)
            answer = _sent_on(f"{desk.address}{FAILED_PATH}/{failure.reason}")
        answer.delete_cookie(
            cookie_name(state),
            path=desk.cookie_path,
            secure=desk.cookie_is_secure,
            httponly=True,
            samesite="lax",
        )
        return answer

    @routes.get(f"{FAILED_PATH}/{{reason}}")
    async def failed(request: Request, reason: str) -> HTMLResponse:
        raise _page_error(reason) if reason in REASONS else PageError(404, "layout.error.not-found")

    return routes


def trial_choice_routes(evidence: EvidencePages) -> APIRouter:
    """The page on which a trial is chosen, where the EHR did not hand on which one a card led to."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/evidence/{token}")
    async def choice(request: Request, token: str) -> HTMLResponse:
        opened, given = await evidence.opened(token)
        language = evidence.pages.language(request)

        def screened() -> ScreeningReport:
            record = opened.record(standing_responses(given, opened.patient_id))
            return evidence.service.screen_record(record, opened.as_of, language=language)

        report = await asyncio.to_thread(screened)
        return evidence.pages.page(request, "evidence_trials.html", report=report, token=token)

    return routes


def _sent_on(url: str) -> RedirectResponse:
    answer = RedirectResponse(url, 303)
    # The address in the browser holds a launch or a code, which nobody else needs to see.
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _note(scope: MutableMapping[str, Any], counts: dict[str, int | str], error: LaunchError) -> None:
    why = {"launch_why": error.detail} if error.detail else {}
    note(scope, **counts, **why, refused=f"launch-{error.reason}")


def _page_error(reason: str) -> PageError:
    return PageError(_STATUS.get(reason, 400), f"launch.error.{reason}")
