"""What is known now of who lives where and under which keys: two tables, read in place of five.

`member_now` is every membership that is known now, with its person's log alias; `identity_now` is
every identity that is known now to be a member's, with its data key. Days are kept as they are, so
that both answer for any day; only what the hub knew before is not there. A query that does not ask
for an earlier knowledge finds a household's members and their keys side by side, where it had to
look for each member, alias, link and key by itself.

Nothing is decided from them that the tables behind them would not say: the database keeps them, by
triggers, in the transaction of every change, so that one snapshot has both. An alias or a key that
is destroyed is gone from here with it. Writers wait for each other at the known time, as they do
anyway: none may miss what another one adds.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import asyncpg
import sqlalchemy as sa
from sqlalchemy.engine import Connection

_MEMBERS: Final = """
    select m.cell, m.household_id, m.version_id, m.person_id, m.relation, p.log_alias,
           m.valid_from, m.valid_to, m.known_from
    from {memberships} m join person p on p.cell = m.cell and p.person_id = m.person_id
    where m.known_to = 'infinity'
"""
_IDENTITIES: Final = """
    select m.cell, m.household_id, l.department, l.version_id as link_id,
           m.version_id as membership_id, l.identity_id, m.person_id,
           k.key_version, k.wrapped, k.commitment,
           greatest(m.valid_from, l.valid_from) as valid_from,
           least(m.valid_to, l.valid_to) as valid_to
    from {memberships} m
    join {links} l on l.cell = m.cell and l.person_id = m.person_id
    left join data_key k on k.cell = l.cell and k.identity_id = l.identity_id
         and k.department = l.department
    where m.known_to = 'infinity' and l.known_to = 'infinity'
      and greatest(m.valid_from, l.valid_from) < least(m.valid_to, l.valid_to)
"""
_STORED: Final = {"memberships": "membership", "links": "link"}
_NOW: Final = {
    "member_now": _MEMBERS.format(**_STORED),
    "identity_now": _IDENTITIES.format(**_STORED),
}
"""What each table has to hold; the triggers below keep it, `strays` compares."""

_WAIT: Final = "perform from known_time for update;"
_TOUCHED: Final = {
    "membership": "select t.cell, t.household_id from {rows} t",
    "link": """
        select m.cell, m.household_id from {rows} t
        join membership m on m.cell = t.cell and m.person_id = t.person_id
    """,
    "data_key": """
        select m.cell, m.household_id from {rows} t
        join link l on l.cell = t.cell and l.identity_id = t.identity_id
        join membership m on m.cell = l.cell and m.person_id = l.person_id
    """,
    "person": """
        select m.cell, m.household_id from {rows} t
        join membership m on m.cell = t.cell and m.person_id = t.person_id
    """,
}
"""Whose rows are made anew when rows of a table change or go, or come late."""
_ADDED: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "membership": ("memberships", {"member_now": _MEMBERS, "identity_now": _IDENTITIES}),
    "link": ("links", {"identity_now": _IDENTITIES}),
}
"""What new rows add by themselves, nothing that was there being touched."""


def _of_households() -> str:
    """Return the function that makes the rows of some households anew."""
    refreshed = "\n".join(
        f"""
        delete from {name} n using unnest(cells, households) as t (cell, household_id)
        where n.cell = t.cell and n.household_id = t.household_id;
        insert into {name} select found.* from ({query}) found
        where (found.cell, found.household_id) in (select * from unnest(cells, households));
        """  # noqa: S608 - texts of this module
        for name, query in _NOW.items()
    )
    return f"""
        create or replace function present_of_households(cells text[], households uuid[])
        returns void language plpgsql as $$ begin
        if cells is null then return; end if;
        {refreshed}
        end $$
    """


def _changed(table: str, rows: Sequence[str]) -> str:
    """Return the function that a trigger calls when `rows`, by name, of a table have changed."""
    touched = " union ".join(_TOUCHED[table].format(rows=name) for name in rows)
    return f"""
        begin
        {_WAIT}
        perform present_of_households(array_agg(cell), array_agg(household_id))
        from (select distinct cell, household_id from ({touched}) each) touched;
        return null;
        end
    """  # noqa: S608 - texts of this module


_WRAPPED_ANEW: Final = """
    begin
    perform from known_time for update;
    if exists (
        select from gone g where not exists (
            select from added a where a.cell = g.cell and a.identity_id = g.identity_id
            and a.department = g.department
        )
    ) then
        perform present_of_households(array_agg(cell), array_agg(household_id))
        from (select distinct cell, household_id from ({touched}) each) touched;
        return null;
    end if;
    update identity_now n
    set key_version = a.key_version, wrapped = a.wrapped, commitment = a.commitment
    from added a
    join link l on l.cell = a.cell and l.identity_id = a.identity_id
         and l.department = a.department and l.known_to = 'infinity'
    where n.cell = l.cell and n.person_id = l.person_id and n.department = l.department
      and n.link_id = l.version_id;
    return null;
    end
"""
"""Keys change by the thousand when a department's key is rotated, and their identities stay."""


def _altered(table: str) -> str:
    """Return the function that a trigger calls when rows of a table were altered."""
    rows = ("gone", "added")
    if table != "data_key":
        return _changed(table, rows)
    touched = " union ".join(_TOUCHED[table].format(rows=name) for name in rows)
    return _WRAPPED_ANEW.format(touched=touched)


def _came(table: str) -> str:
    """Return the function that a trigger calls when rows of a table came."""
    if table not in _ADDED:
        return _changed(table, ["added"])
    source, into = _ADDED[table]
    rows = {**_STORED, source: "added"}
    added = (f"insert into {name} {query.format(**rows)};" for name, query in into.items())
    return f"begin {_WAIT} {' '.join(added)} return null; end"


def _triggers() -> Iterator[str]:
    yield _of_households()
    for table in _TOUCHED:
        for event, tables, body in (
            ("insert", "new table as added", _came(table)),
            ("update", "old table as gone new table as added", _altered(table)),
            ("delete", "old table as gone", _changed(table, ["gone"])),
        ):
            name = f"present_{table}_{event}"
            signature = f"create or replace function {name}() returns trigger"
            yield f"{signature} language plpgsql as $${body}$$"
            yield f"""
                create or replace trigger {name} after {event} on {table}
                referencing {tables} for each statement execute function {name}()
            """


def keep_present(connection: Connection) -> None:
    """Set the triggers up, and fill the tables when there were none before."""
    is_new = not connection.execute(
        sa.text("select count(*) from pg_trigger where tgname = 'present_person_delete'")
    ).scalar_one()
    for statement in _triggers():
        connection.exec_driver_sql(statement)
    if is_new:
        for name, query in _NOW.items():
            connection.exec_driver_sql(f"delete from {name}")  # noqa: S608 - a name of this module
            connection.exec_driver_sql(f"insert into {name} {query}")


async def strays(connection: asyncpg.Connection) -> int:
    """Return how many rows of the two tables are not what they are made from, or are missing."""
    count = 0
    for name, query in _NOW.items():
        made, kept = f"({query})", f"(select * from {name})"  # noqa: S608 - the same
        for one, other in ((made, kept), (kept, made)):
            count += await connection.fetchval(
                f"select count(*) from ({one} except all {other}) differs"  # noqa: S608 - the same
            )
    return count


async def mended(connection: asyncpg.Connection) -> int:
    """Make both tables anew if they have strays; return how many there were.

    Call it in a transaction: nobody writes meanwhile, and readers see the tables as they were.
    """
    await connection.execute("select from known_time for update")
    count = await strays(connection)
    if count:
        for name, query in _NOW.items():
            await connection.execute(f"delete from {name}")  # noqa: S608 - the same
            await connection.execute(f"insert into {name} {query}")
    return count
