"""Of what is known now, somebody's memberships lie newest first."""

from typing import Final

from alembic import op

revision: Final = "0035"
down_revision: Final = "0031"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Drop the index without an order; the other comes with the declared ones."""
    op.execute("drop index if exists ix_member_now_cell_person_id")


def downgrade() -> None:
    """Take the index without an order back."""
    op.drop_index("ix_member_now_person", "member_now")
    op.create_index("ix_member_now_cell_person_id", "member_now", ["cell", "person_id"])
