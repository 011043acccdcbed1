"""The log's twin over SM3: `audit/postgres_schema.sql` has its tables."""

from typing import Final

revision: Final = "0032"
down_revision: Final = "0029"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add nothing here: each migration ends with the schema of the log, which is made as needed."""


def downgrade() -> None:
    """Leave the twin."""
