"""Places in sources are sealed, and no time of change in clear tells a sealed day."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0003"
down_revision: Final = "0002"
branch_labels: Final = None
depends_on: Final = None

_BY_MONTH: Final = ("medical_settlement", "disability_certificate")


def upgrade() -> None:
    """Forget the places that were kept in clear: sources are read once more, and nothing changes.

    Times of change that tell a sealed day are cut to their month. Whose exact time was not sealed
    with its words is taken as changed at the start of that month.
    """
    op.drop_column("cursor", "position")
    op.add_column("cursor", sa.Column("position", sa.LargeBinary(), nullable=True))
    month = "date_trunc('month', source_time, 'UTC')"
    for dataset in _BY_MONTH:
        if sa.inspect(op.get_bind()).has_table(dataset):
            op.execute(f"update {dataset} set source_time = {month}")  # noqa: S608 - a constant
    names = ", ".join(f"'{name}'" for name in _BY_MONTH)
    op.execute(f"update source_record set source_time = {month} where dataset in ({names})")  # noqa: S608 - constants
