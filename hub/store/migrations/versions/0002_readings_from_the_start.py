"""Readings from the start are marked, and households can wait for a score."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add the marks; what earlier cursors covered is not known, so sources are read once more."""
    op.add_column("cursor", sa.Column("reading_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cursor", sa.Column("whole_from", sa.DateTime(timezone=True), nullable=True))
    op.execute("update cursor set scope_revision = -1")
    op.create_table(
        "unscored",
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("household_id", sa.UUID(), nullable=False),
        sa.Column("corrected", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("cell", "household_id", name=op.f("pk_unscored")),
        comment="Households whose facts changed while a source was read from its start.",
    )
