"""Access tokens that were revoked before their time."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0012"
down_revision: Final = "0008"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add the table; nothing is revoked."""
    op.create_table(
        "token_revoked",
        sa.Column("jti_tag", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("jti_tag", name="pk_token_revoked"),
        comment="Access tokens that were revoked, until they would have ended by themselves.",
    )
