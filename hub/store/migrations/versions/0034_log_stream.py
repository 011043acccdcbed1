"""How far a SIEM has heard of the log."""

from typing import Final

from alembic import op

from hub.store.tables import metadata

revision: Final = "0034"
down_revision: Final = "0033"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add the table; nobody has heard of anything yet."""
    metadata.tables["log_stream"].create(op.get_bind())
