"""The tables. The migrations make them; a test holds the two together.

Everything is text, a number or an instant; instants are UTC. ``docs/store.md`` tells what each column holds.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

LONGEST_NAME = 128
"""Of what others name: clients, cards, trials. What is longer is cut."""

LONGEST_VERSION = 32

LONGEST_QUESTION = 256
"""Of the full ids of questions, which protocols choose."""


class Instant(TypeDecorator[datetime]):
    """An instant, aware and in UTC on this side; SQLite has no zones and stores the digits."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From UTC."""
        if value is None:
            return None
        at: datetime = value
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


metadata = MetaData()

hook_calls = Table(
    "hook_calls",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("hook", String(32), nullable=False),
    Column("client", String(LONGEST_NAME), nullable=False),
    Column("user_reference", String(LONGEST_NAME)),
    Column("patient", String(32), nullable=False),
    Column("encounter", String(32)),
    Index("hook_calls_at", "at"),
    Index("hook_calls_patient", "patient"),
)

judged_trials = Table(
    "judged_trials",
    metadata,
    Column("call", String(36), ForeignKey("hook_calls.id", ondelete="CASCADE"), primary_key=True),
    Column("trial", String(LONGEST_NAME), primary_key=True),
    Column("version", String(LONGEST_VERSION), nullable=False),
    Column("verdict", String(32), nullable=False),
    Column("card", String(36)),
    Column("silence", String(32)),
    Column("closings", Text),
    # Of the call, once more: what the hook reads by.
    Column("hook", String(32), nullable=False),
    Column("client", String(LONGEST_NAME), nullable=False),
    Column("patient", String(32), nullable=False),
    Column("encounter", String(32)),
    Column("at", Instant, nullable=False),
    Index("judged_trials_card", "card", unique=True),
    Index("judged_trials_patient", "patient", "at"),
    Index("judged_trials_at", "at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("client", String(LONGEST_NAME), primary_key=True),
    Column("card", String(LONGEST_NAME), primary_key=True),
    Column("outcome", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("received", Instant, nullable=False),
    Column("suggestions", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("commented", Boolean, nullable=False),
    Index("feedback_at", "at"),
)

kept_charts = Table(
    "kept_charts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("until", Instant, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index("kept_charts_until", "until"),
)

refused_calls = Table(
    "refused_calls",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("call", String(16)),
    Column("hook", String(32)),
    Column("client", String(LONGEST_NAME), nullable=False),
    Column("status", Integer),
    Column("reason", String(64), nullable=False),
    Column("calls", Integer, nullable=False),
    Index("refused_calls_at", "at"),
)

people = Table(
    "people",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("made", Instant, nullable=False),
    Column("issuer", String(255), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("name", String(LONGEST_NAME), nullable=False),
    Column("roles", String(LONGEST_NAME), nullable=False),
    Column("password", String(255)),
    Column("set_up", String(64)),
    Column("set_up_until", Instant),
    Column("failures", Integer, nullable=False),
    Column("failed_at", Instant),
    Index("people_subject", "issuer", "subject", unique=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("person", String(36), ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("began", Instant, nullable=False),
    Column("seen", Instant, nullable=False),
    Index("sessions_person", "person"),
    Index("sessions_began", "began"),
)

# Without a foreign key: what somebody saw is told also when the person is gone.
page_views = Table(
    "page_views",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("person", String(36), nullable=False),
    Column("page", String(32), nullable=False),
    Column("patient", String(32)),
    Column("trial", String(LONGEST_NAME)),
    Index("page_views_at", "at"),
    Index("page_views_patient", "patient"),
)

listed_trials = Table(
    "listed_trials",
    metadata,
    Column("patient", String(32), primary_key=True),
    Column("trial", String(LONGEST_NAME), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("changed", Instant),
    Column("who", LargeBinary, nullable=False),
    Column("digest", String(32), nullable=False),
    Column("now", LargeBinary, nullable=False),
    Column("before", LargeBinary),
    Index("listed_trials_at", "at"),
)

listed_statuses = Table(
    "listed_statuses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("patient", String(32), nullable=False),
    Column("trial", String(LONGEST_NAME), nullable=False),
    Column("at", Instant, nullable=False),
    Column("status", String(16), nullable=False),
    Column("person", String(LONGEST_NAME), nullable=False),
    ForeignKeyConstraint(
        ["patient", "trial"], ["listed_trials.patient", "listed_trials.trial"], ondelete="CASCADE"
    ),
    Index("listed_statuses_entry", "patient", "trial"),
)

person_answers = Table(
    "person_answers",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("client", String(LONGEST_NAME), nullable=False),
    Column("user_reference", String(LONGEST_NAME)),
    Column("patient", String(32), nullable=False),
    Column("trial", String(LONGEST_NAME), nullable=False),
    Column("version", String(LONGEST_VERSION), nullable=False),
    Column("question", String(LONGEST_QUESTION), nullable=False),
    Column("until", Instant),
    Column("content", LargeBinary, nullable=False),
    Column("withdrawn", Instant),
    Column("withdrawn_by", String(LONGEST_NAME)),
    Index("person_answers_patient", "patient"),
    Index("person_answers_at", "at"),
    Index("person_answers_until", "until"),
)

subscription_events = Table(
    "subscription_events",
    metadata,
    Column("name", String(LONGEST_NAME), primary_key=True),
    Column("subscription", String(LONGEST_NAME), primary_key=True),
    Column("number", BigInteger, nullable=False),
)

subscription_progress = Table(
    "subscription_progress",
    metadata,
    Column("name", String(LONGEST_NAME), primary_key=True),
    Column("worker", String(36), primary_key=True),
    Column("at", Instant, nullable=False),
)
