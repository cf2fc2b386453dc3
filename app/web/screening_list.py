"""``/screening-list``: which patients stand where with which trial, for coordinators who are signed in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.listing.csv_export import csv_of
from app.listing.desk import ListDesk
from app.listing.entries import Entry, Status
from app.listing.fhir_export import fhir_of
from app.listing.view import Filter, Order, chosen, view
from app.listing.words import ListWords
from app.people.person import Role
from app.rendering.telling import speaking
from app.screening import ScreeningService
from app.store.errors import StoreError
from app.web.errors import PageError
from app.web.forms import Form, read_form
from app.web.pages import Pages
from app.web.same_origin import must_be_same_origin
from app.web.signed_in import SignedIn, seen, with_role
from app.web.words import page_words
from eligibility.findings import Verdict

PATH: Final = "/screening-list"
PAGE: Final = "screening-list"
_MAY_SEE = (Role.COORDINATOR, Role.INVESTIGATOR)
_NO_STORE = {"Cache-Control": "no-store"}
_VERDICTS: tuple[Verdict, ...] = (
    "potentially-eligible",
    "undetermined",
    "ineligible-for-now",
    "probably-ineligible",
    "ineligible",
)


def screening_list_routes(
    service: ScreeningService, desk: ListDesk, pages: Pages, now: Callable[[], datetime]
) -> APIRouter:
    """The list, what coordinators say of its entries, and its exports."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(with_role(*_MAY_SEE))])

    def words(request: Request) -> ListWords:
        language = pages.language(request)
        return ListWords(page_words(language), language, service.protocols)

    @routes.get(PATH)
    async def shown(
        request: Request, by: Annotated[Filter, Depends(_filter)], page: Annotated[int, Query(ge=1)] = 1
    ) -> HTMLResponse:
        entries = await _entries(desk)
        looked_at = view(entries, by, page)
        await seen(request, PAGE, _patients(looked_at.shown))
        return pages.page(
            request,
            "screening_list.html",
            headers=_NO_STORE,
            view=looked_at,
            by=by,
            words=words(request),
            trials=[bound.protocol for bound in service.protocols.values() if bound.protocol.open],
            verdict_names=_VERDICTS,
            statuses=list(Status),
            orders=list(Order),
            query=lambda **more: urlencode(_query(by) | {name: str(value) for name, value in more.items()}),
        )

    @routes.post(PATH, dependencies=[Depends(must_be_same_origin)])
    async def said(
        person: SignedIn,
        by: Annotated[Filter, Depends(_filter)],
        form: Annotated[Form, Depends(read_form)],
        page: Annotated[int, Query(ge=1)] = 1,
    ) -> RedirectResponse:
        patient, trial, status = (form.fields.get(name, "") for name in ("patient", "trial", "status"))
        if status not in set(Status):
            raise PageError(400, "list.error.status")
        try:
            kept = await desk.set_status(patient, trial, Status(status), person.id)
        except StoreError:
            raise PageError(503, "list.error.store") from None
        if not kept:
            raise PageError(404, "list.error.entry")
        back = urlencode(_query(by) | {"page": str(page)})
        return RedirectResponse(f"{PATH}?{back}#{quote(patient)}-{quote(trial)}", status_code=303)

    @routes.get(f"{PATH}.csv")
    async def as_csv(request: Request, by: Annotated[Filter, Depends(_filter)]) -> Response:
        found = chosen(await _entries(desk), by)
        await seen(request, f"{PAGE}.csv", _patients(found))
        with speaking(pages.language(request)):
            content = csv_of(found, words(request))
        # Spreadsheets take a file for UTF-8 only if it says so at its start.
        return _file("\ufeff" + content, "text/csv; charset=utf-8", "screening-list.csv")

    @routes.get(f"{PATH}.json")
    async def as_fhir(request: Request, by: Annotated[Filter, Depends(_filter)]) -> Response:
        found = chosen(await _entries(desk), by)
        await seen(request, f"{PAGE}.json", _patients(found))
        content = json.dumps(fhir_of(found, service.protocols, now()), ensure_ascii=False)
        return _file(content, "application/fhir+json", "screening-list.json")

    return routes


async def _entries(desk: ListDesk) -> list[Entry]:
    try:
        return await desk.entries()
    except (StoreError, OSError):
        raise PageError(503, "list.error.store") from None


def _filter(
    trial: str = "",
    verdict: str = "",
    status: str = "",
    changed: str = "",
    order: str = Order.VERDICT.value,
) -> Filter:
    """What an address asks for; what it asks for that there is not, it does not ask for."""
    return Filter(
        trial=trial or None,
        verdict=next((known for known in _VERDICTS if known == verdict), None),
        status=Status(status) if status in set(Status) else None,
        changed=bool(changed),
        order=Order(order) if order in set(Order) else Order.VERDICT,
    )


def _query(by: Filter) -> dict[str, str]:
    asked = {
        "trial": by.trial,
        "verdict": by.verdict,
        "status": by.status.value if by.status else None,
        "changed": "yes" if by.changed else None,
        "order": by.order.value,
    }
    return {name: value for name, value in asked.items() if value}


def _patients(entries: Iterable[Entry]) -> list[str]:
    return list(dict.fromkeys(entry.key for entry in entries))


def _file(content: str, media_type: str, name: str) -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers={**_NO_STORE, **disposition})
