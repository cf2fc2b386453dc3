"""Calls of hooks, the trials judged for them, and feedback on cards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "hook_calls",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("hook", sa.String(32), nullable=False),
        sa.Column("client", sa.String(128), nullable=False),
        sa.Column("user_reference", sa.String(128)),
        sa.Column("patient", sa.String(32), nullable=False),
        sa.Column("encounter", sa.String(32)),
    )
    op.create_index("hook_calls_at", "hook_calls", ["at"])
    op.create_index("hook_calls_patient", "hook_calls", ["patient"])
    op.create_table(
        "judged_trials",
        sa.Column(
            "call", sa.String(36), sa.ForeignKey("hook_calls.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("trial", sa.String(128), primary_key=True),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("verdict", sa.String(32), nullable=False),
        sa.Column("card", sa.String(36)),
        sa.Column("silence", sa.String(32)),
        sa.Column("hook", sa.String(32), nullable=False),
        sa.Column("client", sa.String(128), nullable=False),
        sa.Column("patient", sa.String(32), nullable=False),
        sa.Column("encounter", sa.String(32)),
        sa.Column("at", _INSTANT, nullable=False),
    )
    op.create_index("judged_trials_card", "judged_trials", ["card"], unique=True)
    op.create_index("judged_trials_patient", "judged_trials", ["patient", "at"])
    op.create_index("judged_trials_at", "judged_trials", ["at"])
    op.create_table(
        "feedback",
        sa.Column("client", sa.String(128), primary_key=True),
        sa.Column("card", sa.String(128), primary_key=True),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("received", _INSTANT, nullable=False),
        sa.Column("suggestions", sa.Text, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("commented", sa.Boolean, nullable=False),
    )
    op.create_index("feedback_at", "feedback", ["at"])


def downgrade() -> None:
    """Remove them."""
    for table in ("feedback", "judged_trials", "hook_calls"):
        op.drop_table(table)
