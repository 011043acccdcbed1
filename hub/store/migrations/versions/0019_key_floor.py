"""Below which version of a department's key no data key may be stored any more."""

from typing import Final

from alembic import op

from hub.store.tables import metadata

revision: Final = "0019"
down_revision: Final = "0015"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add the table; no key has been retired."""
    metadata.tables["key_floor"].create(op.get_bind())
