"""Answers of persons on the evidence page: the form's target, taking back, and the download."""

from __future__ import annotations

from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.answers.asked import every_question
from app.answers.book import AnswerBook
from app.answers.form import Draft, Occasion, read_answer
from app.answers.given import answers_bundle
from app.evidence.desk import EvidenceDesk
from app.people.person import Person, Role
from app.questionnaires.library import Library
from app.web.errors import PageError
from app.web.evidence import EvidencePages, about, in_store, page_path
from app.web.forms import Form, read_form
from app.web.same_origin import must_be_same_origin
from app.web.signed_in import with_role

MOST_ANSWERS: Final = 1_000
"""About one patient, those that were taken back too: a link must not fill the database."""

SentForm = Annotated[Form, Depends(read_form)]


def answer_routes(evidence: EvidencePages, desk: EvidenceDesk, book: AnswerBook, zone: ZoneInfo) -> APIRouter:
    """What the forms of the evidence page lead to."""
    routes = APIRouter(include_in_schema=False)
    forms = Library(evidence.service.protocols.values())
    ours = [Depends(must_be_same_origin)]
    if evidence.signed_in:
        ours.append(Depends(with_role(Role.INVESTIGATOR)))
    page = "/evidence/{token}/{trial}"

    @routes.post(page + "/answers", dependencies=ours)
    async def answered(request: Request, token: str, trial: str, form: SentForm) -> Response:
        seen = await evidence.screened(request, token, trial)
        asked = every_question(seen.asked).get(form.fields.get("question", ""))
        if asked is None:
            raise PageError(409, "answers.error.question")
        if len(seen.given) >= MOST_ANSWERS:
            raise PageError(409, "answers.error.many")
        opened, protocol = seen.opened, seen.bound.protocol
        form_of = forms.one(protocol.id)
        occasion = Occasion(
            book.new_id(), book.now(), zone, opened.as_of, protocol.id, protocol.version, form_of, opened.user
        )
        person: Person | None = getattr(request.state, "person", None) if evidence.signed_in else None
        fields = form.fields if person is None else {**form.fields, "name": person.name}
        answer = read_answer(fields, asked, occasion)
        if isinstance(answer, Draft):
            return await evidence.shown(request, token, seen, draft=answer)
        if person is not None:
            answer = msgspec.structs.replace(answer, author=person.name)
        await in_store(book.keep, about(desk, token, opened), answer, None if person is None else person.id)
        await evidence.relisted(request, token, trial)
        return RedirectResponse(f"{page_path(token, trial)}?recorded={answer.id}", 303)

    @routes.post(page + "/answers/{answer}/withdrawal", dependencies=ours)
    async def withdrawn(request: Request, token: str, trial: str, answer: str) -> Response:
        seen = await evidence.screened(request, token, trial)
        whom = about(desk, token, seen.opened)
        person: Person | None = getattr(request.state, "person", None) if evidence.signed_in else None
        by = None if person is None else person.id
        if not await in_store(book.withdraw, whom, answer, seen.opened.user, by):
            raise PageError(409, "answers.error.withdrawn")
        await evidence.relisted(request, token, trial)
        return RedirectResponse(f"{page_path(token, trial)}?recorded={answer}", 303)

    @routes.get(page + "/answers")
    async def none_here(request: Request, token: str, trial: str) -> Response:
        """Where a browser goes from a form that was shown again: to another form, or another language."""
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{page_path(token, trial)}{query}", 303)

    @routes.get(page + "/answers.json")
    async def download(request: Request, token: str, trial: str) -> Response:
        seen = await evidence.screened(request, token, trial)
        oldest_first = list(reversed(seen.answers))
        return Response(
            answers_bundle(oldest_first, seen.opened.patient_id),
            media_type="application/fhir+json",
            headers={"Content-Disposition": 'attachment; filename="answers.json"'},
        )

    return routes
