"""Queries of the screening list."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, and_, case, delete, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.store.records import ListedRow, StatusRow
from app.store.tables import LONGEST_NAME, listed_statuses, listed_trials


def write_listed(connection: Connection, row: ListedRow) -> None:
    """Put an entry on the list, or bring it up to date; what is older than the entry there is left out."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    values = {name: value for name, value in msgspec.structs.asdict(row).items() if name in listed_trials.c}
    values["trial"] = row.trial[:LONGEST_NAME]
    if row.only_if_listed:
        here = and_(listed_trials.c.patient == row.patient, listed_trials.c.trial == values["trial"])
        if connection.execute(select(exists().where(here))).scalar() is not True:
            return
    statement = insert(listed_trials)
    given = statement.excluded
    differs = listed_trials.c.digest != given.digest
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[listed_trials.c.patient, listed_trials.c.trial],
            set_={
                "at": given.at,
                "who": given.who,
                "changed": case((differs, given.at), else_=listed_trials.c.changed),
                "before": case((differs, listed_trials.c.now), else_=listed_trials.c.before),
                "now": given.now,
                "digest": given.digest,
            },
            where=given.at >= listed_trials.c.at,
        ),
        values,
    )


def write_status(connection: Connection, row: StatusRow) -> bool:
    """Keep a status, beside those before it; whether there is such an entry."""
    here = and_(listed_trials.c.patient == row.patient, listed_trials.c.trial == row.trial)
    if connection.execute(select(exists().where(here))).scalar() is not True:
        return False
    connection.execute(listed_statuses.insert(), msgspec.structs.asdict(row))
    return True


def read_listed(connection: Connection) -> list[tuple[ListedRow, StatusRow | None]]:
    """The whole list, each entry with its latest status."""
    last = func.max(listed_statuses.c.id).label("id")
    latest = select(last).group_by(listed_statuses.c.patient, listed_statuses.c.trial).subquery()
    said = (
        select(listed_statuses)
        .join(latest, latest.c.id == listed_statuses.c.id)
        .order_by(listed_statuses.c.id)
    )
    statuses = {
        (row["patient"], row["trial"]): StatusRow(
            patient=row["patient"],
            trial=row["trial"],
            at=row["at"],
            status=row["status"],
            person=row["person"],
        )
        for row in connection.execute(said).mappings()
    }
    return [
        (ListedRow(**row), statuses.get((row["patient"], row["trial"])))
        for row in connection.execute(select(listed_trials)).mappings()
    ]


def forget_listed(connection: Connection, patient: str) -> int:
    """Delete the entries of one patient, by pseudonym, with what was said of them; how many."""
    connection.execute(delete(listed_statuses).where(listed_statuses.c.patient == patient))
    return connection.execute(delete(listed_trials).where(listed_trials.c.patient == patient)).rowcount
