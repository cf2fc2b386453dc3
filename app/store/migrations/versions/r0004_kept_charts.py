"""Charts behind links, sealed, for as long as the links last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "kept_charts",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_index("kept_charts_until", "kept_charts", ["until"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("kept_charts")
