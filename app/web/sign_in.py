"""``/sign-in``, ``/sign-in/set-up`` and ``/sign-out``."""

from __future__ import annotations

import asyncio
import math
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.people.desk import People
from app.people.errors import SetUpError, TooSoonError, WrongPasswordError
from app.people.passwords import LONGEST, SHORTEST
from app.people.provider import Provider
from app.settings import Settings
from app.store.errors import StoreError
from app.web.errors import PageError
from app.web.forms import Form, read_form
from app.web.pages import Pages
from app.web.provider_sign_in import Report, entered, provider_routes
from app.web.same_origin import must_be_same_origin
from app.web.signed_in import (
    SIGN_IN,
    SignInNeededError,
    cookie_name,
    is_secure,
    own_path,
    reader,
    session_token,
)

SET_UP = f"{SIGN_IN}/set-up"
SIGN_OUT = "/sign-out"
SentForm = Annotated[Form, Depends(read_form)]


def add_sign_in(
    application: FastAPI,
    settings: Settings,
    people: People | None,
    pages: Pages,
    provider: Provider | None = None,
    report: Report = lambda code: None,
) -> None:
    """Let people sign in: by the provider, else by the local account. Without a store nobody can.

    ``report``: told in a word why a provider vouched for nobody.
    """
    application.state.people = people
    address = settings.pages_url or settings.base_url
    application.state.through_tls = urlsplit(address or "").scheme == "https"

    @application.exception_handler(SignInNeededError)
    async def needed(_: Request, error: SignInNeededError) -> RedirectResponse:
        return RedirectResponse(error.address, 303)

    if people is not None:
        application.include_router(sign_out_routes(people, pages, provider))
        if provider is None:
            application.include_router(sign_in_routes(people, pages))
        else:
            application.include_router(provider_routes(people, pages, provider, report))


def sign_in_routes(people: People, pages: Pages) -> APIRouter:
    """The sign-in page and the set-up page of the local account."""
    routes = APIRouter(include_in_schema=False)
    own_forms = [Depends(must_be_same_origin)]

    def page(request: Request, status: int = 200, fault: str | None = None, **words: object) -> HTMLResponse:
        going_to = own_path(str(words.pop("next", None) or request.query_params.get("next") or ""))
        said = None if fault is None else (fault, words)
        headers = {"Retry-After": str(words["seconds"])} if "seconds" in words else {}
        return pages.page(
            request, "sign_in.html", status=status, headers=headers, fault=said, going_to=going_to
        )

    @routes.get(SIGN_IN)
    async def sign_in(request: Request) -> Response:
        if await reader(request) is not None:
            return RedirectResponse(own_path(request.query_params.get("next")), 303)
        return page(request)

    @routes.post(SIGN_IN, dependencies=own_forms)
    async def try_to(request: Request, form: SentForm) -> Response:
        going_to = own_path(form.fields.get("next"))
        try:
            person = await asyncio.to_thread(people.sign_in, form.fields.get("password", ""))
            return await entered(request, people, person, going_to)
        except WrongPasswordError:
            return page(request, 403, "sign-in.error.password", next=going_to)
        except TooSoonError as error:
            seconds = math.ceil(error.wait.total_seconds())
            return page(request, 429, "sign-in.error.too-soon", next=going_to, seconds=seconds)
        except StoreError:
            raise PageError(503, "sign-in.error.store") from None

    @routes.get(SET_UP)
    async def set_up(request: Request) -> HTMLResponse:
        token = request.query_params.get("token", "")
        return await set_up_page(request, token)

    @routes.post(SET_UP, dependencies=own_forms)
    async def take(request: Request, form: SentForm) -> Response:
        token, name = form.fields.get("token", ""), form.fields.get("name", "")
        password = form.fields.get("password", "")
        if password != form.fields.get("again"):
            return await set_up_page(request, token, "sign-in.error.again", name)
        try:
            person = await asyncio.to_thread(people.set_up, token, name, password)
            return await entered(request, people, person, "/")
        except ValueError:
            return await set_up_page(request, token, "sign-in.error.choice", name)
        except SetUpError:
            raise PageError(404, "sign-in.error.set-up") from None
        except StoreError:
            raise PageError(503, "sign-in.error.store") from None

    async def set_up_page(
        request: Request, token: str, fault: str | None = None, name: str = ""
    ) -> HTMLResponse:
        try:
            if not await asyncio.to_thread(people.may_set_up, token):
                raise PageError(404, "sign-in.error.set-up")
        except StoreError:
            raise PageError(503, "sign-in.error.store") from None
        return pages.page(
            request,
            "set_up.html",
            status=200 if fault is None else 400,
            token=token,
            fault=fault,
            given=name,
            shortest=SHORTEST,
            longest=LONGEST,
        )

    return routes


def sign_out_routes(people: People, pages: Pages, provider: Provider | None) -> APIRouter:
    """Signing out here; and, by a link, at the provider."""
    routes = APIRouter(include_in_schema=False)

    @routes.post(SIGN_OUT, dependencies=[Depends(must_be_same_origin)])
    async def sign_out(request: Request) -> Response:
        token = session_token(request)
        try:
            if token is not None:
                await asyncio.to_thread(people.end, token)
        except StoreError:
            raise PageError(503, "sign-in.error.store") from None
        answer: Response
        if provider is None:
            answer = RedirectResponse(SIGN_IN, 303)
        else:
            # A form may not lead to another host (form-action); a link on its answer may.
            leaving = await provider.sign_out_address()
            answer = pages.page(request, "signed_out.html", leaving=leaving)
        answer.delete_cookie(cookie_name(request), secure=is_secure(request), httponly=True, samesite="lax")
        return answer

    return routes
