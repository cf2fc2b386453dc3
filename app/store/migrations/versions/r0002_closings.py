"""What a card on draft orders was about, so that putting it aside silences no other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; what was shown before has none, and silences no card on an order."""
    op.add_column("judged_trials", sa.Column("closings", sa.Text))


def downgrade() -> None:
    """Remove it."""
    with op.batch_alter_table("judged_trials") as table:
        table.drop_column("closings")
