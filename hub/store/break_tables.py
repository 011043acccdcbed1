"""The table of what was found broken."""

from typing import Final

import sqlalchemy as sa

SEAL_BREAK: Final = "seal_break"


def declare_breaks(metadata: sa.MetaData) -> None:
    """Add the table to `metadata`."""
    sa.Table(
        SEAL_BREAK,
        metadata,
        sa.Column("department", sa.Text, primary_key=True),
        sa.Column("dataset", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, primary_key=True),
        sa.Column("found", sa.BigInteger, nullable=False),
        sa.Column("told", sa.BigInteger, nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        comment="Seals found broken, of how many the operator was told, when that was tried.",
    )
