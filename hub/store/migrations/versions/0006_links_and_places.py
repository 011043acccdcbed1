"""Links name the department of their identity, and places the households that were warned about."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0006"
down_revision: Final = "0005"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add both, and tell of what is there already; the places' triggers come with the tables."""
    op.add_column("link", sa.Column("department", sa.Text(), nullable=True))
    op.execute(
        "update link set department = identity.department from identity "
        "where identity.cell = link.cell and identity.identity_id = link.identity_id"
    )
    op.alter_column("link", "department", nullable=False)
    op.drop_index("ix_link_cell_person_id", "link")
    op.create_index(
        "ix_link_person",
        "link",
        ["cell", "person_id", "department"],
        postgresql_include=["identity_id", "valid_from", "valid_to", "known_from", "known_to"],
    )
    op.create_table_comment(
        "link",
        "The decision whose record it is; certainty in percent. The department is that of the "
        "identity, which never changes: a query follows the identities of those that it asks about.",
    )
    op.add_column(
        "household_place",
        sa.Column("warned", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index(
        "ix_household_place_warned",
        "household_place",
        ["region"],
        postgresql_ops={"region": "text_pattern_ops"},
        postgresql_where=sa.text("warned"),
    )
    op.create_table_comment(
        "household_place",
        "In which region a household lives; the row predicate of grants reads it. `warned` "
        "says that the household has or had an alert; triggers keep it (`hub.store.warned`).",
    )
