"""Who was destroyed and who must not be."""

from typing import Final

from alembic import op

from hub.store.tables import metadata

revision: Final = "0020"
down_revision: Final = "0016"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add both tables; nobody was, and everybody may be."""
    for name in ("shredding", "legal_hold"):
        metadata.tables[name].create(op.get_bind())
