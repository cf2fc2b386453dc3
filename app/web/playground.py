"""``/``: pick a chart, fire a hook, and see what went over the wire and what an EHR would draw.

A demonstration patient is named by the address, so that what is seen can be linked to; a file comes by a form
and is answered at once, since nothing of it is kept that an address could name.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.aside import aside, weight
from app.evidence.desk import EvidenceDesk
from app.playground.chosen import UPLOADED, Chosen, read_choice
from app.playground.command import FILE
from app.playground.errors import PlaygroundError
from app.playground.playground import Brought, Made, Playground
from app.settings import Settings
from app.web.errors import PageError
from app.web.forms import Form, read_form
from app.web.pages import Pages
from app.web.playground_view import PlaygroundView, Result, result_of
from app.web.same_origin import must_be_same_origin

ASKED: Final = "/playground/request"
ANSWERED: Final = "/playground/response"
_TEMPLATE: Final = "playground.html"
_FILE: Final = "file"

SentForm = Annotated[Form, Depends(read_form)]


def playground_routes(
    playground: Playground, settings: Settings, pages: Pages, evidence: EvidenceDesk | None
) -> APIRouter:
    """The page, and the bare request and response behind it. ``evidence``: what links of cards would open."""
    routes = APIRouter(include_in_schema=False)
    most_bytes = settings.max_body_bytes // 2  # the request that is made of a file is larger than the file
    minutes = settings.evidence_minutes if evidence is not None else None

    def kept(form: Form | None) -> bool:
        return minutes is not None and form is not None and form.fields.get("evidence") == "keep"

    async def made_of(chosen: Chosen, form: Form | None) -> Made:
        if form is None or chosen.patient != UPLOADED:
            return playground.demonstrated(chosen)
        if _FILE not in form.files:
            raise PlaygroundError("no-file")
        brought = Brought(form.files[_FILE], form.fields.get("whose"), kept(form))
        return await playground.brought(chosen, brought, most_bytes, settings.max_nesting)

    def choice(request: Request, form: Form | None) -> Chosen:
        if form is None:
            return read_choice(request.query_params, playground.offers())
        # Whoever picks a file means it, whichever patient is still marked.
        whose = {"patient": UPLOADED} if _FILE in form.files else {}
        return read_choice({**form.fields, **whose}, playground.offers())

    async def shown(request: Request, form: Form | None) -> HTMLResponse:
        offers = playground.offers()
        view = PlaygroundView(offers, read_choice({}, offers), minutes, most_bytes, kept(form))
        result: Result | None = None
        fault: PlaygroundError | None = None
        try:
            view = view._replace(chosen=choice(request, form))
            made = await made_of(view.chosen, form)
            view = view._replace(people=made.people, whose=made.whose, left_out=made.left_out)
            if made.body:
                language = pages.language(request)
                fired = await playground.fire(made.body, language)
                asked = f"{ASKED}?{view.chosen.query()}" if form is None else None
                base = settings.base_url or str(request.base_url).rstrip("/")
                shown_of = partial(result_of, fired, base, language, asked)
                result = await aside(weight([len(made.body), len(fired.answer.body)]), shown_of)
        except PlaygroundError as error:
            fault = error
        return pages.page(
            request,
            _TEMPLATE,
            status=fault.status if fault is not None else 200,
            view=view,
            result=result,
            fault=fault,
            asked=ASKED,
            answered=ANSWERED,
        )

    async def sent(request: Request, form: Form | None, *, answer: bool) -> Response:
        try:
            made = await made_of(choice(request, form), form)
            if not made.body:
                raise PlaygroundError("whose")
        except PlaygroundError as error:
            words = {name: str(value) for name, value in error.words.items()}
            raise PageError(error.status, error.key, **words) from None
        if not answer:
            return _download(made.body, FILE)
        fired = await playground.fire(made.body, pages.language(request))
        return _download(fired.answer.body, "response.json")

    @routes.get("/")
    async def page(request: Request) -> HTMLResponse:
        return await shown(request, None)

    @routes.post("/", dependencies=[Depends(must_be_same_origin)])
    async def tried(request: Request, form: SentForm) -> Response:
        if _FILE not in form.files and form.fields.get("patient") != UPLOADED:
            try:
                return RedirectResponse(f"/?{choice(request, form).query()}", 303)
            except PlaygroundError:
                pass  # the page says what is wrong
        return await shown(request, form)

    @routes.get(ASKED)
    async def asked_for(request: Request) -> Response:
        return await sent(request, None, answer=False)

    @routes.post(ASKED, dependencies=[Depends(must_be_same_origin)])
    async def asked_for_file(request: Request, form: SentForm) -> Response:
        return await sent(request, form, answer=False)

    @routes.get(ANSWERED)
    async def answered_to(request: Request) -> Response:
        return await sent(request, None, answer=True)

    @routes.post(ANSWERED, dependencies=[Depends(must_be_same_origin)])
    async def answered_to_file(request: Request, form: SentForm) -> Response:
        return await sent(request, form, answer=True)

    return routes


def _download(body: bytes, name: str) -> Response:
    """A file to save; a browser saves none that comes with the status of a refusal."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, headers=headers, media_type="application/json")
