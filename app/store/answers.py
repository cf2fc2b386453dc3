"""Rows of answers that persons gave: of whom and to what is told, what they say is sealed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, and_, delete, insert, or_, select, update

from app.store.reading import between
from app.store.records import AnswerAct, AnswerRecord
from app.store.tables import LONGEST_NAME, LONGEST_VERSION, person_answers


class AnswerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One answer.

    Attributes:
        id: a uuid of this service's own.
        at: when it was recorded.
        client: id of the profile of the client whose link it was.
        user: id of whoever was signed in; else the user of the EHR whose link it was, as
            ``Pseudonyms.of_user`` keeps users.
        patient: pseudonym of the patient, or of the link where the answer ends with it.
        trial, version, question: what was answered.
        until: when it is to be forgotten; ``None``: as the audit trail is.
        content: what was answered, sealed.
        withdrawn: when it was taken back.
        withdrawn_by: likewise, by whom.
    """

    id: str
    at: datetime
    client: str
    user: str | None
    patient: str
    trial: str
    version: str
    question: str
    until: datetime | None
    content: bytes
    withdrawn: datetime | None = None
    withdrawn_by: str | None = None


def keep_answer(connection: Connection, row: AnswerRow) -> None:
    """Insert one.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database refused.
    """
    told = msgspec.structs.asdict(row)
    told["user_reference"] = told.pop("user")
    told["client"] = row.client[:LONGEST_NAME]
    told["version"] = row.version[:LONGEST_VERSION]
    connection.execute(insert(person_answers), told)


def answers_of(connection: Connection, patient: str, now: datetime) -> Sequence[AnswerRow]:
    """All answers about a patient that are not to be forgotten yet, the oldest first."""
    table = person_answers
    lasts = or_(table.c.until.is_(None), table.c.until > now)
    found = connection.execute(
        select(table).where(and_(table.c.patient == patient, lasts)).order_by(table.c.at, table.c.id)
    )
    return [
        AnswerRow(
            id=row.id,
            at=row.at,
            client=row.client,
            user=row.user_reference,
            patient=row.patient,
            trial=row.trial,
            version=row.version,
            question=row.question,
            until=row.until,
            content=row.content,
            withdrawn=row.withdrawn,
            withdrawn_by=row.withdrawn_by,
        )
        for row in found
    ]


def answer_acts(
    connection: Connection,
    since: datetime | None,
    until: datetime | None,
    *,
    client: str | None = None,
    patient: str | None = None,
) -> Iterator[AnswerRecord]:
    """That questions were answered and answers taken back, in the order of time; but of rehearsals."""
    table = person_answers

    def acts(act: AnswerAct, at: Column[Any], by: Column[Any]) -> Iterator[AnswerRecord]:
        chosen = between(select(table), at, since, until).where(table.c.until.is_(None), at.is_not(None))
        if client is not None:
            chosen = chosen.where(table.c.client == client)
        if patient is not None:
            chosen = chosen.where(table.c.patient == patient)
        for row in connection.execute(chosen.order_by(at, table.c.id)):
            yield AnswerRecord(
                id=row.id if act == "answer" else str(uuid.uuid5(uuid.UUID(row.id), act)),
                at=row._mapping[at],
                act=act,
                client=row.client,
                user=row._mapping[by],
                patient=row.patient,
                trial=row.trial,
                version=row.version,
                question=row.question,
            )

    columns = table.c
    return merge(
        acts("answer", columns.at, columns.user_reference),
        acts("answer-withdrawn", columns.withdrawn, columns.withdrawn_by),
        key=lambda act: act.at,
    )


def withdraw_answer(connection: Connection, patient: str, answer: str, now: datetime, by: str | None) -> bool:
    """Mark an answer about that patient as taken back; whether there was one that stood."""
    table = person_answers
    stands = and_(table.c.id == answer, table.c.patient == patient, table.c.withdrawn.is_(None))
    return (
        connection.execute(update(table).where(stands).values(withdrawn=now, withdrawn_by=by)).rowcount == 1
    )


def forget_answers(connection: Connection, now: datetime) -> int:
    """Delete those that were to be kept no longer than a link; how many."""
    return connection.execute(delete(person_answers).where(person_answers.c.until <= now)).rowcount
