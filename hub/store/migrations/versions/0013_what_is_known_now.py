"""What is known now of members and their identities has tables of its own."""

from typing import Final

from alembic import op

from hub.store.tables import metadata

revision: Final = "0013"
down_revision: Final = "0009"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add both; their triggers come with the tables and fill them."""
    for name in ("member_now", "identity_now"):
        metadata.tables[name].create(op.get_bind())
