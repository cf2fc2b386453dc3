"""``/sign-in`` where an OpenID provider vouches for people: away to it, and back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.people.desk import People
from app.people.errors import ProviderAwayError, ProviderRefusedError
from app.people.person import Person
from app.people.provider import LONGEST_SIGN_IN, Provider
from app.store.errors import StoreError
from app.web.errors import PageError
from app.web.pages import Pages
from app.web.signed_in import SIGN_IN, cookie_name, is_secure, own_path, reader, session_token

BACK = f"{SIGN_IN}/back"
AWAY = f"{SIGN_IN}/away"
_KEPT = "sign-in"
"""The cookie that ties the browser that comes back to the one that left (login CSRF)."""

Report = Callable[[str], None]


def provider_routes(people: People, pages: Pages, provider: Provider, report: Report) -> APIRouter:
    """The sign-in page, the way to the provider, and the way back."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(SIGN_IN)
    async def sign_in(request: Request) -> Response:
        going_to = own_path(request.query_params.get("next"))
        if await reader(request) is not None:
            return RedirectResponse(going_to, 303)
        return pages.page(request, "sign_in_provider.html", going_to=going_to)

    @routes.get(AWAY)
    async def away(request: Request) -> Response:
        try:
            address, kept = await provider.leave(own_path(request.query_params.get("next")))
        except ProviderAwayError:
            report("away")
            raise PageError(503, "sign-in.error.provider") from None
        except OSError:
            raise PageError(503, "sign-in.error.store") from None
        answer = RedirectResponse(address, 303)
        secure = is_secure(request)
        answer.set_cookie(
            _KEPT, kept, max_age=LONGEST_SIGN_IN, path=SIGN_IN, secure=secure, httponly=True, samesite="lax"
        )
        return answer

    @routes.get(BACK)
    async def back(request: Request) -> Response:
        try:
            vouched = await provider.came_back(request.query_params, request.cookies.get(_KEPT, ""))
            issuer = provider.registered.issuer
            person = await asyncio.to_thread(
                people.of_provider, issuer, vouched.subject, vouched.name, vouched.roles
            )
            answer = await entered(request, people, person, own_path(vouched.next_path))
        except ProviderAwayError:
            report("away")
            raise PageError(503, "sign-in.error.provider") from None
        except ProviderRefusedError as error:
            report(error.code)
            raise PageError(403, "sign-in.error.refused", code=error.code) from None
        except (StoreError, OSError):
            raise PageError(503, "sign-in.error.store") from None
        answer.delete_cookie(_KEPT, path=SIGN_IN)
        return answer

    return routes


async def entered(request: Request, people: People, person: Person, going_to: str) -> RedirectResponse:
    """A session for somebody who has shown who they are, in a cookie that ends with the browser."""
    token = await asyncio.to_thread(people.begin, person, session_token(request))
    answer = RedirectResponse(going_to, 303)
    answer.set_cookie(
        cookie_name(request), token, secure=is_secure(request), httponly=True, samesite="lax", path="/"
    )
    return answer
