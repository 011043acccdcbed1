"""What is kept so that an answer can be asked again, and who had it asked again."""

from typing import Final

from alembic import op

from hub.store.tables import metadata

revision: Final = "0033"
down_revision: Final = "0028"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add the tables; the log's own column comes with its schema (`audit/postgres_schema.sql`)."""
    for name in ("asked_document", "replay_request"):
        metadata.tables[name].create(op.get_bind())
