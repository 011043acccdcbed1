"""The index of facets behind the log: `audit/postgres_schema.sql` has its tables."""

from typing import Final

revision: Final = "0030"
down_revision: Final = "0027"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add nothing here: each migration ends with the schema of the log, which is made as needed."""


def downgrade() -> None:
    """Leave the index: it follows from the log."""
