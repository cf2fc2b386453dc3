"""Calls that were refused: what was called, by which client if that could be told, and why not answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "refused_calls",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call", sa.String(16)),
        sa.Column("hook", sa.String(32)),
        sa.Column("client", sa.String(128), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
    )
    op.create_index("refused_calls_at", "refused_calls", ["at"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("refused_calls")
