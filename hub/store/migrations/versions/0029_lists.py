"""Lists that the log commits to: `audit/postgres_schema.sql` has the tables."""

from typing import Final

revision: Final = "0029"
down_revision: Final = "0034"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add nothing here: each migration ends with the schema of the log, which is made as needed."""


def downgrade() -> None:
    """Leave the lists: they can be made anew."""
