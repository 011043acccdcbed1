"""Every act of sharing, every policy that was in force, and what waits for a second person."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0009"
down_revision: Final = "0014"
branch_labels: Final = None
depends_on: Final = None
_STATEMENTS: Final = (
    """
    create function policy_kept() returns trigger language plpgsql as $$
    begin
        insert into policy_history
        values (new.revision, new.digest, new.document, new.loaded_at, new.made_by, new.why)
        on conflict (revision) do nothing;
        return new;
    end $$
    """,
    """
    create trigger policy_kept after insert or update on policy_revision
        for each row execute function policy_kept()
    """,
    """
    insert into policy_history
        select revision, digest, document, loaded_at, made_by, why from policy_revision
    """,
    """
    create function only_added() returns trigger language plpgsql as $$
    begin
        raise exception '% is only added to', tg_table_name;
    end $$
    """,
    """
    create trigger only_added before update or delete on policy_history
        for each row execute function only_added()
    """,
    """
    create trigger only_added before update or delete on sharing_act
        for each row execute function only_added()
    """,
    """
    create trigger never_emptied before truncate on policy_history
        for each statement execute function only_added()
    """,
    """
    create trigger never_emptied before truncate on sharing_act
        for each statement execute function only_added()
    """,
    """
    create function second_person() returns trigger language plpgsql as $$
    begin
        if new.step = 'CONFIRM' and exists (
            select from sharing_act
            where agreement = new.agreement and made_by = new.made_by
            and step in ('FILE', 'APPROVE', 'RESUME')
        ) then
            raise exception 'a second person must confirm';
        end if;
        return new;
    end $$
    """,
    """
    create trigger second_person before insert on sharing_act
        for each row execute function second_person()
    """,
)


def upgrade() -> None:
    """Add the tables; the policy in force becomes the first revision that is kept."""
    op.add_column(
        "policy_revision",
        sa.Column("made_by", sa.Text(), nullable=False, server_default="operator"),
    )
    op.add_column("policy_revision", sa.Column("why", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "policy_history",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name="pk_policy_history"),
        comment="Every policy that was in force, by a trigger of policy_revision; only added to.",
    )
    op.create_table(
        "policy_proposal",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest", name="pk_policy_proposal"),
        sa.CheckConstraint(
            "confirmed_by is null or confirmed_by <> proposed_by", name="ck_policy_proposal_two"
        ),
        comment="Policies that widen access and wait, or waited, for a second person.",
    )
    op.create_table(
        "sharing_act",
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("agreement", "number", name="pk_sharing_act"),
        comment="What was done about each sharing request and agreement; only added to.",
    )
    for statement in _STATEMENTS:
        op.execute(statement)
