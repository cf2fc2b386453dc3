"""The audit trail whole: calls that were answered, and calls that were refused, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from heapq import merge

from sqlalchemy import Connection, select

from app.store.reading import between, calls
from app.store.records import AuditedCall, RefusedCall
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
    connection: Connection, since: datetime | None, until: datetime | None, *, client: str | None = None
) -> Iterator[AuditedCall]:
    """All calls, answered or refused, of one client if asked."""
    return merge(
        calls(connection, since, until, client=client),
        refusals(connection, since, until, client=client),
        key=lambda entry: entry.at,
    )
