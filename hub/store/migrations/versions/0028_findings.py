"""Findings have a life; rules remember what is usual, who slept, what is read, who is near."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from hub.store.tables import metadata

revision: Final = "0028"
down_revision: Final = "0035"
branch_labels: Final = None
depends_on: Final = None
_NEW: Final = (
    "indicator_usual",
    "indicator_reader",
    "indicator_field_use",
    "indicator_list",
    "indicator_waiting",
    "indicator_worked",
)
_COLUMNS: Final = {
    "indicator": ("entries", "usual", "usual_days", "usual_of"),
    "indicator_note": ("step", "state", "verdict", "words_of"),
}


def upgrade() -> None:
    """Add what is missing: a fresh database has got the tables as they are now."""
    inspector = sa.inspect(op.get_bind())
    for table, names in _COLUMNS.items():
        known = {column["name"] for column in inspector.get_columns(table)}
        for name in names:
            if name not in known:
                op.add_column(table, metadata.tables[table].columns[name].copy())
    op.execute(
        "create index if not exists ix_indicator_below on indicator (ended_at) "
        "where count < threshold"
    )
    if "department" in {column["name"] for column in inspector.get_columns("indicator_seen")}:
        op.alter_column("indicator_seen", "department", new_column_name="seen_by")
    for name in _NEW:
        metadata.tables[name].create(op.get_bind(), checkfirst=True)
