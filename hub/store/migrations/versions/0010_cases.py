"""The register of cases: acts, where each case stands, and whom it is about."""

from typing import Final

from alembic import op

from hub.store.case_tables import CASE_ACT, CASE_TABLES
from hub.store.tables import metadata

revision: Final = "0010"
down_revision: Final = "0019"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Add the tables; acts are only added to."""
    for name in CASE_TABLES:
        metadata.tables[name].create(op.get_bind())
    op.execute(f"""
        create trigger only_added before update or delete on {CASE_ACT}
            for each row execute function only_added()
        """)
    op.execute(f"""
        create trigger never_emptied before truncate on {CASE_ACT}
            for each statement execute function only_added()
        """)
