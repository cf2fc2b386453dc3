"""The audit trail whole: calls that were answered or refused, pages seen, questions answered; by time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from heapq import merge

from sqlalchemy import Connection, select

from app.store.answers import answer_acts
from app.store.people import views
from app.store.reading import between, calls
from app.store.records import Audited, RefusedCall
from app.store.tables import refused_calls


def refusals(
    connection: Connection, since: datetime | None, until: datetime | None, *, client: str | None = None
) -> Iterator[RefusedCall]:
    """Calls that were refused, in the order of time, of one client if asked."""
    chosen = between(select(refused_calls), refused_calls.c.at, since, until)
    if client is not None:
        chosen = chosen.where(refused_calls.c.client == client)
    for row in connection.execute(chosen.order_by(refused_calls.c.at, refused_calls.c.id)):
        yield RefusedCall(**row._mapping)


def trail(
    connection: Connection,
    since: datetime | None,
    until: datetime | None,
    *,
    client: str | None = None,
    patient: str | None = None,
) -> Iterator[Audited]:
    """All of it; if asked of one client, which sees no pages, or of a patient, of whom no refusal tells."""
    parts: list[Iterator[Audited]] = [calls(connection, since, until, client=client, patient=patient)]
    parts.append(answer_acts(connection, since, until, client=client, patient=patient))
    if patient is None:
        parts.append(refusals(connection, since, until, client=client))
    if client is None or patient is not None:
        parts.append(views(connection, since, until, patient=patient))
    return merge(*parts, key=lambda entry: entry.at)
