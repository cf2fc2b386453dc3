"""Answers that persons gave to questions of protocols, sealed; who recorded which, for whom, and when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "person_answers",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client", sa.String(128), nullable=False),
        sa.Column("user_reference", sa.String(128)),
        sa.Column("patient", sa.String(32), nullable=False),
        sa.Column("trial", sa.String(128), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("question", sa.String(256), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("withdrawn", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.String(128)),
    )
    op.create_index("person_answers_patient", "person_answers", ["patient"])
    op.create_index("person_answers_at", "person_answers", ["at"])
    op.create_index("person_answers_until", "person_answers", ["until"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("person_answers")
