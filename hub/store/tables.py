"""The hub's tables: the fixed ones here, one for each dataset from its declaration.

Every table of people, households and facts starts its key with `cell`, and joins include it,
so that one household lives on one shard. Versions are bitemporal: `valid_*` says when the
fact holds, `known_*` when the hub knew it; intervals are half-open, and an open end is
'infinity'. Nothing here is a personal value in clear: what identifies is sealed or an HMAC tag.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from hub.store.break_tables import declare_breaks
from hub.store.case_tables import declare_cases
from hub.store.custody_tables import declare_custody
from hub.store.indicator_tables import add_indicators
from hub.store.log_stream_tables import declare_log_stream
from hub.store.replay_tables import declare_replays
from schema.catalogue import Catalogue, Dataset, Field, Kind

METADATA_NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
_CLEAR_TYPES: Final = {
    Kind.TEXT: sa.Text,
    Kind.CODE: sa.Text,
    Kind.INTEGER: sa.Integer,
    Kind.CENTS: sa.BigInteger,
    Kind.DATE: sa.Date,
    Kind.FLAG: sa.Boolean,
}


def _moment(name: str, **options: bool) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=options.get("nullable", False))


def _intervals() -> tuple["sa.Column[object]", ...]:
    """When it holds, and when it was known."""
    return (
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date, nullable=False),
        _moment("known_from"),
        _moment("known_to"),
    )


def _cell() -> "sa.Column[object]":
    return sa.Column("cell", sa.Text, primary_key=True)


def _uuid(name: str, *, key: bool = False) -> "sa.Column[object]":
    return sa.Column(name, pg.UUID(as_uuid=True), primary_key=key, nullable=False)


def _tag_version() -> "sa.Column[object]":
    """The version of the tag key that the row's tags are under (`hub.store.tags`)."""
    return sa.Column("tag_version", sa.Integer, nullable=False)


def _change_indexes(table: sa.Table) -> None:
    """Let what came and what went since a moment be found; next to nothing where nothing did."""
    sa.Index(f"ix_{table.name}_came", table.c.known_from, postgresql_using="brin")
    went = table.c.known_to
    sa.Index(f"ix_{table.name}_went", went, postgresql_where=went < sa.text("'infinity'"))


metadata = sa.MetaData(naming_convention=METADATA_NAMING)

known_time = sa.Table(
    "known_time",
    metadata,
    sa.Column("one", sa.Boolean, primary_key=True),
    _moment("at"),
    comment="One row: the newest known time; its row lock, held to the commit, orders known times.",
)

policy_revision = sa.Table(
    "policy_revision",
    metadata,
    sa.Column("one", sa.Boolean, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    _moment("loaded_at"),
    sa.Column("made_by", sa.Text, nullable=False, server_default="operator"),
    sa.Column("why", sa.Text, nullable=False, server_default=""),
    comment="One row: the policy in force; read in the snapshot of every fetch.",
)

policy_history = sa.Table(
    "policy_history",
    metadata,
    sa.Column("revision", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    _moment("loaded_at"),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    comment="Every policy that was in force, by a trigger of policy_revision; only added to.",
)

policy_proposal = sa.Table(
    "policy_proposal",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    _moment("proposed_at"),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("confirmed_by", sa.Text, nullable=True),
    _moment("confirmed_at", nullable=True),
    comment="Policies that widen access and wait, or waited, for a second person.",
)

sharing_act = sa.Table(
    "sharing_act",
    metadata,
    sa.Column("agreement", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    _moment("acted_at"),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=True),
    comment="What was done about each sharing request and agreement; only added to.",
)

person = sa.Table(
    "person",
    metadata,
    _cell(),
    _uuid("person_id", key=True),
    sa.Column("log_alias", sa.LargeBinary, nullable=False),
    _moment("known_from"),
)

household = sa.Table(
    "household",
    metadata,
    _cell(),
    _uuid("household_id", key=True),
    sa.Column("log_alias", sa.LargeBinary, nullable=False),
    sa.Column("number_tag", sa.LargeBinary, nullable=False),
    _moment("known_from"),
    _tag_version(),
    sa.Index(None, "number_tag"),
    sa.Index("ix_household_by_id", "household_id"),
)

household_place = sa.Table(
    "household_place",
    metadata,
    _cell(),
    _uuid("household_id", key=True),
    _uuid("version_id", key=True),
    sa.Column("region", sa.Text, nullable=False),
    *_intervals(),
    sa.Index("ix_household_place_by_region", "region", "household_id"),
    sa.Column("warned", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(
        "ix_household_place_warned",
        "region",
        postgresql_ops={"region": "text_pattern_ops"},
        postgresql_where=sa.text("warned"),
    ),
    comment="In which region a household lives; the row predicate of grants reads it. `warned` "
    "says that the household has or had an alert; triggers keep it (`hub.store.warned`).",
)

identity = sa.Table(
    "identity",
    metadata,
    _cell(),
    _uuid("identity_id", key=True),
    sa.Column("department", sa.Text, nullable=False),
    sa.Column("person_tag", sa.LargeBinary, nullable=False),
    _moment("known_from"),
    _tag_version(),
    sa.Index(None, "department", "person_tag"),
    comment="One department's view of a person; person_tag is the keyed tag of the number it uses.",
)

data_key = sa.Table(
    "data_key",
    metadata,
    _cell(),
    _uuid("identity_id", key=True),
    sa.Column("department", sa.Text, primary_key=True),
    sa.Column("suite", sa.SmallInteger, nullable=False),
    sa.Column("key_version", sa.Integer, nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    sa.Column("commitment", sa.LargeBinary, nullable=False),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Index(None, "department", "key_version"),
    comment="The data key of one (department, identity), wrapped by the department's key.",
)

link = sa.Table(
    "link",
    metadata,
    _cell(),
    _uuid("identity_id", key=True),
    _uuid("version_id", key=True),
    _uuid("person_id"),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("certainty", sa.SmallInteger, nullable=False),
    *_intervals(),
    sa.Column("department", sa.Text, nullable=False),
    sa.Index(
        "ix_link_person",
        *("cell", "person_id", "department"),
        postgresql_include=["identity_id", "valid_from", "valid_to", "known_from", "known_to"],
    ),
    comment="The decision whose record it is; certainty in percent. The department is that of the "
    "identity, which never changes: a query follows the identities of those that it asks about.",
)

person_tag = sa.Table(
    "person_tag",
    metadata,
    sa.Column("tag", sa.LargeBinary, primary_key=True),
    sa.Column("key_version", sa.Integer, primary_key=True),
    sa.Column("cell", sa.Text, nullable=False),
    _uuid("person_id"),
    comment="From the keyed tag of a citizen number to where the person lives.",
)

membership = sa.Table(
    "membership",
    metadata,
    _cell(),
    _uuid("household_id", key=True),
    _uuid("version_id", key=True),
    _uuid("person_id"),
    sa.Column("relation", sa.Text, nullable=True),
    _uuid("source_record_id"),
    *_intervals(),
    sa.Index(None, "cell", "person_id"),
)

member_now = sa.Table(
    "member_now",
    metadata,
    _cell(),
    _uuid("household_id", key=True),
    _uuid("version_id", key=True),
    _uuid("person_id"),
    sa.Column("relation", sa.Text, nullable=True),
    sa.Column("log_alias", sa.LargeBinary, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_to", sa.Date, nullable=False),
    _moment("known_from"),
    # Somebody's memberships lie in the order in which the newest is looked for: nothing is sorted.
    sa.Index(
        "ix_member_now_person",
        "cell",
        "person_id",
        sa.desc("valid_from"),
        sa.desc("known_from"),
        "version_id",
    ),
    comment="Memberships that are known now, with the person's alias; made from `membership` and "
    "`person`, by triggers (`hub.store.present`).",
)

identity_now = sa.Table(
    "identity_now",
    metadata,
    _cell(),
    _uuid("household_id", key=True),
    sa.Column("department", sa.Text, primary_key=True),
    _uuid("link_id", key=True),
    _uuid("membership_id", key=True),
    _uuid("identity_id"),
    _uuid("person_id"),
    sa.Column("key_version", sa.Integer, nullable=True),
    sa.Column("wrapped", sa.LargeBinary, nullable=True),
    sa.Column("commitment", sa.LargeBinary, nullable=True),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_to", sa.Date, nullable=False),
    sa.Index("ix_identity_now_person", "cell", "person_id", "department"),
    comment="Members' identities that are known now, with their data keys; made from `membership`, "
    "`link` and `data_key`, by triggers (`hub.store.present`).",
)

source_record = sa.Table(
    "source_record",
    metadata,
    _uuid("source_record_id", key=True),
    sa.Column("department", sa.Text, nullable=False),
    sa.Column("dataset", sa.Text, nullable=False),
    sa.Column("key_tag", sa.LargeBinary, nullable=False),
    sa.Column("content_tag", sa.LargeBinary, nullable=False),
    sa.Column("cell", sa.Text, nullable=False),
    _uuid("identity_id"),
    sa.Column("words", sa.LargeBinary, nullable=False),
    _moment("source_time", nullable=True),
    _moment("known_from"),
    _moment("known_to"),
    _tag_version(),
    sa.Index(None, "dataset", "key_tag"),
    sa.Index(None, "identity_id"),
    comment="The department's words as they came, sealed; one row a version.",
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    _uuid("quarantine_id", key=True),
    sa.Column("department", sa.Text, nullable=False),
    sa.Column("dataset", sa.Text, nullable=False),
    sa.Column("key_tag", sa.LargeBinary, nullable=False),
    sa.Column("content_tag", sa.LargeBinary, nullable=False),
    sa.Column("location", sa.Text, nullable=False),
    sa.Column("reasons", pg.JSONB, nullable=False),
    sa.Column("words", sa.LargeBinary, nullable=True),
    _moment("arrived_at"),
    _moment("resolved_at", nullable=True),
    sa.Column("resolution", sa.Text, nullable=True),
    sa.Column("person_tag", sa.LargeBinary, nullable=True),
    _tag_version(),
    sa.Index(None, "dataset", "key_tag"),
    sa.Index(None, "dataset", "person_tag"),
    comment="Records that wait for a person; reasons name codes and fields, never values.",
)

cursor = sa.Table(
    "cursor",
    metadata,
    sa.Column("department", sa.Text, primary_key=True),
    sa.Column("position", sa.LargeBinary, nullable=True),
    sa.Column("scope_revision", sa.BigInteger, nullable=False),
    _moment("moved_at"),
    _moment("reading_from", nullable=True),
    _moment("whole_from", nullable=True),
    comment="How far a source was read; committed with the rows that were read.",
)

unscored = sa.Table(
    "unscored",
    metadata,
    _cell(),
    _uuid("household_id", key=True),
    sa.Column("corrected", sa.Boolean, nullable=False),
    comment="Households whose facts changed while a source was read from its start.",
)

score_input = sa.Table(
    "score_input",
    metadata,
    _cell(),
    _uuid("household_id", key=True),
    _uuid("version_id"),
    _moment("known_from"),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    comment="What the score reads of a household, in integers, sealed; made from the facts.",
)

scope = sa.Table(
    "scope",
    metadata,
    sa.Column("tag", sa.LargeBinary, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
    _tag_version(),
    comment="Who is kept: tags of citizen and household numbers on civil affairs' rolls.",
)

outbox = sa.Table(
    "outbox",
    metadata,
    _uuid("message_id", key=True),
    sa.Column("receiver", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("cell", sa.Text, nullable=False),
    _uuid("identity_id"),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("last_error", sa.Text, nullable=True),
    _moment("written_at"),
    _moment("next_attempt_at"),
    _moment("acknowledged_at", nullable=True),
    sa.Column("acknowledgement", sa.Text, nullable=True),
    sa.Index(None, "receiver", "sequence"),
    sa.Index(None, "identity_id", "receiver"),
    comment="Messages written with the facts, sent after the commit, in order a receiver.",
)

assertion_seen = sa.Table(
    "assertion_seen",
    metadata,
    sa.Column("jti_tag", sa.LargeBinary, primary_key=True),
    _moment("expires_at"),
    _tag_version(),
    comment="Client assertions that were used; one works once.",
)

token_revoked = sa.Table(
    "token_revoked",
    metadata,
    sa.Column("jti_tag", sa.LargeBinary, primary_key=True),
    sa.Column("client_id", sa.Text, nullable=False),
    _moment("expires_at"),
    _tag_version(),
    comment="Access tokens that were revoked, until they would have ended by themselves.",
)

person_session = sa.Table(
    "person_session",
    metadata,
    sa.Column("tag", sa.LargeBinary, primary_key=True),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("roles", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("tokens", pg.ARRAY(sa.Text), nullable=False),
    _moment("started_at"),
    _moment("used_at"),
    _tag_version(),
    comment="Sessions of people who signed in, under a tag of the browser's secret; the person is "
    "an opaque id.",
)

client = sa.Table(
    "client",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    _moment("changed_at"),
    comment="Systems that may sign in, with their public keys, as `hub clients` registers them; "
    "revisions rise in commit order.",
)

quota_window = sa.Table(
    "quota_window",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    _moment("started_at"),
    sa.Column("leased", sa.BigInteger, nullable=False),
    comment="Cost units of the present window that are leased to hubs, by department or client.",
)

declare_cases(metadata)
add_indicators(metadata)
declare_replays(metadata)
declare_log_stream(metadata)
_change_indexes(household_place)
_change_indexes(membership)

declare_custody(metadata)
declare_breaks(metadata)
FIXED_TABLES: Final = tuple(metadata.tables)


def dataset_table(dataset: Dataset, into: sa.MetaData) -> sa.Table:
    """Return the table of `dataset`: one row is one version of one record.

    For a dataset about households, `identity_id` is the household's id. Sealed groups are one
    `sealed_<group>` column each; clear fields are columns of their own.
    """
    columns: list[sa.Column[object]] = [
        _cell(),
        _uuid("identity_id", key=True),
        _uuid("version_id", key=True),
        _uuid("record_id"),
        sa.Column("source_record_id", pg.UUID(as_uuid=True), nullable=True),
        _moment("source_time", nullable=True),
        *_intervals(),
    ]
    columns += [_clear_column(f) for f in dataset.clear]
    columns += [
        sa.Column(f"sealed_{group}", sa.LargeBinary, nullable=False) for group in dataset.groups
    ]
    table = sa.Table(dataset.name, into, *columns, comment=f"{dataset.department}: {dataset.en}")
    sa.Index(f"ix_{dataset.name}_record", table.c.cell, table.c.record_id)
    for name in dataset.orders:
        _order_index(table, name, table.c.record_id if dataset.many else table.c.identity_id)
    _change_indexes(table)
    return table


def _order_index(table: sa.Table, name: str, tie: "sa.Column[object]") -> None:
    """Let a list be read in order from any place on; equal ones follow each other by their id."""
    column = table.c[name.removeprefix("-")]
    ordered = column.desc() if name.startswith("-") else column
    suffix = f"{column.name}_desc" if name.startswith("-") else column.name
    sa.Index(f"ix_{table.name}_by_{suffix}", ordered, tie)


def _clear_column(field: Field) -> "sa.Column[object]":
    if field.kind is Kind.MOMENT:
        return _moment(field.name, nullable=True)
    return sa.Column(field.name, _CLEAR_TYPES[field.kind], nullable=True)


def all_tables(catalogue: Catalogue) -> sa.MetaData:
    """Return the fixed tables and one table for each dataset, in one fresh metadata."""
    whole = sa.MetaData(naming_convention=METADATA_NAMING)
    for name in FIXED_TABLES:
        metadata.tables[name].to_metadata(whole)
    for dataset in catalogue.stored:
        dataset_table(dataset, whole)
    return whole
