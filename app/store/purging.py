"""Deleting what is old, or what is kept of one patient.

What is old goes a thousand rows at a time, so that whoever writes meanwhile does not wait for all of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, Table, and_, delete, exists, select, tuple_

from app.store.answers import forget_answers
from app.store.listed import forget_listed
from app.store.tables import (
    feedback,
    hook_calls,
    judged_trials,
    kept_charts,
    listed_trials,
    page_views,
    person_answers,
    refused_calls,
)

if TYPE_CHECKING:
    from app.store.database import Database

_AT_ONCE = 1000
_PAUSE = 0.05
"""Seconds between two transactions: SQLite tells nobody who waits that his turn has come."""
_LOCK = 7_517_536_524_721
"""Of PostgreSQL: several processes may purge, one transaction after another."""


class Purged(NamedTuple):
    """How many rows went."""

    calls: int
    feedback: int
    refusals: int = 0
    views: int = 0
    listed: int = 0
    answers: int = 0

    def told(self) -> str:
        """In words, for people."""
        words = f"{self.calls} calls with their cards, feedback on {self.feedback} cards"
        words += f", {self.refusals} records of refused calls" if self.refusals else ""
        words += f", {self.views} records of pages seen" if self.views else ""
        words += f", {self.listed} entries of the screening list" if self.listed else ""
        return words + (f", {self.answers} answers of persons" if self.answers else "")


def purge_older(database: Database, before: datetime, goes_on: Callable[[], bool] = lambda: True) -> Purged:
    """Delete calls made or refused, feedback received, pages seen, entries screened and answers recorded
    before an instant.

    ``goes_on`` is asked between two transactions; what went until it says no is told.

    Raises:
        StoreError: the database cannot be used.
    """
    told = sum(_purged(database, feedback, "received", before, goes_on))
    calls = sum(_purged(database, hook_calls, "at", before, goes_on))
    refused = sum(_purged(database, refused_calls, "at", before, goes_on))
    listed = sum(_purged(database, listed_trials, "at", before, goes_on))
    views = sum(_purged(database, page_views, "at", before, goes_on))
    answers = sum(_purged(database, person_answers, "at", before, goes_on))
    return Purged(calls, told, refused, views, listed, answers)


def _purged(
    database: Database, table: Table, instant: str, before: datetime, goes_on: Callable[[], bool]
) -> Iterator[int]:
    key = tuple_(*table.primary_key.columns)
    old = select(*table.primary_key.columns).where(table.c[instant] < before).limit(_AT_ONCE)
    gone = _AT_ONCE
    while gone == _AT_ONCE and goes_on():
        with database.changing() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            gone = connection.execute(delete(table).where(key.in_(old))).rowcount
        yield gone
        if gone == _AT_ONCE:
            time.sleep(_PAUSE)


def purge_patient(connection: Connection, patient: str) -> Purged:
    """Delete all that is kept of one patient, by pseudonym."""
    theirs = and_(
        judged_trials.c.patient == patient,
        judged_trials.c.card == feedback.c.card,
        judged_trials.c.client == feedback.c.client,
    )
    told = connection.execute(
        delete(feedback).where(exists(select(judged_trials.c.card).where(theirs)))
    ).rowcount
    gone = connection.execute(delete(hook_calls).where(hook_calls.c.patient == patient)).rowcount
    views = connection.execute(delete(page_views).where(page_views.c.patient == patient)).rowcount
    given = connection.execute(delete(person_answers).where(person_answers.c.patient == patient)).rowcount
    listed = forget_listed(connection, patient)
    return Purged(gone, told, views=views, listed=listed, answers=given)


def forget_charts(connection: Connection, now: datetime) -> int:
    """Delete the charts whose links have run out, and answers that were kept as long; how many charts."""
    forget_answers(connection, now)
    return connection.execute(delete(kept_charts).where(kept_charts.c.until <= now)).rowcount
