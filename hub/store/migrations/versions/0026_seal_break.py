"""Where seals were found broken."""

from typing import Final

from alembic import op

from hub.store.tables import metadata

revision: Final = "0026"
down_revision: Final = "0021"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add the table; nothing was found yet."""
    metadata.tables["seal_break"].create(op.get_bind())
