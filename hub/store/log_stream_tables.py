"""The table of streams of the log; part of `hub.store.tables`."""

import sqlalchemy as sa


def declare_log_stream(metadata: sa.MetaData) -> None:
    """Add the table to `metadata`."""
    sa.Table(
        "log_stream",
        metadata,
        sa.Column("receiver", sa.Text, primary_key=True),
        sa.Column("next", sa.BigInteger, nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text, nullable=False),
        comment="The first entry of the log that a receiver has not taken yet, by its address.",
    )
