"""People who sign in, their sessions, and which pages they saw."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables."""
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "people",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("made", instant, nullable=False),
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("roles", sa.String(128), nullable=False),
        sa.Column("password", sa.String(255)),
        sa.Column("set_up", sa.String(64)),
        sa.Column("set_up_until", instant),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failed_at", instant),
    )
    op.create_index("people_subject", "people", ["issuer", "subject"], unique=True)
    op.create_table(
        "sessions",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("person", sa.String(36), sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
        sa.Column("began", instant, nullable=False),
        sa.Column("seen", instant, nullable=False),
    )
    op.create_index("sessions_person", "sessions", ["person"])
    op.create_index("sessions_began", "sessions", ["began"])
    op.create_table(
        "page_views",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("at", instant, nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("page", sa.String(32), nullable=False),
        sa.Column("patient", sa.String(32)),
        sa.Column("trial", sa.String(128)),
    )
    op.create_index("page_views_at", "page_views", ["at"])
    op.create_index("page_views_patient", "page_views", ["patient"])


def downgrade() -> None:
    """Remove them."""
    for table in ("page_views", "sessions", "people"):
        op.drop_table(table)
