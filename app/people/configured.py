"""From settings to the people who may sign in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

from app.people.desk import People
from app.settings import Settings
from app.store.configured import database_of


def people_of(settings: Settings, now: Callable[[], datetime], *, hurried: bool = True) -> People:
    """Their database is that of the store; it is not opened here. ``hurried``: no statement may take long."""
    return People(
        database_of(settings, hurried=hurried),
        now,
        timedelta(minutes=settings.session_idle_minutes),
        timedelta(hours=settings.session_hours),
    )


def served_people(settings: Settings, now: Callable[[], datetime], closing: AsyncExitStack) -> People | None:
    """The people, to be let go of by ``closing``; ``None`` where nothing is stored: then nobody signs in."""
    if not settings.store:
        return None
    people = people_of(settings, now)
    closing.callback(people.close)
    return people
