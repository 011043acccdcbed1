"""Tags as they are stored: which version of the tag key each is under, and moved to the next one.

A row has one tag, under one version; `person_tag` calls the column `key_version`, the others
`tag_version`. What is known by value (`move_known`) is moved wherever the value stands, in one
transaction: a number's tags in different tables are always of one version.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from asyncpg import Record
from sqlalchemy.engine import Connection as Migrating

from hub.store.database import Connection

FLOOR: Final = "hub/tag"
"""Under this name `key_floor` keeps the oldest version that a tag may be under."""
_VERSION: Final = {
    "person_tag": "key_version",
    "identity": "tag_version",
    "household": "tag_version",
    "scope": "tag_version",
    "source_record": "tag_version",
    "quarantine": "tag_version",
}
"""Tables of tags that stay, and what they call the version."""
STAYING: Final = frozenset(_VERSION)
_LIVING: Final = {
    "assertion_seen": "expires_at > $2",
    "token_revoked": "expires_at > $2",
    "person_session": "used_at > $2 - interval '30 minutes' "
    "and started_at > $2 - interval '8 hours'",
}
"""Tables of tags that end by themselves, and which of them have not ended at a moment."""
_LEFT: Final = " union all ".join(
    [
        *(
            f"select '{table}' as place, count(*) as tags from {table} where {column} < $1"  # noqa: S608 - names of this module
            for table, column in _VERSION.items()
        ),
        *(
            f"select '{table}', count(*) from {table} where tag_version < $1 and {lives}"  # noqa: S608 - names of this module
            for table, lives in _LIVING.items()
        ),
    ]
)
_MOVE: Final = (
    """
    update person_tag t set tag = n.tag, key_version = $3
    from unnest($1::bytea[], $2::bytea[]) as n (former, tag) where t.tag = n.former
    """,
    """
    update identity t set person_tag = n.tag, tag_version = $3
    from unnest($1::bytea[], $2::bytea[]) as n (former, tag)
    cross join unnest($4::text[]) as d (department)
    where t.department = d.department and t.person_tag = n.former
    """,
    """
    update household t set number_tag = n.tag, tag_version = $3
    from unnest($1::bytea[], $2::bytea[]) as n (former, tag) where t.number_tag = n.former
    """,
    """
    update quarantine t set person_tag = n.tag
    from unnest($1::bytea[], $2::bytea[]) as n (former, tag) where t.person_tag = n.former
    """,
    """
    delete from scope t using unnest($1::bytea[], $2::bytea[]) as n (former, tag)
    where t.tag = n.former and exists (select from scope o where o.tag = n.tag)
    """,
    """
    update scope t set tag = n.tag, tag_version = $3
    from unnest($1::bytea[], $2::bytea[]) as n (former, tag) where t.tag = n.former
    """,
)
_SOURCES: Final = """
select s.source_record_id, s.department, s.dataset, s.identity_id, s.words, s.key_tag,
       s.content_tag, s.tag_version, k.key_version, k.wrapped, k.commitment
from source_record s
left join data_key k on k.cell = s.cell and k.identity_id = s.identity_id
     and k.department = s.department
where s.tag_version < $1 and s.source_record_id > $2 order by s.source_record_id limit $3
"""
_WAITING: Final = """
select quarantine_id, department, dataset, location, reasons, words, key_tag, content_tag,
       person_tag, tag_version
from quarantine
where tag_version < $1 and quarantine_id > $2 order by quarantine_id limit $3
"""
_MOVED: Final = """
update {table} t set key_tag = n.key, content_tag = n.content, tag_version = $4
from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as n (id, key, content) where t.{id} = n.id
"""
_EMPTY: Final = """
update household h set tag_version = $1 where h.tag_version < $1 and not exists (
    select from membership m where m.cell = h.cell and m.household_id = h.household_id
)
"""
"""Nobody belongs to it any more: its tag is random, and of no version (`hub.store.shredding`)."""
_FLOOR_SET: Final = """
insert into key_floor (department, key_version) values ($1, $2)
on conflict (department) do update set key_version = excluded.key_version
where key_floor.key_version < excluded.key_version
"""
_TRIGGERS: Final = tuple(
    statement
    for column in ("key_version", "tag_version")
    for statement in (
        f"""
        create or replace function tag_{column}_above_floor() returns trigger language plpgsql
        as $$ begin
        if exists (
            select from added a, key_floor f
            where f.department = '{FLOOR}' and a.{column} < f.key_version
        ) then
            raise exception 'a tag is under a retired key' using errcode = 'HB001';
        end if;
        return null;
        end $$
        """,
        *(
            f"""
            create or replace trigger tag_above_floor_{event} after {event} on {table}
            referencing new table as added
            for each statement execute function tag_{column}_above_floor()
            """
            for table, name in _VERSION.items()
            if name == column
            for event in ("insert", "update")
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Moved:
    """New tags of one row of source words: of its key and of its content."""

    row_id: UUID
    key: bytes
    content: bytes


def keep_tag_floor(connection: Migrating) -> None:
    """Set the triggers up that refuse tags under a retired key."""
    for statement in _TRIGGERS:
        connection.execute(sa.text(statement))


async def left_under(connection: Connection, version: int, now: datetime) -> dict[str, int]:
    """Return by table how many living tags are under a version below this one, none left out."""
    return {row["place"]: row["tags"] for row in await connection.fetch(_LEFT, version, now)}


async def move_known(
    connection: Connection, moves: Mapping[bytes, bytes], version: int, departments: Iterable[str]
) -> None:
    """Put the new tag in the place of the old one wherever a number's or a household's stands."""
    if not moves:
        return
    former, tags = list(moves), list(moves.values())
    for statement in _MOVE:
        arguments = [former, tags, version, sorted(departments)]
        await connection.execute(statement, *arguments[: statement.count("$")])


async def sources_under(
    connection: Connection, version: int, after: UUID, limit: int
) -> list[Record]:
    """Return source records whose tags are under a version below this one, with their data keys."""
    return await connection.fetch(_SOURCES, version, after, limit)


async def waiting_under(
    connection: Connection, version: int, after: UUID, limit: int
) -> list[Record]:
    """Return rows of the quarantine whose tags are under a version below this one."""
    return await connection.fetch(_WAITING, version, after, limit)


async def store_moved(
    connection: Connection, table: str, moved: Sequence[Moved], version: int
) -> None:
    """Give rows of `source_record` or `quarantine` their new tags."""
    if moved:
        row_id = "source_record_id" if table == "source_record" else "quarantine_id"
        await connection.execute(
            _MOVED.format(table=table, id=row_id),
            [one.row_id for one in moved],
            [one.key for one in moved],
            [one.content for one in moved],
            version,
        )


async def move_empty(connection: Connection, version: int) -> None:
    """Move the households that were emptied by a destruction."""
    await connection.execute(_EMPTY, version)


async def drop_listed(connection: Connection, version: int) -> int:
    """Delete what only the list of whom to keep told, under a version below; return how many."""
    status: str = await connection.execute("delete from scope where tag_version < $1", version)
    return int(status.rpartition(" ")[2])


async def refuse_tags_below(connection: Connection, version: int) -> None:
    """Let no tag be stored under a version below this one."""
    await connection.execute(_FLOOR_SET, FLOOR, version)
