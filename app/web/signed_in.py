"""What pages depend on that are not for everybody: who reads them, what they may do, and that it is kept.

::

    @routes.get("/list", dependencies=[Depends(with_role(Role.COORDINATOR))])
    async def page(request: Request, person: SignedIn) -> HTMLResponse:
        await seen(request, "list", patients)
        return pages.page(request, "list.html", …)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Final
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request

from app.people.desk import People
from app.people.person import Person, Role
from app.store.errors import StoreError
from app.web.errors import PageError

SIGN_IN: Final = "/sign-in"
_PLAIN, _OF_THIS_HOST = "trialcards", "__Host-trialcards"
_LONGEST_NEXT = 2_000


class SignInNeededError(Exception):
    """Leads to the sign-in page, and from there back to ``next``: a path of this host."""

    def __init__(self, next_path: str) -> None:
        super().__init__("sign-in needed")
        self.next_path = next_path

    @property
    def address(self) -> str:
        """Where the browser is to go."""
        return f"{SIGN_IN}?next={quote(self.next_path, safe='/')}"


def people_at(request: Request) -> People:
    """The people who may sign in here.

    Raises:
        PageError: 404, nothing is stored, so nobody can.
    """
    people: People | None = getattr(request.app.state, "people", None)
    if people is None:
        raise PageError(404, "sign-in.error.no-store")
    return people


def is_secure(request: Request) -> bool:
    """Whether browsers come through TLS, be it that a proxy in front of the service ends it."""
    return bool(getattr(request.app.state, "through_tls", False)) or request.url.scheme == "https"


def cookie_name(request: Request) -> str:
    """The session cookie's: with TLS one that other hosts of the domain cannot set (RFC 6265bis, 4.1.3)."""
    return _OF_THIS_HOST if is_secure(request) else _PLAIN


def session_token(request: Request) -> str | None:
    """What the browser has as its session."""
    return request.cookies.get(cookie_name(request))


def own_path(text: str | None, default: str = "/") -> str:
    """A path of this host, with its query, as it may be led to after signing in; else the default.

    ``//host``, ``/\\\\host`` and whatever a browser makes of tabs and line breaks lead elsewhere (CWE-601).
    """
    if not text or len(text) > _LONGEST_NEXT or not text.startswith("/") or text.startswith("//"):
        return default
    if "\\" in text or not text.isprintable() or not text.isascii():
        return default
    try:
        parts = urlsplit(text)
    except ValueError:
        return default
    return default if parts.scheme or parts.netloc else text


async def reader(request: Request) -> Person | None:
    """Who is signed in, if anybody; templates have them as ``person``.

    Raises:
        PageError: 503, that cannot be told now.
    """
    token = session_token(request)
    if token is None or getattr(request.app.state, "people", None) is None:
        return None
    try:
        person = await asyncio.to_thread(people_at(request).of_session, token)
    except StoreError:
        raise PageError(503, "sign-in.error.store") from None
    request.state.person = person
    return person


async def signed_in(request: Request) -> Person:
    """A FastAPI dependency: who is signed in. A browser without a session is led to the sign-in page.

    Raises:
        SignInNeededError: nobody is.
        PageError: 404, nobody can sign in here; 503, whether somebody is cannot be told now.
    """
    people_at(request)
    person = await reader(request)
    if person is None:
        # A form cannot be sent again from the sign-in page: its own page can.
        query = f"?{request.url.query}" if request.url.query else ""
        raise SignInNeededError(
            own_path(request.url.path + query) if request.method == "GET" else _page_of_form(request)
        )
    return person


def _page_of_form(request: Request) -> str:
    """The page that a form was sent from, as far as the browser says and it is of this host."""
    sender = urlsplit(request.headers.get("referer", ""))
    return own_path(sender.path) if sender.netloc == request.url.netloc else "/"


SignedIn = Annotated[Person, Depends(signed_in)]


def with_role(*roles: Role) -> Callable[[Request], Awaitable[Person]]:
    """A FastAPI dependency: as ``signed_in``, for those who have one of these roles.

    Raises:
        PageError: 403, they have none of them.
    """

    async def allowed(request: Request) -> Person:
        person = await signed_in(request)
        if not person.has(*roles):
            raise PageError(403, "sign-in.error.role")
        return person

    return allowed


async def seen(
    request: Request, page: str, patients: Iterable[str] = (), *, trial: str | None = None
) -> None:
    """Keep in the audit trail that whoever is signed in sees this page; to be called before it is answered.

    ``page``: its name, 32 characters at most. ``patients``: pseudonyms of all patients that it tells of.
    ``trial``: id of the protocol, where it is of one.

    Raises:
        PageError: 503, it could not be kept; the page is then not shown.
        LookupError: nobody is signed in: the route does not depend on ``signed_in``.
    """
    person: Person | None = getattr(request.state, "person", None)
    if person is None:
        raise LookupError("a page that is kept in the audit trail depends on signed_in")
    try:
        await asyncio.to_thread(people_at(request).saw, person, page, tuple(patients), trial)
    except StoreError:
        raise PageError(503, "sign-in.error.store") from None
