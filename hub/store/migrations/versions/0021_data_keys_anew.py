"""How old data keys are, which are being replaced, and whose words a source record is."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from hub.store.tables import metadata

revision: Final = "0021"
down_revision: Final = "0020"
branch_labels: Final = None
depends_on: Final = None
_AGES: Final = (
    "alter table data_key disable trigger user",
    """update data_key k set made_at = i.known_from from identity i
    where i.cell = k.cell and i.identity_id = k.identity_id""",
    """update data_key k set made_at = h.known_from from household h
    where h.cell = k.cell and h.household_id = k.identity_id""",
    "alter table data_key enable trigger user",
)
"""A key is as old as the identity or household; that of an intake counts from today."""


def upgrade() -> None:
    """Add column, table and index."""
    op.add_column(
        "data_key",
        sa.Column(
            "made_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
    )
    for statement in _AGES:
        op.execute(statement)
    metadata.tables["key_renewal"].create(op.get_bind())
    op.create_index(None, "source_record", ["identity_id"])
