"""Deleting what is old, or what is kept of one patient."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, exists, select

from app.store.tables import feedback, hook_calls, judged_trials, kept_charts


class Purged(NamedTuple):
    """How many rows went."""

    calls: int
    feedback: int


def purge_older(connection: Connection, before: datetime) -> Purged:
    """Delete calls made, and feedback received, before an instant."""
    told = connection.execute(delete(feedback).where(feedback.c.received < before)).rowcount
    gone = connection.execute(delete(hook_calls).where(hook_calls.c.at < before)).rowcount
    return Purged(gone, told)


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
    return Purged(gone, told)


def forget_charts(connection: Connection, now: datetime) -> int:
    """Delete the charts whose links have run out; how many."""
    return connection.execute(delete(kept_charts).where(kept_charts.c.until <= now)).rowcount
