"""Records as rows. Whatever is written twice counts once, so that a batch may be tried again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, and_, or_
from sqlalchemy.dialects import postgresql, sqlite

from app.store.listed import write_listed
from app.store.records import CardFeedback, HookCall, ListedRow, Record, RefusedCall
from app.store.tables import (
    LONGEST_NAME,
    LONGEST_VERSION,
    feedback,
    hook_calls,
    judged_trials,
    kept_charts,
    refused_calls,
)


def write(connection: Connection, records: Iterable[Record]) -> None:
    """Insert what is new. Of feedback on one card, what the user did last stands, however it arrived.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database refused.
    """
    calls: list[dict[str, Any]] = []
    judged: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    charts: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for record in records:
        if isinstance(record, HookCall):
            calls.append(_call_row(record))
            judged += _judged_rows(record)
        elif isinstance(record, CardFeedback):
            told.append(_feedback_row(record))
        elif isinstance(record, ListedRow):
            write_listed(connection, record)
        elif isinstance(record, RefusedCall):
            refused.append(_refused_row(record))
        else:
            charts.append({"name": record.name, "until": record.until, "content": record.seal()})
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    written = (
        (hook_calls, calls),
        (judged_trials, judged),
        (refused_calls, refused),
        (kept_charts, charts),
    )
    for table, rows in written:
        if rows:
            connection.execute(insert(table).on_conflict_do_nothing(), rows)
    if told:
        statement = insert(feedback)
        given = statement.excluded
        # Clients cut times to the second: of two at the same instant, what came later is what was done last.
        newer = or_(
            given.at > feedback.c.at,
            and_(given.at == feedback.c.at, given.received >= feedback.c.received),
        )
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["client", "card"],
                set_={name: given[name] for name in _changing(feedback)},
                where=newer,
            ),
            told,
        )


def _changing(table: Table) -> Sequence[str]:
    return [column.name for column in table.columns if not column.primary_key]


def _call_row(call: HookCall) -> dict[str, Any]:
    return {
        "id": call.id,
        "at": call.at,
        "hook": call.hook,
        "client": call.client[:LONGEST_NAME],
        "user_reference": call.user,
        "patient": call.patient,
        "encounter": call.encounter,
    }


def _judged_rows(call: HookCall) -> list[dict[str, Any]]:
    return [
        {
            "call": call.id,
            "trial": trial.trial[:LONGEST_NAME],
            "version": trial.version[:LONGEST_VERSION],
            "verdict": trial.verdict,
            "card": trial.card,
            "silence": trial.silence,
            "closings": " ".join(trial.closings) or None,
            "hook": call.hook,
            "client": call.client[:LONGEST_NAME],
            "patient": call.patient,
            "encounter": call.encounter,
            "at": call.at,
        }
        for trial in call.judged
    ]


def _feedback_row(given: CardFeedback) -> dict[str, Any]:
    return {
        "client": given.client[:LONGEST_NAME],
        "card": given.card,
        "outcome": given.outcome,
        "at": given.at,
        "received": given.received,
        "suggestions": msgspec.json.encode(given.suggestions).decode(),
        "reasons": msgspec.json.encode(given.reasons).decode(),
        "commented": given.commented,
    }


def _refused_row(refused: RefusedCall) -> dict[str, Any]:
    return {**msgspec.structs.asdict(refused), "client": refused.client[:LONGEST_NAME]}
