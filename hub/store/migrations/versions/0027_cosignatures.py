"""What witnesses of the log answered: `audit/postgres_schema.sql` has the table."""

from typing import Final

revision: Final = "0027"
down_revision: Final = "0022"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add nothing here: each migration ends with the schema of the log, which is made as needed."""


def downgrade() -> None:
    """Leave what witnesses said."""
