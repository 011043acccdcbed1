"""The tables of indicators for auditors (`audit.indicators`); part of `hub.store.tables`."""

import sqlalchemy as sa


def add_indicators(metadata: sa.MetaData) -> None:
    """Declare them."""
    sa.Table(
        "indicator",
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_index", sa.BigInteger, nullable=False),
        sa.Column("last_index", sa.BigInteger, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("threshold", sa.BigInteger, nullable=False),
        sa.Index("ix_indicator_first_index", "first_index"),
        comment="What the log adds up to under each rule and window; an indicator from its "
        "threshold on.",
    )
    sa.Table(
        "indicator_note",
        metadata,
        sa.Column("indicator_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        comment="What auditors noted about indicators; only added to.",
    )
    sa.Table(
        "indicator_progress",
        metadata,
        sa.Column("one", sa.Boolean, sa.CheckConstraint("one", name="one"), primary_key=True),
        sa.Column("next", sa.BigInteger, nullable=False),
        comment="The first entry of the log that no rule has read yet.",
    )
    sa.Table(
        "indicator_seen",
        metadata,
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("started_at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("tag", sa.LargeBinary, primary_key=True),
        sa.Column("department", sa.Text, primary_key=True),
        sa.Column("index", sa.BigInteger, nullable=False),
        comment="Which departments looked at a subject in a window, by the log's tag; two days.",
    )
