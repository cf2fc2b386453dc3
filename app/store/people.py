"""Statements on people, their sessions, and what they saw. Roles are names with blanks between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.store.reading import between
from app.store.records import PageView
from app.store.tables import LONGEST_NAME, page_views, people, sessions


def insert_person(connection: Connection, **values: Any) -> bool:
    """Add a person; whether there was none of that issuer and subject before."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(people).values(failures=0, **{**values, "name": values["name"][:LONGEST_NAME]})
    made = statement.on_conflict_do_nothing().returning(people.c.id)
    return connection.execute(made).first() is not None


def person_by(connection: Connection, *, locked: bool = False, **columns: Any) -> Row[Any] | None:
    """The row of the person with these values; ``locked``: until the transaction ends nobody changes it."""
    statement = select(people).with_for_update() if locked else select(people)
    for name, value in columns.items():
        statement = statement.where(people.c[name] == value)
    return connection.execute(statement).one_or_none()


def all_people(connection: Connection) -> list[Row[Any]]:
    """All, by name."""
    return list(connection.execute(select(people).order_by(people.c.name, people.c.id)))


def change_person(connection: Connection, person: str, **values: Any) -> int:
    """Set columns of a person; how many rows that were."""
    return connection.execute(update(people).where(people.c.id == person).values(**values)).rowcount


def count_failure(connection: Connection, person: str, at: datetime) -> None:
    """One more failed try; counted by the database, so that tries at the same time all count."""
    connection.execute(
        update(people).where(people.c.id == person).values(failures=people.c.failures + 1, failed_at=at)
    )


def begin_session(connection: Connection, name: str, person: str, at: datetime) -> None:
    """Add a session."""
    connection.execute(insert(sessions).values(name=name, person=person, began=at, seen=at))


def session_by(connection: Connection, name: str) -> Any:
    """``began``, ``seen``, ``id``, ``name``, ``roles`` and ``issuer`` of a session and its person."""
    return connection.execute(
        select(sessions.c.began, sessions.c.seen, people.c.id, people.c.name, people.c.roles, people.c.issuer)
        .select_from(sessions.join(people))
        .where(sessions.c.name == name)
    ).one_or_none()


def touch_session(connection: Connection, name: str, at: datetime) -> None:
    """Somebody was here."""
    connection.execute(update(sessions).where(sessions.c.name == name).values(seen=at))


def end_session(connection: Connection, name: str) -> None:
    """Remove a session."""
    connection.execute(delete(sessions).where(sessions.c.name == name))


def end_sessions(
    connection: Connection, *, person: str | None = None, began_before: datetime | None = None
) -> int:
    """Remove all sessions of a person, or all that began before an instant; how many."""
    chosen = delete(sessions)
    if person is not None:
        chosen = chosen.where(sessions.c.person == person)
    if began_before is not None:
        chosen = chosen.where(sessions.c.began < began_before)
    return connection.execute(chosen).rowcount


def keep_views(connection: Connection, views: Sequence[PageView]) -> None:
    """Add what was seen."""
    connection.execute(insert(page_views), [msgspec.structs.asdict(view) for view in views])


def views(
    connection: Connection, since: datetime | None, until: datetime | None, *, patient: str | None = None
) -> Iterator[PageView]:
    """What was seen, in the order of time, of one patient if asked."""
    chosen = between(select(page_views), page_views.c.at, since, until)
    if patient is not None:
        chosen = chosen.where(page_views.c.patient == patient)
    for row in connection.execute(chosen.order_by(page_views.c.at, page_views.c.id)):
        yield PageView(**row._mapping)
