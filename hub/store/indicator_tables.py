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
        sa.Column(
            "entries", sa.ARRAY(sa.BigInteger), nullable=False, server_default=sa.text("'{}'")
        ),
        sa.Column("usual", sa.BigInteger),
        sa.Column("usual_days", sa.Integer),
        sa.Column("usual_of", sa.Text),
        sa.Index("ix_indicator_below", "ended_at", postgresql_where=sa.text("count < threshold")),
        sa.Index("ix_indicator_first_index", "first_index"),
        comment="What the log adds up to under each rule and window; a finding from its "
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
        sa.Column("step", sa.Text, nullable=False, server_default="NOTE"),
        sa.Column("state", sa.Text, nullable=False, server_default="open"),
        sa.Column("verdict", sa.Text),
        sa.Column("words_of", sa.Text),
        comment="The life of findings: what auditors noted and judged; only added to.",
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
        sa.Column("seen_by", sa.Text, primary_key=True),
        sa.Column("index", sa.BigInteger, nullable=False),
        comment="Who looked at a subject in a window, by the log's tag; two days more.",
    )
    _add_memory(metadata)


def _add_memory(metadata: sa.MetaData) -> None:
    """Declare what rules remember of readers, departments and people."""
    sa.Table(
        "indicator_usual",
        metadata,
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("department", sa.Text, primary_key=True),
        sa.Column("actor", sa.Text, primary_key=True),
        sa.Column("client", sa.Text, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("peak", sa.BigInteger, nullable=False),
        sa.Index("ix_indicator_usual_day", "day"),
        comment="The highest window of each day, from which it is known what is usual.",
    )
    sa.Table(
        "indicator_reader",
        metadata,
        sa.Column("department", sa.Text, primary_key=True),
        sa.Column("actor", sa.Text, primary_key=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("woke_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slept_days", sa.Integer, nullable=False),
        comment="When a reader last asked, and after how long a sleep it woke.",
    )
    sa.Table(
        "indicator_field_use",
        metadata,
        sa.Column("department", sa.Text, primary_key=True),
        sa.Column("by_person", sa.Boolean, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("field_set", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("answers", sa.BigInteger, nullable=False),
        sa.Index("ix_indicator_field_use_day", "day"),
        comment="Which sets of fields a department read on which day, its people or its systems.",
    )
    sa.Table(
        "indicator_list",
        metadata,
        sa.Column("list", sa.Text, primary_key=True),
        sa.Column("department", sa.Text, primary_key=True),
        sa.Column("actor", sa.Text, primary_key=True),
        sa.Column("log_alias", sa.LargeBinary, primary_key=True),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("list in ('close', 'watched')", name="list"),
        comment="Who is near to a reader, and whom curiosity looks for.",
    )
    sa.Table(
        "indicator_waiting",
        metadata,
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("started_at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("department", sa.Text, primary_key=True),
        sa.Column("actor", sa.Text, primary_key=True),
        sa.Column("client", sa.Text, primary_key=True),
        sa.Column("tag", sa.LargeBinary, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("index", sa.BigInteger, nullable=False),
        sa.Index("ix_indicator_waiting_rule_at", "rule", "at"),
        comment="Look-ups that count unless casework of the department is about the person.",
    )
    sa.Table(
        "indicator_worked",
        metadata,
        sa.Column("department", sa.Text, primary_key=True),
        sa.Column("tag", sa.LargeBinary, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
        sa.Index("ix_indicator_worked_at", "at"),
        comment="When a department did casework about somebody, by the log's tag.",
    )
