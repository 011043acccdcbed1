"""Which version of the tag key each tag is under."""

from typing import Final

from alembic import op

revision: Final = "0022"
down_revision: Final = "0026"
branch_labels: Final = None
depends_on: Final = None
TABLES: Final = (
    *("identity", "household", "scope", "source_record", "quarantine"),
    *("assertion_seen", "token_revoked", "person_session"),
)


def upgrade() -> None:
    """Add the column: so far there was one version, the first."""
    for table in TABLES:
        column = "tag_version int not null default 1"
        op.execute(f"alter table {table} add column if not exists {column}")
        op.execute(f"alter table {table} alter column tag_version drop default")
