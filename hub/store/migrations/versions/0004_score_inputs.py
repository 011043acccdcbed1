"""A sealed vector of what the score reads, for each household."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: Final = "0004"
down_revision: Final = "0003"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add the table. A household without a vector is scored from its facts and gets one."""
    op.create_table(
        "score_input",
        sa.Column("cell", sa.Text, nullable=False),
        sa.Column("household_id", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("version_id", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("cell", "household_id", name="pk_score_input"),
        comment="What the score reads of a household, in integers, sealed; made from the facts.",
    )
