"""A record in quarantine is known by the person it is about, as far as it says so."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0005"
down_revision: Final = "0004"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add the tag. Of records that wait already nobody knows the person until they come again."""
    op.add_column("quarantine", sa.Column("person_tag", sa.LargeBinary(), nullable=True))
    op.create_index("ix_quarantine_dataset_person_tag", "quarantine", ["dataset", "person_tag"])
