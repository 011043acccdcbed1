"""Indicators for auditors, and what they noted about them."""

from typing import Final

from alembic import op

from hub.store.tables import metadata

revision: Final = "0016"
down_revision: Final = "0010"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add the tables; the log is read from its beginning."""
    for name in ("indicator", "indicator_note", "indicator_progress", "indicator_seen"):
        metadata.tables[name].create(op.get_bind())
    op.execute("insert into indicator_progress (one, next) values (true, 0)")
    op.execute(
        "create trigger only_added before update or delete on indicator_note "
        "for each row execute function only_added()"
    )
    op.execute(
        "create trigger never_emptied before truncate on indicator_note "
        "for each statement execute function only_added()"
    )
