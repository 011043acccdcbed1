"""The tables of replays: the documents that were asked, and who asked for which replay."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg


def declare_replays(metadata: sa.MetaData) -> None:
    """Add the two tables to `metadata`."""
    sa.Table(
        "asked_document",
        metadata,
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("used_on", sa.Date, nullable=False),
        comment="Every document that was answered, sealed, and the last day on which it was.",
    )
    sa.Table(
        "replay_request",
        metadata,
        sa.Column("id", pg.UUID(as_uuid=True), primary_key=True),
        sa.Column("index", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verdict", sa.Text, nullable=True),
        sa.Column("why", sa.Text, nullable=False, server_default=""),
        sa.CheckConstraint("asked_by <> decided_by", name="two_people"),
        sa.Index("ix_replay_request_asked_at", "asked_at", "id"),
        comment="Which entry of the log an auditor had asked again, why, and who approved it.",
    )
