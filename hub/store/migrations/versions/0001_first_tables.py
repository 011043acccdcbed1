"""The first tables: people, households, links, sources, quarantine, outbox."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: Final = "0001"
down_revision: Final = None
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Make the tables, and the one row of the clock of known times."""
    op.create_table(
        "assertion_seen",
        sa.Column("jti_tag", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("jti_tag", name=op.f("pk_assertion_seen")),
        comment="Client assertions that were used; one works once.",
    )
    op.create_table(
        "cursor",
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=True),
        sa.Column("scope_revision", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("department", name=op.f("pk_cursor")),
        comment="How far a source was read; committed with the rows that were read.",
    )
    op.create_table(
        "data_key",
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("identity_id", sa.UUID(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("suite", sa.SmallInteger(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("cell", "identity_id", "department", name=op.f("pk_data_key")),
        comment="The data key of one (department, identity), wrapped by the department's key.",
    )
    op.create_index(
        op.f("ix_data_key_department_key_version"),
        "data_key",
        ["department", "key_version"],
        unique=False,
    )
    op.create_table(
        "household",
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("household_id", sa.UUID(), nullable=False),
        sa.Column("log_alias", sa.LargeBinary(), nullable=False),
        sa.Column("number_tag", sa.LargeBinary(), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cell", "household_id", name=op.f("pk_household")),
    )
    op.create_index(op.f("ix_household_number_tag"), "household", ["number_tag"], unique=False)
    op.create_table(
        "household_place",
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("household_id", sa.UUID(), nullable=False),
        sa.Column("version_id", sa.UUID(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_to", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "cell", "household_id", "version_id", name=op.f("pk_household_place")
        ),
        comment="In which region a household lives; the row predicate of grants reads it.",
    )
    op.create_table(
        "identity",
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("identity_id", sa.UUID(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("person_tag", sa.LargeBinary(), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cell", "identity_id", name=op.f("pk_identity")),
        comment="One department's view of a person; person_tag is the keyed tag of the number it uses.",
    )
    op.create_index(
        op.f("ix_identity_department_person_tag"),
        "identity",
        ["department", "person_tag"],
        unique=False,
    )
    op.create_table(
        "known_time",
        sa.Column("one", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_known_time")),
        comment="One row: the newest known time; its row lock, held to the commit, orders known times.",
    )
    op.create_table(
        "link",
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("identity_id", sa.UUID(), nullable=False),
        sa.Column("version_id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("certainty", sa.SmallInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_to", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cell", "identity_id", "version_id", name=op.f("pk_link")),
        comment="The decision whose record it is; certainty in percent.",
    )
    op.create_index(op.f("ix_link_cell_person_id"), "link", ["cell", "person_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("household_id", sa.UUID(), nullable=False),
        sa.Column("version_id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=True),
        sa.Column("source_record_id", sa.UUID(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_to", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cell", "household_id", "version_id", name=op.f("pk_membership")),
    )
    op.create_index(
        op.f("ix_membership_cell_person_id"), "membership", ["cell", "person_id"], unique=False
    )
    op.create_table(
        "outbox",
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("identity_id", sa.UUID(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledgement", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_outbox")),
        comment="Messages written with the facts, sent after the commit, in order a receiver.",
    )
    op.create_index(
        op.f("ix_outbox_receiver_sequence"), "outbox", ["receiver", "sequence"], unique=False
    )
    op.create_table(
        "person",
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("log_alias", sa.LargeBinary(), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cell", "person_id", name=op.f("pk_person")),
    )
    op.create_table(
        "person_tag",
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("tag", "key_version", name=op.f("pk_person_tag")),
        comment="From the keyed tag of a citizen number to where the person lives.",
    )
    op.create_table(
        "policy_revision",
        sa.Column("one", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_policy_revision")),
        comment="One row: the policy in force; read in the snapshot of every fetch.",
    )
    op.create_table(
        "quarantine",
        sa.Column("quarantine_id", sa.UUID(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("key_tag", sa.LargeBinary(), nullable=False),
        sa.Column("content_tag", sa.LargeBinary(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("quarantine_id", name=op.f("pk_quarantine")),
        comment="Records that wait for a person; reasons name codes and fields, never values.",
    )
    op.create_index(
        op.f("ix_quarantine_dataset_key_tag"), "quarantine", ["dataset", "key_tag"], unique=False
    )
    op.create_table(
        "scope",
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_scope")),
        comment="Who is kept: tags of citizen and household numbers on civil affairs' rolls.",
    )
    op.create_table(
        "source_record",
        sa.Column("source_record_id", sa.UUID(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("key_tag", sa.LargeBinary(), nullable=False),
        sa.Column("content_tag", sa.LargeBinary(), nullable=False),
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("identity_id", sa.UUID(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("source_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_to", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source_record_id", name=op.f("pk_source_record")),
        comment="The department's words as they came, sealed; one row a version.",
    )
    op.create_index(
        op.f("ix_source_record_dataset_key_tag"),
        "source_record",
        ["dataset", "key_tag"],
        unique=False,
    )
    op.execute("insert into known_time values (true, clock_timestamp())")
