"""The service with a store, and what its database holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from fastapi.testclient import TestClient
from httpx import Response

from app.server import create_app
from app.settings import Settings
from app.store.configured import database_of
from app.store.kept import Store
from app.store.tables import metadata
from tests.app.service import AS_OF, HOOK, LUPUS, cards_of, request_of, screening_of, screening_service

KEY = "a key of thirty-two signs or more"


class Clock:
    """Goes on by one step with each look."""

    def __init__(self, now: datetime, step: timedelta) -> None:
        self.now, self._step = now, step

    def __call__(self) -> datetime:
        self.now += self._step
        return self.now


class Service:
    """A running service; ``store`` is its store."""

    def __init__(self, http: TestClient, store: Store) -> None:
        self.http, self.store = http, store

    def cards(self, patient: str = LUPUS, **changed: Any) -> dict[str, dict[str, Any]]:
        """The cards of a patient by trial; ``changed`` members of the request."""
        request = request_of(patient)
        context = {**request["context"], **changed.pop("context", {})}
        found = cards_of({**request, **changed, "context": context}, self.http)
        assert self.store.flush()
        return {screening_of(card)["protocol"]: card for card in found}

    def tell(self, *items: Mapping[str, Any]) -> Response:
        body = json.dumps({"feedback": items})  # escaped: a lone surrogate has no encoding
        return self.http.post(f"{HOOK}/feedback", content=body)


def settings_of(url: str, **more: Any) -> Settings:
    known = {"open": True, "tune_garbage_collection": False, "store": True, "pseudonym_key": KEY}
    return Settings(**{**known, "database_url": url, **more})


@contextmanager
def service(url: str, clock: Clock, **settings: Any) -> Iterator[Service]:
    """The service, started and stopped again."""
    made: list[Store] = []

    def noted(self: Store, *arguments: Any) -> None:
        made.append(self)
        original(self, *arguments)

    original = Store.__init__
    with mock.patch.object(Store, "__init__", noted):
        application = create_app(
            settings_of(url, **settings), service=screening_service(), today=lambda: AS_OF, now=clock
        )
    with TestClient(application, raise_server_exceptions=False) as http:
        yield Service(http, made[0])


def overridden(card: Mapping[str, Any] | str, at: datetime, **more: Any) -> dict[str, Any]:
    """Feedback that a card was overridden."""
    uuid = card if isinstance(card, str) else card["uuid"]
    return {"card": uuid, "outcome": "overridden", "outcomeTimestamp": at.isoformat(), **more}


def accepted(card: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {
        **overridden(card, at),
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": "e56e1945-20b3-4393-8503-a1a20fd73152"}],
    }


def rows(url: str, table: str) -> list[dict[str, Any]]:
    """All rows of a table."""
    database = database_of(settings_of(url))
    try:
        with database.reading() as connection:
            found = connection.execute(metadata.tables[table].select())
            return [dict(row._mapping) for row in found]
    finally:
        database.close()
