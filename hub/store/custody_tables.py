"""The tables of the custody of keys: what may wrap no more, what is replaced, who is destroyed."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

KEY_FLOOR: Final = "key_floor"
SHREDDING: Final = "shredding"
LEGAL_HOLD: Final = "legal_hold"
KEY_RENEWAL: Final = "key_renewal"


def declare_custody(metadata: sa.MetaData) -> None:
    """Add the four tables to `metadata`."""
    sa.Table(
        KEY_FLOOR,
        metadata,
        sa.Column("department", sa.Text, primary_key=True),
        sa.Column("key_version", sa.Integer, nullable=False),
        comment="The oldest version of a department's key that may still wrap a data key.",
    )
    sa.Table(
        KEY_RENEWAL,
        metadata,
        sa.Column("department", sa.Text, primary_key=True),
        _moment("made_before"),
        comment="Of which departments every data key is being replaced, and which ones: those that "
        "were made before. Gone when it is done.",
    )
    sa.Table(
        SHREDDING,
        metadata,
        sa.Column("cell", sa.Text, primary_key=True),
        sa.Column("person_id", pg.UUID(as_uuid=True), primary_key=True),
        _moment("shredded_at"),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("agreed_by", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        _moment("forgotten_at", nullable=True),
        sa.CheckConstraint("asked_by <> agreed_by", name="two_people"),
        comment="People who were destroyed, and when their log alias was destroyed too.",
    )
    sa.Table(
        LEGAL_HOLD,
        metadata,
        sa.Column("person_id", pg.UUID(as_uuid=True), primary_key=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("placed_by", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        _moment("lifted_at", nullable=True),
        sa.Column("lifted_by", sa.Text, nullable=True),
        comment="People who must not be destroyed until the hold is lifted.",
    )


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
