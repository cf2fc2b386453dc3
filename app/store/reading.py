"""Queries: what the hook recalls, and what operators ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, bindparam, func, or_, select

from app.store.memory import Declining, Recalled, is_about_orders
from app.store.records import GivenReason, HookCall, JudgedTrial, Shown, Told
from app.store.tables import feedback, hook_calls, judged_trials, kept_charts, page_views, refused_calls

LATEST_FEEDBACK = timedelta(days=31)
"""How long after a card was shown its feedback may still come and count."""

_Told = tuple[str, str]
"""A trial, or a closing, and a verdict."""

_REASONS = msgspec.json.Decoder(tuple[GivenReason, ...])
_RECALL = (
    select(
        judged_trials.c.trial,
        judged_trials.c.verdict,
        judged_trials.c.hook,
        judged_trials.c.encounter,
        judged_trials.c.closings,
        feedback.c.outcome,
        feedback.c.at,
        feedback.c.received,
        feedback.c.reasons,
    )
    .select_from(
        judged_trials.outerjoin(
            feedback,
            and_(feedback.c.card == judged_trials.c.card, feedback.c.client == judged_trials.c.client),
        )
    )
    .where(
        judged_trials.c.patient == bindparam("patient"),
        judged_trials.c.at >= bindparam("since"),
        judged_trials.c.card.is_not(None),
        or_(feedback.c.outcome.is_not(None), judged_trials.c.encounter == bindparam("encounter")),
    )
)


def recalled(
    connection: Connection,
    patient: str,
    encounter: str | None,
    now: datetime,
    declining: Declining,
    closings: Mapping[str, str],
) -> Recalled:
    """What the hook has to know of a patient, by one query over the index of the patient's cards.

    Of each verdict on a trial the last feedback counts: what was declined and later accepted is not declined.
    Overrides for a reason that spares the trial are passed over. Cards on orders are counted apart, by what
    they were about: ``closings`` has those in question by pseudonym.
    """
    since = now - declining.lasts
    rows = connection.execute(
        _RECALL, {"patient": patient, "encounter": encounter, "since": since - LATEST_FEEDBACK}
    ).all()
    last: dict[_Told, Any] = {}
    last_order: dict[_Told, Any] = {}
    for row in rows:
        if row.outcome is None or row.at < since or _spares(row, declining.sparing):
            continue
        if is_about_orders(row.hook):
            for name in closings.keys() & (row.closings or "").split():
                _keep_latest(last_order, (closings[name], row.verdict), row)
        else:
            _keep_latest(last, (row.trial, row.verdict), row)
    return Recalled(
        _declined(last),
        _declined(last_order),
        frozenset(
            (row.trial, row.verdict)
            for row in rows
            if encounter and row.encounter == encounter and not is_about_orders(row.hook)
        ),
    )


def _keep_latest(last: dict[_Told, Any], about: _Told, row: Any) -> None:
    if about not in last or (row.at, row.received) >= (last[about].at, last[about].received):
        last[about] = row


def _declined(last: Mapping[_Told, Any]) -> frozenset[_Told]:
    return frozenset(about for about, row in last.items() if row.outcome == "overridden")


def _spares(row: Any, sparing: frozenset[str]) -> bool:
    """Whether a card was overridden for reasons alone that say nothing against the trial."""
    if row.outcome != "overridden":
        return False
    codes = {reason.code for reason in _REASONS.decode(row.reasons)}
    return bool(codes) and codes <= sparing


def feedback_counts(connection: Connection, since: datetime | None, until: datetime | None) -> list[Told]:
    """Feedback by trial, verdict, outcome and reasons; users acted from ``since`` to before ``until``."""
    grouping = (
        judged_trials.c.trial,
        judged_trials.c.verdict,
        feedback.c.outcome,
        feedback.c.reasons,
        feedback.c.commented,
    )
    known = and_(judged_trials.c.card == feedback.c.card, judged_trials.c.client == feedback.c.client)
    statement = between(
        select(*grouping, func.count()).select_from(feedback.outerjoin(judged_trials, known)),
        feedback.c.at,
        since,
        until,
    )
    return [
        Told(
            trial=trial,
            verdict=verdict,
            outcome=outcome,
            reasons=_REASONS.decode(reasons),
            commented=commented,
            cards=cards,
        )
        for trial, verdict, outcome, reasons, commented, cards in connection.execute(
            statement.group_by(*grouping)
        )
    ]


def shown_counts(connection: Connection, since: datetime | None, until: datetime | None) -> list[Shown]:
    """Cards shown from ``since`` until (not including) ``until``, by trial and verdict."""
    grouping = (judged_trials.c.trial, judged_trials.c.verdict)
    known = and_(judged_trials.c.card == feedback.c.card, judged_trials.c.client == feedback.c.client)
    statement = between(
        select(*grouping, func.count(), func.count(feedback.c.card)).select_from(
            judged_trials.outerjoin(feedback, known)
        ),
        judged_trials.c.at,
        since,
        until,
    ).where(judged_trials.c.card.is_not(None))
    return [
        Shown(trial=trial, verdict=verdict, cards=cards, ignored=cards - answered)
        for trial, verdict, cards, answered in connection.execute(
            statement.group_by(*grouping).order_by(*grouping)
        )
    ]


def holdings(connection: Connection) -> dict[str, int]:
    """How many rows there are of each kind, in the words of people."""
    counted = {
        "calls of hooks": select(func.count()).select_from(hook_calls),
        "cards shown": select(func.count(judged_trials.c.card)),
        "cards with feedback": select(func.count()).select_from(feedback),
        "refused calls": select(func.coalesce(func.sum(refused_calls.c.calls), 0)),
        "pages seen": select(func.count()).select_from(page_views),
    }
    return {name: connection.execute(statement).scalar_one() for name, statement in counted.items()}


def calls(
    connection: Connection,
    since: datetime | None,
    until: datetime | None,
    *,
    client: str | None = None,
    patient: str | None = None,
) -> Iterator[HookCall]:
    """The audit trail in the order of time: calls and what was judged, of one client or patient if asked."""
    chosen = between(select(hook_calls), hook_calls.c.at, since, until)
    if client is not None:
        chosen = chosen.where(hook_calls.c.client == client)
    if patient is not None:
        chosen = chosen.where(hook_calls.c.patient == patient)
    call = chosen.subquery()
    statement = (
        select(
            call,
            judged_trials.c.trial,
            judged_trials.c.version,
            judged_trials.c.verdict,
            judged_trials.c.card,
            judged_trials.c.silence,
        )
        .select_from(call.outerjoin(judged_trials, judged_trials.c.call == call.c.id))
        .order_by(call.c.at, call.c.id, judged_trials.c.trial)
    )
    held: list[Any] = []
    for row in connection.execute(statement):
        if held and held[0].id != row.id:
            yield _call(held)
            held = []
        held.append(row)
    if held:
        yield _call(held)


def _call(rows: list[Any]) -> HookCall:
    first = rows[0]
    return HookCall(
        id=first.id,
        at=first.at,
        hook=first.hook,
        client=first.client,
        user=first.user_reference,
        patient=first.patient,
        encounter=first.encounter,
        judged=tuple(
            JudgedTrial(
                trial=row.trial, version=row.version, verdict=row.verdict, card=row.card, silence=row.silence
            )
            for row in rows
            if row.trial is not None
        ),
    )


def between(
    statement: Select[Any], instant: Any, since: datetime | None, until: datetime | None
) -> Select[Any]:
    """A query, of what was at ``since`` or later, and before ``until``."""
    if since is not None:
        statement = statement.where(instant >= since)
    if until is not None:
        statement = statement.where(instant < until)
    return statement


def kept_chart(connection: Connection, name: str, now: datetime) -> bytes | None:
    """The sealed chart of that name, unless it has run out."""
    statement = select(kept_charts.c.content).where(kept_charts.c.name == name, kept_charts.c.until > now)
    found: bytes | None = connection.execute(statement).scalar()
    return found
