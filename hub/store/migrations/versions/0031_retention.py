"""Retention of the log: `audit/postgres_schema.sql` has what was pruned and what is held."""

from typing import Final

revision: Final = "0031"
down_revision: Final = "0030"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add nothing here: each migration ends with the schema of the log, which is made as needed."""


def downgrade() -> None:
    """Leave what is kept and held."""
