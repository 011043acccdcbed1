"""The tables of the register of cases: what was done about each, where it stands, whom it is about.

`case_act` is what happened, and is only added to. The other two follow from it and are written in
its transaction (`hub.store.cases`), so that a query finds in one look whether a case may be worked
on: `case_now` has a row for each case, `case_subject` one for each of the people and households.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

CASE_ACT: Final = "case_act"
CASE_NOW: Final = "case_now"
CASE_SUBJECT: Final = "case_subject"
CASE_TABLES: Final = (CASE_ACT, CASE_NOW, CASE_SUBJECT)
_TEXTS: Final = pg.ARRAY(sa.Text)
_IDS: Final = pg.ARRAY(pg.UUID(as_uuid=True))


def declare_cases(metadata: sa.MetaData) -> None:
    """Add the three tables to `metadata`."""
    sa.Table(
        CASE_ACT,
        metadata,
        *_key(),
        sa.Column("step", sa.Integer, primary_key=True),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("purposes", _TEXTS, nullable=False),
        sa.Column("officers", _TEXTS, nullable=False),
        sa.Column("roles", _TEXTS, nullable=False),
        sa.Column("people", _IDS, nullable=False),
        sa.Column("households", _IDS, nullable=False),
        comment="What was done about each case of a department; only added to.",
    )
    now = sa.Table(
        CASE_NOW,
        metadata,
        *_key(),
        sa.Column("purposes", _TEXTS, nullable=False),
        sa.Column("officers", _TEXTS, nullable=False),
        sa.Column("roles", _TEXTS, nullable=False),
        sa.Column("opened_on", sa.Date, nullable=False),
        sa.Column("closed_on", sa.Date, nullable=True),
        comment="Where each case stands: for which purposes, who works on it, from when to when.",
    )
    for name in ("officers", "roles"):
        is_open = now.c.closed_on.is_(None)
        sa.Index(
            f"ix_case_now_{name}", now.c[name], postgresql_using="gin", postgresql_where=is_open
        )
    subject = sa.Table(
        CASE_SUBJECT,
        metadata,
        sa.Column("cell", sa.Text, primary_key=True),
        *_key(),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("subject_id", pg.UUID(as_uuid=True), primary_key=True),
        comment="Whom each case is about: people and households.",
    )
    sa.Index("ix_case_subject_case", subject.c.department, subject.c.number)


def _key() -> tuple["sa.Column[str]", "sa.Column[str]"]:
    """Whose case it is, and the number that the department gave it."""
    return (
        sa.Column("department", sa.Text, primary_key=True),
        sa.Column("number", sa.Text, primary_key=True),
    )
