"""The screening list: entries sealed by the service, and what coordinators said of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "listed_trials",
        sa.Column("patient", sa.String(32), primary_key=True),
        sa.Column("trial", sa.String(128), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True)),
        sa.Column("who", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("now", sa.LargeBinary, nullable=False),
        sa.Column("before", sa.LargeBinary),
    )
    op.create_index("listed_trials_at", "listed_trials", ["at"])
    op.create_table(
        "listed_statuses",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("patient", sa.String(32), nullable=False),
        sa.Column("trial", sa.String(128), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("person", sa.String(128), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient", "trial"], ["listed_trials.patient", "listed_trials.trial"], ondelete="CASCADE"
        ),
    )
    op.create_index("listed_statuses_entry", "listed_statuses", ["patient", "trial"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("listed_statuses")
    op.drop_table("listed_trials")
