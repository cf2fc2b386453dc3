"""How far subscriptions have come: names of the operator's, numbers and instants, nothing of any patient."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "subscription_events",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("subscription", sa.String(128), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "subscription_progress",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("worker", sa.String(36), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("subscription_progress")
    op.drop_table("subscription_events")
