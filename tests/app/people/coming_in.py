"""A service where people sign in, with a page behind it, and a browser at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient
from httpx import Response

from app.people.configured import people_of
from app.people.desk import People
from app.people.person import Role
from app.server import create_app
from app.store.configured import database_of
from app.store.tables import metadata
from app.web.signed_in import SignedIn, seen, with_role
from tests.app.service import AS_OF, screening_service
from tests.app.store.serving import settings_of

HOST = "http://here.test"
PASSWORD = "a lamp beside the window"
OWN_FORM = {"Sec-Fetch-Site": "same-origin"}
PATIENTS = ("ab" * 16, "cd" * 16)


class StandingClock:
    """Tells the same instant until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)


class Site:
    """A running service with ``/private`` for whoever is signed in and ``/judge`` for investigators."""

    def __init__(self, application: FastAPI, http: TestClient, people: People, url: str) -> None:
        self.application, self.http, self.people, self.url = application, http, people, url

    def post(self, path: str, **fields: str) -> Response:
        return self.http.post(path, data=fields, headers=OWN_FORM, follow_redirects=False)

    def get(self, path: str) -> Response:
        return self.http.get(path, follow_redirects=False)

    def set_up(self, name: str = "Ana Müller") -> Response:
        token = self.people.reset()
        return self.post("/sign-in/set-up", token=token, name=name, password=PASSWORD, again=PASSWORD)

    def sign_in(self, password: str = PASSWORD, **fields: str) -> Response:
        return self.post("/sign-in", password=password, **fields)

    def rows(self, table: str) -> list[dict[str, Any]]:
        database = database_of(settings_of(self.url))
        try:
            with database.reading() as connection:
                return [dict(row._mapping) for row in connection.execute(metadata.tables[table].select())]
        finally:
            database.close()


def add_private_pages(application: FastAPI) -> None:
    @application.get("/private")
    async def private(request: Request, person: SignedIn, many: bool = False) -> dict[str, str]:
        await seen(request, "private", PATIENTS if many else (), trial="nct1")
        return {"person": person.id, "name": person.name}

    @application.get("/judge", dependencies=[Depends(with_role(Role.INVESTIGATOR))])
    async def judge() -> dict[str, bool]:
        return {"allowed": True}


@contextmanager
def site(url: str, clock: StandingClock, *, host: str = HOST, **settings: Any) -> Iterator[Site]:
    chosen = settings_of(url, log_level="error", **settings)
    application = create_app(chosen, service=screening_service(), today=lambda: AS_OF, now=clock)
    add_private_pages(application)
    people = people_of(chosen, clock)
    with TestClient(application, base_url=host, raise_server_exceptions=False) as http:
        yield Site(application, http, people, url)
    people.close()
