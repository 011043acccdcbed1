"""What is leased of each department's quota, so that several hubs share one."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0008"
down_revision: Final = "0006"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add the table; a window begins with the first request."""
    op.create_table(
        "quota_window",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_quota_window"),
        comment="Cost units of the present window that are leased to hubs, by department or client.",
    )
