"""How far subscriptions have come: which event a server told of last, and until when all is screened."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.store.tables import subscription_events, subscription_progress


def last_event(connection: Connection, name: str, subscription: str) -> int | None:
    """The number of the last event that was told, if any; nobody else changes it in this transaction."""
    here = (subscription_events.c.name == name) & (subscription_events.c.subscription == subscription)
    found: int | None = connection.execute(
        select(subscription_events.c.number).where(here).with_for_update()
    ).scalar()
    return found


def keep_last_event(connection: Connection, name: str, subscription: str, number: int) -> None:
    """Keep that number."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    values = {"name": name, "subscription": subscription, "number": number}
    connection.execute(
        insert(subscription_events).on_conflict_do_update(
            index_elements=["name", "subscription"], set_={"number": number}
        ),
        values,
    )


def settled_since(connection: Connection, name: str) -> datetime | None:
    """Until when all processes have screened whatever they were told of; ``None`` where none ever was."""
    found: datetime | None = connection.execute(
        select(func.min(subscription_progress.c.at)).where(subscription_progress.c.name == name)
    ).scalar()
    return found


def keep_settled(connection: Connection, name: str, worker: str, at: datetime) -> None:
    """Keep until when a process has done so."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(
        insert(subscription_progress).on_conflict_do_update(
            index_elements=["name", "worker"], set_={"at": at}
        ),
        {"name": name, "worker": worker, "at": at},
    )


def forget_settled(connection: Connection, name: str, worker: str, before: datetime) -> None:
    """Forget the other processes that have not told since; those that still run tell again."""
    connection.execute(
        delete(subscription_progress).where(
            subscription_progress.c.name == name,
            subscription_progress.c.worker != worker,
            subscription_progress.c.at < before,
        )
    )
